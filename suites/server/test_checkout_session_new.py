"""Creating and updating a Checkout Session, and what remains to be done until checkout."""

from __future__ import annotations

from datetime import timedelta

from pay_conformance.scenario import (
    RESULT_URL,
    REVIEW_URL,
    Buyer,
    Checkout,
    Clock,
    Expect,
    Negative,
    Shop,
    api,
    requirement,
)


@requirement("CS-NEW-001", "CS-LIFE-001", "CS-LIFE-023", "OP-OK-001")
def test_session_is_created_from_a_review_url_and_a_store(shop: Shop, expect: Expect) -> None:
    session = shop.attempt.create_bare_session()
    expect(session, "OP-OK-001").status(201)
    expect(session, "CS-NEW-001").succeeds()
    expect(session, "CS-LIFE-001").state("Open")
    expect(session, "CS-LIFE-023").at("/buyer").is_null()
    expect(session, "CS-LIFE-023").at("/paymentPreferences").equals([None])


@requirement("CS-NEW-004")
def test_new_session_is_for_one_time_charges_unless_told_otherwise(
    shop: Shop, expect: Expect
) -> None:
    session = shop.create_bare_session()
    expect(session, "CS-NEW-004").at("/chargePermissionType").equals("OneTime")


@requirement("CS-NEW-006", "CS-NEW-010", "CS-NEW-011")
def test_new_session_is_empty_where_merchant_said_nothing(shop: Shop, expect: Expect) -> None:
    session = shop.create_bare_session()
    expect(session, "CS-NEW-006").at("/productType").is_null()
    pending = "/paymentDetails/canHandlePendingAuthorization"
    expect(session, "CS-NEW-010").at(pending).is_false()
    expect(session, "CS-NEW-011").at("/merchantMetadata").equals(
        {
            "merchantReferenceId": None,
            "merchantStoreName": None,
            "noteToBuyer": None,
            "customInformation": None,
        }
    )


@requirement("CS-NEW-002")
def test_session_without_review_url_is_refused(shop: Shop, negative: Negative) -> None:
    negative(
        "CS-NEW-002",
        baseline=shop.creating_session(),
        refused=shop.creating_session().without("/webCheckoutDetails/checkoutReviewReturnUrl"),
        status=400,
        reason="MissingParameterValue",
    )


@requirement("CS-NEW-003")
def test_session_without_store_is_refused(shop: Shop, negative: Negative) -> None:
    negative(
        "CS-NEW-003",
        baseline=shop.creating_session(),
        refused=shop.creating_session().without("/storeId"),
        status=400,
        reason="MissingParameterValue",
    )


@requirement("CS-NEW-007")
def test_product_type_is_the_button_s_business(shop: Shop, negative: Negative) -> None:
    negative(
        "CS-NEW-007",
        baseline=shop.creating_session(),
        refused=shop.creating_session().with_("/productType", "PayAndShip"),
        status=400,
        reason="UnrecognizedField",
    )
    session = shop.create_checkout_session()
    negative(
        "CS-NEW-007",
        baseline=shop.updating_session(session),
        refused=shop.updating_session(session).with_("/productType", "PayOnly"),
        status=400,
        reason="UnrecognizedField",
        leaves=session,
    )


@requirement("CS-NEW-009")
def test_checkout_mode_is_the_button_s_business(shop: Shop, negative: Negative) -> None:
    create = shop.creating_session()
    negative(
        "CS-NEW-009",
        baseline=create,
        refused=create.with_("/webCheckoutDetails/checkoutMode", "ProcessOrder"),
        status=400,
        reason="UnrecognizedField",
    )


@requirement("CS-NEW-005", "IDEM-DIFF-003")
def test_two_sessions_are_two(shop: Shop, expect: Expect) -> None:
    one = shop.create_checkout_session()
    other = shop.create_checkout_session()
    expect(other, "CS-NEW-005").at("/checkoutSessionId").differs_from(one.id)
    expect(other, "IDEM-DIFF-003").at("/checkoutSessionId").differs_from(one.id)


