"""The world of the model: all objects of one merchant at one moment, and what time does to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api, Move
from pay_conformance.generate.model.deeds import Deed
from pay_conformance.generate.model.guards import Circumstances, holds
from pay_conformance.generate.model.things import Charge, Permission, Refund, Session, Thing

Some = TypeVar("Some", bound=Thing)

GONE = "gone"
"""The state of an object that was deleted for good."""

_TIME = Deed("time passes")
_BLAMED = {
    "HardDeclined": "a charge is hard declined",
    "AmazonRejected": "a charge is rejected by Amazon",
}


@dataclass(frozen=True, slots=True)
class World:
    """All objects, by id. Every change gives a new world."""

    contract: Contract
    api: Api
    now: datetime
    things: Mapping[str, Thing] = field(default_factory=dict)

    # What can be read off

    def find(self, name: str, kind: type[Some]) -> Some | None:
        """Return an object that is there and of that kind."""
        found = self.things.get(name)
        return found if isinstance(found, kind) and found.state != GONE else None

    def charges_of(self, permission: str) -> list[Charge]:
        """Return the charges of a permission, oldest first."""
        return [
            thing
            for thing in self.things.values()
            if isinstance(thing, Charge) and thing.permission == permission
        ]

    def refunded(self, charge: str) -> Decimal:
        """Return what was refunded of a charge, or is about to be."""
        refunds = (thing for thing in self.things.values() if isinstance(thing, Refund))
        return sum((one.counted for one in refunds if one.charge == charge), Decimal(0))

    def refunds_of(self, charge: str) -> int:
        """Return how many refunds of a charge count."""
        refunds = (thing for thing in self.things.values() if isinstance(thing, Refund))
        return sum(one.charge == charge and one.state != "Declined" for one in refunds)

    def taken(self, permission: str) -> Decimal:
        """Return what was captured on a permission."""
        return sum((charge.taken for charge in self.charges_of(permission)), Decimal(0))

    def held(self, permission: str) -> Decimal:
        """Return what open charges hold of a permission."""
        return sum((charge.held for charge in self.charges_of(permission)), Decimal(0))

    def balance(self, permission: Permission) -> Decimal:
        """Return what is left to charge."""
        return permission.limit - self.taken(permission.id) - self.held(permission.id)

    def refundable(self, charge: Charge) -> Decimal:
        """Return what may be refunded of a charge in all, by the limits of the contract."""
        limits, taken = self.contract.limits, charge.taken
        share = (limits["over-refund-share"].of(charge.currency) or Decimal(0)) * taken / 100
        extra = limits["over-refund-amount"].of(charge.currency)
        most = taken + (share if extra is None else min(share, extra))
        ceiling = limits["refund-amount"].of(charge.currency)
        return most if ceiling is None else min(most, ceiling)

    def constraints(self, session: Session) -> list[str]:
        """Return the ids of the constraints that remain for a session."""
        given = {
            "/buyer": session.signed_in,
            "/paymentDetails/chargeAmount": session.amount is not None,
            "/paymentDetails/paymentIntent": session.intent is not None,
            "/webCheckoutDetails/checkoutResultReturnUrl": session.result_url,
        }
        return [
            rule.id
            for rule in self.contract.constraints
            if self.api in rule.api and not rule.when and not given.get(rule.unless_set, True)
        ]

    # What changes

    def with_(self, *things: Thing) -> World:
        """Return the world with objects added, or replaced by what they are now."""
        return replace(self, things={**self.things, **{thing.id: thing for thing in things}})

    def moved(
        self, thing: Some, state: str, reason: str | None, why: str, at: datetime | None = None
    ) -> World:
        """Return the world after an object went into a state, with all that follows from it."""
        changed = replace(
            thing,
            state=state,
            reasons=_reasons(thing, state, reason),
            why=why,
            since=at or self.now,
            plan=None if thing.plan and thing.plan.state == state else thing.plan,
        )
        if isinstance(changed, Charge) and state in ("Captured", "CaptureInitiated"):
            changed = replace(
                changed, captured=changed.amount if changed.captured is None else changed.captured
            )
        world = self.with_(changed)
        return world.followed(changed) if isinstance(changed, Charge) else world

    def followed(self, charge: Charge) -> World:
        """Return the world after a permission followed from one of its charges."""
        world = self
        for event in ("the whole amount is captured", "open charges hold the whole amount"):
            after = world.happened(charge.permission, event)
            if after is not None:
                return after._blamed(charge)
        permission = world.find(charge.permission, Permission)
        if permission and permission.reasons == ("ChargeInProgress",):
            world = world.happened(permission.id, "an open charge ends") or world
        return world._blamed(charge)

    def declined(self, permission: str, reason: str | None) -> World:
        """Return the world after a charge on a permission was declined."""
        event = _BLAMED.get(reason or "")
        return (self.happened(permission, event) if event else None) or self

    def happened(self, name: str, event: str) -> World | None:
        """Return the world after an event; ``None`` if no move of the object's life has it."""
        thing = self.things.get(name)
        if thing is None or thing.state == GONE:
            return None
        for move in self.moves(thing, event):
            if all(holds(thing.kind, need, self.circumstances(thing)) for need in move.needs):
                return self.moved(thing, move.target, move.reason, move.requirement)
        return None

    def moves(self, thing: Thing, trigger: str) -> list[Move]:
        """Return the moves that an object has from its state on an operation or event."""
        life = self.contract.lifecycle(thing.kind, self.api)
        return [
            move
            for move in life.moves
            if move.on == trigger and move.source == thing.state and self.api in move.api
        ]

    def births(self, kind: str, trigger: str) -> list[Move]:
        """Return the moves that give birth to an object on an operation or event."""
        life = self.contract.lifecycle(kind, self.api)
        return [
            move
            for move in life.moves
            if move.on == trigger and move.source is None and self.api in move.api
        ]

    def circumstances(self, thing: Thing, deed: Deed = _TIME) -> Circumstances:
        """Return what the guards of an object are asked about."""
        own = thing if isinstance(thing, Permission) else None
        return Circumstances(self, deed, thing, permission=own)

    # Time

    def at(self, now: datetime) -> World:
        """Return the world at a later time, after all that fell due until then, in its order."""
        world = self
        while True:
            due = min(world.dues(), default=None, key=lambda entry: entry[0])
            if due is None or due[0] > now:
                return replace(world, now=max(now, world.now))
            moment, name = due
            world = replace(world, now=max(moment, world.now))._due(name, moment)

    def dues(self) -> Iterator[tuple[datetime, str]]:
        """Yield when something will happen to an object by itself, and its id."""
        for thing in self.things.values():
            if thing.state == GONE:
                continue
            if thing.plan is not None:
                yield thing.plan.due, thing.id
            else:
                for move in self._timed(thing):
                    due = self.timer(thing, move.timer)
                    if due is not None:
                        yield due, thing.id
            end = self._end(thing)
            if end is not None:
                yield end, thing.id

    def timer(self, thing: Thing, name: str) -> datetime | None:
        """Return when a timer of an object runs out; ``None`` if the model does not know since."""
        timer = self.contract.lifecycle(thing.kind, self.api).timers.get(name)
        if timer is None:
            return None
        if timer.since == "/creationTimestamp":
            return timer.due(thing.born)
        changed = timer.since == "/statusDetails/lastUpdatedTimestamp"
        return timer.due(thing.since) if changed else None

    def _timed(self, thing: Thing) -> list[Move]:
        moves = _timed_moves(self.contract, self.api, thing.kind, thing.state)
        if not any(move.needs for move in moves):
            return list(moves)
        at = self.circumstances(thing)
        return [move for move in moves if all(holds(thing.kind, need, at) for need in move.needs)]

    def _end(self, thing: Thing) -> datetime | None:
        forgotten = self.contract.lifecycle(thing.kind, self.api).forgotten
        return self.timer(thing, forgotten) if forgotten else None

    def _due(self, name: str, moment: datetime) -> World:
        thing = self.things[name]
        end = self._end(thing)
        if end is not None and end <= moment:
            return self.with_(replace(thing, state=GONE, plan=None))
        plan = thing.plan
        if plan is not None and plan.due <= moment:
            done = replace(thing, plan=None)
            return self.moved(done, plan.state, plan.reason, plan.requirement, moment)
        for move in self._timed(thing):
            due = self.timer(thing, move.timer)
            if due is not None and due <= moment:
                return self.moved(thing, move.target, move.reason, move.requirement, moment)
        return self

    def _blamed(self, charge: Charge) -> World:
        if charge.state != "Declined":
            return self
        return self.declined(charge.permission, charge.reasons[0] if charge.reasons else None)


@lru_cache(maxsize=256)
def _timed_moves(contract: Contract, api: Api, kind: str, state: str) -> tuple[Move, ...]:
    """Return the moves that time makes from a state, whatever they need."""
    life = contract.lifecycle(kind, api)
    return tuple(
        move for move in life.moves if move.timer and move.source == state and api in move.api
    )


def _reasons(thing: Thing, state: str, reason: str | None) -> tuple[str, ...]:
    """Return why an object is in a state; a permission may have several reasons at once."""
    new = () if reason is None else (reason,)
    if isinstance(thing, Permission) and thing.state == state:
        return tuple(dict.fromkeys((*thing.reasons, *new)))
    return new
