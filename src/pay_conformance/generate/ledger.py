"""Splits an order into charges, captures and refunds, and keeps the books of it all."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from pay_conformance.generate.examples import Examples, Scene, holds
from pay_conformance.generate.model import Charge
from pay_conformance.generate.races import Race

Transaction = tuple[int, int, list[int]]
"""A charge in percent of what is left, its capture in percent of it, refunds in percent of that."""

_ORDER = {"na": "199.99", "eu": "1000.00", "jp": "12345"}


def transactions() -> SearchStrategy[list[Transaction]]:
    """Generate how an order is charged, captured and refunded, sometimes more than is allowed."""
    percent = st.sampled_from([1, 10, 33, 50, 99, 100, 101])
    refunds = st.lists(st.sampled_from([1, 25, 50, 100, 115, 116]), max_size=3)
    return st.lists(st.tuples(percent, percent, refunds), min_size=1, max_size=4)


def keep_books(examples: Examples, scene: Scene, region: str, plan: list[Transaction]) -> None:
    """Carry out a plan in the currency of a region; the model keeps the books at each step.

    Raises:
        Violation: if an answer or an object does not add up.

    """
    target = scene.story.setting.target
    if region != scene.shop.merchant.region and "merchants" in target.capabilities:
        scene = examples.at(scene, target.merchant(region))
    race = Race(scene)
    player = race.player
    permission = race.permission(_ORDER[scene.shop.merchant.region])
    for share, captured, refunds in plan:
        left = player.world.balance(permission)
        answer = player.do(race.charging(permission, _percent(race, left, share)))
        if not answer.succeeded:
            continue
        charge = player.world.things[answer.id]
        assert isinstance(charge, Charge)
        player.do(race.capturing(charge, _percent(race, charge.amount, captured)))
        taken = player.world.things[charge.id]
        assert isinstance(taken, Charge)
        for refund in refunds:
            player.do(race.refunding(taken, _percent(race, taken.taken, refund)))
    player.look_at_all()
    holds(scene.story, "LIM-AMT-004")


def _percent(race: Race, whole: Decimal, share: int) -> Decimal:
    return max((whole * share / 100).quantize(race.unit), race.unit)
