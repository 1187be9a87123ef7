"""Complete and Finalize Checkout Session: the merchant confirms what the buyer approved."""

from __future__ import annotations

from pay_conformance.scenario import Buyer, Checkout, Clock, Expect, Negative, Shop, requirement

_BLANKED = (
    "/webCheckoutDetails",
    "/productType",
    "/paymentDetails",
    "/merchantMetadata",
    "/buyer",
    "/billingAddress",
    "/paymentPreferences",
    "/shippingAddress",
    "/constraints",
    "/expirationTimestamp",
    "/storeId",
    "/providerMetadata",
    "/releaseEnvironment",
)


@requirement("CS-COMP-001", "CS-COMP-008", "CS-TIME-001")
def test_complete_turns_an_approved_session_into_a_permission(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    session = checkout.approved()
    done = shop.attempt.complete_checkout_session(session)
    expect(done, "CS-COMP-001").status(200).state("Completed")
    for pointer in _BLANKED:
        expect(done, "CS-COMP-008").at(pointer).is_null()
    expect(done, "CS-TIME-001").at("/creationTimestamp").equals(session.at("/creationTimestamp"))


@requirement("CS-COMP-012")
def test_completed_session_reads_as_it_was_answered(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    session = checkout.approved()
    done = shop.complete_checkout_session(session)
    read = shop.get_checkout_session(session)
    expect(read, "CS-COMP-012").state("Completed")
    for name in ("chargePermissionId", "chargeId"):
        expect(read, "CS-COMP-012").at(f"/{name}").equals(done.at(f"/{name}"))


@requirement("CS-COMP-002", "CS-COMP-003")
def test_another_amount_does_not_complete(
    shop: Shop, checkout: Checkout, negative: Negative, expect: Expect
) -> None:
    session = checkout.approved()
    complete = shop.completing(session, "15.00")
    negative(
        "CS-COMP-002",
        baseline=complete,
        refused=complete.with_("/chargeAmount/amount", "15.01"),
        status=409,
        reason="AmountMismatch",
    )
    # The baseline went last, on the same session.
    expect(shop.get_checkout_session(session), "CS-COMP-003").state("Completed")


@requirement("CS-COMP-003", "CS-COMP-014")
def test_session_is_unchanged_by_another_amount(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    session = checkout.approved()
    before = shop.get_checkout_session(session)
    shop.attempt.complete_checkout_session(session, "16.00")
    after = shop.get_checkout_session(session)
    expect(after, "CS-COMP-003").same_as(before)
    expect(after, "CS-COMP-014").at("/chargePermissionId").is_null()
    expect(after, "CS-COMP-014").at("/chargeId").is_null()


@requirement("CS-COMP-013")
def test_amounts_are_compared_by_value(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    session = checkout.approved()
    done = shop.attempt.complete_checkout_session(session, "15.0")
    expect(done, "CS-COMP-013").status(200)


@requirement("CS-COMP-018")
def test_another_currency_does_not_complete(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    session = checkout.approved()
    complete = shop.completing(session)
    other = "EUR" if shop.currency == "USD" else "USD"
    negative(
        "CS-COMP-018",
        baseline=complete,
        refused=complete.with_("/chargeAmount/currencyCode", other),
        status=(400, 409),
        reason=("AmountMismatch", "CurrencyMismatch"),
        leaves=session,
    )


@requirement("CS-COMP-004")
def test_session_is_completed_once(shop: Shop, checkout: Checkout, negative: Negative) -> None:
    open_session = checkout.approved()
    completed = checkout.completed()
    negative(
        "CS-COMP-004",
        baseline=shop.completing(open_session),
        refused=shop.completing(completed),
        status=422,
        reason="InvalidCheckoutSessionStatus",
        leaves=completed,
    )


@requirement("CS-COMP-005")
def test_session_is_not_completed_before_the_buyer_approved(
    shop: Shop, checkout: Checkout, negative: Negative, expect: Expect
) -> None:
    approved = checkout.approved()
    unapproved = checkout.ready()
    negative(
        "CS-COMP-005",
        baseline=shop.completing(approved),
        refused=shop.completing(unapproved),
        status=422,
        reason="InvalidCheckoutSessionStatus",
        leaves=unapproved,
    )
    expect(shop.get_checkout_session(unapproved), "CS-COMP-005").state("Open")


@requirement("CS-CONS-012")
def test_session_with_a_constraint_is_not_completed(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    approved = checkout.approved()
    nobody_signed_in = shop.create_checkout_session()
    negative(
        "CS-CONS-012",
        baseline=shop.completing(approved),
        refused=shop.completing(nobody_signed_in),
        status=422,
        reason="InvalidCheckoutSessionStatus",
        leaves=nobody_signed_in,
    )


@requirement("CS-COMP-006")
def test_canceled_session_is_not_completed(
    shop: Shop, checkout: Checkout, buyer: Buyer, negative: Negative
) -> None:
    approved = checkout.approved()
    canceled = checkout.ready()
    buyer.cancels(canceled)
    negative(
        "CS-COMP-006",
        baseline=shop.completing(approved),
        refused=shop.completing(canceled),
        status=(422, 400),
        reason=("CheckoutSessionCanceled", "InvalidCheckoutSessionStatus"),
        leaves=canceled,
    )


@requirement("CS-COMP-007")
def test_expired_session_is_not_completed(
    shop: Shop, checkout: Checkout, clock: Clock, negative: Negative
) -> None:
    expired = checkout.approved()
    clock.advance(hours=24, seconds=10)
    approved = checkout.approved()
    negative(
        "CS-COMP-007",
        baseline=shop.completing(approved),
        refused=shop.completing(expired),
        status=(422, 400),
        reason=("InvalidCheckoutSessionStatus", "CheckoutSessionCanceled"),
        leaves=expired,
    )


@requirement("CS-COMP-010", "CS-COMP-011", "CH-NEW-003", "OP-OK-002")
def test_pending_authorization_is_answered_with_202(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    payment = shop.payment(canHandlePendingAuthorization=True)
    session = checkout.approved(card="0701", paymentDetails=payment)
    accepted = shop.attempt.complete_checkout_session(session)
    expect(accepted, "CS-COMP-010").status(202)
    expect(accepted, "OP-OK-002").status(202)
    expect(accepted, "CS-COMP-010").at("/chargePermissionId").is_set()
    expect(accepted, "CS-COMP-010").at("/chargeId").is_set()
    charge = checkout.charge_of(accepted)
    expect(charge, "CS-COMP-011").state("AuthorizationInitiated")
    expect(charge, "CH-NEW-003").state("AuthorizationInitiated")


@requirement("CS-COMP-015")
def test_complete_without_an_amount_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    session = checkout.approved()
    complete = shop.completing(session)
    negative(
        "CS-COMP-015",
        baseline=complete,
        refused=complete.without("/chargeAmount"),
        status=400,
        reason="MissingParameterValue",
        leaves=session,
    )


@requirement("CS-COMP-015")
def test_setting_up_a_wallet_needs_no_amount(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    session = checkout.approved(
        chargePermissionType="PaymentMethodOnFile",
        paymentMethodOnFileMetadata={"setupOnly": True},
        paymentDetails=shop.payment(intent="Confirm"),
    )
    complete = shop.completing(session).with_body({})
    expect(shop.attempt.make(complete), "CS-COMP-015").status(200)


@requirement("CS-COMP-016")
def test_session_is_completed_once_however_often_asked_at_once(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    session = checkout.approved()
    answers = shop.at_once(*[shop.completing(session)] * 8)
    done = [answer for answer in answers if answer.succeeded]
    permissions = {answer.at("/chargePermissionId") for answer in done}
    expect.that(
        "CS-COMP-016",
        holds=len(done) == 1 and len(permissions) == 1,
        message="8 Complete requests at once did not complete the session once",
        answer=answers[0],
        expected="1 success, 1 Charge Permission",
        actual=f"{len(done)} successes, {len(permissions)} Charge Permissions",
    )


@requirement("IDEM-MISS-002")
def test_complete_needs_no_idempotency_key(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    complete = shop.completing(checkout.approved()).without_key()
    expect(shop.attempt.make(complete), "IDEM-MISS-002").succeeds()


@requirement("CS-FIN-001")
def test_finalize_completes_a_session(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    session = checkout.ready()
    done = shop.attempt.finalize_checkout_session(session)
    expect(done, "CS-FIN-001").status(200)
    expect(shop.get_checkout_session(session), "CS-FIN-001").state("Completed")


@requirement("CS-FIN-003")
def test_finalize_with_another_amount_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    session = checkout.ready()
    finalize = shop.finalizing(session)
    negative(
        "CS-FIN-003",
        baseline=finalize,
        refused=finalize.with_("/chargeAmount/amount", "14.99"),
        status=409,
        reason="AmountMismatch",
        leaves=session,
    )


@requirement("CS-FIN-002")
def test_completed_session_is_not_finalized(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    completed = checkout.completed()
    negative(
        "CS-FIN-002",
        baseline=shop.finalizing(checkout.ready()),
        refused=shop.finalizing(completed),
        status=422,
        reason=("InvalidCheckoutSessionStatus", "CheckoutSessionCanceled"),
        leaves=completed,
    )
