"""Idempotency keys: one effect per key, and the first answer again."""

from __future__ import annotations

from decimal import Decimal

from pay_conformance.scenario import Checkout, Clock, Expect, Negative, Shop, requirement


@requirement("IDEM-SAME-001")
def test_same_key_gives_the_same_answer(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    for call in (
        shop.creating_session(),
        shop.charging(checkout.permission(), "10.00"),
        shop.capturing(checkout.authorized(), "10.00"),
        shop.refunding(checkout.captured("10.00"), "4.00"),
    ):
        keyed = call.with_key(shop.story.fresh_key())
        first = shop.make(keyed)
        again = shop.attempt.make(keyed)
        expect(again, "IDEM-SAME-001").status(first.status).same_as(first)


@requirement("IDEM-SAME-002")
def test_same_key_has_one_effect(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    charge = checkout.captured("10.00")
    refund = shop.refunding(charge, "4.00").with_key(shop.story.fresh_key())
    for _ in range(3):
        shop.attempt.make(refund)
    refunded = shop.get_charge(charge)
    expect(refunded, "IDEM-SAME-002").at("/refundedAmount").costs(shop.price("4.00"))


@requirement("IDEM-SAME-002")
def test_same_key_charges_once(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    permission = checkout.permission("15.00")
    charge = shop.charging(permission, "6.00").with_key(shop.story.fresh_key())
    for _ in range(3):
        shop.attempt.make(charge)
    rest = shop.attempt.create_charge(permission, "9.00")
    expect(rest, "IDEM-SAME-002").succeeds()


@requirement("IDEM-SAME-003")
def test_same_key_many_times_at_once_makes_one_charge(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    permission = checkout.permission("50.00")
    charge = shop.charging(permission, "3.00").with_key(shop.story.fresh_key())
    answers = shop.at_once(*[charge] * 16)
    made = {answer.at("/chargeId") for answer in answers if answer.succeeded}
    expect.that(
        "IDEM-SAME-003",
        holds=len(made) == 1,
        message="16 equal requests with one key at once did not make one Charge",
        answer=answers[0],
        expected="1 Charge",
        actual=f"{len(made)} Charges",
    )
    expect(shop.attempt.create_charge(permission, "47.00"), "IDEM-SAME-003").succeeds()


@requirement("IDEM-SAME-004")
def test_saved_answer_outlives_changes_of_the_object(
    shop: Shop, checkout: Checkout, clock: Clock, expect: Expect
) -> None:
    charge = shop.charging(checkout.permission(), "10.00").with_key(shop.story.fresh_key())
    first = shop.make(charge)
    clock.advance(seconds=60)
    shop.cancel_charge(first)
    expect(shop.attempt.make(charge), "IDEM-SAME-004").status(201).same_as(first)


@requirement("IDEM-DIFF-001")
def test_same_key_with_another_body_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative, expect: Expect
) -> None:
    charge = checkout.captured("10.00")
    key = shop.story.fresh_key()
    refund = shop.refunding(charge, "4.00").with_key(key)
    negative(
        "IDEM-DIFF-001",
        baseline=refund,
        refused=refund.with_("/refundAmount/amount", "5.00"),
        status=400,
        reason="DuplicateIdempotencyKey",
        baseline_first=True,
    )
    refunded = shop.get_charge(charge)
    expect(refunded, "IDEM-DIFF-001").at("/refundedAmount").costs(shop.price("4.00"))


@requirement("IDEM-DIFF-002")
def test_same_key_on_another_object_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    permission = checkout.permission("50.00")
    one = shop.create_charge(permission, "10.00")
    other = shop.create_charge(permission, "10.00")
    key = shop.story.fresh_key()
    negative(
        "IDEM-DIFF-002",
        baseline=shop.capturing(one).with_key(key),
        refused=shop.capturing(other).with_key(key),
        status=400,
        reason="DuplicateIdempotencyKey",
        leaves=other,
        baseline_first=True,
    )


@requirement("IDEM-DIFF-002")
def test_same_key_on_another_operation_is_refused(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    key = shop.story.fresh_key()
    charge = shop.make(shop.charging(checkout.permission(), "10.00", captureNow=True).with_key(key))
    refused = shop.attempt.make(shop.refunding(charge, "4.00").with_key(key))
    expect(refused, "IDEM-DIFF-002").refused(400, "DuplicateIdempotencyKey")
    untouched = shop.get_charge(charge)
    expect(untouched, "IDEM-DIFF-002").at("/refundedAmount").costs(shop.price(Decimal(0)))


@requirement("IDEM-DIFF-003")
def test_another_key_is_another_request(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    charge = checkout.captured("10.00")
    one = shop.create_refund(charge, "2.00")
    other = shop.create_refund(charge, "2.00")
    expect(other, "IDEM-DIFF-003").at("/refundId").differs_from(one.id)
    refunded = shop.get_charge(charge)
    expect(refunded, "IDEM-DIFF-003").at("/refundedAmount").costs(shop.price("4.00"))


@requirement("IDEM-MISS-001")
def test_request_that_needs_a_key_is_refused_without(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    permission = checkout.permission("90.00")
    authorized = shop.create_charge(permission, "10.00")
    captured = shop.create_charge(permission, "10.00", captureNow=True)
    for call in (
        shop.creating_session(),
        shop.charging(permission, "10.00"),
        shop.capturing(authorized, "10.00"),
        shop.refunding(captured, "10.00"),
    ):
        negative(
            "IDEM-MISS-001",
            baseline=call,
            refused=call.without_key(),
            status=400,
            reason=("MissingHeader", "MissingHeaderValue"),
        )


@requirement("IDEM-MISS-003")
def test_reading_updating_canceling_and_closing_need_no_key(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    session = shop.create_checkout_session()
    permission = checkout.permission("15.00")
    charge = shop.create_charge(permission, "10.00")
    for call in (
        shop.reading(session),
        shop.updating_session(session),
        shop.updating_permission(permission),
        shop.canceling(charge),
        shop.closing(permission),
    ):
        expect(shop.attempt.make(call.without_key()), "IDEM-MISS-003").status(200)


@requirement("IDEM-FORM-001", "IDEM-FORM-003", "IDEM-FORM-002")
def test_key_has_at_most_32_letters_and_digits(
    shop: Shop, negative: Negative, expect: Expect
) -> None:
    create = shop.creating_session()
    longest, key = shop.story.fresh_key(), shop.story.fresh_key()
    expect(shop.attempt.make(create.with_key(longest)), "IDEM-FORM-001").status(201)
    expect(shop.attempt.make(create.with_key(key[:13])), "IDEM-FORM-003").status(201)
    negative(
        "IDEM-FORM-002",
        baseline=create.with_key(key),
        refused=create.with_key(key + "C"),
        status=400,
        reason="InvalidHeaderValue",
    )


@requirement("IDEM-ERR-001")
def test_refused_request_can_be_corrected(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    permission = checkout.permission("15.00")
    wrong = shop.charging(permission, "99.00")
    shop.attempt.make(wrong)
    corrected = shop.attempt.create_charge(permission, "10.00")
    expect(corrected, "IDEM-ERR-001").status(201)
