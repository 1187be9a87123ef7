"""Simulation codes, test cards, and what the buyer and Amazon do on their side."""

from __future__ import annotations

from typing import Any

import pytest

from pay_conformance.exchange import Request
from tests.mock.shop import HOST, Shop, usd


def reasons(shop: Shop, permission: str) -> list[str]:
    status = shop.get(f"/chargePermissions/{permission}")[shop.name("statusDetails")]
    return [entry["reasonCode"] for entry in status["reasons"] or []]


def event(shop: Shop, kind: str, key: str, name: str, **more: Any) -> Any:
    body = {"event": name, **more}
    return shop.control("POST", f"/merchants/{shop.key_id}/{kind}/{key}", body)


@pytest.mark.parametrize("code", ["BuyerCanceled", "AmazonCanceled", "Declined"])
def test_complete_can_be_canceled_by_a_code(shop2: Shop, code: str) -> None:
    session = shop2.ready()
    shop2.buyer(session, "approve")
    refused = shop2.complete(session, x_amz_pay_simulation_code=code)
    assert (refused.status, refused.code) == (422, "CheckoutSessionCanceled")
    status = shop2.get(f"/checkoutSessions/{session}")["statusDetails"]
    assert (status["state"], status["reasonCode"]) == ("Canceled", code)


def test_complete_can_be_pending_by_a_code(shop2: Shop) -> None:
    session = shop2.ready(canHandlePendingAuthorization=True)
    shop2.buyer(session, "approve")
    accepted = shop2.complete(session, x_amz_pay_simulation_code="AuthorizationInitiated")
    assert accepted.status == 202
    path = f"/charges/{accepted.body['chargeId']}"
    assert shop2.get(path)["statusDetails"]["state"] == "AuthorizationInitiated"
    shop2.advance("PT30S")
    assert shop2.get(path)["statusDetails"]["state"] == "Authorized"


@pytest.mark.parametrize(
    ("code", "left"),
    [
        ("SoftDeclined", []),
        ("TransactionTimedOut", []),
        ("HardDeclined", ["PaymentMethodInvalid"]),
        ("AmazonRejected", ["AmazonCanceled"]),
    ],
)
def test_declined_charge_leaves_its_mark_on_the_permission_only(
    shop: Shop, code: str, left: list[str]
) -> None:
    permission = shop.bought(paymentIntent="Confirm")["chargePermissionId"]
    body = {"chargePermissionId": permission, "chargeAmount": usd("1.00")}
    refused = shop.send("POST", "/charges", body, x_amz_pay_simulation_code=code)
    assert (refused.status, refused.code) == (422, code)
    assert reasons(shop, permission) == left


@pytest.mark.parametrize(("code", "status"), [("AmazonRejected", 422), ("ProcessingFailure", 500)])
def test_refused_capture_declines_the_charge(shop: Shop, code: str, status: int) -> None:
    path = f"/charges/{shop.bought()['chargeId']}"
    body = {"captureAmount": usd("100.00")}
    refused = shop.send("POST", f"{path}/capture", body, x_amz_pay_simulation_code=code)
    assert (refused.status, refused.code) == (status, code)
    shown = shop.get(path)
    assert (shop.state(shown), shown["captureAmount"]) == ("Declined", None)


def test_capture_can_settle_later_by_a_code(shop: Shop) -> None:
    path = f"/charges/{shop.bought()['chargeId']}"
    body = {"captureAmount": usd("100.00")}
    taken = shop.send("POST", f"{path}/capture", body, x_amz_pay_simulation_code="CaptureInitiated")
    assert (taken.status, shop.state(taken.body)) == (200, "CaptureInitiated")
    shop.advance("PT30S")
    assert shop.state(shop.get(path)) == "Captured"


def test_close_can_be_amazons_by_a_code(shop: Shop) -> None:
    permission = shop.bought()["chargePermissionId"]
    shop.send(
        "DELETE",
        f"/chargePermissions/{permission}/close",
        {"closureReason": "x"},
        x_amz_pay_simulation_code="AmazonClosed",
    )
    assert reasons(shop, permission) == ["AmazonClosed"]


def test_code_of_another_operation_is_refused_and_changes_nothing(shop: Shop) -> None:
    permission = shop.bought(paymentIntent="Confirm")["chargePermissionId"]
    body = {"chargePermissionId": permission, "chargeAmount": usd("1.00")}
    refused = shop.send("POST", "/charges", body, x_amz_pay_simulation_code="BuyerCanceled")
    assert (refused.status, refused.code) == (400, "InvalidSandboxSimulationSpecified")
    assert reasons(shop, permission) == []


def test_code_may_be_unsigned(shop: Shop) -> None:
    permission = shop.bought(paymentIntent="Confirm")["chargePermissionId"]
    body = f'{{"chargePermissionId": "{permission}", "chargeAmount": '.encode()
    body += b'{"amount": "1", "currencyCode": "USD"}}'
    url = f"{HOST}/{shop.api}/charges"
    signed = shop.signer.sign("POST", url, body, idempotency_key="k")
    headers = (*signed, ("x-amz-pay-simulation-code", "HardDeclined"))
    assert shop.exchange(Request("POST", url, headers, body)).code == "HardDeclined"


