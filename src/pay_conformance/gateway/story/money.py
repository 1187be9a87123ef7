"""Rules about money: taken once, in the right amount, and not given up by mistake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from pay_conformance.findings import Finding, Held, Outcome
from pay_conformance.gateway.story.rule import Rule, calls_of, followed, money, verdict
from pay_conformance.gateway.timeline import CHARGE, PERMISSION, SESSION, Call, Moment

_TAKES_MONEY = frozenset({"createCharge", "captureCharge"})
_GIVES_UP = frozenset({"cancelCharge", "closeChargePermission", "createRefund"})


def taken_once(moments: Sequence[Moment]) -> Iterator[Outcome]:
    """Require that after a lost answer, money is asked for again only under the same key."""
    for call, later in followed(calls_of(moments)):
        if not call.lost or call.operation not in _TAKES_MONEY:
            continue
        again = next((other for other in later if _same_aim(call, other)), None)
        if again is not None:
            yield verdict(
                "INT-ONCE-001",
                again,
                holds=bool(call.key) and again.key == call.key,
                message=f"{call.operation} was sent anew under another key after its answer was "
                "lost",
                expected=call.key or "an idempotency key",
                actual=again.key,
                part="request headers",
            )


def lost_answers_are_looked_up(moments: Sequence[Moment]) -> Iterator[Outcome]:
    """Require that a lost answer is followed by the same request, or by a look at the object."""
    for call, later in followed(calls_of(moments)):
        if not call.lost or call.reads or not call.operation:
            continue
        next_one = next((other for other in later if _concerns(call, other)), None)
        yield verdict(
            "INT-ONCE-002",
            call if next_one is None else next_one,
            holds=next_one is not None and (next_one.reads or next_one.repeats(call)),
            message=f"the answer to {call.operation} was lost, and what had become of it was not "
            "looked up",
            expected="the same request again, or a GET of the object",
            actual=next_one.operation if next_one else "nothing",
        )


def paid_orders_are_kept(moments: Sequence[Moment]) -> Iterator[Outcome]:
    """Require that what was paid while the answer was lost is not canceled unread."""
    for call, later in followed(calls_of(moments)):
        ids = {(call.done or {}).get(name) for name in ("chargeId", "chargePermissionId")} - {None}
        if not call.lost or not ids:
            continue
        undone = _given_up_unread(call, ids, later)
        if undone is None:
            yield Held("INT-ONCE-003", call.exchange)
        else:
            yield Finding(
                "INT-ONCE-003",
                f"{undone.operation} undid a payment that had gone through",
                expected=f"a GET after the lost answer to {call.operation}, or it again",
                actual=undone.operation,
                part="request",
                exchange=undone.exchange,
            )


def the_session_amount_is_completed(moments: Sequence[Moment]) -> Iterator[Outcome]:
    """Require that Complete names the amount that the session was given."""
    kept: dict[str, Any] = {}
    for call in calls_of(moments):
        session = call.about(SESSION)
        amount = call.seen("paymentDetails", "chargeAmount")
        if call.succeeded and amount:
            kept[session] = amount
        said = call.said("chargeAmount")
        if call.operation == "completeCheckoutSession" and session in kept and said is not None:
            yield verdict(
                "INT-AMT-001",
                call,
                holds=money(said) == money(kept[session]),
                message="the session was completed with another amount than it holds",
                expected=kept[session],
                actual=said,
                pointer="/chargeAmount",
            )


def refunds_stay_within_the_capture(moments: Sequence[Moment]) -> Iterator[Outcome]:
    """Require that all refunds of a charge together are not more than its capture."""
    captured: dict[str, Decimal] = {}
    refunds: dict[str, dict[str, Decimal]] = {}
    for call in calls_of(moments):
        charge = call.about(CHARGE)
        taken = money(call.seen("captureAmount"))
        if call.succeeded and taken:
            captured[charge] = taken[0]
        asked = money(call.said("refundAmount"))
        if call.operation != "createRefund" or charge not in captured or not asked:
            continue
        known = refunds.setdefault(charge, {})
        name = str(call.seen("refundId") or call.key)
        left = captured[charge] - sum(amount for key, amount in known.items() if key != name)
        yield verdict(
            "INT-AMT-002",
            call,
            holds=asked[0] <= left,
            message="more was refunded than was captured",
            expected=f"at most {left}",
            actual=call.said("refundAmount"),
            pointer="/refundAmount",
        )
        if call.succeeded:
            known[name] = asked[0]


def captures_stay_within_the_authorization(moments: Sequence[Moment]) -> Iterator[Outcome]:
    """Require that a capture is not more than the charge."""
    authorized: dict[str, Decimal] = {}
    for call in calls_of(moments):
        charge = call.about(CHARGE)
        amount = money(call.seen("chargeAmount"))
        if call.succeeded and amount:
            authorized[charge] = amount[0]
        asked = money(call.said("captureAmount"))
        if call.operation == "captureCharge" and charge in authorized and asked:
            yield verdict(
                "INT-AMT-003",
                call,
                holds=asked[0] <= authorized[charge],
                message="more was captured than was authorized",
                expected=f"at most {authorized[charge]}",
                actual=call.said("captureAmount"),
                pointer="/captureAmount",
            )


def _same_aim(call: Call, other: Call) -> bool:
    if other.operation != call.operation:
        return False
    if call.operation == "captureCharge":
        return other.about(CHARGE) == call.about(CHARGE)
    wanted = ("chargePermissionId", "chargeAmount")
    return all(other.sent.get(name) == call.sent.get(name) for name in wanted)


def _concerns(call: Call, other: Call) -> bool:
    kinds = [kind for kind in (SESSION, CHARGE, PERMISSION) if call.about(kind)]
    return other.repeats(call) or any(other.about(kind) == call.about(kind) for kind in kinds)


def _given_up_unread(call: Call, ids: set[Any], later: Sequence[Call]) -> Call | None:
    for other in later:
        if other.reads or (other.repeats(call) and not other.lost):
            return None
        if other.operation in _GIVES_UP and ids & {other.about(CHARGE), other.about(PERMISSION)}:
            return other
    return None


MONEY: dict[str, Rule] = {
    "INT-ONCE-001": taken_once,
    "INT-ONCE-002": lost_answers_are_looked_up,
    "INT-ONCE-003": paid_orders_are_kept,
    "INT-AMT-001": the_session_amount_is_completed,
    "INT-AMT-002": refunds_stay_within_the_capture,
    "INT-AMT-003": captures_stay_within_the_authorization,
}