@requirement("CS-NEW-008")
def test_session_gives_back_what_merchant_said(shop: Shop, expect: Expect) -> None:
    metadata = {
        "merchantReferenceId": "order-4711",
        "merchantStoreName": "Example Store",
        "noteToBuyer": "Thank you",
        "customInformation": "gift",
    }
    created = shop.create_checkout_session(
        merchantMetadata=metadata,
        platformId="A1O8CIV1A24A6X",
        providerMetadata={"providerReferenceId": "psp-1"},
    )
    session = shop.get_checkout_session(created)
    urls = "/webCheckoutDetails"
    expect(session, "CS-NEW-008").at(f"{urls}/checkoutReviewReturnUrl").equals(REVIEW_URL)
    expect(session, "CS-NEW-008").at(f"{urls}/checkoutResultReturnUrl").equals(RESULT_URL)
    expect(session, "CS-NEW-008").at("/paymentDetails/paymentIntent").equals("Authorize")
    expect(session, "CS-NEW-008").at("/paymentDetails/chargeAmount").costs(shop.price("15.00"))
    expect(session, "CS-NEW-008").at("/merchantMetadata").equals(metadata)
    expect(session, "CS-NEW-008").at("/platformId").equals("A1O8CIV1A24A6X")
    expect(session, "CS-NEW-008").at("/providerMetadata/providerReferenceId").equals("psp-1")
    expect(session, "CS-NEW-008").at("/storeId").equals(shop.merchant.store_id)


@requirement("CS-NEW-012")
def test_amount_sent_as_number_comes_back_as_text(shop: Shop, expect: Expect) -> None:
    amount = {"amount": 15, "currencyCode": shop.currency}
    payment = {"paymentIntent": "Authorize", "chargeAmount": amount}
    session = shop.create_checkout_session(paymentDetails=payment)
    expect(session, "CS-NEW-012").at("/paymentDetails/chargeAmount").costs(shop.price("15"))


@requirement("CS-CONS-001", "CS-CONS-005", "CS-CONS-007", "CS-CONS-008", "CS-CONS-009")
def test_constraints_are_addressed_one_by_one(shop: Shop, buyer: Buyer, expect: Expect) -> None:
    session = shop.create_bare_session()
    first = "/constraints/0/constraintId"
    expect(session, "CS-CONS-005").at(first).equals("BuyerNotAssociated")
    expect(session, "CS-CONS-005").at("/constraints/1/constraintId").equals("ChargeAmountNotSet")
    second = "/constraints/2/constraintId"
    expect(session, "CS-CONS-005").at(second).equals("CheckoutResultReturnUrlNotSet")
    expect(session, "CS-CONS-005").at("/constraints/3/constraintId").equals("PaymentIntentNotSet")
    expect(session, "CS-CONS-007").at("/constraints/1/description").equals(
        "chargeAmount is not set."
    )
    redirect = "/webCheckoutDetails/amazonPayRedirectUrl"
    expect(session, "CS-CONS-009").at(redirect).is_null()
    buyer.chooses(session)
    signed_in = shop.get_checkout_session(session)
    expect(signed_in, "CS-CONS-001").at(first).equals("ChargeAmountNotSet")
    amount = shop.update_checkout_session(
        session, paymentDetails=shop.payment("15.00", intent=None)
    )
    expect(amount, "CS-CONS-008").at(first).equals("CheckoutResultReturnUrlNotSet")
    url = shop.update_checkout_session(
        session, webCheckoutDetails={"checkoutResultReturnUrl": RESULT_URL}
    )
    expect(url, "CS-CONS-008").at(first).equals("PaymentIntentNotSet")
    intent = shop.update_checkout_session(session, paymentDetails={"paymentIntent": "Confirm"})
    expect(intent, "CS-CONS-008").at("/constraints").equals([])


@requirement("CS-CONS-002", "CS-CONS-003", "CS-CONS-004", "CS-CONS-006", "CS-CONS-010")
def test_session_without_constraints_can_be_paid(shop: Shop, buyer: Buyer, expect: Expect) -> None:
    session = shop.create_checkout_session()
    expect(session, "CS-CONS-002").at("/constraints/1").is_null()
    expect(session, "CS-CONS-003").at("/constraints/1").is_null()
    expect(session, "CS-CONS-004").at("/constraints/1").is_null()
    buyer.chooses(session)
    ready = shop.get_checkout_session(session)
    expect(ready, "CS-CONS-006").at("/constraints").equals([])
    expect(ready, "CS-CONS-010").at("/webCheckoutDetails/amazonPayRedirectUrl").matches(
        rf"https://.*[?&]amazonCheckoutSessionId={session.id}(&.*)?"
    )


