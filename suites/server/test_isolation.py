"""Merchants side by side: what one has, the other can't see, change, or guess."""

from __future__ import annotations

from collections.abc import Callable

from pay_conformance.scenario import Checkout, Expect, Shop, requirement


@requirement("OP-ID-003", "OP-ID-004")
def test_session_of_another_merchant_is_not_found(
    shop: Shop, merchant: Callable[..., Checkout], expect: Expect
) -> None:
    theirs = merchant().shop
    session = theirs.create_checkout_session()
    expect(shop.attempt.get_checkout_session(session.id), "OP-ID-003").refused(
        404, "ResourceNotFound"
    )
    update = shop.attempt.update_checkout_session(session.id)
    expect(update, "OP-ID-003").refused(404, "ResourceNotFound")
    expect(theirs.get_checkout_session(session), "OP-ID-004").same_as(session)


@requirement("OP-ID-003", "OP-ID-004")
def test_charge_of_another_merchant_is_not_found(
    shop: Shop, merchant: Callable[..., Checkout], expect: Expect
) -> None:
    theirs = merchant()
    charge = theirs.authorized("10.00")
    permission = theirs.permission_of(charge)
    for answer in (
        shop.attempt.get_charge(charge.id),
        shop.attempt.capture_charge(charge.id),
        shop.attempt.cancel_charge(charge.id),
        shop.attempt.get_charge_permission(permission.id),
        shop.attempt.close_charge_permission(permission.id),
        shop.attempt.create_charge(permission.id, "1.00"),
    ):
        expect(answer, "OP-ID-003").refused(404, "ResourceNotFound")
    expect(theirs.shop.get_charge(charge), "OP-ID-004").same_as(charge)
    expect(theirs.permission_of(charge), "OP-ID-004").same_as(permission)


@requirement("OP-ID-003", "OP-ID-004")
def test_captured_charge_of_another_merchant_is_not_refunded(
    shop: Shop, merchant: Callable[..., Checkout], expect: Expect
) -> None:
    theirs = merchant()
    charge = theirs.captured("10.00")
    refund = shop.attempt.create_refund(charge.id, "10.00")
    expect(refund, "OP-ID-003").refused(404, "ResourceNotFound")
    untouched = theirs.shop.get_charge(charge)
    nothing = theirs.shop.price("0")
    expect(untouched, "OP-ID-004").at("/refundedAmount").costs(nothing)


@requirement("IDEM-DIFF-004")
def test_idempotency_keys_are_a_merchant_s_own(
    shop: Shop, merchant: Callable[..., Checkout], expect: Expect
) -> None:
    theirs = merchant().shop
    key = shop.story.fresh_key()
    ours = shop.make(shop.creating_session().with_key(key))
    other = theirs.attempt.make(theirs.creating_session().with_key(key))
    expect(other, "IDEM-DIFF-004").status(201)
    expect(other, "IDEM-DIFF-004").at("/checkoutSessionId").differs_from(ours.id)
