"""Limits, balances and refunds: what may be charged, and what may be given back."""

from __future__ import annotations

from typing import Any

import pytest

from pay_conformance.contract import Contract
from pay_conformance.mock import Mock
from tests.mock.shop import Shop, embedded, usd


def charge(shop: Shop, permission: str, amount: Any, **more: Any) -> Any:
    body = {"chargePermissionId": permission, "chargeAmount": amount, **more}
    return shop.send("POST", "/charges", body)


def capture(shop: Shop, charge_id: str, amount: Any) -> Any:
    return shop.send("POST", f"/charges/{charge_id}/capture", {"captureAmount": amount})


def refund(shop: Shop, charge_id: str, amount: Any) -> Any:
    body = {"chargeId": charge_id, "refundAmount": amount}
    return shop.send("POST", "/refunds", body)


def test_balance_follows_open_and_captured_charges(shop2: Shop) -> None:
    permission = shop2.bought(paymentIntent="Confirm")["chargePermissionId"]
    path = f"/chargePermissions/{permission}"
    first = charge(shop2, permission, usd("60.00")).body["chargeId"]
    assert shop2.get(path)["limits"]["amountBalance"] == usd("40")
    capture(shop2, first, usd("50.00"))
    assert shop2.get(path)["limits"]["amountBalance"] == usd("50")
    refused = charge(shop2, permission, usd("50.01"))
    assert (refused.status, refused.code) == (400, "TransactionAmountExceeded")
    assert charge(shop2, permission, usd("50.00"), captureNow=True).status == 201
    assert shop2.get(path)["statusDetails"]["reasons"][0]["reasonCode"] == "AmazonClosed"


def test_26th_charge_is_refused(shop: Shop) -> None:
    permission = shop.bought(paymentIntent="Confirm")["chargePermissionId"]
    charged = [charge(shop, permission, usd("1.00")).status for _ in range(25)]
    refused = charge(shop, permission, usd("1.00"))
    assert set(charged) == {201}
    assert (refused.status, refused.code) == (422, "TransactionCountExceeded")


def test_total_order_amount_is_the_limit(shop2: Shop) -> None:
    done = shop2.bought(totalOrderAmount=usd("250.00"))
    permission = shop2.get(f"/chargePermissions/{done['chargePermissionId']}")
    assert permission["limits"] == {"amountLimit": usd("250.00"), "amountBalance": usd("150")}
    assert permission["statusDetails"]["state"] == "Chargeable"


@pytest.mark.parametrize(("order", "limit"), [("10.00", "500"), ("100.00", "900")])
def test_overcharge_lifts_the_limit(shop2: Shop, order: str, limit: str) -> None:
    done = shop2.bought(usd(order), allowOvercharge=True)
    permission = shop2.get(f"/chargePermissions/{done['chargePermissionId']}")
    assert permission["limits"]["amountLimit"] == usd(limit)


@pytest.mark.parametrize(
    ("captured", "most", "beyond"),
    [("100.00", "115.00", "115.01"), ("1000.00", "1075.00", "1075.01")],
)
def test_refund_goes_a_little_beyond_the_capture(
    shop: Shop, captured: str, most: str, beyond: str
) -> None:
    bought = shop.bought(usd(captured))["chargeId"]
    capture(shop, bought, usd(captured))
    refused = refund(shop, bought, usd(beyond))
    assert (refused.status, refused.code) == (400, "TransactionAmountExceeded")
    assert refund(shop, bought, usd(most)).status == 201


def test_refunded_amount_is_the_sum_of_refunds_that_were_not_declined(shop: Shop) -> None:
    bought = shop.bought()["chargeId"]
    capture(shop, bought, usd("100.00"))
    refund(shop, bought, usd("10.50"))
    body = {"chargeId": bought, "refundAmount": usd("20.00")}
    shop.send("POST", "/refunds", body, x_amz_pay_simulation_code="AmazonRejected")
    assert shop.get(f"/charges/{bought}")["refundedAmount"] == usd("30.50")
    shop.advance("PT30S")
    assert shop.get(f"/charges/{bought}")["refundedAmount"] == usd("10.50")


def test_11th_refund_is_refused(shop: Shop) -> None:
    bought = shop.bought()["chargeId"]
    capture(shop, bought, usd("100.00"))
    refunded = [refund(shop, bought, usd("1.00")).status for _ in range(10)]
    assert set(refunded) == {201}
    assert refund(shop, bought, usd("1.00")).code == "TransactionCountExceeded"


def test_yen_are_whole_everywhere(mock: Mock, contract: Contract) -> None:
    shop = embedded(mock, contract, region="jp")
    yen = {"amount": 500, "currencyCode": "JPY"}
    bought = shop.bought(yen)["chargeId"]
    capture(shop, bought, yen)
    refund(shop, bought, {"amount": "100", "currencyCode": "JPY"})
    shown = shop.get(f"/charges/{bought}")
    assert shown["chargeAmount"] == {"amount": "500", "currencyCode": "JPY"}
    assert shown["refundedAmount"] == {"amount": "100", "currencyCode": "JPY"}
    assert bought.startswith("S03-")


@pytest.mark.parametrize(
    ("sent", "shown"),
    [(14, "14"), (14.5, "14.50"), ("14.5", "14.5"), ("14.00", "14.00"), ("475.4500", "475.45")],
)
def test_amounts_come_back_as_text(shop: Shop, sent: Any, shown: str) -> None:
    session = shop.ready(usd(sent))
    body = shop.get(f"/checkoutSessions/{session}")
    assert body[shop.name("paymentDetails")]["chargeAmount"] == usd(shown)


def test_on_file_permission_has_a_monthly_cap_and_no_end(shop2: Shop) -> None:
    on_file = {
        "chargePermissionType": "PaymentMethodOnFile",
        "paymentMethodOnFileMetadata": {"setupOnly": True},
    }
    session = shop2.ready(more=on_file, paymentIntent="Confirm", chargeAmount=None)
    shop2.buyer(session, "approve")
    done = shop2.send("POST", f"/checkoutSessions/{session}/complete", {})
    assert done.status == 200
    permission = shop2.get(f"/chargePermissions/{done.body['chargePermissionId']}")
    assert permission["expirationTimestamp"] is None
    assert permission["limits"]["amountLimit"] == usd("15000")
    assert permission["paymentMethodOnFileMetadata"] == {"setupOnly": True}
    too_much = charge(shop2, permission["chargePermissionId"], usd("15000.01"))
    assert (too_much.status, too_much.code) == (400, "PeriodicAmountExceeded")
