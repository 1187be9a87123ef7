"""Holds an answer against the model, and carries the model on from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from pay_conformance.generate.model.deeds import Deed
from pay_conformance.generate.model.predicting import (
    Change,
    Prediction,
    charge_births,
    permission_births,
    predict,
)
from pay_conformance.generate.model.things import (
    Charge,
    Permission,
    Plan,
    Refund,
    Session,
    Thing,
)
from pay_conformance.generate.model.world import World
from pay_conformance.scenario import Answer

_NEAR = timedelta(seconds=5)


@dataclass(eq=False)
class Illegal(Exception):
    """An answer that the model does not allow, and the requirement that it violates."""

    requirement: str
    message: str
    answer: Answer | None = None
    pointer: str = ""
    expected: Any = None
    actual: Any = None

    def __str__(self) -> str:
        return f"{self.requirement}: {self.message}"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The world after a legal answer, and the requirement that the answer is evidence for."""

    world: World
    requirement: str


def accept(world: World, deed: Deed, answer: Answer) -> Accepted:
    """Return the world after a deed that was answered so.

    Raises:
        Illegal: if the model does not allow that answer.

    """
    prediction = predict(world, deed)
    if answer.succeeded:
        if prediction.refusals:
            raise _accepted(prediction, answer)
        change = _change(prediction, answer)
        after = _committed(world, deed, answer, change)
        compare(after, answer)
        return Accepted(_learned(after, answer), change.requirement)
    return _refused(world, deed, prediction, answer)


def _accepted(prediction: Prediction, answer: Answer) -> Illegal:
    requirement = next(iter(prediction.refusals.values()))
    codes = " or ".join(prediction.refusals)
    return Illegal(
        requirement,
        f"{answer.summary}, where it should be refused with {codes}",
        answer,
        expected=list(prediction.refusals),
        actual={"status": answer.status, "state": answer.state},
    )


def _refused(world: World, deed: Deed, prediction: Prediction, answer: Answer) -> Accepted:
    if answer.reason in prediction.refusals:
        return Accepted(world, prediction.refusals[answer.reason])
    for change in prediction.changes:
        if change.answers and change.answers == answer.reason:
            return Accepted(_answered_by_error(world, deed, change), change.requirement)
    if prediction.refusals:
        requirement = next(iter(prediction.refusals.values()))
        expected = list(prediction.refusals)
    else:
        requirement = prediction.own
        expected = [change.answers or "a success" for change in prediction.changes]
    raise Illegal(
        requirement,
        f"{answer.summary}, not {' or '.join(expected)}",
        answer,
        pointer="/reasonCode",
        expected=expected,
        actual=answer.reason,
    )


def _answered_by_error(world: World, deed: Deed, change: Change) -> World:
    """Return the world after an error that has an effect all the same, as some simulations do."""
    thing = world.things.get(deed.target)
    if thing is None:
        return world
    if deed.on == "createCharge":
        return world.declined(thing.id, change.reason)
    if isinstance(thing, Charge) and deed.on == "captureCharge":
        thing = replace(thing, captured=deed.amount)
    return world.moved(thing, change.state, change.reason, change.requirement)


def _change(prediction: Prediction, answer: Answer) -> Change:
    """Return the change that an answer shows."""
    if not prediction.succeeds:
        errors = " or ".join(change.answers for change in prediction.changes) or "a refusal"
        raise Illegal(
            prediction.own, f"{answer.summary}, not {errors}", answer, actual=answer.status
        )
    possible = [change for change in prediction.changes if not change.answers]
    for change in possible:
        if change.state == answer.state:
            return change
    raise Illegal(
        possible[0].requirement or prediction.own,
        f"{answer.summary}, not {' or '.join(change.state for change in possible)}",
        answer,
        pointer=answer.pointer("/statusDetails/state"),
        expected=[change.state for change in possible],
        actual=answer.state,
    )


# What a deed does to the world


