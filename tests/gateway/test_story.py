"""Each rule of a story holds for a good one, and finds the one thing that is changed in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Party
from pay_conformance.findings import Finding, Held, Skipped
from pay_conformance.gateway.story import RULES, judge_story
from pay_conformance.gateway.timeline import Call, Moment, Notified, Returned, Timeline

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
USD = {"amount": "30.00", "currencyCode": "USD"}
MORE = {"amount": "31.00", "currencyCode": "USD"}
LESS = {"amount": "29.00", "currencyCode": "USD"}
METHODS = {"get": "GET", "update": "PATCH", "cancel": "DELETE", "close": "DELETE"}
KINDS = {
    "checkoutSessionId": "checkout-session",
    "chargeId": "charge",
    "chargePermissionId": "charge-permission",
    "refundId": "refund",
}


def moment(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def call(
    operation: str,
    at: float,
    answer: dict[str, Any] | None = None,
    *,
    status: int = 200,
    sent: dict[str, Any] | None = None,
    key: str = "",
    ids: dict[str, str] | None = None,
    done: dict[str, Any] | None = None,
    key_id: str = "SANDBOX-A",
    path: str = "",
    subject_time: datetime | None = None,
) -> Call:
    """A call of ``operation`` that began ``at`` seconds and took a tenth of one."""
    method = next((m for verb, m in METHODS.items() if operation.startswith(verb)), "POST")
    named = {KINDS[name]: value for name, value in (ids or {}).items()}
    return Call(
        exchange=f"x-{at}",
        operation=operation,
        method=method,
        url=f"https://pay-api.amazon.com/v2/{operation}/{path}{'/'.join(named.values())}",
        ids=named,
        key=key,
        public_key_id=key_id,
        body=repr(sent).encode(),
        sent=sent or {},
        status=status,
        answer=answer or {},
        done=done,
        started=moment(at),
        ended=moment(at + 0.1),
        subject_time=subject_time or moment(at),
        retry_after=None,
        environment="",
        api="v2",
    )


def session(at: float, operation: str = "getCheckoutSession", **more: Any) -> Call:
    """A call about the session S, which holds 30 dollars."""
    state = more.pop("state", "Open")
    answer = {
        "checkoutSessionId": "S",
        "statusDetails": {"state": state},
        "paymentDetails": {"chargeAmount": USD},
        "creationTimestamp": "20260301T120000Z",
        **more.pop("answer", {}),
    }
    return call(operation, at, answer, ids={"checkoutSessionId": "S"}, **more)


def charge(at: float, operation: str = "getCharge", state: str = "Authorized", **more: Any) -> Call:
    """A call about the charge C of 30 dollars."""
    answer = {
        "chargeId": "C",
        "chargePermissionId": "P",
        "chargeAmount": USD,
        "statusDetails": {"state": state},
        **more.pop("answer", {}),
    }
    return call(operation, at, answer, ids={"chargeId": "C"}, **more)


def capture(at: float, amount: dict[str, str] = USD, key: str = "k1", **more: Any) -> Call:
    captured = {"answer": {"captureAmount": amount}, "state": "Captured", **more}
    return charge(at, "captureCharge", sent={"captureAmount": amount}, key=key, **captured)


def lost(
    operation: str,
    at: float,
    kind: str,
    name: str,
    *,
    key: str = "k1",
    sent: Any = None,
    **more: Any,
) -> Call:
    return call(operation, at, status=0, ids={kind: name}, key=key, sent=sent, **more)


def refund(at: float, amount: dict[str, str], name: str) -> Call:
    sent = {"chargeId": "C", "refundAmount": amount}
    return call("createRefund", at, {"refundId": name}, sent=sent, key=name)


def complete(at: float, amount: dict[str, str] = USD, **more: Any) -> Call:
    return session(at, "completeCheckoutSession", sent={"chargeAmount": amount}, **more)


def note(at: float, name: str = "n1", status: int = 200) -> Notified:
    return Notified(name, "CHARGE", "C", status, moment(at))


def back(at: float, status: int = 200, url: str = "http://127.0.0.1/result") -> Returned:
    return Returned("S", (url,), status, moment(at))


DONE = {"checkoutSessionId": "S", "chargeId": "C", "chargePermissionId": "P"}
LOST_CAPTURE = lost("captureCharge", 1, "chargeId", "C", sent={"captureAmount": USD}, done=DONE)
LOST_COMPLETE = lost("completeCheckoutSession", 1, "checkoutSessionId", "S", done=DONE)
BUYER = {"answer": {"buyer": {"name": "Jane Doe", "email": "jane@shop.example"}}}
DECLINED = call(
    "createCharge", 1, {"reasonCode": "HardDeclined"}, status=422, sent={"chargePermissionId": "P"}
)
CHARGED_AGAIN = call("createCharge", 3, sent={"chargePermissionId": "P"})
NOT_THERE = {"status": 404, "answer": {"reasonCode": "ResourceNotFound"}}
TOO_MANY = {"status": 429, "answer": {"reasonCode": "TooManyRequests"}}

GOOD: dict[str, Sequence[Moment]] = {
    "INT-ONCE-001": [LOST_CAPTURE, capture(2)],
    "INT-ONCE-002": [LOST_COMPLETE, session(2, state="Completed")],
    "INT-ONCE-003": [LOST_COMPLETE, session(2), charge(3, "cancelCharge")],
    "INT-AMT-001": [session(1), complete(2)],
    "INT-AMT-002": [capture(1), refund(2, LESS, "R1")],
    "INT-AMT-003": [charge(1), capture(2, LESS)],
    "INT-RET-001": [session(1, "createCheckoutSession"), back(2), session(3), complete(4)],
    "INT-RET-002": [back(1, 302)],
    "INT-TIME-001": [session(1), complete(2)],
    "INT-CXL-001": [complete(1, status=422), session(2, state="Canceled")],
    "INT-CXL-002": [session(1, state="Canceled"), session(2, state="Canceled")],
    "INT-PEND-001": [charge(1, state="AuthorizationInitiated"), charge(2), capture(3)],
    "INT-DEC-001": [
        DECLINED,
        call(
            "getChargePermission",
            2,
            {"statusDetails": {"state": "Chargeable"}},
            ids={"chargePermissionId": "P"},
        ),
        CHARGED_AGAIN,
    ],
    "INT-NOTE-001": [note(1), charge(2), capture(3)],
    "INT-NOTE-002": [note(1), charge(2), capture(3), note(4), charge(5)],
    "INT-NOTE-003": [note(1, status=503), note(9)],
    "INT-POLL-001": [charge(0), charge(1.2), charge(2.4)],
    "INT-POLL-002": [complete(1, **TOO_MANY), complete(2.1, **TOO_MANY), complete(4.3)],
    "INT-ID-001": [charge(1), charge(2, **NOT_THERE)],
    "INT-ENV-001": [charge(1)],
    "INT-DATA-001": [session(1, **BUYER), back(2, url="http://127.0.0.1/result?order=7")],
}

BAD: dict[str, Sequence[Sequence[Moment]]] = {
    "INT-ONCE-001": [
        [LOST_CAPTURE, capture(2, key="k2")],
        [LOST_CAPTURE, capture(2, key="")],
        [LOST_CAPTURE, capture(2, LESS, key="k2")],
    ],
    "INT-ONCE-002": [
        [LOST_COMPLETE],
        [LOST_COMPLETE, session(2, "updateCheckoutSession")],
    ],
    "INT-ONCE-003": [
        [LOST_COMPLETE, charge(3, "cancelCharge")],
        [
            LOST_COMPLETE,
            call("closeChargePermission", 3, ids={"chargePermissionId": "P"}),
        ],
    ],
    "INT-AMT-001": [
        [session(1), complete(2, MORE)],
        [session(1), complete(2, {"amount": "30.00", "currencyCode": "EUR"})],
    ],
    "INT-AMT-002": [
        [capture(1), refund(2, MORE, "R1")],
        [capture(1), refund(2, LESS, "R1"), refund(3, LESS, "R2")],
    ],
    "INT-AMT-003": [[charge(1), capture(2, MORE)]],
    "INT-RET-001": [
        [session(1, "createCheckoutSession"), session(2), back(3), complete(4)],
        [session(1, "createCheckoutSession"), complete(4)],
    ],
    "INT-RET-002": [[back(1, 500)], [back(1, 0)]],
    "INT-TIME-001": [[session(1), complete(2, subject_time=START + timedelta(hours=25))]],
    "INT-CXL-001": [[complete(1, status=422)]],
    "INT-CXL-002": [[session(1, state="Canceled"), complete(2)]],
    "INT-PEND-001": [
        [charge(1, state="AuthorizationInitiated"), capture(3)],
        [complete(1, status=202, answer={"chargeId": "C"}), capture(3)],
    ],
    "INT-DEC-001": [[DECLINED, CHARGED_AGAIN]],
    "INT-NOTE-001": [[note(1)], [note(1), capture(3)], [charge(0), note(1)]],
    "INT-NOTE-002": [[note(1), charge(2), capture(3), note(4), capture(5, key="k2")]],
    "INT-NOTE-003": [[note(1, status=500)], [note(1, status=0)]],
    "INT-POLL-001": [[charge(0), charge(0.3), charge(0.6)]],
    "INT-POLL-002": [
        [complete(1, **TOO_MANY), complete(1.2)],
        [complete(1, **TOO_MANY), complete(2.1, **TOO_MANY), complete(3.2)],
    ],
    "INT-ID-001": [[charge(2, **NOT_THERE)]],
    "INT-ENV-001": [[charge(1, key_id="LIVE-A")]],
    "INT-DATA-001": [
        [session(1, **BUYER), back(2, url="http://127.0.0.1/r?mail=JANE%40shop.example")],
        [session(1, **BUYER), charge(2, path="Jane+Doe/")],
        [
            session(1, **BUYER),
            session(
                2,
                "updateCheckoutSession",
                sent={"webCheckoutDetails": {"x": "https://s.example/?n=jane%20doe"}},
            ),
        ],
    ],
}


def test_every_rule_has_a_good_and_a_bad_story() -> None:
    assert set(RULES) == set(GOOD) == set(BAD)


def test_every_rule_is_a_requirement_of_an_integration() -> None:
    requirements = Contract.load().requirements
    bound = {name for name in RULES if Party.INTEGRATION in requirements[name].binds}
    assert bound == set(RULES)


@pytest.mark.parametrize("requirement", GOOD)
def test_rule_holds_for_a_good_story(requirement: str) -> None:
    outcomes = list(RULES[requirement](GOOD[requirement]))
    assert outcomes
    assert {type(outcome) for outcome in outcomes} == {Held}
    assert {outcome.requirement for outcome in outcomes} == {requirement}


@pytest.mark.parametrize(
    ("requirement", "moments"),
    [(name, moments) for name, stories in BAD.items() for moments in stories],
)
def test_rule_finds_what_is_wrong(requirement: str, moments: Sequence[Moment]) -> None:
    findings = [found for found in RULES[requirement](moments) if isinstance(found, Finding)]
    assert [found.requirement for found in findings] == [requirement]
    assert findings[0].message
    assert findings[0].expected is not None


@pytest.mark.parametrize("requirement", RULES)
def test_rule_says_nothing_about_an_empty_story(requirement: str) -> None:
    assert list(RULES[requirement]([])) == []


def test_order_whose_lost_capture_was_repeated_may_be_refunded() -> None:
    again = call(
        "captureCharge", 2, DONE, ids={"chargeId": "C"}, key="k1", sent={"captureAmount": USD}
    )
    outcomes = list(RULES["INT-ONCE-003"]([LOST_CAPTURE, again, refund(3, LESS, "R1")]))
    assert outcomes == [Held("INT-ONCE-003", LOST_CAPTURE.exchange)]


def test_story_that_is_too_long_is_not_passed() -> None:
    timeline = Timeline(Contract.load(), most=1)
    timeline.add(charge(1))
    timeline.add(charge(2))
    outcomes = judge_story(timeline)
    assert {type(outcome) for outcome in outcomes} == {Skipped}
    assert {outcome.requirement for outcome in outcomes} == set(RULES)
