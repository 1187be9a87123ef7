"""Charges: created on a permission, pending, canceled, expired, captured."""

from __future__ import annotations

from datetime import timedelta

from pay_conformance.findings import Unmet
from pay_conformance.scenario import (
    Answer,
    Buyer,
    Checkout,
    Clock,
    Expect,
    Negative,
    Shop,
    needs,
    requirement,
)


@requirement("CH-NEW-001", "CH-NEW-004", "CH-NEW-010", "CH-CAP-006", "CH-LIFE-008", "CH-LIFE-010")
def test_charge_authorizes_what_was_asked(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    permission = checkout.permission("15.00")
    charge = shop.attempt.create_charge(permission, "10.00")
    expect(charge, "CH-NEW-001").status(201).state("Authorized")
    expect(charge, "CH-NEW-004").at("/chargePermissionId").equals(permission.id)
    expect(charge, "CH-NEW-004").at("/chargeAmount").costs(shop.price("10.00"))
    expect(charge, "CH-NEW-010").at("/captureNow").is_absent()
    expect(charge, "CH-NEW-010").at("/canHandlePendingAuthorization").is_absent()
    expect(charge, "CH-CAP-006").at("/captureAmount").is_null()
    expect(charge, "CH-CAP-006").at("/refundedAmount").is_null()
    expect(charge, "CH-LIFE-010").reasons()
    expires = expect(charge, "CH-LIFE-008").at("/expirationTimestamp")
    expires.is_after(charge.time("/creationTimestamp"), by=timedelta(days=30))


@requirement("CH-NEW-002", "CH-CAP-007", "CH-CAP-012")
def test_charge_can_be_captured_at_once(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    charge = shop.attempt.create_charge(checkout.permission(), "10.00", captureNow=True)
    expect(charge, "CH-NEW-002").status(201).state("Captured")
    expect(charge, "CH-CAP-007").at("/softDescriptor").is_set()
    expect(charge, "CH-CAP-012").at("/refundedAmount").costs(shop.price("0"))


@requirement("CH-LIFE-001")
def test_two_charges_are_two(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    permission = checkout.permission("15.00")
    one = shop.create_charge(permission, "5.00")
    other = shop.create_charge(permission, "5.00")
    expect(other, "CH-LIFE-001").at("/chargeId").differs_from(one.id)


@requirement("CH-NEW-005")
def test_charge_without_permission_or_amount_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    permission = checkout.permission("15.00")
    charge = shop.charging(permission, "5.00")
    for missing in ("/chargePermissionId", "/chargeAmount"):
        negative(
            "CH-NEW-005",
            baseline=charge,
            refused=charge.without(missing),
            status=400,
            reason="MissingParameterValue",
            leaves=permission,
        )


@requirement("CH-NEW-006")
def test_charge_on_an_unknown_permission_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    charge = shop.charging(checkout.permission())
    negative(
        "CH-NEW-006",
        baseline=charge,
        refused=charge.with_("/chargePermissionId", "S01-0000000-0000000"),
        status=404,
        reason="ResourceNotFound",
    )


@requirement("CH-NEW-007")
def test_charge_of_more_than_is_left_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    permission = checkout.permission("15.00")
    shop.create_charge(permission, "5.00")
    charge = shop.charging(permission, "10.00")
    negative(
        "CH-NEW-007",
        baseline=charge,
        refused=charge.with_("/chargeAmount/amount", "10.01"),
        status=400,
        reason="TransactionAmountExceeded",
        leaves=permission,
    )


@requirement("CH-NEW-008", "CH-NEW-009")
def test_charge_in_another_currency_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative, expect: Expect
) -> None:
    permission = checkout.permission("15.00")
    charge = shop.charging(permission, "15.00")
    negative(
        "CH-NEW-008",
        baseline=charge,
        refused=charge.with_("/chargeAmount/currencyCode", "GBP"),
        status=400,
        reason="CurrencyMismatch",
        leaves=permission,
    )
    again = checkout.permission("15.00")
    shop.attempt.make(shop.charging(again).with_("/chargeAmount/currencyCode", "GBP"))
    expect(shop.get_charge_permission(again), "CH-NEW-009").same_as(again)


@requirement("CH-NEW-011")
def test_soft_descriptor_goes_with_a_capture(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    permission = checkout.permission("15.00")
    capture = shop.charging(permission, "5.00", softDescriptor="SHOP", captureNow=True)
    negative(
        "CH-NEW-011",
        baseline=capture,
        refused=capture.with_("/captureNow", value=False),
        status=400,
        reason=("InvalidParameterCombination", "InvalidParameterValue", "InvalidRequest"),
        leaves=permission,
    )


@requirement("CH-LIFE-006", "CH-LIFE-009", "CH-LIFE-011")
def test_merchant_cancels_a_charge_and_says_why(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    canceled = shop.attempt.cancel_charge(checkout.authorized(), "Out of stock")
    expect(canceled, "CH-LIFE-006").status(200).state("Canceled").reasons("MerchantCanceled")
    expect(canceled, "CH-LIFE-011").reasons("MerchantCanceled")
    why = expect(canceled, "CH-LIFE-009").at("/statusDetails/reasonDescription")
    why.equals("Out of stock")


@requirement("CH-LIFE-015")
def test_canceling_without_a_reason_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    charge = checkout.authorized()
    cancel = shop.canceling(charge)
    negative(
        "CH-LIFE-015",
        baseline=cancel,
        refused=cancel.without("/cancellationReason"),
        status=400,
        reason="MissingParameterValue",
        leaves=charge,
    )


@requirement("CH-LIFE-007", "CH-LIFE-003", "CH-LIFE-016")
def test_charge_that_nobody_captures_expires_after_30_days(
    shop: Shop, checkout: Checkout, clock: Clock, expect: Expect
) -> None:
    charge = checkout.authorized()
    clock.advance(days=29, hours=23)
    expect(shop.get_charge(charge), "CH-LIFE-007").state("Authorized")
    clock.advance(hours=2)
    expired = shop.get_charge(charge)
    expect(expired, "CH-LIFE-007").state("Canceled").reasons("ExpiredUnused")
    expect(expired, "CH-LIFE-016").at("/statusDetails/lastUpdatedTimestamp").is_after(
        charge.time("/creationTimestamp")
    )
    clock.advance(days=5)
    expect(shop.get_charge(charge), "CH-LIFE-003").state("Canceled")


@requirement("CH-LIFE-013", "CH-LIFE-014")
def test_charge_keeps_its_amount_and_its_permission(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    charge = checkout.authorized("10.00")
    captured = shop.capture_charge(charge, "4.00")
    expect(captured, "CH-LIFE-013").at("/chargeAmount").costs(shop.price("10.00"))
    expect(captured, "CH-LIFE-014").at("/chargePermissionId").equals(
        charge.at("/chargePermissionId")
    )


@requirement("CH-LIFE-004", "CH-LIFE-017")
def test_pending_charge_is_decided_in_30_seconds(
    shop: Shop, checkout: Checkout, clock: Clock, expect: Expect
) -> None:
    pending = _pending(checkout, card="0701")
    clock.advance(seconds=20)
    expect(shop.get_charge(pending), "CH-LIFE-004").state("AuthorizationInitiated")
    clock.advance(seconds=15)
    expect(shop.get_charge(pending), "CH-LIFE-004").state("Authorized")
    clock.advance(hours=24)
    expect(shop.get_charge(pending), "CH-LIFE-017").state("Authorized")


@requirement("CH-LIFE-005", "CH-LIFE-012")
def test_pending_charge_can_be_declined(
    shop: Shop, checkout: Checkout, clock: Clock, expect: Expect
) -> None:
    pending = _pending(checkout, card="4354")
    clock.advance(seconds=35)
    declined = shop.get_charge(pending)
    expect(declined, "CH-LIFE-005").state("Declined")
    expect(declined, "CH-LIFE-012").reasons("HardDeclined")


@requirement("CH-LIFE-006")
def test_pending_charge_can_be_canceled(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    pending = _pending(checkout, card="0701")
    canceled = shop.attempt.cancel_charge(pending)
    expect(canceled, "CH-LIFE-006").status(200).state("Canceled").reasons("MerchantCanceled")


@requirement("CH-CAP-001", "CH-CAP-008", "CH-CAP-013")
def test_capture_takes_the_money(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    charge = checkout.authorized("10.00")
    captured = shop.attempt.capture_charge(charge, "10.00", softDescriptor="SHOP")
    expect(captured, "CH-CAP-001").status(200).state("Captured")
    expect(captured, "CH-CAP-008").at("/captureAmount").costs(shop.price("10.00"))
    expect(captured, "CH-CAP-013").at("/softDescriptor").equals("AMZ*SHOP")


@requirement("CH-CAP-001", "CH-CAP-002", "CH-CAP-005")
def test_capture_after_7_days_settles_later(
    shop: Shop, checkout: Checkout, clock: Clock, expect: Expect
) -> None:
    in_time = checkout.authorized("5.00")
    late = checkout.authorized("5.00")
    clock.advance(days=6, hours=23)
    expect(shop.attempt.capture_charge(in_time, "5.00"), "CH-CAP-001").state("Captured")
    clock.advance(hours=2)
    initiated = shop.attempt.capture_charge(late, "5.00")
    expect(initiated, "CH-CAP-002").succeeds().state("CaptureInitiated")
    clock.advance(seconds=35)
    expect(shop.get_charge(late), "CH-CAP-005").state("Captured")


@requirement("CH-CAP-003")
def test_capture_of_more_than_authorized_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    charge = checkout.authorized("10.00", of="100.00")
    capture = shop.capturing(charge, "10.00")
    negative(
        "CH-CAP-003",
        baseline=capture,
        refused=capture.with_("/captureAmount/amount", "10.01"),
        status=400,
        reason="TransactionAmountExceeded",
        leaves=charge,
    )


@requirement("CH-CAP-009")
def test_capture_in_another_currency_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    charge = checkout.authorized("10.00")
    capture = shop.capturing(charge, "10.00")
    negative(
        "CH-CAP-009",
        baseline=capture,
        refused=capture.with_("/captureAmount/currencyCode", "GBP"),
        status=400,
        reason="CurrencyMismatch",
        leaves=charge,
    )


@requirement("CH-CAP-015")
def test_capture_without_an_amount_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    charge = checkout.authorized("10.00")
    capture = shop.capturing(charge, "10.00", softDescriptor="SHOP")
    negative(
        "CH-CAP-015",
        baseline=capture,
        refused=capture.without("/captureAmount"),
        status=400,
        reason="MissingParameterValue",
        leaves=charge,
    )


@requirement("CH-CAP-010", "CH-CAP-011", "CH-CAP-008")
def test_partial_capture_releases_the_rest(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    charge = checkout.authorized("10.00", of="15.00")
    captured = shop.attempt.capture_charge(charge, "4.00")
    expect(captured, "CH-CAP-010").status(200).state("Captured")
    expect(captured, "CH-CAP-008").at("/captureAmount").costs(shop.price("4.00"))
    rest = shop.attempt.capture_charge(charge, "6.00")
    expect(rest, "CH-CAP-011").refused(422, "InvalidChargeStatus")
    released = shop.attempt.create_charge(captured.at("/chargePermissionId"), "11.00")
    expect(released, "CH-CAP-011").succeeds()


@requirement("CH-CAP-004", "ERR-SAFE-003")
def test_canceled_charge_can_not_be_captured(
    shop: Shop, checkout: Checkout, negative: Negative, expect: Expect
) -> None:
    canceled = checkout.authorized("10.00")
    shop.cancel_charge(canceled)
    negative(
        "CH-CAP-004",
        baseline=shop.capturing(checkout.authorized("10.00")),
        refused=shop.capturing(canceled),
        status=422,
        reason="InvalidChargeStatus",
    )
    expect(shop.get_charge(canceled), "ERR-SAFE-003").state("Canceled")


@requirement("CH-CAP-004", "ERR-SAFE-003")
def test_captured_charge_can_not_be_captured_again_or_canceled(
    shop: Shop, checkout: Checkout, negative: Negative, expect: Expect
) -> None:
    captured = checkout.captured("10.00")
    before = shop.get_charge(captured)
    negative(
        "CH-CAP-004",
        baseline=shop.capturing(checkout.authorized("10.00")),
        refused=shop.capturing(captured),
        status=422,
        reason="InvalidChargeStatus",
    )
    negative(
        "CH-CAP-004",
        baseline=shop.canceling(checkout.authorized("10.00")),
        refused=shop.canceling(captured),
        status=422,
        reason="InvalidChargeStatus",
    )
    expect(shop.get_charge(captured), "ERR-SAFE-003").same_as(before)


@requirement("CH-CAP-016")
def test_charge_is_captured_once_however_often_asked_at_once(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    charge = checkout.authorized("10.00")
    answers = shop.at_once(*[shop.capturing(charge, "10.00")] * 8)
    done = [answer for answer in answers if answer.succeeded]
    expect.that(
        "CH-CAP-016",
        holds=len(done) == 1,
        message="8 captures at once did not capture the charge once",
        answer=answers[0],
        expected="1 success",
        actual=f"{len(done)} successes",
    )


@requirement("CH-CAP-017")
def test_capture_and_cancel_at_once_have_one_winner(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    charge = checkout.authorized("10.00")
    answers = shop.at_once(shop.capturing(charge, "10.00"), shop.canceling(charge))
    winner, loser = sorted(answers, key=lambda answer: answer.status)
    expect(winner, "CH-CAP-017").status(200)
    expect(loser, "CH-CAP-017").refused(422, "InvalidChargeStatus")
    expect(shop.get_charge(charge), "CH-CAP-017").state(winner.state)


@needs("simulation")
@requirement("CH-CAP-005")
def test_pending_capture_is_not_captured_before_its_time(
    shop: Shop, checkout: Checkout, clock: Clock, expect: Expect
) -> None:
    charge = checkout.authorized("10.00")
    capture = shop.capturing(charge, "10.00")
    shop.make(capture.with_header("x-amz-pay-simulation-code", "CaptureInitiated"))
    clock.advance(seconds=20)
    expect(shop.get_charge(charge), "CH-CAP-005").state("CaptureInitiated")
    clock.advance(seconds=15)
    expect(shop.get_charge(charge), "CH-CAP-005").state("Captured")


@requirement("CH-LIFE-011")
def test_amazon_or_the_buyer_can_cancel_a_charge(
    shop: Shop, checkout: Checkout, buyer: Buyer, expect: Expect
) -> None:
    taken_back = checkout.authorized("5.00")
    buyer.happens("Amazon cancels", taken_back)
    expect(shop.get_charge(taken_back), "CH-LIFE-011").reasons("AmazonCanceled")
    given_up = checkout.authorized("5.00")
    buyer.happens("buyer cancels", given_up)
    expect(shop.get_charge(given_up), "CH-LIFE-011").reasons("BuyerCanceled")


def _pending(checkout: Checkout, card: str) -> Answer:
    payment = {"canHandlePendingAuthorization": True}
    session = checkout.completed("15.00", "Authorize", card=card, payment=payment)
    charge = checkout.charge_of(session)
    if charge.state != "AuthorizationInitiated":
        raise Unmet(f"the charge of card {card} is {charge.state}")
    return charge
