"""Refunds: created, settled, declined, and what they do to the Charge."""

from __future__ import annotations

import pytest

from pay_conformance.scenario import Checkout, Clock, Expect, Negative, Shop, needs, requirement

_SIMULATION = "x-amz-pay-simulation-code"


@requirement("RF-LIFE-001", "RF-NEW-005", "RF-NEW-006", "RF-LIFE-005")
def test_refund_is_initiated(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    charge = checkout.captured("10.00")
    refund = shop.attempt.create_refund(charge, "4.00", softDescriptor="SHOP")
    expect(refund, "RF-LIFE-001").status(201).state("RefundInitiated")
    expect(refund, "RF-NEW-005").at("/chargeId").equals(charge.id)
    expect(refund, "RF-NEW-005").at("/refundAmount").costs(shop.price("4.00"))
    expect(refund, "RF-NEW-006").at("/softDescriptor").matches(r"AMZ\*.*")
    expect(refund, "RF-LIFE-005").reasons()


@requirement("RF-LIFE-003", "RF-LIFE-007", "RF-LIFE-008")
def test_refund_is_settled_after_30_seconds(
    shop: Shop, checkout: Checkout, clock: Clock, expect: Expect
) -> None:
    refund = shop.create_refund(checkout.captured("10.00"), "10.00")
    clock.advance(seconds=20)
    expect(shop.get_refund(refund), "RF-LIFE-003").state("RefundInitiated")
    clock.advance(seconds=15)
    settled = shop.get_refund(refund)
    expect(settled, "RF-LIFE-003").state("Refunded")
    updated = "/statusDetails/lastUpdatedTimestamp"
    expect(settled, "RF-LIFE-008").at(updated).is_after(refund.time(updated))
    expect(settled, "RF-LIFE-008").at("/creationTimestamp").equals(refund.at("/creationTimestamp"))
    clock.advance(days=10)
    expect(shop.get_refund(refund), "RF-LIFE-007").state("Refunded")


@needs("simulation")
@requirement("RF-LIFE-004", "RF-LIFE-006", "RF-AMT-003")
def test_declined_refund_does_not_count(
    shop: Shop, checkout: Checkout, clock: Clock, expect: Expect
) -> None:
    charge = checkout.captured("10.00")
    refund = shop.make(shop.refunding(charge, "10.00").with_header(_SIMULATION, "AmazonRejected"))
    clock.advance(seconds=35)
    declined = shop.get_refund(refund)
    expect(declined, "RF-LIFE-004").state("Declined")
    expect(declined, "RF-LIFE-006").reasons("AmazonRejected")
    expect(shop.get_charge(charge), "RF-AMT-003").at("/refundedAmount").costs(shop.price("0"))
    again = shop.attempt.create_refund(charge, "10.00")
    expect(again, "RF-AMT-003").status(201)


@requirement("RF-AMT-001", "RF-AMT-002", "RF-AMT-004")
def test_charge_is_refunded_in_parts_and_stays_captured(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    charge = checkout.captured("10.00")
    expect(shop.attempt.create_refund(charge, "3.00"), "RF-AMT-004").status(201)
    expect(shop.attempt.create_refund(charge, "4.00"), "RF-AMT-004").status(201)
    refunded = shop.get_charge(charge)
    expect(refunded, "RF-AMT-001").at("/refundedAmount").costs(shop.price("7.00"))
    expect(refunded, "RF-AMT-002").state("Captured")


@requirement("RF-NEW-007")
@pytest.mark.parametrize("days", [40, 400])
def test_refund_has_no_time_limit(
    shop: Shop, checkout: Checkout, clock: Clock, expect: Expect, days: int
) -> None:
    charge = checkout.captured("10.00")
    clock.advance(days=days)
    expect(shop.attempt.create_refund(charge, "10.00"), "RF-NEW-007").status(201)


@requirement("RF-NEW-001")
def test_charge_that_is_not_captured_can_not_be_refunded(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    authorized = checkout.authorized("10.00")
    negative(
        "RF-NEW-001",
        baseline=shop.refunding(checkout.captured("10.00")),
        refused=shop.refunding(authorized),
        status=422,
        reason="InvalidChargeStatus",
        leaves=authorized,
    )


@requirement("RF-NEW-002")
def test_refund_in_another_currency_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    charge = checkout.captured("10.00")
    refund = shop.refunding(charge)
    negative(
        "RF-NEW-002",
        baseline=refund,
        refused=refund.with_("/refundAmount/currencyCode", "GBP"),
        status=400,
        reason="CurrencyMismatch",
        leaves=charge,
    )


@requirement("RF-NEW-003")
@pytest.mark.parametrize("missing", ["/chargeId", "/refundAmount"])
def test_refund_without_charge_or_amount_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative, missing: str
) -> None:
    charge = checkout.captured("10.00")
    refund = shop.refunding(charge)
    negative(
        "RF-NEW-003",
        baseline=refund,
        refused=refund.without(missing),
        status=400,
        reason="MissingParameterValue",
        leaves=charge,
    )


@requirement("RF-NEW-004")
def test_refund_of_an_unknown_charge_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    refund = shop.refunding(checkout.captured("10.00"))
    negative(
        "RF-NEW-004",
        baseline=refund,
        refused=refund.with_("/chargeId", "S01-0000000-0000000-C000000"),
        status=404,
        reason="ResourceNotFound",
    )