def _committed(world: World, deed: Deed, answer: Answer, change: Change) -> World:
    if deed.on.startswith("get"):
        return world
    match deed.on:
        case "createCheckoutSession":
            return world.with_(_session(world, deed, answer, change))
        case "createCharge":
            charge = _charge(world, deed, answer, change)
            return world.with_(charge).moved(
                charge, change.state, change.reason, change.requirement
            )
        case "createRefund":
            return world.with_(_refund(world, deed, answer, change))
        case "completeCheckoutSession":
            session = world.find(deed.target, Session)
            assert session is not None
            return concluded(world, deed, session, answer)
    thing = world.things[deed.target]
    if deed.on == "updateCheckoutSession" and isinstance(thing, Session):
        return world.with_(_updated(thing, deed))
    if isinstance(thing, Charge) and deed.on == "captureCharge":
        thing = replace(thing, captured=deed.amount, plan=_plan(world, change))
    if change.state == thing.state:
        return world
    after = world.moved(thing, change.state, change.reason, change.requirement)
    if deed.on == "closeChargePermission" and deed.sweep:
        for charge in after.charges_of(thing.id):
            after = after.happened(charge.id, "charge permission is canceled") or after
    return after


def concluded(world: World, deed: Deed, session: Session, answer: Answer) -> World:
    """Return the world after a session completed, as the answer shows it with its new objects.

    Raises:
        Illegal: if the answer lacks an object that there has to be.

    """
    prediction = predict(world, deed)
    effects = [change.effect for change in prediction.changes if change.effect]
    effect = effects[0] if effects else None
    permission = Permission(
        id=str(answer.at("/chargePermissionId")),
        state="",
        born=world.now,
        since=world.now,
        limit=session.total or session.amount or Decimal(0),
        currency=session.currency,
    )
    after = world
    charge_id = answer.at("/chargeId")
    if session.intent != "Confirm":
        births = charge_births(world, deed, session, effect)
        if charge_id is None or not births:
            raise Illegal("CS-LIFE-013", "the completed session has no chargeId", answer)
        charge = Charge(
            id=str(charge_id),
            state="",
            born=world.now,
            since=world.now,
            permission=permission.id,
            amount=session.amount or Decimal(0),
            currency=session.currency,
            plan=_plan(world, births[0]),
        )
        after = after.with_(charge).moved(
            charge, births[0].state, births[0].reason, births[0].requirement
        )
    elif charge_id is not None:
        raise Illegal("CS-LIFE-014", "a session that was only confirmed has a chargeId", answer)
    state = permission_births(after, deed, permission)
    if state:
        permission = replace(
            permission,
            state=state[0].state,
            reasons=() if state[0].reason is None else (state[0].reason,),
            why=state[0].requirement,
        )
    done = replace(session, permission=permission.id, charge=str(charge_id or ""))
    move = prediction.changes[0]
    return after.with_(permission, done).moved(done, move.state, move.reason, move.requirement)


def _session(world: World, deed: Deed, answer: Answer, change: Change) -> Session:
    return Session(
        id=answer.id,
        state=change.state,
        born=answer.time("/creationTimestamp") or world.now,
        since=world.now,
        why=change.requirement,
        amount=deed.amount,
        total=deed.total,
        currency=deed.currency,
        intent=deed.intent,
        pending=deed.pending,
    )


def _charge(world: World, deed: Deed, answer: Answer, change: Change) -> Charge:
    return Charge(
        id=answer.id,
        state="",
        born=answer.time("/creationTimestamp") or world.now,
        since=world.now,
        permission=deed.target,
        amount=deed.amount or Decimal(0),
        currency=deed.currency,
        plan=_plan(world, change),
    )


def _refund(world: World, deed: Deed, answer: Answer, change: Change) -> Refund:
    return Refund(
        id=answer.id,
        state=change.state,
        born=answer.time("/creationTimestamp") or world.now,
        since=world.now,
        why=change.requirement,
        charge=deed.target,
        amount=deed.amount or Decimal(0),
        currency=deed.currency,
        plan=_plan(world, change),
    )


def _plan(world: World, change: Change) -> Plan | None:
    effect = change.effect
    if effect is None or effect.outcome != "later":
        return None
    due = world.now + effect.after
    return Plan(due, effect.then, effect.then_reason, effect.requirement or change.requirement)


def _updated(session: Session, deed: Deed) -> Session:
    return replace(
        session,
        amount=session.amount if deed.amount is None else deed.amount,
        total=session.total if deed.total is None else deed.total,
        intent=deed.intent or session.intent,
        presented=session.presented or deed.amount is not None,
    )


# How an object reads


