"""What Amazon fills in by itself: defaults, descriptors, reasons, references."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.exchanges import (
    CHARGE,
    PERMISSION,
    SESSION,
    bare,
    call,
    captured,
    charge,
    findings,
    get,
    good,
    held,
    permission,
    yen,
)

MINIMAL = good("requests/v2-create-checkout-session-request")
COMPLETED = "reconstructed/v2-checkout-session-completed"


def created(**changes: Any) -> Any:
    answer = good("reconstructed/v2-checkout-session-open-created", **changes)
    return call("POST", "/v2/checkoutSessions", answer, status=201, sent=MINIMAL, key="k1")


@pytest.mark.parametrize(
    ("change", "requirement", "pointer"),
    [
        ({"chargePermissionType": "Recurring"}, "CS-NEW-004", "/chargePermissionType"),
        ({"productType": "PayOnly"}, "CS-NEW-006", "/productType"),
        (
            {"paymentDetails__canHandlePendingAuthorization": True},
            "CS-NEW-010",
            "/paymentDetails/canHandlePendingAuthorization",
        ),
    ],
)
def test_new_session_with_another_default_is_found(
    change: dict[str, Any], requirement: str, pointer: str
) -> None:
    assert (requirement, pointer) in findings(created(**change))


def test_new_session_with_its_defaults_is_evidence() -> None:
    assert {"CS-NEW-004", "CS-NEW-006", "CS-NEW-010", "CS-NEW-011"} <= held(created())


def test_descriptor_without_the_mark_of_amazon_is_found() -> None:
    sent = {"captureAmount": yen("500"), "softDescriptor": "MyStore"}
    answer = captured(softDescriptor="MyStore")
    assert findings(call("POST", f"{CHARGE}/capture", answer, sent=sent, key="k1")) == {
        ("CH-CAP-013", "/softDescriptor")
    }


def test_descriptor_with_the_mark_and_what_was_sent_is_evidence() -> None:
    sent = {"captureAmount": yen("500"), "softDescriptor": "MyStore"}
    assert "CH-CAP-013" in held(call("POST", f"{CHARGE}/capture", captured(), sent=sent, key="k1"))


def test_charge_that_returns_capture_now_is_found() -> None:
    assert findings(bare(charge(captureNow=False))) == {("CH-NEW-010", "/captureNow")}


def test_closure_reason_that_is_lost_is_found() -> None:
    reasons = [{"reasonCode": "MerchantClosed", "reasonDescription": "No more charges."}]
    closed = permission(statusDetails__state="Closed", statusDetails__reasons=reasons)
    asked = call("DELETE", f"{PERMISSION}/close", closed, sent={"closureReason": "Order lost"})
    assert findings(asked) == {("CP-CLOSE-002", "/statusDetails/reasons/0/reasonDescription")}


@pytest.mark.parametrize(
    ("intent", "charge_id", "requirement"),
    [
        ("Authorize", None, "CS-LIFE-013"),
        ("AuthorizeWithCapture", None, "CS-LIFE-028"),
        ("Confirm", "S01-5105180-3221187-C056351", "CS-LIFE-014"),
    ],
)
def test_session_that_completes_against_its_intent_is_found(
    intent: str, charge_id: str | None, requirement: str
) -> None:
    open_one = good("observed/v2-checkout-session-open-ready", paymentDetails__paymentIntent=intent)
    done = good(
        COMPLETED,
        checkoutSessionId=open_one["checkoutSessionId"],
        creationTimestamp=open_one["creationTimestamp"],
        chargePermissionId="S01-5105180-3221187",
        chargeId=charge_id,
    )
    sent = {"chargeAmount": {"amount": "1.40", "currencyCode": "USD"}}
    story = [get(SESSION, open_one), call("POST", f"{SESSION}/complete", done, sent=sent, at=5)]
    assert findings(*story) == {(requirement, "/chargeId")}


def test_pending_completion_without_a_charge_is_found() -> None:
    done = good(COMPLETED, chargeId=None)
    path = f"/v2/checkoutSessions/{done['checkoutSessionId']}/complete"
    sent = {"chargeAmount": {"amount": "1.40", "currencyCode": "USD"}}
    assert findings(call("POST", path, done, status=202, sent=sent)) == {
        ("CS-COMP-010", "/chargeId")
    }