@pytest.mark.parametrize(("card", "reason"), [("3064", "BuyerCanceled"), ("3434", "Declined")])
def test_card_cancels_the_session_on_approval(shop: Shop, card: str, reason: str) -> None:
    session = shop.ready(card=card)
    left = shop.buyer(session, "approve")
    status = shop.get(f"/checkoutSessions/{session}")[shop.name("statusDetails")]
    assert left["redirect"] == f"https://shop.example/d?amazonCheckoutSessionId={session}"
    assert (status["state"], status["reasonCode"]) == ("Canceled", reason)


@pytest.mark.parametrize("card", ["1111", "0005", "4444", "9424", "0000"])
def test_card_works(shop: Shop, card: str) -> None:
    charge = shop.bought(card=card)["chargeId"]
    assert shop.state(shop.get(f"/charges/{charge}")) == "Authorized"


def test_card_that_decides_late_needs_a_session_that_allows_it(shop2: Shop) -> None:
    session = shop2.ready(card="0701")
    shop2.buyer(session, "approve")
    refused = shop2.complete(session)
    assert (refused.status, refused.code) == (400, "InvalidSandboxSimulationSpecified")


def test_closing_with_pending_charges_cancels_them(shop: Shop) -> None:
    done = shop.bought()
    path = f"/chargePermissions/{done['chargePermissionId']}/close"
    shop.send("DELETE", path, {"closureReason": "x", "cancelPendingCharges": True})
    status = shop.get(f"/charges/{done['chargeId']}")[shop.name("statusDetails")]
    assert (status["state"], status["reasonCode"]) == ("Canceled", "ChargePermissionCanceled")


def test_open_charge_of_a_closed_permission_can_be_captured(shop: Shop) -> None:
    done = shop.bought()
    path = f"/chargePermissions/{done['chargePermissionId']}/close"
    shop.send("DELETE", path, {"closureReason": "x"})
    body = {"captureAmount": usd("100.00")}
    captured = shop.send("POST", f"/charges/{done['chargeId']}/capture", body)
    assert shop.state(captured.body) == "Captured"
    assert reasons(shop, done["chargePermissionId"]) == ["MerchantClosed"]


def test_events_of_the_payment_method_add_up_and_end(shop: Shop) -> None:
    permission = shop.bought(paymentIntent="Confirm")["chargePermissionId"]
    event(shop, "chargePermissions", permission, "PaymentMethodExpired")
    event(shop, "chargePermissions", permission, "buyer deletes the billing address")
    assert reasons(shop, permission) == ["PaymentMethodExpired", "BillingAddressDeleted"]
    event(shop, "chargePermissions", permission, "buyer updates the payment method")
    assert reasons(shop, permission) == []
    event(shop, "chargePermissions", permission, "BuyerClosed")
    assert reasons(shop, permission) == ["BuyerClosed"]


def test_event_that_can_not_happen_is_refused_with_what_can(shop: Shop) -> None:
    session = shop.create().body["checkoutSessionId"]
    path = f"/merchants/{shop.key_id}/checkoutSessions/{session}"
    refused = shop.refused_control("POST", path, {"event": "buyer laughs"})
    assert refused.status == 409
    assert "Amazon cancels" in refused.body["error"]


@pytest.mark.parametrize("action", ["approve", "selectPayment", "dance"])
def test_buyer_can_not_act_before_signing_in(shop: Shop, action: str) -> None:
    session = shop.create().body["checkoutSessionId"]
    path = f"/merchants/{shop.key_id}/checkoutSessions/{session}/buyer"
    assert shop.refused_control("POST", path, {"action": action}).status == 409


def test_buyer_can_not_approve_while_a_constraint_remains(shop: Shop) -> None:
    session = shop.create().body["checkoutSessionId"]
    shop.buyer(session, "signIn")
    path = f"/merchants/{shop.key_id}/checkoutSessions/{session}/buyer"
    refused = shop.refused_control("POST", path, {"action": "approve"})
    assert refused.status == 409
    assert "PaymentIntentNotSet" in refused.body["error"]


def test_update_after_approval_is_refused(shop2: Shop) -> None:
    session = shop2.ready()
    shop2.buyer(session, "approve")
    refused = shop2.send("PATCH", f"/checkoutSessions/{session}", {})
    assert (refused.status, refused.code) == (422, "InvalidCheckoutSessionStatus")


def test_buyer_token_opens_what_its_scopes_name_for_a_day(shop2: Shop) -> None:
    made = shop2.control("POST", f"/merchants/{shop2.key_id}/buyers", {"scopes": ["email"]})
    path = f"/buyers/{made['buyerToken'].replace('|', '%7C')}"
    buyer = shop2.get(path)
    assert buyer["buyerId"].startswith("amzn1.account.")
    assert {name for name, value in buyer.items() if value is not None} == {"buyerId", "email"}
    shop2.advance("PT24H")
    assert shop2.send("GET", path).status == 404


def test_address_that_the_buyer_picks_is_shown_while_open(shop: Shop) -> None:
    session = shop.ready()
    shop.buyer(session, "selectAddress", address={"name": "Other", "countryCode": "US"})
    address = shop.get(f"/checkoutSessions/{session}")["shippingAddress"]
    assert (address["name"], address["city"]) == ("Other", None)


def test_reset_forgets_objects_and_keeps_merchants(shop: Shop) -> None:
    session = shop.create().body["checkoutSessionId"]
    shop.control("POST", "/reset")
    assert shop.send("GET", f"/checkoutSessions/{session}").status == 404
    assert shop.create().status == 201
