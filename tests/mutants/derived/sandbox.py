"""Servers whose sandbox is wrong: each simulation code, test card and constraint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pay_conformance.contract import Contract
from pay_conformance.contract.model import ConstraintRule, Simulation, TestCard
from tests.mutants.model import Mutant

Change = Callable[[Contract], Contract]


def sandbox_mutants(contract: Contract) -> Iterator[Mutant]:
    """Yield the mutants of all simulation codes, test cards and constraints, in v2."""
    for entry in contract.simulations:
        if "v2" in entry.api:
            yield from _codes(contract, entry)
    for card in contract.cards:
        yield from _cards(contract, card)
    for rule in contract.constraints:
        yield from _constraints(rule)


def _codes(contract: Contract, entry: Simulation) -> Iterator[Mutant]:
    title = f"simulation {entry.code} of {entry.operation}"
    yield _mutant(
        "simulation", f"{title}: unknown", "the code is refused", entry.requirement,
        _without(entry),
    )  # fmt: skip
    for part, word in (("reason", "reason"), ("then_reason", "later reason")):
        right = getattr(entry, part)
        wrong = _another_reason(contract, entry, right)
        if right and wrong:
            yield _mutant(
                "simulation", f"{title}: {word} {wrong}", f"the {word} is {wrong}",
                entry.requirement, _instead(entry, **{part: wrong}),
            )  # fmt: skip
    if entry.after:
        for word, after in (("too soon", entry.after / 3), ("too late", entry.after * 3)):
            yield _mutant(
                "simulation", f"{title}: {word}", f"it is decided {word}", entry.requirement,
                _instead(entry, after=after),
            )  # fmt: skip


def _another_reason(contract: Contract, entry: Simulation, right: str | None) -> str:
    if not entry.object:
        alike = [
            each.code
            for each in contract.errors.values()
            if right in contract.errors
            and each.code != right
            and each.statuses == contract.errors[right].statuses
            and (not each.operations or entry.operation in each.operations)
        ]
        return next(iter(alike), "")
    life = contract.lifecycle(entry.object, "v2")
    state = next(each for each in life.states.values() if right in each.reasons) if right else None
    # The last one: what expires is told from what is canceled by its time as well.
    return next((each for each in reversed(state.reasons if state else ()) if each != right), "")


def _cards(contract: Contract, card: TestCard) -> Iterator[Mutant]:
    title = f"card {card.ending}"
    if card.effect is None:
        declining = next(each.effect for each in contract.cards if each.simulation == "Declined")
        yield _mutant(
            "card", f"{title}: declined", "the card does not pay", card.requirement,
            _with_card(card, effect=declining),
        )  # fmt: skip
        return
    yield _mutant(
        "card", f"{title}: works", "the card pays at once", card.requirement,
        _with_card(card, effect=None),
    )  # fmt: skip
    effect = card.effect
    if effect.after:
        late = replace(effect, after=effect.after + timedelta(minutes=1))
        yield _mutant(
            "card", f"{title}: too late", "it is decided too late", card.requirement,
            _with_card(card, effect=late),
        )  # fmt: skip
    for part in ("reason", "then_reason"):
        right = getattr(effect, part)
        wrong = _another_reason(contract, effect, right)
        if right and wrong:
            yield _mutant(
                "card", f"{title}: for {wrong}", f"the reason is {wrong}", card.requirement,
                _with_card(card, effect=replace(effect, **{part: wrong})),
            )  # fmt: skip


def _constraints(rule: ConstraintRule) -> Iterator[Mutant]:
    title = f"constraint {rule.id}"
    yield _mutant(
        "constraint", f"{title}: missing", "it is never reported", rule.requirement,
        lambda contract: contract.replaced(
            constraints=tuple(each for each in contract.constraints if each != rule)
        ),
    )  # fmt: skip
    other = replace(rule, unless_set="/merchantMetadata/merchantReferenceId")
    yield _mutant(
        "constraint", f"{title}: stays", "it stays when its member is set", rule.requirement,
        lambda contract: contract.replaced(
            constraints=tuple(other if each == rule else each for each in contract.constraints)
        ),
    )  # fmt: skip


def _mutant(kind: str, title: str, says: str, requirement: str, change: Change) -> Mutant:
    return Mutant(
        name=title, says=f"{title.rpartition(':')[0]}: {says}.", breaks=frozenset({requirement}),
        api="v2", change=change, kind=kind,
    )  # fmt: skip


def _without(entry: Simulation) -> Change:
    return lambda contract: contract.replaced(
        simulations=tuple(each for each in contract.simulations if each != entry)
    )


def _instead(entry: Simulation, **changes: Any) -> Change:
    other = replace(entry, **changes)
    return lambda contract: contract.replaced(
        simulations=tuple(other if each == entry else each for each in contract.simulations)
    )


def _with_card(card: TestCard, **changes: Any) -> Change:
    other = replace(card, **changes)
    return lambda contract: contract.replaced(
        cards=tuple(other if each == card else each for each in contract.cards)
    )
