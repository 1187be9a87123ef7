"""What the model expects of a deed: a refusal for one of some reasons, or one of some changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pay_conformance.contract.model import Move, Simulation
from pay_conformance.generate.model.deeds import Deed
from pay_conformance.generate.model.guards import Circumstances, holds
from pay_conformance.generate.model.things import Charge, Permission, Refund, Session, Thing
from pay_conformance.generate.model.world import World

_KINDS: Mapping[str, type[Thing]] = {
    "CheckoutSession": Session,
    "ChargePermission": Permission,
    "Charge": Charge,
    "Refund": Refund,
}
_CONCLUDING = ("completeCheckoutSession", "buyer approves")
_INVALID_SIMULATION = "InvalidSandboxSimulationSpecified"


@dataclass(frozen=True, slots=True)
class Change:
    """What a deed does to its object. ``answers`` is the error that is answered all the same."""

    state: str
    reason: str | None
    requirement: str
    effect: Simulation | None = None
    answers: str = ""


@dataclass(frozen=True, slots=True)
class Prediction:
    """Either ``refusals``, reason codes and the requirements behind them, or ``changes``.

    ``own`` is the requirement that is violated where a change does not come about at all.
    """

    refusals: Mapping[str, str] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    own: str = ""

    @property
    def succeeds(self) -> bool:
        """Whether the call has to succeed."""
        return not self.refusals and any(not change.answers for change in self.changes)


def kind_of(operation: str) -> type[Thing]:
    """Return the class of what an operation is about."""
    for word, kind in _KINDS.items():
        if operation.endswith(word):
            return kind
    raise ValueError(f"{operation} is about nothing that the model knows")


def predict(world: World, deed: Deed) -> Prediction:
    """Return what a deed may come to in a world."""
    if deed.on in _BIRTHS:
        return _BIRTHS[deed.on](world, deed)
    operation = deed.on in world.contract.operations(world.api)
    thing = world.find(deed.target, kind_of(deed.on) if operation else Thing)
    if thing is None:
        _, wrong = _simulated(world, deed, None)
        return Prediction({"ResourceNotFound": _unknown(world, deed), **wrong})
    if deed.on.startswith("get"):
        return Prediction(changes=(_still(thing),), own="OP-ID-001")
    return _on_thing(world, deed, thing)


def _on_thing(world: World, deed: Deed, thing: Thing) -> Prediction:
    refusals = _by_state(world, thing, deed.on)
    if isinstance(thing, Session) and deed.on == "updateCheckoutSession" and thing.approved:
        refusals = refusals or {"InvalidCheckoutSessionStatus": "CS-UPD-005"}
    effect, wrong = _simulated(world, deed, thing)
    if refusals:
        return Prediction({**refusals, **wrong})
    session = thing if isinstance(thing, Session) else None
    own = thing if isinstance(thing, Permission) else None
    at = Circumstances(world, deed, thing, permission=own, session=session, effect=effect)
    possible = _possible(thing.kind, world.moves(thing, deed.on), at)
    refusals = _by_guards(thing.kind, possible, at, world)
    if wrong:
        refusals = {**refusals, **wrong}
    if refusals:
        return Prediction(refusals)
    if effect is not None and effect.object == thing.kind:
        change = Change(
            effect.state, effect.reason, effect.requirement, effect, answers=effect.answers
        )
        return Prediction(changes=(change,), own=effect.requirement)
    if not possible:
        return Prediction(changes=(_still(thing),), own="OP-OK-002")
    changes = tuple(Change(move.target, move.reason, move.requirement, effect) for move in possible)
    return Prediction(changes=changes, own=possible[0].requirement)


def _new_session(world: World, deed: Deed) -> Prediction:
    moves = world.births("checkout-session", deed.on)
    changes = tuple(Change(move.target, move.reason, move.requirement) for move in moves)
    return Prediction(changes=changes, own="CS-NEW-001")


def _new_charge(world: World, deed: Deed) -> Prediction:
    permission = world.find(deed.target, Permission)
    if permission is None:
        _, wrong = _simulated(world, deed, None)
        return Prediction({"ResourceNotFound": "CH-NEW-006", **wrong})
    refusals = _by_state(world, permission, deed.on)
    effect, wrong = _simulated(world, deed, None)
    born = effect if effect is not None and effect.outcome == "later" else None
    at = Circumstances(world, deed, permission=permission, effect=born)
    possible = _possible("charge", world.births("charge", deed.on), at)
    refusals = {**refusals, **_by_guards("charge", possible, at, world), **wrong}
    if refusals:
        return Prediction(refusals)
    if effect is not None and effect.outcome == "error":
        change = Change("", effect.reason, effect.requirement, effect, effect.reason or effect.code)
        return Prediction(changes=(change,), own=effect.requirement)
    changes = tuple(Change(move.target, move.reason, move.requirement, effect) for move in possible)
    return Prediction(changes=changes, own=possible[0].requirement if possible else "CH-NEW-001")


def _new_refund(world: World, deed: Deed) -> Prediction:
    charge = world.find(deed.target, Charge)
    if charge is None:
        _, wrong = _simulated(world, deed, None)
        return Prediction({"ResourceNotFound": "RF-NEW-004", **wrong})
    effect, wrong = _simulated(world, deed, None)
    refusals = _by_state(world, charge, deed.on)
    if refusals:
        return Prediction({**refusals, **wrong})
    if deed.currency not in ("", charge.currency):
        refusals["CurrencyMismatch"] = "RF-NEW-002"
    elif deed.amount is not None:
        if world.refunded(charge.id) + deed.amount > world.refundable(charge):
            refusals["TransactionAmountExceeded"] = "LIM-REF-004"
        count = world.contract.limits["refunds-per-charge"].value
        if count is not None and world.refunds_of(charge.id) >= count:
            refusals["TransactionCountExceeded"] = "LIM-COUNT-002"
    refusals = {**refusals, **wrong}
    if refusals:
        return Prediction(refusals)
    moves = world.births("refund", deed.on)
    changes = tuple(Change(move.target, move.reason, move.requirement, effect) for move in moves)
    over = deed.amount is not None and world.refunded(charge.id) + deed.amount > charge.taken
    return Prediction(changes=changes, own="LIM-REF-001" if over else "RF-LIFE-001")


_BIRTHS: Mapping[str, Callable[[World, Deed], Prediction]] = {
    "createCheckoutSession": _new_session,
    "createCharge": _new_charge,
    "createRefund": _new_refund,
}


def charge_births(
    world: World, deed: Deed, session: Session, effect: Simulation | None
) -> list[Change]:
    """Return how the charge of a session may be born when the session completes."""
    at = Circumstances(world, deed, session=session, effect=effect)
    moves = _possible("charge", world.births("charge", deed.on), at)
    return [Change(move.target, move.reason, move.requirement, effect) for move in moves]


def permission_births(world: World, deed: Deed, permission: Permission) -> list[Change]:
    """Return how the permission of a session may be born; its charge is in the world already."""
    at = Circumstances(world, deed, permission=permission)
    moves = _possible(permission.kind, world.births(permission.kind, deed.on), at)
    return [Change(move.target, move.reason, move.requirement) for move in moves]


def _possible(kind: str, moves: list[Move], at: Circumstances) -> list[Move]:
    """Return the moves whose guards hold, but for those that would refuse them."""
    guards = at.world.contract.lifecycle(kind, at.world.api).guards

    def selecting(need: str) -> bool:
        guard = guards.get(need)
        return not (guard and guard.refusal)

    return [
        move
        for move in moves
        if all(holds(kind, need, at) for need in move.needs if selecting(need))
    ]


def _by_guards(kind: str, moves: list[Move], at: Circumstances, world: World) -> dict[str, str]:
    guards = world.contract.lifecycle(kind, world.api).guards
    return {
        guards[need].refusal: guards[need].requirement
        for move in moves
        for need in move.needs
        if need in guards and guards[need].refusal and not holds(kind, need, at)
    }


def _by_state(world: World, thing: Thing, operation: str) -> dict[str, str]:
    life = world.contract.lifecycle(thing.kind, world.api)
    refused = life.refused.get((operation, thing.state))
    return dict.fromkeys(refused.codes, refused.requirement) if refused else {}


def _simulated(
    world: World, deed: Deed, thing: Thing | None
) -> tuple[Simulation | None, dict[str, str]]:
    """Return what the simulation code of a call, or the buyer's card, does; or its refusal."""
    if not deed.simulation:
        if isinstance(thing, Session) and deed.on in _CONCLUDING:
            return card_effect(world, thing), {}
        return None, {}
    for entry in world.contract.simulations:
        same = (entry.operation, entry.code) == (deed.on, deed.simulation)
        if same and world.api in entry.api:
            session = thing if isinstance(thing, Session) else None
            at = Circumstances(world, deed, thing, session=session, effect=entry)
            if all(holds(entry.object or "charge", need, at) for need in entry.needs):
                return entry, {}
    return None, {_INVALID_SIMULATION: "SIM-FORM-001"}


def card_effect(world: World, session: Session) -> Simulation | None:
    """Return what the card of a session does to its charge."""
    for card in world.contract.cards:
        if card.ending == session.card and card.effect and card.effect.object == "charge":
            return card.effect
    return None


def _still(thing: Thing) -> Change:
    return Change(thing.state, thing.reasons[0] if thing.reasons else None, thing.why)


def _unknown(world: World, deed: Deed) -> str:
    known = world.things.get(deed.target)
    if known is not None:
        return "CS-LIFE-016"
    return "OP-ID-001" if deed.on.startswith("get") else "OP-ID-002"
