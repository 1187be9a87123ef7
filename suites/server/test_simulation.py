"""The sandbox's simulation codes and test cards."""

from __future__ import annotations

import pytest

from pay_conformance.scenario import Checkout, Clock, Expect, Negative, Shop, needs, requirement

_CODE = "x-amz-pay-simulation-code"
_DECLINES = {
    "SoftDeclined": "SIM-CH-001",
    "HardDeclined": "SIM-CH-002",
    "AmazonRejected": "SIM-CH-003",
    "TransactionTimedOut": "SIM-CH-004",
}
_CANCELS = {
    "BuyerCanceled": "SIM-COMP-001",
    "AmazonCanceled": "SIM-COMP-002",
    "Declined": "SIM-COMP-003",
}


@needs("simulation")
@requirement("SIM-FORM-001")
def test_code_of_another_operation_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    permission = checkout.permission()
    charge = shop.charging(permission, "10.00")
    for code in ("BuyerCanceled", "NoSuchCode"):
        negative(
            "SIM-FORM-001",
            baseline=shop.reading(permission),
            refused=shop.reading(permission).with_header(_CODE, code),
            status=400,
            reason="InvalidSandboxSimulationSpecified",
        )
    negative(
        "SIM-FORM-001",
        baseline=charge,
        refused=charge.with_header(_CODE, "NoSuchCode"),
        status=400,
        reason="InvalidSandboxSimulationSpecified",
        leaves=permission,
    )


