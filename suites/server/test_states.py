"""What operations and events do to an object in each state, where other scenarios see one state."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from pay_conformance.findings import Unmet
from pay_conformance.scenario import (
    Answer,
    Buyer,
    Checkout,
    Clock,
    Expect,
    Negative,
    Shop,
    States,
    api,
    needs,
    requirement,
)

_DECLINES = (
    "SoftDeclined",
    "HardDeclined",
    "AmazonRejected",
    "ProcessingFailure",
    "TransactionTimedOut",
)
_INSTRUMENT = {
    "buyer deletes the payment method": "PaymentMethodDeleted",
    "buyer deletes the billing address": "BillingAddressDeleted",
    "payment method expires": "PaymentMethodExpired",
    "payment method is not allowed": "PaymentMethodNotAllowed",
    "payment method is not set": "PaymentMethodNotSet",
    "buyer fails to verify": "MFAFailed",
}


# Checkout Sessions


@requirement("CS-UPD-002")
@pytest.mark.parametrize("state", ["Completed", "Canceled"])
def test_session_that_has_ended_can_not_be_updated(
    shop: Shop, states: States, negative: Negative, state: str
) -> None:
    ended = states("checkout-session", state)
    negative(
        "CS-UPD-002",
        baseline=shop.updating_session(states("checkout-session", "Open")),
        refused=shop.updating_session(ended),
        status=422,
        reason="InvalidCheckoutSessionStatus",
        leaves=ended,
    )


@requirement("CS-FIN-002")
def test_canceled_session_is_not_finalized(shop: Shop, states: States, negative: Negative) -> None:
    canceled = states("checkout-session", "Canceled")
    negative(
        "CS-FIN-002",
        baseline=shop.finalizing(states("checkout-session", "Open")),
        refused=shop.finalizing(canceled),
        status=422,
        reason=("CheckoutSessionCanceled", "InvalidCheckoutSessionStatus"),
        leaves=canceled,
    )


@api("v2")
@requirement("CP-LIFE-001")
def test_finalizing_a_confirmation_leaves_a_chargeable_permission(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    done = _finalized(shop, checkout, "Confirm")
    expect(checkout.permission_of(done), "CP-LIFE-001").state("Chargeable")


@api("v2")
@requirement("CS-LIFE-013", "CP-LIFE-003", "CS-LIFE-011")
def test_finalizing_an_authorization_makes_an_authorized_charge(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    done = _finalized(shop, checkout, "Authorize")
    expect(done, "CS-LIFE-011").reasons()
    expect(checkout.charge_of(done), "CS-LIFE-013").state("Authorized")
    permission = checkout.permission_of(done)
    expect(permission, "CP-LIFE-003").state("NonChargeable").reasons("ChargeInProgress")


@api("v2")
@requirement("CS-LIFE-028", "CP-LIFE-006")
def test_finalizing_a_capture_makes_a_captured_charge(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    done = _finalized(shop, checkout, "AuthorizeWithCapture")
    expect(checkout.charge_of(done), "CS-LIFE-028").state("Captured")
    permission = checkout.permission_of(done)
    expect(permission, "CP-LIFE-006").state("Closed").reasons("AmazonClosed")


@api("v2")
@requirement("CH-NEW-003")
def test_finalizing_may_leave_the_authorization_pending(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    payment = shop.payment(canHandlePendingAuthorization=True)
    session = checkout.ready(card="0701", paymentDetails=payment)
    shop.finalize_checkout_session(session)
    done = shop.get_checkout_session(session)
    expect(checkout.charge_of(done), "CH-NEW-003").state("AuthorizationInitiated")


# Charge Permissions


@api("v2")
@requirement("CP-LIFE-006")
def test_session_that_captures_all_leaves_a_closed_permission(
    checkout: Checkout, expect: Expect
) -> None:
    permission = checkout.permission_of(checkout.completed("15.00", "AuthorizeWithCapture"))
    expect(permission, "CP-LIFE-006").state("Closed").reasons("AmazonClosed")


@requirement("CP-LIFE-003")
def test_charge_of_the_whole_amount_holds_the_permission(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    charge = shop.create_charge(checkout.permission("15.00"), "15.00")
    permission = checkout.permission_of(charge)
    expect(permission, "CP-LIFE-003").state("NonChargeable").reasons("ChargeInProgress")


@requirement("CP-LIFE-006")
def test_permission_that_is_held_is_closed_once_all_is_captured(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    charge = checkout.authorized("15.00", of="15.00")
    shop.capture_charge(charge, "15.00")
    permission = checkout.permission_of(charge)
    expect(permission, "CP-LIFE-006").state("Closed").reasons("AmazonClosed")


@requirement("CP-LIFE-014")
@pytest.mark.parametrize("event", _INSTRUMENT)
def test_permission_that_is_held_says_too_that_the_instrument_is_no_good(
    shop: Shop, states: States, buyer: Buyer, expect: Expect, event: str
) -> None:
    held = states("charge-permission", "NonChargeable")
    buyer.happens(event, held)
    broken = shop.get_charge_permission(held)
    expect(broken, "CP-LIFE-014").state("NonChargeable")
    expect.that(
        "CP-LIFE-014",
        holds=_INSTRUMENT[event] in broken.reasons,
        message=f"{event}, and the reasons don't say so",
        answer=broken,
        expected=_INSTRUMENT[event],
        actual=list(broken.reasons),
    )


@requirement("CP-LIFE-013")
@pytest.mark.parametrize("state", ["Chargeable", "NonChargeable"])
def test_buyer_ends_a_permission_in_any_state(
    shop: Shop, states: States, buyer: Buyer, expect: Expect, state: str
) -> None:
    permission = states("charge-permission", state)
    buyer.happens("buyer closes", permission)
    closed = shop.get_charge_permission(permission)
    expect(closed, "CP-LIFE-013").state("Closed").reasons("BuyerClosed")


@requirement("CP-LIFE-019")
@pytest.mark.parametrize("state", ["Chargeable", "NonChargeable"])
def test_amazon_ends_a_permission_in_any_state(
    shop: Shop, states: States, buyer: Buyer, expect: Expect, state: str
) -> None:
    permission = states("charge-permission", state)
    buyer.happens("Amazon cancels", permission)
    ended = shop.get_charge_permission(permission)
    expect(ended, "CP-LIFE-019").state("Closed").reasons("AmazonCanceled")


@requirement("CP-LIFE-019")
def test_rejection_of_a_pending_charge_ends_the_permission_that_it_holds(
    checkout: Checkout, states: States, buyer: Buyer, expect: Expect
) -> None:
    pending = states("charge", "AuthorizationInitiated")
    buyer.happens("authorization is declined", pending, "AmazonRejected")
    ended = checkout.permission_of(pending)
    expect(ended, "CP-LIFE-019").state("Closed").reasons("AmazonCanceled")


@requirement("CP-CLOSE-001")
def test_merchant_closes_a_permission_that_is_held(
    shop: Shop, states: States, expect: Expect
) -> None:
    held = states("charge-permission", "NonChargeable")
    closed = shop.attempt.close_charge_permission(held)
    expect(closed, "CP-CLOSE-001").status(200).state("Closed").reasons("MerchantClosed")


@requirement("CP-CLOSE-003")
def test_closing_cancels_a_pending_charge_if_asked_to(
    shop: Shop, checkout: Checkout, states: States, expect: Expect
) -> None:
    pending = states("charge", "AuthorizationInitiated")
    shop.close_charge_permission(checkout.permission_of(pending), cancelPendingCharges=True)
    canceled = shop.get_charge(pending)
    expect(canceled, "CP-CLOSE-003").state("Canceled").reasons("ChargePermissionCanceled")


@requirement("CP-LIFE-008")
def test_permission_without_an_instrument_expires_all_the_same(
    shop: Shop, checkout: Checkout, buyer: Buyer, clock: Clock, expect: Expect
) -> None:
    permission = checkout.permission()
    buyer.happens("buyer deletes the payment method", permission)
    clock.advance(days=179, hours=23)
    still = shop.get_charge_permission(permission)
    expect(still, "CP-LIFE-008").state("NonChargeable")
    clock.advance(hours=2)
    expired = shop.get_charge_permission(permission)
    expect(expired, "CP-LIFE-008").state("Closed").reasons("Expired")


@requirement("CP-LIFE-015")
@pytest.mark.parametrize("has_instrument", [True, False])
def test_permission_with_extended_expiration_lives_13_months_to_the_day(
    shop: Shop,
    checkout: Checkout,
    buyer: Buyer,
    clock: Clock,
    expect: Expect,
    *,
    has_instrument: bool,
) -> None:
    permission = checkout.permission(payment={"extendExpiration": True})
    if not has_instrument:
        buyer.happens("payment method expires", permission)
    end = _months_after(permission.time("/creationTimestamp"), 13)
    clock.reach(end - timedelta(days=1))
    state = "Chargeable" if has_instrument else "NonChargeable"
    expect(shop.get_charge_permission(permission), "CP-LIFE-015").state(state)
    clock.advance(days=2)
    expired = shop.get_charge_permission(permission)
    expect(expired, "CP-LIFE-015").state("Closed").reasons("Expired")


@requirement("CP-LIFE-016")
@pytest.mark.parametrize("has_instrument", [True, False])
def test_recurring_permission_lives_13_months_to_the_day_from_the_last_charge(
    shop: Shop,
    checkout: Checkout,
    buyer: Buyer,
    clock: Clock,
    expect: Expect,
    *,
    has_instrument: bool,
) -> None:
    recurring = {"frequency": {"unit": "Month", "value": "1"}, "amount": shop.price("15.00")}
    permission = checkout.permission(chargePermissionType="Recurring", recurringMetadata=recurring)
    clock.advance(days=100)
    charge = shop.create_charge(permission, "15.00", captureNow=True)
    if not has_instrument:
        buyer.happens("payment method expires", shop.get_charge_permission(permission))
    end = _months_after(charge.time("/creationTimestamp"), 13)
    clock.reach(end - timedelta(days=1))
    state = "Chargeable" if has_instrument else "NonChargeable"
    expect(shop.get_charge_permission(permission), "CP-LIFE-016").state(state)
    clock.advance(days=2)
    expired = shop.get_charge_permission(permission)
    expect(expired, "CP-LIFE-016").state("Closed").reasons("Expired")


@requirement("CP-LIFE-017")
def test_buyer_of_a_permission_is_known_for_30_days(
    shop: Shop, checkout: Checkout, clock: Clock, expect: Expect
) -> None:
    permission = checkout.permission()
    clock.advance(days=29, hours=23)
    still = shop.get_charge_permission(permission)
    expect(still, "CP-LIFE-017").at("/buyer/buyerId").is_set()
    clock.advance(hours=2)
    expect(shop.get_charge_permission(permission), "CP-LIFE-017").at("/buyer").is_null()


# Charges


@requirement("CH-CAP-004")
@pytest.mark.parametrize(
    "state", ["AuthorizationInitiated", "CaptureInitiated", "Captured", "Canceled", "Declined"]
)
def test_charge_is_captured_only_when_authorized(
    shop: Shop, states: States, negative: Negative, state: str
) -> None:
    charge = states("charge", state)
    negative(
        "CH-CAP-004",
        baseline=shop.capturing(states("charge", "Authorized")),
        refused=shop.capturing(charge),
        status=422,
        reason="InvalidChargeStatus",
        leaves=charge,
    )


@requirement("CH-CAP-004")
@pytest.mark.parametrize("state", ["CaptureInitiated", "Captured", "Canceled", "Declined"])
def test_charge_is_canceled_only_before_its_capture(
    shop: Shop, states: States, negative: Negative, state: str
) -> None:
    charge = states("charge", state)
    negative(
        "CH-CAP-004",
        baseline=shop.canceling(states("charge", "Authorized")),
        refused=shop.canceling(charge),
        status=422,
        reason="InvalidChargeStatus",
        leaves=charge,
    )


@requirement("RF-NEW-001")
@pytest.mark.parametrize(
    "state", ["AuthorizationInitiated", "Authorized", "CaptureInitiated", "Canceled", "Declined"]
)
def test_charge_is_refunded_only_when_captured(
    shop: Shop, states: States, negative: Negative, state: str
) -> None:
    charge = states("charge", state)
    negative(
        "RF-NEW-001",
        baseline=shop.refunding(states("charge", "Captured")),
        refused=shop.refunding(charge),
        status=422,
        reason="InvalidChargeStatus",
        leaves=charge,
    )


@requirement("CH-LIFE-005", "CH-LIFE-012")
@pytest.mark.parametrize("reason", _DECLINES)
def test_authorization_is_declined_for_each_reason(
    shop: Shop, states: States, buyer: Buyer, expect: Expect, reason: str
) -> None:
    pending = states("charge", "AuthorizationInitiated")
    buyer.happens("authorization is declined", pending, reason)
    declined = shop.get_charge(pending)
    expect(declined, "CH-LIFE-005").state("Declined").reasons(reason)
    expect(declined, "CH-LIFE-012").reasons(reason)


@requirement("CH-LIFE-018")
@pytest.mark.parametrize("reason", _DECLINES)
def test_capture_is_declined_for_each_reason(
    shop: Shop, states: States, buyer: Buyer, expect: Expect, reason: str
) -> None:
    pending = states("charge", "CaptureInitiated")
    buyer.happens("capture is declined", pending, reason)
    declined = shop.get_charge(pending)
    expect(declined, "CH-LIFE-018").state("Declined").reasons(reason)


@requirement("CH-LIFE-019")
@pytest.mark.parametrize("state", ["AuthorizationInitiated", "Authorized"])
@pytest.mark.parametrize(
    ("event", "reason"), [("Amazon cancels", "AmazonCanceled"), ("buyer cancels", "BuyerCanceled")]
)
def test_amazon_or_the_buyer_cancels_a_charge_in_any_state(
    shop: Shop,
    states: States,
    buyer: Buyer,
    expect: Expect,
    state: str,
    event: str,
    reason: str,
) -> None:
    charge = states("charge", state)
    buyer.happens(event, charge)
    expect(shop.get_charge(charge), "CH-LIFE-019").state("Canceled").reasons(reason)


@requirement("CH-NEW-003")
def test_charge_of_a_session_that_may_wait_is_pending(checkout: Checkout, expect: Expect) -> None:
    payment = {"canHandlePendingAuthorization": True}
    session = checkout.completed("15.00", "Authorize", card="0701", payment=payment)
    expect(checkout.charge_of(session), "CH-NEW-003").state("AuthorizationInitiated")


@needs("simulation")
@requirement("SIM-CAP-001")
def test_code_makes_a_charge_that_is_captured_at_once_settle_later(
    shop: Shop, checkout: Checkout, clock: Clock, expect: Expect
) -> None:
    charging = shop.charging(checkout.permission("15.00"), "10.00", captureNow=True)
    initiated = shop.attempt.make(
        charging.with_header("x-amz-pay-simulation-code", "CaptureInitiated")
    )
    expect(initiated, "SIM-CAP-001").succeeds().state("CaptureInitiated")
    clock.advance(seconds=20)
    expect(shop.get_charge(initiated), "SIM-CAP-001").state("CaptureInitiated")
    clock.advance(seconds=15)
    expect(shop.get_charge(initiated), "SIM-CAP-001").state("Captured")


@requirement("CH-LIFE-010")
@pytest.mark.parametrize(
    "state", ["AuthorizationInitiated", "Authorized", "CaptureInitiated", "Captured"]
)
def test_charge_that_goes_well_gives_no_reason(states: States, expect: Expect, state: str) -> None:
    expect(states("charge", state), "CH-LIFE-010").reasons()


@requirement("CH-CAP-005")
def test_late_capture_is_settled_to_the_second(
    shop: Shop, states: States, clock: Clock, expect: Expect
) -> None:
    charge = states("charge", "CaptureInitiated")
    clock.advance(seconds=25)
    expect(shop.get_charge(charge), "CH-CAP-005").state("CaptureInitiated")
    clock.advance(seconds=10)
    expect(shop.get_charge(charge), "CH-CAP-005").state("Captured")


@requirement("CH-LIFE-004")
def test_pending_charge_is_decided_to_the_second(
    shop: Shop, states: States, clock: Clock, expect: Expect
) -> None:
    pending = states("charge", "AuthorizationInitiated")
    clock.advance(seconds=25)
    expect(shop.get_charge(pending), "CH-LIFE-004").state("AuthorizationInitiated")
    clock.advance(seconds=10)
    expect(shop.get_charge(pending), "CH-LIFE-004").state("Authorized")


# Refunds


@requirement("RF-LIFE-004", "RF-LIFE-006")
@pytest.mark.parametrize("reason", ["AmazonRejected", "ProcessingFailure"])
def test_refund_is_declined_for_each_reason(
    shop: Shop, states: States, buyer: Buyer, expect: Expect, reason: str
) -> None:
    refund = states("refund", "RefundInitiated")
    buyer.happens("refund is declined", refund, reason)
    declined = shop.get_refund(refund)
    expect(declined, "RF-LIFE-004").state("Declined").reasons(reason)
    expect(declined, "RF-LIFE-006").reasons(reason)


@requirement("RF-LIFE-005")
def test_refund_that_is_settled_gives_no_reason(
    shop: Shop, states: States, clock: Clock, expect: Expect
) -> None:
    refund = states("refund", "RefundInitiated")
    clock.advance(seconds=35)
    expect(shop.get_refund(refund), "RF-LIFE-005").state("Refunded").reasons()


# Disputes


@requirement("DI-LIFE-013")
def test_chargeback_waits_for_the_merchant(
    shop: Shop, checkout: Checkout, buyer: Buyer, expect: Expect
) -> None:
    dispute = shop.get_dispute(buyer.charges_back(checkout.captured()))
    expect(dispute, "DI-LIFE-013").state("ActionRequired").reasons("MerchantResponseRequired")


@requirement("DI-NEW-001")
@pytest.mark.parametrize(
    ("state", "reasons"),
    [("ActionRequired", ("MerchantResponseRequired",)), ("UnderReview", ())],
)
def test_dispute_begins_in_the_state_that_is_reported(
    shop: Shop, checkout: Checkout, expect: Expect, state: str, reasons: tuple[str, ...]
) -> None:
    report = shop.disputing(checkout.captured(), statusDetails={"state": state})
    made = shop.attempt.make(report)
    expect(made, "DI-NEW-001").state(state).reasons(*reasons)


@requirement("DI-LIFE-010")
@pytest.mark.parametrize(
    ("state", "event", "reason"),
    [
        ("ActionRequired", "merchant accepts it", "MerchantAcceptedDispute"),
        ("ActionRequired", "buyer takes it back", "BuyerCancelled"),
        ("UnderReview", "buyer takes it back", "BuyerCancelled"),
        ("UnderReview", "Amazon decides", "InvestigatorResolved"),
        ("UnderReview", "Amazon decides", "AutoResolved"),
        ("UnderReview", "Amazon decides", "ChargebackFiled"),
    ],
)
def test_dispute_is_resolved_for_the_reason_that_it_was(
    shop: Shop,
    states: States,
    buyer: Buyer,
    expect: Expect,
    state: str,
    event: str,
    reason: str,
) -> None:
    dispute = states("dispute", state)
    buyer.happens(event, dispute, reason)
    expect(shop.get_dispute(dispute), "DI-LIFE-010").state("Resolved").reasons(reason)


@requirement("DI-LIFE-011")
@pytest.mark.parametrize(
    ("event", "state", "reason"),
    [
        (
            "Amazon asks the merchant for more",
            "ActionRequired",
            "MerchantAdditionalEvidencesRequired",
        ),
        ("Amazon asks the buyer for more", "UnderReview", "BuyerAdditionalEvidencesRequired"),
    ],
)
def test_dispute_waits_for_whom_amazon_asked(
    shop: Shop,
    states: States,
    buyer: Buyer,
    expect: Expect,
    event: str,
    state: str,
    reason: str,
) -> None:
    dispute = states("dispute", "UnderReview")
    buyer.happens(event, dispute)
    expect(shop.get_dispute(dispute), "DI-LIFE-011").state(state).reasons(reason)


@requirement("DI-LIFE-012")
def test_resolved_dispute_is_closed_in_the_end(
    shop: Shop, states: States, buyer: Buyer, expect: Expect
) -> None:
    dispute = states("dispute", "Resolved")
    buyer.happens("dispute is closed", dispute)
    expect(shop.get_dispute(dispute), "DI-LIFE-012").state("Closed")


@requirement("DI-OP-004")
@pytest.mark.parametrize("state", ["ActionRequired", "UnderReview", "Resolved"])
@pytest.mark.parametrize("end", ["Resolved", "Closed"])
def test_dispute_ends_in_any_state_as_the_provider_says(
    shop: Shop, states: States, expect: Expect, state: str, end: str
) -> None:
    dispute = states("dispute", state)
    ended = shop.attempt.make(shop.ending(dispute, end, "BuyerWon"))
    expect(ended, "DI-OP-004").status(200).state(end).reasons("InvestigatorResolved")
    expect(ended, "DI-OP-004").at("/statusDetails/resolution").equals("BuyerWon")


@requirement("DI-OP-003")
@pytest.mark.parametrize("state", ["UnderReview", "Resolved", "Closed"])
def test_dispute_is_contested_only_while_it_waits_for_the_merchant(
    shop: Shop, states: States, expect: Expect, state: str
) -> None:
    dispute = states("dispute", state)
    refused = shop.attempt.make(shop.contesting(dispute))
    expect(refused, "DI-OP-003").status(*range(400, 500))
    expect(shop.get_dispute(dispute), "DI-OP-003").same_as(dispute)


@requirement("DI-LIFE-003")
def test_dispute_is_lost_at_its_deadline(
    shop: Shop, checkout: Checkout, buyer: Buyer, clock: Clock, expect: Expect
) -> None:
    dispute = shop.get_dispute(buyer.charges_back(checkout.captured()))
    deadline = dispute.time("/merchantResponseDeadline")
    if deadline is None:
        raise Unmet("the dispute has no merchantResponseDeadline")
    clock.reach(deadline - timedelta(seconds=5))
    expect(shop.get_dispute(dispute), "DI-LIFE-003").state("ActionRequired")
    clock.advance(seconds=10)
    expect(shop.get_dispute(dispute), "DI-LIFE-003").state("Resolved")


def _finalized(shop: Shop, checkout: Checkout, intent: str) -> Answer:
    session = checkout.ready(paymentDetails=shop.payment(intent=intent))
    shop.finalize_checkout_session(session, paymentIntent=intent)
    return shop.get_checkout_session(session)


def _months_after(start: datetime | None, months: int) -> datetime:
    """Return the same day of a month some months later; a start late in a month is its 28th."""
    if start is None:
        raise Unmet("the object has no creationTimestamp")
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return start.replace(year=year, month=month + 1, day=min(start.day, 28))
