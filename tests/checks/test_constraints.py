"""Constraints: what they report, in which order and words, and when the buyer can go on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.exchanges import bare, findings, good, held

NEW = "observed/v1-checkout-session-open-new"
REDIRECT = "/webCheckoutDetails/amazonPayRedirectUrl"


def fresh(**changes: Any) -> dict[str, Any]:
    return good("reconstructed/v2-checkout-session-open-created", **changes)


def without(number: int) -> dict[str, Any]:
    content = fresh()
    del content["constraints"][number]
    return content


@pytest.mark.parametrize(
    ("number", "requirement"),
    [(0, "CS-CONS-001"), (1, "CS-CONS-002"), (2, "CS-CONS-003"), (3, "CS-CONS-004")],
)
def test_constraint_that_is_not_reported_is_found(number: int, requirement: str) -> None:
    assert findings(bare(without(number))) == {(requirement, "/constraints")}


def test_all_constraints_of_a_new_session_are_evidence() -> None:
    expected = {"CS-CONS-001", "CS-CONS-002", "CS-CONS-003", "CS-CONS-004", "CS-CONS-005"}
    assert expected | {"CS-CONS-007", "CS-CONS-009", "CS-LIFE-023"} <= held(bare(good(NEW)))


def test_constraints_in_another_order_are_found() -> None:
    content = fresh()
    content["constraints"].reverse()
    assert findings(bare(content)) == {("CS-CONS-005", "/constraints")}


def test_constraint_in_other_words_is_found() -> None:
    content = fresh(constraints__1__description="chargeAmount is missing.")
    assert findings(bare(content)) == {("CS-CONS-007", "/constraints/1/description")}


def test_redirect_before_its_time_is_found() -> None:
    url = f"https://pay.example/?amazonCheckoutSessionId={fresh()['checkoutSessionId']}"
    content = fresh(webCheckoutDetails__amazonPayRedirectUrl=url)
    assert findings(bare(content)) == {("CS-CONS-009", REDIRECT)}


def test_redirect_that_never_comes_is_found() -> None:
    content = good(
        "observed/v2-checkout-session-open-ready", webCheckoutDetails__amazonPayRedirectUrl=None
    )
    assert findings(bare(content)) == {("CS-CONS-010", REDIRECT)}


def test_redirect_to_another_session_is_found() -> None:
    other = "https://pay.example/?amazonCheckoutSessionId=6f916c70-c611-4adb-af5c-8204e68cd8e0"
    content = good(
        "observed/v2-checkout-session-open-ready", webCheckoutDetails__amazonPayRedirectUrl=other
    )
    assert findings(bare(content)) == {("CS-URL-001", REDIRECT)}


def test_payment_instrument_before_sign_in_is_found() -> None:
    content = fresh(paymentPreferences=[{"paymentDescriptor": "Visa ****1111 (Amazon Pay)"}])
    assert findings(bare(content)) == {("CS-LIFE-023", "/paymentPreferences")}