@requirement("CS-CONS-011")
def test_recurring_session_needs_a_frequency(shop: Shop, buyer: Buyer, expect: Expect) -> None:
    session = shop.create_checkout_session(chargePermissionType="Recurring")
    buyer.chooses(session)
    constrained = shop.get_checkout_session(session)
    expect(constrained, "CS-CONS-011").at("/constraints/0/constraintId").equals(
        "RecurringFrequencyNotSet"
    )
    recurring = {"frequency": {"unit": "Month", "value": "1"}, "amount": shop.price("15.00")}
    updated = shop.update_checkout_session(session, recurringMetadata=recurring)
    expect(updated, "CS-CONS-011").at("/constraints").equals([])


@requirement("CS-UPD-001", "OP-GET-002", "OP-OK-002")
def test_update_changes_what_it_names_and_nothing_else(shop: Shop, expect: Expect) -> None:
    session = shop.create_checkout_session(
        merchantMetadata={"merchantReferenceId": "order-1", "noteToBuyer": "Hello"}
    )
    updated = shop.attempt.update_checkout_session(
        session, merchantMetadata={"merchantReferenceId": "order-2"}
    )
    expect(updated, "OP-OK-002").status(200)
    read = shop.get_checkout_session(session)
    reference = "/merchantMetadata/merchantReferenceId"
    expect(read, "OP-GET-002").at(reference).equals("order-2")
    expect(read, "CS-UPD-001").at(reference).equals("order-2")
    expect(read, "CS-UPD-001").at("/paymentDetails").equals(session.at("/paymentDetails"))
    expect(read, "CS-UPD-001").at("/webCheckoutDetails").equals(session.at("/webCheckoutDetails"))


@requirement("CS-UPD-003")
def test_update_of_the_amount_sets_presentment_currency(shop: Shop, expect: Expect) -> None:
    session = shop.create_bare_session()
    updated = shop.update_checkout_session(session, paymentDetails=shop.payment("15.00"))
    currency = "/paymentDetails/presentmentCurrency"
    expect(updated, "CS-UPD-003").at(currency).equals(shop.currency)


@requirement("CS-UPD-004")
def test_store_can_not_be_changed_by_an_update(shop: Shop, negative: Negative) -> None:
    session = shop.create_checkout_session()
    update = shop.updating_session(session)
    negative(
        "CS-UPD-004",
        baseline=update,
        refused=update.with_("/storeId", shop.merchant.store_id),
        status=400,
        reason="UnrecognizedField",
        leaves=session,
    )
    negative(
        "CS-UPD-004",
        baseline=update,
        refused=update.with_("/scopes", ["name"]),
        status=400,
        reason="UnrecognizedField",
        leaves=session,
    )


