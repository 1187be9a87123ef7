"""Rules about a checkout and its end: the buyer's return, cancellation, pending and declined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pay_conformance.findings import Finding, Held, Outcome
from pay_conformance.gateway.story.rule import Rule, calls_of, followed, verdict
from pay_conformance.gateway.timeline import CHARGE, PERMISSION, SESSION, Call, Moment, Returned

_A_DAY = timedelta(hours=24)
_FOR_GOOD = frozenset({"HardDeclined", "AmazonRejected"})
_REFUSED = 422


def read_after_the_return(moments: Sequence[Moment]) -> Iterator[Outcome]:
    """Require that between the buyer's return, or the last change, and Complete there is a GET."""
    since: dict[str, datetime] = {}
    read: dict[str, datetime] = {}
    completed: set[str] = set()
    for moment in _by_start(moments):
        if isinstance(moment, Returned):
            since[moment.session] = moment.at
        if not isinstance(moment, Call):
            continue
        session = moment.about(SESSION)
        if moment.operation == "getCheckoutSession" and moment.succeeded:
            read[session] = moment.started
        elif moment.operation in {"createCheckoutSession", "updateCheckoutSession"}:
            since.setdefault(session, moment.started)
        elif moment.operation == "completeCheckoutSession" and session not in completed:
            completed.add(session)
            if session in since:
                yield verdict(
                    "INT-RET-001",
                    moment,
                    holds=session in read and read[session] >= since[session],
                    message="the session was completed without being read after the buyer's return",
                    expected="GET of the session before Complete",
                    actual="no GET",
                )


def returns_are_answered(moments: Sequence[Moment]) -> Iterator[Outcome]:
    """Require that the shop shows something to the buyer who comes back."""
    for moment in moments:
        if not isinstance(moment, Returned):
            continue
        if 0 < moment.status < 500:
            yield Held("INT-RET-002")
        else:
            yield Finding(
                "INT-RET-002",
                "the buyer who came back was shown no page",
                expected="a page or a redirect",
                actual=f"status {moment.status}" if moment.status else "no answer",
                part="the shop's page",
            )


def completed_in_time(moments: Sequence[Moment]) -> Iterator[Outcome]:
    """Require that Complete comes within 24 hours of the session's creation, by Amazon's clock."""
    born: dict[str, datetime] = {}
    for call in calls_of(moments):
        session = call.about(SESSION)
        stamp = _moment(call.seen("creationTimestamp")) if call.succeeded else None
        if stamp and call.about(SESSION):
            born.setdefault(session, stamp)
        if call.operation == "completeCheckoutSession" and session in born and call.subject_time:
            age = call.subject_time - born[session]
            yield verdict(
                "INT-TIME-001",
                call,
                holds=age <= _A_DAY,
                message="the session was completed too late",
                expected="within 24 hours of its creation",
                actual=f"after {age}",
            )


def refusals_are_looked_into(moments: Sequence[Moment]) -> Iterator[Outcome]:
    """Require that a refused Complete is followed by a GET of the session."""
    for call, later in followed(calls_of(moments)):
        if call.operation == "completeCheckoutSession" and call.status == _REFUSED:
            session = call.about(SESSION)
            yield verdict(
                "INT-CXL-001",
                call,
                holds=any(o.reads and o.about(SESSION) == session for o in later),
                message=f"Complete was refused ({call.reason}), and nobody read why",
                expected="GET of the session",
                actual="no GET",
            )


def canceled_sessions_are_left_alone(moments: Sequence[Moment]) -> Iterator[Outcome]:
    """Require that nothing is attempted with a session that was seen Canceled."""
    seen: set[str] = set()
    for call, later in followed(calls_of(moments)):
        session = call.about(SESSION)
        if call.operation != "getCheckoutSession" or call.state != "Canceled" or session in seen:
            continue
        seen.add(session)
        tried = next((o for o in later if not o.reads and o.about(SESSION) == session), None)
        yield verdict(
            "INT-CXL-002",
            tried or call,
            holds=tried is None,
            message="a session was used although it had been seen Canceled",
            expected="no further request",
            actual=tried.operation if tried else "",
        )


def pending_charges_wait(moments: Sequence[Moment]) -> Iterator[Outcome]:
    """Require that a charge is captured only after it was seen to be authorized."""
    pending: dict[str, bool] = {}
    for call in calls_of(moments):
        charge = call.about(CHARGE)
        if call.operation == "captureCharge" and charge in pending:
            yield verdict(
                "INT-PEND-001",
                call,
                holds=not pending[charge],
                message="a charge was captured that was not known to be authorized",
                expected="GET of the charge that shows Authorized",
                actual="AuthorizationInitiated",
            )
        if call.operation == "completeCheckoutSession" and call.status == 202:
            pending[charge] = True
        elif call.state and charge and "Charge" in call.operation:
            pending[charge] = call.state == "AuthorizationInitiated"


def hard_declines_end_it(moments: Sequence[Moment]) -> Iterator[Outcome]:
    """Require that no charge is tried again on a permission whose charge was declined for good."""
    for call, later in followed(calls_of(moments)):
        if call.operation != "createCharge" or call.reason not in _FOR_GOOD:
            continue
        again = _charged_again(call.about(PERMISSION), later)
        yield verdict(
            "INT-DEC-001",
            again or call,
            holds=again is None,
            message=f"a charge was tried again after {call.reason}",
            expected="a Charge Permission that is Chargeable again",
            actual="createCharge",
        )


def _charged_again(permission: str, later: Sequence[Call]) -> Call | None:
    for other in later:
        if other.about(PERMISSION) != permission:
            continue
        if other.operation == "getChargePermission" and other.state == "Chargeable":
            return None
        if other.operation == "createCharge":
            return other
    return None


def _by_start(moments: Sequence[Moment]) -> list[Moment]:
    return sorted(moments, key=lambda m: m.started if isinstance(m, Call) else m.at)


def _moment(stamp: Any) -> datetime | None:
    try:
        return datetime.strptime(str(stamp), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


SESSIONS: dict[str, Rule] = {
    "INT-RET-001": read_after_the_return,
    "INT-RET-002": returns_are_answered,
    "INT-TIME-001": completed_in_time,
    "INT-CXL-001": refusals_are_looked_into,
    "INT-CXL-002": canceled_sessions_are_left_alone,
    "INT-PEND-001": pending_charges_wait,
    "INT-DEC-001": hard_declines_end_it,
}
