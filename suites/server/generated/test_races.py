"""Things that happen at once leave one legal history: some order of the calls explains it."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from pay_conformance.generate.examples import Examples, Scene
from pay_conformance.generate.races import Race
from pay_conformance.scenario import api, long, needs, requirement

pytestmark = long


@requirement("CS-COMP-016")
@needs("buyer")
@api("v2")
def test_of_many_completes_at_once_one_takes_effect(examples: Examples) -> None:
    @examples.each(3, crowd=st.integers(2, 12))
    def one_completes(scene: Scene, crowd: int) -> None:
        race = Race(scene)
        session = race.approved("15.00")
        race.run("CS-COMP-016", [race.completing(session) for _ in range(crowd)])


@requirement("CS-COMP-007")
@needs("buyer", "clock")
@api("v2")
def test_complete_against_expiry_ends_one_way(examples: Examples) -> None:
    @examples.each(3, crowd=st.integers(1, 4))
    def ends_one_way(scene: Scene, crowd: int) -> None:
        race = Race(scene)
        session = race.approved("15.00")
        race.before_expiry(session)
        deeds = [race.completing(session) for _ in range(crowd)]
        race.run("CS-COMP-007", deeds, past=True)


@requirement("CH-CAP-017")
@needs("buyer")
def test_capture_against_cancel_ends_one_way(examples: Examples) -> None:
    @examples.each(3, captures=st.integers(1, 4), cancels=st.integers(1, 4))
    def ends_one_way(scene: Scene, captures: int, cancels: int) -> None:
        race = Race(scene)
        charge = race.charge("15.00")
        deeds = [race.capturing(charge) for _ in range(captures)]
        race.run("CH-CAP-017", [*deeds, *(race.canceling(charge) for _ in range(cancels))])


@requirement("CH-CAP-016")
@needs("buyer")
def test_of_many_captures_at_once_one_takes_effect(examples: Examples) -> None:
    @examples.each(2, crowd=st.integers(2, 12))
    def one_captures(scene: Scene, crowd: int) -> None:
        race = Race(scene)
        charge = race.charge("15.00")
        amounts = [race.money(f"{1 + place % 3}.00") for place in range(crowd)]
        race.run("CH-CAP-016", [race.capturing(charge, amount) for amount in amounts])


@requirement("LIM-REF-005")
@needs("buyer")
def test_a_hundred_refunds_at_once_stay_within_the_limit(examples: Examples) -> None:
    @examples.each(1, share=st.sampled_from(["3.00", "10.00", "40.00"]))
    def stay_within(scene: Scene, share: str) -> None:
        race = Race(scene)
        charge = race.charge("40.00", capture=True)
        race.run("LIM-REF-005", [race.refunding(charge, Decimal(share)) for _ in range(100)])


@requirement("LIM-AMT-004")
@needs("buyer")
def test_charges_at_once_stay_within_the_balance(examples: Examples) -> None:
    @examples.each(2, crowd=st.integers(2, 12), capture=st.booleans())
    def stay_within(scene: Scene, crowd: int, capture: bool) -> None:  # noqa: FBT001
        race = Race(scene)
        permission = race.permission("15.00")
        third = race.money("5.00")
        deeds = [race.charging(permission, third, capture=capture) for _ in range(crowd)]
        race.run("LIM-AMT-004", deeds)


@requirement("CP-CLOSE-003")
@needs("buyer")
def test_close_against_capture_and_charge_ends_one_way(examples: Examples) -> None:
    @examples.each(3, sweep=st.booleans(), captures=st.integers(0, 3), charges=st.integers(0, 3))
    def ends_one_way(scene: Scene, sweep: bool, captures: int, charges: int) -> None:  # noqa: FBT001
        race = Race(scene)
        permission = race.permission("15.00", intent="Confirm")
        first = race.player.do(race.charging(permission, race.money("5.00")))
        charge = race.charge_named(first.id)
        deeds = [
            race.closing(permission.id, sweep=sweep),
            *(race.capturing(charge) for _ in range(captures)),
            *(race.charging(permission, race.money("4.00")) for _ in range(charges)),
        ]
        race.run("CP-CLOSE-003", deeds)