def compare(world: World, answer: Answer) -> None:
    """Hold what an answer shows of an object against the model.

    Raises:
        Illegal: for the first value that differs.

    """
    thing = world.things.get(answer.id)
    if thing is None:
        return
    _same(answer, "/statusDetails/state", thing.state, thing.why)
    if not _may_be(list(map(str, answer.reasons)), thing.reasons):
        raise Illegal(
            thing.why,
            f"{answer.call.title}: the reason is {list(answer.reasons)}, not {list(thing.reasons)}",
            answer,
            answer.pointer("/statusDetails"),
            list(thing.reasons),
            list(answer.reasons),
        )
    match thing:
        case Session():
            _compare_session(world, thing, answer)
        case Permission():
            _compare_permission(world, thing, answer)
        case Charge():
            _compare_charge(world, thing, answer)
        case Refund():
            _same_amount(answer, "/refundAmount", thing.amount, "RF-NEW-005")
            _same(answer, "/chargeId", thing.charge, "RF-NEW-005")


def _may_be(shown: list[str], reasons: tuple[str, ...]) -> bool:
    """Say whether the reasons shown include the newest, and are all among those that there are."""
    return set(shown) <= set(reasons) and set(reasons[-1:]) <= set(shown)


def _compare_session(world: World, session: Session, answer: Answer) -> None:
    if session.state == "Completed":
        _same(answer, "/chargePermissionId", session.permission, "CS-COMP-012")
        _same(answer, "/chargeId", session.charge or None, "CS-COMP-012")
    elif session.state == "Open":
        _same_amount(answer, "/paymentDetails/chargeAmount", session.amount, "CS-UPD-001")
        _same(answer, "/paymentDetails/paymentIntent", session.intent, "CS-UPD-001")
        if session.presented:
            place = "/paymentDetails/presentmentCurrency"
            _same(answer, place, session.currency, "CS-UPD-003")
        found = answer.at("/constraints")
        ids = [entry.get("constraintId") for entry in found] if isinstance(found, list) else found
        expected = world.constraints(session)
        if ids != expected:
            rule = "CS-CONS-001" if not session.signed_in else "CS-CONS-006"
            raise Illegal(
                rule,
                f"{answer.call.title}: the constraints are {ids}, not {expected}",
                answer,
                "/constraints",
                expected,
                ids,
            )


def _compare_permission(world: World, permission: Permission, answer: Answer) -> None:
    _same_amount(answer, "/limits/amountLimit", permission.limit, "CP-AMT-001")
    if answer.api == "v2":
        left = max(world.balance(permission), Decimal(0))
        _same_amount(answer, "/limits/amountBalance", left, "CP-AMT-002")


def _compare_charge(world: World, charge: Charge, answer: Answer) -> None:
    _same_amount(answer, "/chargeAmount", charge.amount, "CH-LIFE-013")
    _same(answer, "/chargePermissionId", charge.permission, "CH-LIFE-014")
    if charge.state == "Captured":
        _same_amount(answer, "/captureAmount", charge.captured, "CH-CAP-008")
        _same_amount(answer, "/refundedAmount", world.refunded(charge.id), "RF-AMT-001")


def _same(answer: Answer, pointer: str, expected: Any, requirement: str) -> None:
    found = answer.at(pointer)
    if found != expected:
        raise _differs(answer, pointer, expected, found, requirement)


def _same_amount(answer: Answer, pointer: str, expected: Decimal | None, requirement: str) -> None:
    found = answer.at(pointer)
    amount = found.get("amount") if isinstance(found, dict) else None
    try:
        value = None if amount is None else Decimal(str(amount))
    except InvalidOperation:
        value = None
    if value != expected:
        raise _differs(
            answer, pointer, None if expected is None else str(expected), amount, requirement
        )


def _differs(answer: Answer, pointer: str, expected: Any, found: Any, requirement: str) -> Illegal:
    place = answer.pointer(pointer)
    return Illegal(
        requirement,
        f"{answer.call.title}: {place} is {found}, not {expected}",
        answer,
        place,
        expected,
        found,
    )


def _learned(world: World, answer: Answer) -> World:
    """Return the world with the server's own timestamps, where they are near those of the model."""
    thing: Thing | None = world.things.get(answer.id)
    if thing is None:
        return world
    born = answer.time("/creationTimestamp")
    since = answer.time("/statusDetails/lastUpdatedTimestamp")
    if born is None or abs(born - thing.born) > _NEAR:
        born = thing.born
    if since is None or abs(since - thing.since) > _NEAR:
        since = thing.since
    if (born, since) == (thing.born, thing.since):
        return world  # as nearly always: what an answer shows was seen before
    return world.with_(replace(thing, born=born, since=since))