@needs("simulation")
@requirement("SIM-FORM-002")
def test_code_may_be_signed_or_not(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    charge = shop.charging(checkout.permission(), "10.00")
    signed = shop.attempt.make(charge.with_header(_CODE, "SoftDeclined"))
    expect(signed, "SIM-FORM-002").refused(422, "SoftDeclined")
    unsigned = shop.attempt.make(charge.with_unsigned_header(_CODE, "SoftDeclined"))
    expect(unsigned, "SIM-FORM-002").refused(422, "SoftDeclined")


@needs("simulation")
@requirement("SIM-FORM-003")
def test_code_overrides_the_card(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    payment = shop.payment(canHandlePendingAuthorization=True)
    session = checkout.approved(card="0701", paymentDetails=payment)
    complete = shop.completing(session).with_header(_CODE, "Declined")
    expect(shop.attempt.make(complete), "SIM-FORM-003").status(400, 422)
    canceled = shop.get_checkout_session(session)
    expect(canceled, "SIM-FORM-003").state("Canceled").reasons("Declined")


@needs("simulation")
@requirement("SIM-COMP-001", "SIM-COMP-002", "SIM-COMP-003")
def test_code_cancels_a_session_as_it_is_completed(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    for code, name in _CANCELS.items():
        session = checkout.approved()
        answer = shop.attempt.make(shop.completing(session).with_header(_CODE, code))
        expect(answer, name).status(400, 422)
        canceled = shop.get_checkout_session(session)
        expect(canceled, name).state("Canceled").reasons(code)


@needs("simulation")
@requirement("SIM-COMP-004")
def test_code_makes_an_authorization_pending(
    shop: Shop, checkout: Checkout, clock: Clock, expect: Expect
) -> None:
    payment = shop.payment(canHandlePendingAuthorization=True)
    session = checkout.approved(paymentDetails=payment)
    complete = shop.completing(session).with_header(_CODE, "AuthorizationInitiated")
    accepted = shop.attempt.make(complete)
    expect(accepted, "SIM-COMP-004").status(202)
    charge = checkout.charge_of(accepted)
    expect(charge, "SIM-COMP-004").state("AuthorizationInitiated")
    clock.advance(seconds=20)
    expect(shop.get_charge(charge), "SIM-COMP-004").state("AuthorizationInitiated")
    clock.advance(seconds=15)
    expect(shop.get_charge(charge), "SIM-COMP-004").state("Authorized")


@needs("simulation")
@requirement("SIM-CH-001", "SIM-CH-002", "SIM-CH-003", "SIM-CH-004")
def test_code_declines_a_charge(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    for code, name in _DECLINES.items():
        charge = shop.charging(checkout.permission(), "10.00").with_header(_CODE, code)
        expect(shop.attempt.make(charge), name).refused(422, code)


@needs("simulation")
@requirement("SIM-CH-005")
def test_declined_charge_holds_nothing(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    permission = checkout.permission("15.00")
    charge = shop.charging(permission, "10.00").with_header(_CODE, "SoftDeclined")
    shop.attempt.make(charge)
    balance = expect(shop.get_charge_permission(permission), "SIM-CH-005").at(
        "/limits/amountBalance"
    )
    balance.costs(shop.price("15.00"))


@needs("simulation")
@requirement("SIM-CAP-001")
def test_code_makes_a_capture_settle_later(
    shop: Shop, checkout: Checkout, clock: Clock, expect: Expect
) -> None:
    charge = checkout.authorized("10.00")
    capture = shop.capturing(charge, "10.00").with_header(_CODE, "CaptureInitiated")
    initiated = shop.attempt.make(capture)
    expect(initiated, "SIM-CAP-001").succeeds().state("CaptureInitiated")
    clock.advance(seconds=20)
    expect(shop.get_charge(charge), "SIM-CAP-001").state("CaptureInitiated")
    clock.advance(seconds=15)
    expect(shop.get_charge(charge), "SIM-CAP-001").state("Captured")


@needs("simulation")
@requirement("SIM-CAP-002", "SIM-CAP-003")
def test_code_declines_a_capture(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    for code, status, name in (
        ("AmazonRejected", 422, "SIM-CAP-002"),
        ("ProcessingFailure", 500, "SIM-CAP-003"),
    ):
        charge = checkout.authorized("10.00")
        capture = shop.capturing(charge, "10.00").with_header(_CODE, code)
        expect(shop.attempt.make(capture), name).refused(status, code)
        declined = shop.get_charge(charge)
        expect(declined, name).state("Declined").reasons(code)


@needs("simulation")
@requirement("SIM-CP-001")
def test_code_closes_a_permission_as_amazon_does(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    permission = checkout.permission()
    close = shop.closing(permission).with_header(_CODE, "AmazonClosed")
    expect(shop.attempt.make(close), "SIM-CP-001").succeeds()
    closed = shop.get_charge_permission(permission)
    expect(closed, "SIM-CP-001").state("Closed").reasons("AmazonClosed")


@needs("simulation")
@requirement("SIM-RF-001")
@pytest.mark.parametrize("code", ["AmazonRejected", "ProcessingFailure"])
def test_code_declines_a_refund(
    shop: Shop, checkout: Checkout, clock: Clock, expect: Expect, code: str
) -> None:
    refund = shop.refunding(checkout.captured("10.00"), "4.00").with_header(_CODE, code)
    initiated = shop.attempt.make(refund)
    expect(initiated, "SIM-RF-001").status(201).state("RefundInitiated")
    clock.advance(seconds=20)
    expect(shop.get_refund(initiated), "SIM-RF-001").state("RefundInitiated")
    clock.advance(seconds=15)
    expect(shop.get_refund(initiated), "SIM-RF-001").state("Declined").reasons(code)


@requirement("SIM-CARD-001")
@pytest.mark.parametrize("card", ["1111", "0005", "4444", "9424", "0000"])
def test_card_that_works(shop: Shop, checkout: Checkout, expect: Expect, card: str) -> None:
    approved = shop.get_checkout_session(checkout.approved(card=card))
    expect(approved, "SIM-CARD-001").state("Open", "Completed")
    session = checkout.completed(card=card)
    expect(session, "SIM-CARD-001").state("Completed")
    expect(checkout.charge_of(session), "SIM-CARD-001").state("Authorized")


@requirement("SIM-CARD-002", "SIM-CARD-003")
def test_card_that_ends_the_session(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    for card, reason, name in (
        ("3064", "BuyerCanceled", "SIM-CARD-002"),
        ("3434", "Declined", "SIM-CARD-003"),
    ):
        session = checkout.approved(card=card)
        canceled = shop.get_checkout_session(session)
        expect(canceled, name).state("Canceled").reasons(reason)


@requirement("SIM-CARD-004", "SIM-CARD-005")
def test_card_that_is_decided_later(
    shop: Shop, checkout: Checkout, clock: Clock, expect: Expect
) -> None:
    pending = {"canHandlePendingAuthorization": True}
    for card, state, reasons, name in (
        ("0701", "Authorized", (), "SIM-CARD-004"),
        ("4354", "Declined", ("HardDeclined",), "SIM-CARD-005"),
    ):
        session = checkout.completed(card=card, payment=pending)
        charge = checkout.charge_of(session)
        expect(charge, name).state("AuthorizationInitiated")
        clock.advance(seconds=35)
        expect(shop.get_charge(charge), name).state(state).reasons(*reasons)
