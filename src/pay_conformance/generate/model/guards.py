"""What the guards of the lifecycles mean in the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pay_conformance.generate.model.deeds import Deed
from pay_conformance.generate.model.things import Charge, Permission, Session, Thing

if TYPE_CHECKING:
    from pay_conformance.contract.model import Simulation
    from pay_conformance.generate.model.world import World


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a guard is asked about.

    ``thing`` is the object that moves, ``None`` for a birth. ``permission`` and ``session`` are
    those that a birth is about. ``effect`` is what a simulation code or a test card does to it.
    """

    world: World
    deed: Deed
    thing: Thing | None = None
    permission: Permission | None = None
    session: Session | None = None
    effect: Simulation | None = None


Guard = Callable[[Circumstances], bool]


def holds(kind: str, name: str, at: Circumstances) -> bool:
    """Say whether a guard holds; one that the model does not know, holds.

    ``kind`` is the object whose lifecycle names it.
    """
    relation, _, timer = name.partition(" ")
    life = at.world.contract.lifecycle(kind, at.world.api)
    if relation in ("before", "after") and timer in life.timers:
        due = at.world.timer(at.thing, timer) if at.thing else None
        return due is not None and (at.world.now <= due) == (relation == "before")
    known = GUARDS[kind].get(name)
    return known is None or known(at)


def pending_allowed(at: Circumstances) -> bool:
    """Whether an authorization may be left pending: asked for, and nothing captured at once."""
    if at.session is not None:
        return at.session.pending and at.session.intent == "Authorize"
    return at.deed.pending and not at.deed.capture


def _captures_now(at: Circumstances) -> bool:
    if at.session is not None:
        return at.session.intent == "AuthorizeWithCapture"
    return at.deed.capture


def _of_charge(at: Circumstances) -> Charge:
    assert isinstance(at.thing, Charge)
    return at.thing


def _of_session(at: Circumstances) -> Session:
    assert isinstance(at.thing, Session)
    return at.thing


def _within_balance(at: Circumstances) -> bool:
    if at.permission is None or at.deed.amount is None or at.session is not None:
        return True
    return at.deed.amount <= at.world.balance(at.permission)


def _within_count(at: Circumstances) -> bool:
    limit = at.world.contract.limits["charges-per-one-time-permission"].value
    if at.permission is None or limit is None:
        return True
    charges = at.world.charges_of(at.permission.id)
    counted = [charge for charge in charges if charge.state not in ("Canceled", "Declined")]
    return len(counted) < limit


def _chargeable(at: Circumstances) -> bool:
    if at.permission is None or at.session is not None:
        return True
    life = at.world.contract.lifecycle("charge-permission", at.world.api)
    return "createCharge" in life.states[at.permission.state].operations


def _own_amount(at: Circumstances) -> bool:
    session, deed = _of_session(at), at.deed
    same = deed.amount is None or deed.amount == session.amount
    return same and (deed.total is None or deed.total == session.total)


def _left(at: Circumstances) -> bool:
    return at.permission is not None and at.world.balance(at.permission) > 0


def _all_captured(at: Circumstances) -> bool:
    return at.permission is not None and at.world.taken(at.permission.id) >= at.permission.limit


def _all_held(at: Circumstances) -> bool:
    return at.permission is not None and not _left(at) and at.world.held(at.permission.id) > 0


GUARDS: Mapping[str, Mapping[str, Guard]] = {
    "checkout-session": {
        "no constraint remains": lambda at: not at.world.constraints(_of_session(at)),
        "buyer approved": lambda at: _of_session(at).approved,
        "amounts match": _own_amount,
    },
    "charge-permission": {
        "something is left to charge": _left,
        "open charges take the whole amount": _all_held,
        "all is captured": _all_captured,
        "one-time": lambda _: True,
        "one-time with extended expiration": lambda _: False,
        "recurring": lambda _: False,
    },
    "charge": {
        "capture now": _captures_now,
        "no capture now": lambda at: not _captures_now(at),
        "decided at once": lambda at: at.effect is None,
        "pending authorization allowed": lambda at: at.effect is not None and pending_allowed(at),
        "capture settles later": lambda at: (
            at.effect is not None and at.effect.state == "CaptureInitiated"
        ),
        "capture is refused": lambda at: at.effect is not None and at.effect.state == "Declined",
        "charge permission is chargeable": _chargeable,
        "currency is that of the charge permission": lambda at: (
            at.permission is None or at.deed.currency in ("", at.permission.currency)
        ),
        "amount within the balance": _within_balance,
        "count within the limit": _within_count,
        "currency is that of the charge": lambda at: (
            at.deed.currency in ("", _of_charge(at).currency)
        ),
        "amount within the authorization": lambda at: (
            at.deed.amount is None or at.deed.amount <= _of_charge(at).amount
        ),
    },
    "refund": {},
}
"""The guards by object. The lifecycles name them, and say in a sentence what each means."""
