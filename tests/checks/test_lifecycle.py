"""States have their shape, and what is no move is illegal."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.exchanges import (
    CHARGE,
    PERMISSION,
    SESSION,
    Json,
    bare,
    call,
    captured,
    charge,
    finding,
    findings,
    get,
    good,
    held,
    permission,
    session,
    yen,
)

CANCELED = {"state": "Canceled", "reasonCode": "MerchantCanceled", "reasonDescription": "x"}
CLOSED = [{"reasonCode": "MerchantClosed", "reasonDescription": "x"}]


def moved(content: Json, state: str, reason: str | None = None) -> Json:
    """Return the charge in another state."""
    text = None if reason is None else "in words"
    status = {"state": state, "reasonCode": reason, "reasonDescription": text}
    return {**content, "statusDetails": {**content["statusDetails"], **status}}


@pytest.mark.parametrize(
    ("content", "requirement", "pointer"),
    [
        (captured(captureAmount=None), "CH-CAP-007", "/captureAmount"),
        (charge(captureAmount=yen("500")), "CH-CAP-006", "/captureAmount"),
        (moved(charge(), "Authorized", "SoftDeclined"), "CH-LIFE-010", "/statusDetails/reasonCode"),
        (moved(charge(), "Canceled", "SoftDeclined"), "CH-LIFE-011", "/statusDetails/reasonCode"),
        (moved(charge(), "Declined", None), "CH-LIFE-012", "/statusDetails/reasonCode"),
        (
            permission(statusDetails__reasons=CLOSED),
            "CP-LIFE-010",
            "/statusDetails/reasons",
        ),
        (
            good("reconstructed/v2-checkout-session-completed", buyer=session()["buyer"]),
            "CS-COMP-008",
            "/buyer",
        ),
    ],
)
def test_state_of_another_shape_is_found(content: Json, requirement: str, pointer: str) -> None:
    assert (requirement, pointer) in findings(bare(content))


@pytest.mark.parametrize(
    ("before", "after", "requirement"),
    [
        (captured(), charge(), "CH-LIFE-003"),
        (moved(charge(), "Canceled", "MerchantCanceled"), captured(), "CH-LIFE-003"),
        (moved(captured(), "CaptureInitiated"), charge(), "CH-LIFE-002"),
        (charge(), moved(charge(), "AuthorizationInitiated"), "CH-LIFE-002"),
    ],
)
def test_illegal_move_of_a_charge_is_found(before: Json, after: Json, requirement: str) -> None:
    found = finding(get(CHARGE, before), get(CHARGE, after, at=5))
    assert (found.requirement, found.pointer) == (requirement, "/statusDetails/state")
    assert found.actual == after["statusDetails"]["state"]


def test_session_that_is_completed_and_open_again_is_found() -> None:
    name = "7efe55c3-38c7-4a1b-944d-aded27032b9a"
    done = good("reconstructed/v2-checkout-session-completed", checkoutSessionId=name)
    done["creationTimestamp"] = "20201023T211909Z"
    done["statusDetails"]["lastUpdatedTimestamp"] = "20201023T211920Z"
    assert findings(get(SESSION, done), get(SESSION, session(), at=5)) == {
        ("CS-LIFE-003", "/statusDetails/state")
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (charge(), captured()),
        (moved(charge(), "AuthorizationInitiated"), captured()),
        (charge(), moved(charge(), "Canceled", "MerchantCanceled")),
    ],
)
def test_chain_of_moves_is_legal(before: Json, after: Json) -> None:
    story = [get(CHARGE, before), get(CHARGE, after, at=5)]
    assert findings(*story) == set()
    assert "CH-LIFE-002" in held(*story)


def test_new_charge_that_is_captured_unasked_is_found() -> None:
    sent = {"chargePermissionId": "C03-1442027-5744374", "chargeAmount": yen("500")}
    made = call("POST", "/v2/charges", captured(), status=201, sent=sent, key="k1")
    assert findings(made) == {("CH-NEW-001", "/statusDetails/state")}


def test_new_charge_that_is_not_captured_as_asked_is_found() -> None:
    sent = {
        "chargePermissionId": "C03-1442027-5744374",
        "chargeAmount": yen("500"),
        "captureNow": True,
    }
    made = call("POST", "/v2/charges", charge(), status=201, sent=sent, key="k1")
    assert ("CH-NEW-002", "/statusDetails/state") in findings(made)


def test_canceled_charge_that_stays_authorized_is_found() -> None:
    sent = {"cancellationReason": "x"}
    canceled = call("DELETE", f"{CHARGE}/cancel", charge(), sent=sent)
    assert ("CH-LIFE-006", "/statusDetails/state") in findings(canceled)


def test_canceled_charge_is_evidence() -> None:
    after = {**charge(), "statusDetails": {**charge()["statusDetails"], **CANCELED}}
    canceled = call("DELETE", f"{CHARGE}/cancel", after, sent={"cancellationReason": "x"})
    assert {"CH-LIFE-006", "CH-LIFE-009", "CH-LIFE-011"} <= held(canceled)


def test_capture_of_a_canceled_charge_that_succeeds_is_found() -> None:
    before = get(CHARGE, moved(charge(), "Canceled", "MerchantCanceled"))
    sent = {"captureAmount": yen("500")}
    after = moved(charge(), "Canceled", "MerchantCanceled")
    capture = call("POST", f"{CHARGE}/capture", after, sent=sent, key="k1", at=5)
    assert ("CH-CAP-004", "") in findings(before, capture)


def test_capture_of_a_canceled_charge_that_is_refused_is_evidence() -> None:
    before = get(CHARGE, moved(charge(), "Canceled", "MerchantCanceled"))
    refusal = {"reasonCode": "InvalidChargeStatus", "message": "It is canceled."}
    sent = {"captureAmount": yen("500")}
    capture = call("POST", f"{CHARGE}/capture", refusal, status=422, sent=sent, key="k1", at=5)
    assert "CH-CAP-004" in held(before, capture)


def test_update_of_a_closed_permission_that_succeeds_is_found() -> None:
    closed: dict[str, Any] = {"statusDetails__state": "Closed", "statusDetails__reasons": CLOSED}
    story = [
        get(PERMISSION, permission(**closed)),
        call("PATCH", PERMISSION, permission(**closed), sent={}, at=5),
    ]
    assert findings(*story) == {("CP-OP-002", "")}


def test_charge_that_outlives_its_authorization_is_found() -> None:
    late = get(CHARGE, charge(), date="Sat, 25 Nov 2023 08:28:27 GMT")
    assert findings(late) == {("CH-LIFE-007", "/statusDetails/state")}


def test_charge_that_expires_too_early_is_found() -> None:
    early = moved(charge(), "Canceled", "ExpiredUnused")
    early["statusDetails"]["lastUpdatedTimestamp"] = "20231125T062826Z"
    assert findings(bare(early)) == {("CH-LIFE-007", "/statusDetails/lastUpdatedTimestamp")}


def test_charge_that_expires_in_time_is_evidence() -> None:
    due = moved(charge(), "Canceled", "ExpiredUnused")
    due["statusDetails"]["lastUpdatedTimestamp"] = "20231125T062827Z"
    assert "CH-LIFE-007" in held(bare(due))