@requirement("CS-UPD-005")
def test_approved_session_can_not_be_updated(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    ready = checkout.ready()
    approved = checkout.approved()
    negative(
        "CS-UPD-005",
        baseline=shop.updating_session(ready),
        refused=shop.updating_session(approved),
        status=422,
        reason="InvalidCheckoutSessionStatus",
        leaves=approved,
    )


@requirement("CS-UPD-006")
def test_immediate_capture_can_not_wait_for_a_pending_authorization(
    shop: Shop, negative: Negative
) -> None:
    create = shop.creating_session(
        paymentDetails=shop.payment(
            intent="AuthorizeWithCapture", canHandlePendingAuthorization=False
        )
    )
    negative(
        "CS-UPD-006",
        baseline=create,
        refused=create.with_("/paymentDetails/canHandlePendingAuthorization", value=True),
        status=400,
        reason=("InvalidParameterCombination", "InvalidParameterValue", "InvalidRequest"),
    )


@requirement("CS-UPD-002")
def test_canceled_session_can_not_be_updated(shop: Shop, buyer: Buyer, negative: Negative) -> None:
    canceled = shop.create_checkout_session()
    buyer.chooses(canceled)
    buyer.cancels(canceled)
    negative(
        "CS-UPD-002",
        baseline=shop.updating_session(shop.create_checkout_session()),
        refused=shop.updating_session(canceled),
        status=422,
        reason="InvalidCheckoutSessionStatus",
        leaves=canceled,
    )


@requirement("CS-UPD-002")
def test_completed_session_can_not_be_updated(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    completed = checkout.completed()
    negative(
        "CS-UPD-002",
        baseline=shop.updating_session(shop.create_checkout_session()),
        refused=shop.updating_session(completed),
        status=422,
        reason="InvalidCheckoutSessionStatus",
        leaves=completed,
    )


@requirement("CS-TIME-002", "CS-TIME-004", "CS-TIME-006")
def test_times_of_a_new_session(shop: Shop, clock: Clock, expect: Expect) -> None:
    clock.advance(days=3)
    session = shop.create_checkout_session()
    created = session.time("/creationTimestamp")
    expect(session, "CS-TIME-004").at("/statusDetails/lastUpdatedTimestamp").equals(
        session.at("/creationTimestamp")
    )
    now = clock.now()
    expect.that(
        "CS-TIME-006",
        holds=created is not None and abs((now - created).total_seconds()) <= 5,
        message="creationTimestamp of a new session is not the time of its creation",
        answer=session,
        pointer="/creationTimestamp",
        expected=f"{now:%Y%m%dT%H%M%SZ}",
        actual=session.at("/creationTimestamp"),
    )
    expires = expect(session, "CS-TIME-002").at("/expirationTimestamp")
    expires.is_after(created, by=timedelta(hours=24))


@requirement("CS-TIME-001", "CS-TIME-003", "CS-TIME-005")
def test_times_of_a_session_as_it_changes(
    shop: Shop, buyer: Buyer, clock: Clock, expect: Expect
) -> None:
    session = shop.create_checkout_session()
    updated = "/statusDetails/lastUpdatedTimestamp"
    created = session.time("/creationTimestamp")
    clock.advance(seconds=60)
    buyer.signs_in(session)
    signed_in = shop.get_checkout_session(session)
    expect(signed_in, "CS-TIME-005").at(updated).is_after(created)
    expect(signed_in, "CS-TIME-003").at(updated).is_after(created)
    clock.advance(seconds=60)
    changed = shop.update_checkout_session(session)
    expect(changed, "CS-TIME-005").at(updated).is_after(signed_in.time(updated))
    expect(changed, "CS-TIME-001").at("/creationTimestamp").equals(session.at("/creationTimestamp"))


@api("v1")
@requirement("OP-V1-002")
def test_v1_speaks_in_the_singular(shop: Shop, expect: Expect) -> None:
    session = shop.create_checkout_session()
    for name in ("webCheckoutDetail", "paymentDetail", "statusDetail"):
        expect(session, "OP-V1-002").at(f"/{name}").is_set()


@api("v2")
@requirement("OP-V1-002")
def test_v2_speaks_in_the_plural(shop: Shop, expect: Expect) -> None:
    session = shop.create_checkout_session()
    for name in ("webCheckoutDetails", "paymentDetails", "statusDetails"):
        expect(session, "OP-V1-002").at(f"/{name}").is_set()


@requirement("CS-CONS-001", "CS-CONS-002", "CS-CONS-003", "CS-CONS-004")
def test_session_with_nothing_but_what_is_required_lists_what_it_lacks(
    shop: Shop, expect: Expect
) -> None:
    session = shop.create_bare_session()
    listed = [constraint["constraintId"] for constraint in session.at("/constraints") or []]
    for name, rule in (
        ("BuyerNotAssociated", "CS-CONS-001"),
        ("ChargeAmountNotSet", "CS-CONS-002"),
        ("CheckoutResultReturnUrlNotSet", "CS-CONS-003"),
        ("PaymentIntentNotSet", "CS-CONS-004"),
    ):
        expect.that(
            rule,
            holds=name in listed,
            message=f"{name} is not among the constraints of a new session",
            answer=session,
            expected=name,
            actual=listed,
        )
