"""The life of a Charge Permission: charged, closed, expired, and what the buyer does to it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pay_conformance.scenario import (
    Buyer,
    Checkout,
    Clock,
    Expect,
    Negative,
    Shop,
    needs,
    requirement,
)

_EVENTS = {
    "buyer deletes the payment method": "PaymentMethodDeleted",
    "buyer deletes the billing address": "BillingAddressDeleted",
    "payment method expires": "PaymentMethodExpired",
    "payment method is not allowed": "PaymentMethodNotAllowed",
    "payment method is not set": "PaymentMethodNotSet",
    "buyer fails to verify": "MFAFailed",
}


@requirement("CP-LIFE-001", "CP-LIFE-021", "CP-LIFE-010", "CP-AMT-004")
def test_confirmed_session_leaves_a_permission_for_its_whole_amount(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    session = checkout.completed("15.00", "Confirm")
    permission = shop.attempt.get_charge_permission(session.at("/chargePermissionId"))
    expect(permission, "CP-LIFE-001").status(200).state("Chargeable")
    expect(permission, "CP-LIFE-010").reasons()
    expect(permission, "CP-AMT-004").at("/presentmentCurrency").equals(shop.currency)
    whole = shop.attempt.create_charge(permission, "15.00")
    expect(whole, "CP-LIFE-021").succeeds()


@requirement("CP-AMT-001")
def test_limit_is_the_amount_of_the_session(checkout: Checkout, expect: Expect) -> None:
    permission = checkout.permission("15.00")
    limit = expect(permission, "CP-AMT-001").at("/limits/amountLimit")
    limit.costs(checkout.shop.price("15.00"))


@requirement("CP-AMT-001", "CP-AMT-002", "CP-AMT-003")
def test_limit_is_the_total_of_the_order_if_there_is_one(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    total = {"totalOrderAmount": shop.price("40.00")}
    session = checkout.completed("15.00", "Authorize", payment=total)
    permission = checkout.permission_of(session)
    expect(permission, "CP-AMT-001").at("/limits/amountLimit").costs(shop.price("40.00"))
    expect(permission, "CP-AMT-002").at("/limits/amountBalance").costs(shop.price("25.00"))
    expect(permission, "CP-AMT-003").at("/limits/amountBalance").costs(shop.price("25.00"))


@requirement("CP-LIFE-003", "CP-LIFE-011")
def test_permission_held_by_an_open_charge_is_not_chargeable(
    checkout: Checkout, expect: Expect
) -> None:
    permission = checkout.permission_of(checkout.completed("15.00", "Authorize"))
    expect(permission, "CP-LIFE-003").state("NonChargeable").reasons("ChargeInProgress")
    expect(permission, "CP-LIFE-011").reasons("ChargeInProgress")


@requirement("CP-LIFE-004")
def test_permission_is_chargeable_again_once_the_charge_is_canceled(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    charge = checkout.authorized("15.00", of="15.00")
    shop.cancel_charge(charge)
    expect(checkout.permission_of(charge), "CP-LIFE-004").state("Chargeable")


@requirement("CP-LIFE-004")
def test_permission_is_chargeable_again_once_the_charge_expired(
    checkout: Checkout, clock: Clock, expect: Expect
) -> None:
    charge = checkout.authorized("15.00", of="15.00")
    clock.advance(days=30, hours=1)
    expect(checkout.permission_of(charge), "CP-LIFE-004").state("Chargeable")


@requirement("CP-LIFE-006", "CP-LIFE-012")
def test_permission_is_closed_once_all_is_captured(checkout: Checkout, expect: Expect) -> None:
    charge = checkout.captured("15.00", of="15.00")
    permission = checkout.permission_of(charge)
    expect(permission, "CP-LIFE-006").state("Closed").reasons("AmazonClosed")
    expect(permission, "CP-LIFE-012").reasons("AmazonClosed")


@requirement("CP-LIFE-008", "CP-LIFE-009")
def test_one_time_permission_expires_after_180_days(
    shop: Shop, checkout: Checkout, clock: Clock, expect: Expect
) -> None:
    permission = checkout.permission()
    created = permission.time("/creationTimestamp")
    expires = expect(permission, "CP-LIFE-009").at("/expirationTimestamp")
    expires.is_after(created, by=timedelta(days=180))
    clock.advance(days=179, hours=23)
    before = shop.get_charge_permission(permission)
    expect(before, "CP-LIFE-008").state("Chargeable")
    clock.advance(hours=2)
    expired = shop.get_charge_permission(permission)
    expect(expired, "CP-LIFE-008").state("Closed").reasons("Expired")


@requirement("CP-LIFE-015")
def test_permission_with_extended_expiration_lives_13_months(
    shop: Shop, checkout: Checkout, clock: Clock, expect: Expect
) -> None:
    permission = checkout.permission(payment={"extendExpiration": True})
    clock.advance(days=13 * 28)
    still = shop.get_charge_permission(permission)
    expect(still, "CP-LIFE-015").state("Chargeable")
    clock.advance(days=34)
    expired = shop.get_charge_permission(permission)
    expect(expired, "CP-LIFE-015").state("Closed").reasons("Expired")


@requirement("CP-LIFE-016")
def test_recurring_permission_lives_13_months_from_the_last_charge(
    shop: Shop, checkout: Checkout, clock: Clock, expect: Expect
) -> None:
    recurring = {"frequency": {"unit": "Month", "value": "1"}, "amount": shop.price("15.00")}
    permission = checkout.permission(chargePermissionType="Recurring", recurringMetadata=recurring)
    clock.advance(days=300)
    shop.create_charge(permission, "15.00", captureNow=True)
    clock.advance(days=13 * 28)
    still = shop.get_charge_permission(permission)
    expect(still, "CP-LIFE-016").state("Chargeable")
    clock.advance(days=34)
    expired = shop.get_charge_permission(permission)
    expect(expired, "CP-LIFE-016").state("Closed").reasons("Expired")


@requirement("CP-LIFE-017", "CP-LIFE-022")
def test_buyer_of_a_permission_is_forgotten_after_30_days(
    shop: Shop, checkout: Checkout, clock: Clock, expect: Expect
) -> None:
    permission = checkout.permission()
    expect(permission, "CP-LIFE-017").at("/buyer/buyerId").is_set()
    clock.advance(days=30, hours=1)
    later = shop.get_charge_permission(permission)
    expect(later, "CP-LIFE-017").at("/buyer").is_null()
    expect(later, "CP-LIFE-022").at("/creationTimestamp").equals(
        permission.at("/creationTimestamp")
    )


@requirement("CP-LIFE-013")
def test_buyer_ends_the_permission(
    shop: Shop, checkout: Checkout, buyer: Buyer, expect: Expect
) -> None:
    permission = checkout.permission()
    buyer.happens("buyer closes", permission)
    closed = shop.get_charge_permission(permission)
    expect(closed, "CP-LIFE-013").state("Closed").reasons("BuyerClosed")


@requirement("CP-LIFE-014", "CP-LIFE-018")
@pytest.mark.parametrize("event", _EVENTS)
def test_permission_is_not_chargeable_while_the_instrument_is_no_good(
    shop: Shop, checkout: Checkout, buyer: Buyer, expect: Expect, event: str
) -> None:
    permission = checkout.permission()
    buyer.happens(event, permission)
    broken = shop.get_charge_permission(permission)
    expect(broken, "CP-LIFE-014").state("NonChargeable").reasons(_EVENTS[event])
    buyer.happens("buyer updates the payment method", broken)
    mended = shop.get_charge_permission(permission)
    expect(mended, "CP-LIFE-018").state("Chargeable")


@needs("simulation")
@requirement("CP-LIFE-007")
def test_hard_decline_asks_for_another_instrument(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    permission = checkout.permission()
    charging = shop.charging(permission)
    shop.attempt.make(charging.with_header("x-amz-pay-simulation-code", "HardDeclined"))
    declined = shop.get_charge_permission(permission)
    expect(declined, "CP-LIFE-007").state("NonChargeable").reasons("PaymentMethodInvalid")


@needs("simulation")
@requirement("CP-LIFE-020")
def test_soft_decline_leaves_the_permission_chargeable(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    permission = checkout.permission()
    charging = shop.charging(permission)
    shop.attempt.make(charging.with_header("x-amz-pay-simulation-code", "SoftDeclined"))
    expect(shop.get_charge_permission(permission), "CP-LIFE-020").state("Chargeable")


@needs("simulation")
@requirement("CP-LIFE-019")
def test_rejection_by_amazon_ends_the_permission(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    permission = checkout.permission()
    charging = shop.charging(permission)
    shop.attempt.make(charging.with_header("x-amz-pay-simulation-code", "AmazonRejected"))
    ended = shop.get_charge_permission(permission)
    expect(ended, "CP-LIFE-019").state("Closed").reasons("AmazonCanceled")


@requirement("CP-CLOSE-001", "CP-CLOSE-002", "CP-LIFE-005")
def test_merchant_closes_the_permission_and_says_why(
    shop: Shop, checkout: Checkout, clock: Clock, expect: Expect
) -> None:
    permission = checkout.permission()
    closed = shop.attempt.close_charge_permission(permission, "The order is complete")
    expect(closed, "CP-CLOSE-001").status(200).state("Closed").reasons("MerchantClosed")
    why = expect(closed, "CP-CLOSE-002").at("/statusDetails/reasons/0/reasonDescription")
    why.equals("The order is complete")
    clock.advance(days=10)
    expect(shop.get_charge_permission(permission), "CP-LIFE-005").state("Closed")


@requirement("CP-CLOSE-003")
def test_closing_cancels_open_charges_if_asked_to(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    charge = checkout.authorized()
    permission = checkout.permission_of(charge)
    shop.close_charge_permission(permission, cancelPendingCharges=True)
    canceled = shop.get_charge(charge)
    expect(canceled, "CP-CLOSE-003").state("Canceled").reasons("ChargePermissionCanceled")


@requirement("CP-CLOSE-004")
def test_closing_leaves_open_charges_alone_otherwise(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    charge = checkout.authorized()
    permission = checkout.permission_of(charge)
    shop.close_charge_permission(permission, cancelPendingCharges=False)
    expect(shop.get_charge(charge), "CP-CLOSE-004").state("Authorized")
    captured = shop.attempt.capture_charge(charge)
    expect(captured, "CP-CLOSE-004").status(200).state("Captured")


@requirement("CP-CLOSE-005")
def test_closing_without_a_reason_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    permission = checkout.permission()
    close = shop.closing(permission, cancelPendingCharges=False)
    negative(
        "CP-CLOSE-005",
        baseline=close,
        refused=close.without("/closureReason"),
        status=400,
        reason="MissingParameterValue",
        leaves=permission,
    )


@requirement("CP-OP-001")
def test_permission_is_closed_once(shop: Shop, checkout: Checkout, negative: Negative) -> None:
    closed = checkout.permission()
    shop.close_charge_permission(closed)
    negative(
        "CP-OP-001",
        baseline=shop.closing(checkout.permission()),
        refused=shop.closing(closed),
        status=422,
        reason="InvalidChargePermissionStatus",
        leaves=closed,
    )


@requirement("CP-OP-002")
def test_closed_permission_can_not_be_updated(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    closed = checkout.permission()
    shop.close_charge_permission(closed)
    negative(
        "CP-OP-002",
        baseline=shop.updating_permission(checkout.permission()),
        refused=shop.updating_permission(closed),
        status=422,
        reason="ChargePermissionNotModifiable",
        leaves=closed,
    )


@requirement("CP-OP-003")
def test_closed_permission_can_not_be_charged(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    closed = checkout.permission()
    shop.close_charge_permission(closed)
    negative(
        "CP-OP-003",
        baseline=shop.charging(checkout.permission()),
        refused=shop.charging(closed),
        status=422,
        reason="InvalidChargePermissionStatus",
        leaves=closed,
    )


@requirement("CP-OP-003")
def test_permission_that_is_not_chargeable_can_not_be_charged(
    shop: Shop, checkout: Checkout, buyer: Buyer, negative: Negative
) -> None:
    broken = checkout.permission()
    buyer.happens("buyer deletes the payment method", broken)
    negative(
        "CP-OP-003",
        baseline=shop.charging(checkout.permission()),
        refused=shop.charging(broken),
        status=422,
        reason="InvalidChargePermissionStatus",
        leaves=broken,
    )


@requirement("CP-OP-004")
def test_update_gives_back_the_metadata(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    permission = checkout.permission()
    metadata = {"merchantReferenceId": "order-9", "noteToBuyer": "On its way"}
    updated = shop.attempt.update_charge_permission(permission, merchantMetadata=metadata)
    expect(updated, "CP-OP-004").status(200)
    for name, value in metadata.items():
        expect(updated, "CP-OP-004").at(f"/merchantMetadata/{name}").equals(value)


@requirement("CP-OP-005")
def test_charge_of_a_closed_permission_can_be_refunded(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    charge = checkout.captured("10.00", of="15.00")
    shop.close_charge_permission(charge.at("/chargePermissionId"))
    refund = shop.attempt.create_refund(charge, "10.00")
    expect(refund, "CP-OP-005").status(201)
