"""Limits: amounts, counts and months, each tried on both of its sides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest

from pay_conformance.scenario import (
    Answer,
    Checkout,
    Clock,
    Expect,
    Negative,
    Shop,
    requirement,
)

_TOO_MUCH = ("TransactionAmountExceeded", "InvalidParameterValue")
_MOST = {"na": "150000.00", "eu": "150000.00", "jp": "10000000"}
_MORE = {"na": "150000.01", "eu": "150000.01", "jp": "10000001"}


@requirement("LIM-AMT-001", "LIM-AMT-002")
@pytest.mark.parametrize("region", _MOST)
def test_largest_amount_of_a_session(
    merchant: Callable[..., Checkout], negative: Negative, expect: Expect, region: str
) -> None:
    shop = merchant(region).shop
    most = shop.attempt.create_checkout_session(paymentDetails=shop.payment(_MOST[region]))
    expect(most, "LIM-AMT-002").status(201)
    create = shop.creating_session(paymentDetails=shop.payment(_MOST[region]))
    negative(
        "LIM-AMT-001",
        baseline=create,
        refused=create.with_("/paymentDetails/chargeAmount/amount", _MORE[region]),
        status=400,
        reason=_TOO_MUCH,
        shop=shop,
    )


@requirement("LIM-AMT-003")
@pytest.mark.parametrize(("order", "limit"), [("100.00", "900.00"), ("10.00", "500.00")])
def test_overcharge_widens_the_limit(
    shop: Shop, checkout: Checkout, expect: Expect, order: str, limit: str
) -> None:
    permission = checkout.permission(order, payment={"allowOvercharge": True})
    widened = expect(permission, "LIM-AMT-003").at("/limits/amountLimit")
    widened.costs(shop.price(limit))


@requirement("LIM-AMT-004")
def test_captures_never_exceed_the_limit(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    permission = checkout.permission("15.00")
    captured = Decimal(0)
    for amount in ("7.00", "7.00", "7.00", "1.00", "1.00"):
        charge = shop.attempt.create_charge(permission, amount, captureNow=True)
        captured += Decimal(amount) if charge.succeeded else 0
    expect.that(
        "LIM-AMT-004",
        holds=captured == Decimal("15.00"),
        message="captures on a permission for 15.00 do not add up to its limit",
        expected="15.00",
        actual=str(captured),
    )


@requirement("LIM-AMT-005")
def test_yen_have_no_decimals(merchant: Callable[..., Checkout], negative: Negative) -> None:
    shop = merchant("jp").shop
    create = shop.creating_session(paymentDetails=shop.payment("1500"))
    negative(
        "LIM-AMT-005",
        baseline=create,
        refused=create.with_("/paymentDetails/chargeAmount/amount", "1500.5"),
        status=400,
        reason=("InvalidParameterValue", "InvalidRequest"),
        shop=shop,
    )


@requirement("LIM-AMT-005")
def test_dollars_have_two_decimals(shop: Shop, negative: Negative, expect: Expect) -> None:
    cents = shop.attempt.create_checkout_session(paymentDetails=shop.payment("15.01"))
    expect(cents, "LIM-AMT-005").succeeds()
    create = shop.creating_session(paymentDetails=shop.payment("15.01"))
    negative(
        "LIM-AMT-005",
        baseline=create,
        refused=create.with_("/paymentDetails/chargeAmount/amount", "15.001"),
        status=400,
        reason=("InvalidParameterValue", "InvalidRequest"),
    )


@requirement("LIM-COUNT-001")
def test_26th_charge_is_refused(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    permission = checkout.permission("100.00")
    for _ in range(25):
        charge = shop.attempt.create_charge(permission, "1.00")
        expect(charge, "LIM-COUNT-001").succeeds()
    one_more = shop.attempt.create_charge(permission, "1.00")
    expect(one_more, "LIM-COUNT-001").refused(422, "TransactionCountExceeded")


@requirement("LIM-COUNT-002")
def test_11th_refund_is_refused(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    charge = checkout.captured("10.00")
    for _ in range(10):
        expect(shop.attempt.create_refund(charge, "0.10"), "LIM-COUNT-002").succeeds()
    one_more = shop.attempt.create_refund(charge, "0.10")
    expect(one_more, "LIM-COUNT-002").refused(422, "TransactionCountExceeded")


@requirement("LIM-REF-001", "LIM-REF-004")
def test_refund_may_exceed_the_capture_by_15_percent(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    charge = checkout.captured("100.00", of="100.00")
    more = shop.attempt.create_refund(charge, "115.01")
    expect(more, "LIM-REF-004").refused(400, "TransactionAmountExceeded")
    most = shop.attempt.create_refund(charge, "115.00")
    expect(most, "LIM-REF-001").succeeds()


@requirement("LIM-REF-002")
def test_refund_may_exceed_the_capture_by_75_at_most(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    charge = checkout.captured("1000.00", of="1000.00")
    refund = shop.refunding(charge, "1075.00")
    negative(
        "LIM-REF-002",
        baseline=refund,
        refused=refund.with_("/refundAmount/amount", "1075.01"),
        status=400,
        reason="TransactionAmountExceeded",
        leaves=charge,
    )


@requirement("LIM-REF-002")
def test_refund_may_exceed_the_capture_by_8400_yen_at_most(
    merchant: Callable[..., Checkout], negative: Negative
) -> None:
    japan = merchant("jp")
    charge = japan.captured("100000", of="100000")
    refund = japan.shop.refunding(charge, "108400")
    negative(
        "LIM-REF-002",
        baseline=refund,
        refused=refund.with_("/refundAmount/amount", "108401"),
        status=400,
        reason="TransactionAmountExceeded",
        leaves=charge,
        shop=japan.shop,
    )


@requirement("LIM-REF-003")
def test_refunds_have_a_largest_amount(shop: Shop, checkout: Checkout, negative: Negative) -> None:
    charge = checkout.captured("150000.00", of="150000.00")
    refund = shop.refunding(charge, "150000.00")
    negative(
        "LIM-REF-003",
        baseline=refund,
        refused=refund.with_("/refundAmount/amount", "150000.01"),
        status=400,
        reason=_TOO_MUCH,
        leaves=charge,
    )


@requirement("LIM-REF-005")
def test_refunds_at_once_do_not_exceed_what_is_allowed(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    charge = checkout.captured("100.00", of="100.00")
    answers = shop.at_once(*[shop.refunding(charge, "23.00")] * 12)
    made = sum(answer.succeeded for answer in answers)
    expect.that(
        "LIM-REF-005",
        holds=made == 5,
        message="refunds of 23.00 at once gave another sum than the 115.00 allowed",
        answer=answers[0],
        expected="5 Refunds",
        actual=f"{made} Refunds",
    )


@requirement("LIM-MONTH-001", "LIM-MONTH-004")
def test_recurring_charges_have_a_limit_each_month(
    checkout: Checkout, clock: Clock, expect: Expect
) -> None:
    shop = checkout.shop
    permission = _recurring(checkout, "100.00")
    clock.reach(_first_of_next_month(clock.now()))
    within = shop.attempt.create_charge(permission, "1000.00", captureNow=True)
    expect(within, "LIM-MONTH-001").succeeds()
    beyond = shop.attempt.create_charge(permission, "0.01", captureNow=True)
    expect(beyond, "LIM-MONTH-001").refused(400, "PeriodicAmountExceeded")
    clock.reach(_first_of_next_month(clock.now()))
    anew = shop.attempt.create_charge(permission, "1000.00", captureNow=True)
    expect(anew, "LIM-MONTH-004").succeeds()


@requirement("LIM-MONTH-001")
def test_recurring_charges_in_yen_have_a_limit_each_month(
    merchant: Callable[..., Checkout], expect: Expect
) -> None:
    japan = merchant("jp")
    permission = _recurring(japan, "10000")
    beyond = japan.shop.attempt.create_charge(permission, "100001", captureNow=True)
    expect(beyond, "LIM-MONTH-001").refused(400, "PeriodicAmountExceeded")
    within = japan.shop.attempt.create_charge(permission, "100000", captureNow=True)
    expect(within, "LIM-MONTH-001").succeeds()


@requirement("LIM-MONTH-003")
def test_recurring_charges_in_euro_have_a_limit_each_month(
    merchant: Callable[..., Checkout], expect: Expect
) -> None:
    europe = merchant("eu")
    permission = _recurring(europe, "100.00")
    beyond = europe.shop.attempt.create_charge(permission, "1000.01", captureNow=True)
    expect(beyond, "LIM-MONTH-003").refused(400, "PeriodicAmountExceeded")
    within = europe.shop.attempt.create_charge(permission, "1000.00", captureNow=True)
    expect(within, "LIM-MONTH-003").succeeds()


@requirement("LIM-MONTH-002")
def test_charges_of_a_saved_wallet_have_a_limit_each_month(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    permission = checkout.permission(
        "100.00",
        chargePermissionType="PaymentMethodOnFile",
        paymentMethodOnFileMetadata={"setupOnly": False},
    )
    who = {"chargeInitiator": "MITU", "channel": "Web", "captureNow": True}
    beyond = shop.attempt.create_charge(permission, "15000.01", **who)
    expect(beyond, "LIM-MONTH-002").refused(400, "PeriodicAmountExceeded")
    within = shop.attempt.create_charge(permission, "15000.00", **who)
    expect(within, "LIM-MONTH-002").succeeds()


@requirement("LIM-REF-002")
@pytest.mark.parametrize(
    ("region", "captured", "most", "more"),
    [
        ("na", "1000.00", "1075.00", "1075.01"),
        ("eu", "1000.00", "1075.00", "1075.01"),
        ("jp", "100000", "108400", "108401"),
    ],
)
def test_allowance_of_a_refund_to_the_last_unit(
    merchant: Callable[..., Checkout],
    expect: Expect,
    region: str,
    captured: str,
    most: str,
    more: str,
) -> None:
    there = merchant(region)
    charge = there.captured(captured, of=captured)
    beyond = there.shop.attempt.create_refund(charge, more)
    expect(beyond, "LIM-REF-002").refused(400, "TransactionAmountExceeded")
    expect(there.shop.attempt.create_refund(charge, most), "LIM-REF-002").succeeds()


@requirement("LIM-REF-003")
@pytest.mark.parametrize("region", _MOST)
def test_largest_refund_to_the_last_unit(
    merchant: Callable[..., Checkout], expect: Expect, region: str
) -> None:
    there = merchant(region)
    charge = there.captured(_MOST[region], of=_MOST[region])
    beyond = there.shop.attempt.create_refund(charge, _MORE[region])
    expect(beyond, "LIM-REF-003").refused(400, *_TOO_MUCH)
    expect(there.shop.attempt.create_refund(charge, _MOST[region]), "LIM-REF-003").succeeds()


@requirement("LIM-AMT-003")
@pytest.mark.parametrize(
    ("region", "order", "limit"), [("eu", "10.00", "500.00"), ("jp", "1000", "70000")]
)
def test_overcharge_widens_the_limit_in_each_currency(
    merchant: Callable[..., Checkout], expect: Expect, region: str, order: str, limit: str
) -> None:
    there = merchant(region)
    permission = there.permission(order, payment={"allowOvercharge": True})
    widened = expect(permission, "LIM-AMT-003").at("/limits/amountLimit")
    widened.costs(there.shop.price(limit))


@requirement("LIM-MONTH-002")
@pytest.mark.parametrize(
    ("region", "most", "more"), [("eu", "15000.00", "15000.01"), ("jp", "2000000", "2000001")]
)
def test_charges_of_a_saved_wallet_have_a_limit_in_each_currency(
    merchant: Callable[..., Checkout], expect: Expect, region: str, most: str, more: str
) -> None:
    there = merchant(region)
    permission = there.permission(
        "100",
        chargePermissionType="PaymentMethodOnFile",
        paymentMethodOnFileMetadata={"setupOnly": False},
    )
    who = {"chargeInitiator": "MITU", "channel": "Web", "captureNow": True}
    beyond = there.shop.attempt.create_charge(permission, more, **who)
    expect(beyond, "LIM-MONTH-002").refused(400, "PeriodicAmountExceeded")
    expect(there.shop.attempt.create_charge(permission, most, **who), "LIM-MONTH-002").succeeds()


def _recurring(checkout: Checkout, amount: str) -> Answer:
    frequency = {"unit": "Month", "value": "1"}
    return checkout.permission(
        amount,
        chargePermissionType="Recurring",
        recurringMetadata={"frequency": frequency, "amount": checkout.shop.price(amount)},
    )


def _first_of_next_month(now: datetime) -> datetime:
    year, month = divmod(now.year * 12 + now.month, 12)
    return now.replace(year=year, month=month + 1, day=1, hour=12)
