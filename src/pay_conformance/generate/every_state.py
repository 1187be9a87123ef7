"""Brings each object into each state, does everything to it there, and lets its time run out.

This is the walk before the random stories: it is the same every time, and goes to every refusal
and every move of the lifecycles that calls and time can bring about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import islice

from pay_conformance.generate.examples import Examples, Scene, holds
from pay_conformance.generate.left_out import say_what_is_left_out
from pay_conformance.generate.model import Charge, Deed, Permission, Session, Thing
from pay_conformance.generate.model.predicting import predict
from pay_conformance.generate.model.world import GONE
from pay_conformance.generate.outside import possible_events
from pay_conformance.generate.races import Race
from pay_conformance.generate.troubles import TROUBLES, Trouble
from pay_conformance.scenario import Answer

_ORDER = "40.00"
_MOST_WAITS = 16
_EDGE = 20
_SOON = 90

Recipe = Callable[[Race], Thing]


def _new_session(race: Race) -> Thing:
    answer = race.player.do(
        Deed("createCheckoutSession", amount=race.money(_ORDER), currency=race.currency,
             intent="Authorize", key=race.key())
    )  # fmt: skip
    return race.player.world.things[answer.id]


def _approved(race: Race) -> Thing:
    return race.approved(_ORDER)


def _paid_with(card: str) -> Recipe:
    """Return how a session is approved that may wait for its authorization, with a test card."""

    def recipe(race: Race) -> Thing:
        answer = race.player.do(
            Deed("createCheckoutSession", amount=race.money(_ORDER), currency=race.currency,
                 intent="Authorize", pending=True, key=race.key())
        )  # fmt: skip
        race.player.choose(race.session(answer.id), card)
        race.player.approve(race.session(answer.id))
        return race.player.world.things[answer.id]

    return recipe


def _completed(race: Race) -> Thing:
    session = race.approved(_ORDER)
    if race.player.story.api == "v2":
        race.player.do(race.completing(session))
    return race.player.world.things[session.id]


def _left(event: str) -> Recipe:
    def recipe(race: Race) -> Thing:
        session = _new_session(race)
        race.player.choose(race.session(session.id), "1111")
        race.player.leave(race.session(session.id), event)
        return race.player.world.things[session.id]

    return recipe


def _chargeable(race: Race) -> Thing:
    return race.permission(_ORDER)


def _held(race: Race) -> Thing:
    charge = _authorized(race)
    return race.player.world.things[charge.permission]


def _closed(race: Race) -> Thing:
    permission = race.permission(_ORDER)
    race.player.do(race.closing(permission.id))
    return race.player.world.things[permission.id]


def _spent(race: Race) -> Thing:
    charge = _captured(race)
    return race.player.world.things[charge.permission]


def _authorized(race: Race) -> Charge:
    return race.charge(_ORDER)


def _captured(race: Race) -> Charge:
    return race.charge(_ORDER, capture=True)


def _partly(race: Race) -> Thing:
    charge = race.charge(_ORDER)
    race.player.do(race.capturing(charge, (charge.amount / 2).quantize(race.unit)))
    return race.player.world.things[charge.id]


def _canceled(race: Race) -> Thing:
    charge = race.charge(_ORDER)
    race.player.do(race.canceling(charge))
    return race.player.world.things[charge.id]


def _late(race: Race) -> Thing:
    charge = race.charge(_ORDER)
    race.player.wait(8 * 86_400)
    return race.player.world.things[charge.id]


def _refunded(race: Race) -> Thing:
    charge = race.charge(_ORDER, capture=True)
    race.player.do(race.refunding(charge, charge.amount))
    return race.player.world.things[charge.id]


RECIPES: Mapping[str, Recipe] = {
    "a new session": _new_session,
    "an approved session": _approved,
    "a session whose authorization is pending and succeeds": _paid_with("0701"),
    "a session whose authorization is pending and is declined": _paid_with("4354"),
    "a session whose card makes the buyer cancel": _paid_with("3064"),
    "a session whose card is declined": _paid_with("3434"),
    "a completed session": _completed,
    "a session that the buyer canceled": _left("buyer cancels"),
    "a session whose payment was declined": _left("payment is declined"),
    "a chargeable permission": _chargeable,
    "a permission that is held whole": _held,
    "a permission that the merchant closed": _closed,
    "a permission that is spent": _spent,
    "an authorized charge": _authorized,
    "an authorized charge of 8 days": _late,
    "a captured charge": _captured,
    "a charge captured in part": _partly,
    "a canceled charge": _canceled,
    "a refunded charge": _refunded,
}
"""How to come by an object in each state."""

_NEEDS_CLOCK = frozenset({"an authorized charge of 8 days"})


def do_everything_everywhere(examples: Examples) -> None:
    """Do every deed in every state, each state in a story of its own; say what is left out.

    Raises:
        Violation: for the first answer that the model does not allow.

    """
    say_what_is_left_out(examples)
    for name, recipe in RECIPES.items():
        clock = "clock" in examples.story.setting.target.capabilities
        if name in _NEEDS_CLOCK and not clock:
            continue
        examples.concluded(partial(examples.told, partial(_play, recipe)))
        if clock:
            examples.concluded(partial(examples.told, partial(_age, recipe)))
    examples.concluded(lambda: examples.told(_reach_the_limits))


def fail_first(examples: Examples) -> None:
    """Let every call of a payment that has a key fail in every way, and send it again.

    Raises:
        Violation: if a call that was sent twice took effect twice, or not at all.

    """
    for what, trouble in TROUBLES.items():
        examples.concluded(partial(examples.told, partial(_pay_in_trouble, what, trouble)))


def _pay_in_trouble(what: str, trouble: Trouble, scene: Scene) -> None:
    race = Race(scene)
    player = race.player

    def do(deed: Deed) -> Answer:
        player.story.narrate(what)
        player.trouble = trouble
        answer = player.do(deed)
        holds(player.story, "IDEM-SAME-002", answer)
        return answer

    made = do(
        Deed("createCheckoutSession", amount=race.money(_ORDER), currency=race.currency,
             intent="Confirm", key=race.key())
    )  # fmt: skip
    player.choose(race.session(made.id), "1111")
    player.approve(race.session(made.id))
    if player.story.api == "v2":
        do(race.completing(race.session(made.id)))
    permission = player.world.things[race.session(made.id).permission]
    assert isinstance(permission, Permission)
    charge = race.charge_named(do(race.charging(permission, race.money("15.00"))).id)
    do(race.capturing(charge))
    do(race.refunding(race.charge_named(charge.id), race.money("5.00")))
    player.look_at_all()


def _reach_the_limits(scene: Scene) -> None:
    """Charge and refund once more often than is allowed, and by the least and most too much."""
    race = Race(scene)
    limits = race.player.world.contract.limits
    permission = race.permission(_ORDER)
    for _ in range(int(limits["charges-per-one-time-permission"].value or 0) + 1):
        race.player.do(race.charging(permission, race.money("1.00")))
    charge = _captured(race)
    for _ in range(int(limits["refunds-per-charge"].value or 0) + 1):
        race.player.do(race.refunding(charge, race.money("1.00")))
    # Of this much, the allowance is the amount of the contract and no share.
    charge = race.charge("1000.00", capture=True)
    most = race.player.world.refundable(charge)
    race.player.do(race.refunding(charge, most + race.unit))
    race.player.do(race.refunding(charge, most))


def _play(recipe: Recipe, scene: Scene) -> None:
    race = Race(scene)
    player = race.player
    thing = recipe(race)
    for number, deed in enumerate(_deeds(race, thing)):
        if predict(player.world, deed).succeeds:
            # Each deed that changes something gets an object of its own.
            thing = recipe(race)
            _do(race, _again(race, thing, number) or deed)
        else:
            _do(race, deed)
    if isinstance(thing, Permission):
        for event in possible_events(player.world, recipe(race)):
            changed = recipe(race)
            assert isinstance(changed, Permission)
            player.happen(changed, event)


def _again(race: Race, thing: Thing, number: int) -> Deed | None:
    """Return the deed with that number on an object, if it has so many."""
    return next(islice(_deeds(race, thing), number, None), None)


def _do(race: Race, deed: Deed) -> None:
    """Do a deed, and if it succeeds with a key, the same again."""
    player = race.player
    answer = player.do(deed)
    if answer.succeeded and deed.key:
        player.repeat(-1)
    if answer.succeeded and player.scene.clock is not None:
        soon = player.world.now + timedelta(seconds=_SOON)
        undecided = [name for due, name in player.world.dues() if due < soon]
        if undecided:
            player.wait(_SOON, undecided)


def _age(recipe: Recipe, scene: Scene) -> None:
    """Wait until just before and just after each moment at which something is due to an object."""
    race = Race(scene)
    recipe(race)
    player = race.player
    for _ in range(_MOST_WAITS):
        due = min((due for due, _ in player.world.dues()), default=None)
        if due is None:
            return
        ahead = int((due - player.world.now).total_seconds())
        if ahead > 2 * _EDGE:
            player.wait(ahead - _EDGE)
        player.wait(min(ahead, _EDGE) + _EDGE)


def _deeds(race: Race, thing: Thing) -> Iterator[Deed]:
    """Yield what can be tried on an object; most of it is refused in most states."""
    match thing:
        case Session():
            yield from _on_session(race, thing)
        case Permission():
            yield from _on_permission(race, thing)
        case Charge():
            yield from _on_charge(race, thing)


def _on_session(race: Race, session: Session) -> Iterator[Deed]:
    if session.state == GONE:
        return
    yield Deed("updateCheckoutSession", session.id, amount=race.money("41.00"),
               currency=race.currency)  # fmt: skip
    if race.player.story.api == "v2":
        own = race.completing(session)
        yield replace(own, amount=own.amount + race.unit if own.amount else None, key=race.key())
        yield own


def _on_permission(race: Race, permission: Permission) -> Iterator[Deed]:
    left = max(race.player.world.balance(permission), race.unit)
    part = (left / 4).quantize(race.unit) or race.unit
    yield race.charging(permission, left + race.unit)
    yield replace(race.charging(permission, part), currency=_other(race))
    yield race.charging(permission, part)
    yield race.charging(permission, part, capture=True)
    yield race.charging(permission, left)
    yield race.charging(permission, left, capture=True)
    yield from _simulated(race, race.charging(permission, part))
    yield Deed("updateChargePermission", permission.id)
    yield race.closing(permission.id)
    yield race.closing(permission.id, sweep=True)


def _on_charge(race: Race, charge: Charge) -> Iterator[Deed]:
    half = (charge.amount / 2).quantize(race.unit)
    yield race.capturing(charge, charge.amount + race.unit)
    yield replace(race.capturing(charge), currency=_other(race))
    yield race.capturing(charge, half)
    yield race.capturing(charge)
    yield from _simulated(race, race.capturing(charge))
    yield race.canceling(charge)
    taken = charge.taken or charge.amount
    extra = (taken * Decimal("0.15")).quantize(race.unit)
    yield race.refunding(charge, taken + extra + race.unit)
    yield replace(race.refunding(charge, half), currency=_other(race))
    yield race.refunding(charge, half)
    yield race.refunding(charge, taken + extra)
    yield from _simulated(race, race.refunding(charge, half))
    yield race.closing(charge.permission, sweep=True)


def _simulated(race: Race, deed: Deed) -> Iterator[Deed]:
    """Yield a call with each simulation code of its operation, and with one that it has not."""
    if "simulation" not in race.player.story.setting.target.capabilities:
        return
    for entry in race.player.world.contract.simulations:
        if entry.operation == deed.on and race.player.world.api in entry.api:
            yield replace(deed, simulation=entry.code, key=race.key())
    yield replace(deed, simulation="NoSuchCode", key=race.key())


def _other(race: Race) -> str:
    return "GBP" if race.currency != "GBP" else "USD"
