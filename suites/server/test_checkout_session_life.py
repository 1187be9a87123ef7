"""The life of a Checkout Session: what the buyer, the merchant, Amazon and time do to it."""

from __future__ import annotations

from typing import Any

from pay_conformance.scenario import (
    Buyer,
    Checkout,
    Clock,
    Expect,
    Shop,
    requirement,
    session_named_by,
)


@requirement("CS-LIFE-021", "CS-LIFE-022", "CS-LIFE-029")
def test_open_session_shows_what_the_buyer_chose(shop: Shop, buyer: Buyer, expect: Expect) -> None:
    session = shop.create_checkout_session()
    buyer.chooses(session)
    chosen = shop.get_checkout_session(session)
    for name in ("buyerId", "name", "email"):
        expect(chosen, "CS-LIFE-021").at(f"/buyer/{name}").is_set()
    expect(chosen, "CS-LIFE-022").at("/paymentPreferences/0/paymentDescriptor").is_set()
    expect(chosen, "CS-LIFE-029").at("/shippingAddress/addressLine1").is_set()


@requirement("CS-LIFE-024", "OP-GET-003")
def test_session_keeps_its_id_and_its_buyer(shop: Shop, buyer: Buyer, expect: Expect) -> None:
    session = shop.create_checkout_session()
    buyer.chooses(session)
    chosen = shop.get_checkout_session(session)
    buyer.chooses(session, card="0005")
    again = shop.get_checkout_session(session)
    expect(again, "CS-LIFE-024").at("/buyer/buyerId").equals(chosen.at("/buyer/buyerId"))
    buyer.cancels(session)
    canceled = shop.get_checkout_session(session)
    expect(canceled, "OP-GET-003").at("/checkoutSessionId").equals(session.id)


@requirement("CS-LIFE-005", "CS-LIFE-006", "CS-LIFE-009")
def test_session_left_alone_is_canceled_after_24_hours(
    shop: Shop, clock: Clock, expect: Expect
) -> None:
    session = shop.create_checkout_session()
    clock.advance(hours=23, seconds=3590)
    before = shop.get_checkout_session(session)
    expect(before, "CS-LIFE-005").state("Open")
    clock.advance(seconds=20)
    late = shop.get_checkout_session(session)
    expect(late, "CS-LIFE-005").state("Canceled")
    expect(late, "CS-LIFE-006").reasons("Expired")
    expect(late, "CS-LIFE-009").at("/statusDetails/reasonCode").is_set()


@requirement("CS-LIFE-019")
def test_approved_session_that_merchant_forgets_expires(
    shop: Shop, checkout: Checkout, clock: Clock, expect: Expect
) -> None:
    session = checkout.approved()
    clock.advance(hours=24, seconds=10)
    late = shop.get_checkout_session(session)
    expect(late, "CS-LIFE-019").state("Canceled").reasons("Expired")


@requirement("CS-LIFE-007", "CS-LIFE-018", "CS-LIFE-004")
def test_buyer_who_turns_back_cancels_the_session(
    shop: Shop, checkout: Checkout, buyer: Buyer, clock: Clock, expect: Expect
) -> None:
    session = checkout.ready()
    buyer.cancels(session)
    canceled = shop.get_checkout_session(session)
    expect(canceled, "CS-LIFE-007").state("Canceled").reasons("BuyerCanceled")
    expect(canceled, "CS-LIFE-018").at("/statusDetails/reasonDescription").is_set()
    clock.advance(days=2)
    expect(shop.get_checkout_session(session), "CS-LIFE-004").state("Canceled")


@requirement("CS-LIFE-008", "CS-LIFE-025")
def test_buyer_whose_payment_was_declined_can_check_out_again(
    shop: Shop, checkout: Checkout, buyer: Buyer, expect: Expect
) -> None:
    order: dict[str, Any] = {"merchantMetadata": {"merchantReferenceId": "order-7"}}
    session = checkout.ready(**order)
    buyer.is_declined(session)
    declined = shop.get_checkout_session(session)
    expect(declined, "CS-LIFE-008").state("Canceled").reasons("Declined")
    recovered = checkout.completed(**order)
    expect(recovered, "CS-LIFE-025").state("Completed")


@requirement("CS-LIFE-026")
def test_amazon_can_cancel_a_session(
    shop: Shop, checkout: Checkout, buyer: Buyer, expect: Expect
) -> None:
    session = checkout.ready()
    buyer.happens("Amazon cancels", session)
    canceled = shop.get_checkout_session(session)
    expect(canceled, "CS-LIFE-026").state("Canceled").reasons("AmazonCanceled")


@requirement("CS-LIFE-020")
def test_approval_completes_a_session_of_v1(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    session = checkout.approved()
    expect(shop.get_checkout_session(session), "CS-LIFE-020").state("Completed")


@requirement("CS-LIFE-012", "CS-LIFE-013", "CS-COMP-017", "CS-LIFE-011")
def test_completed_session_leads_to_permission_and_charge(
    checkout: Checkout, shop: Shop, expect: Expect
) -> None:
    session = checkout.completed("15.00", "Authorize")
    expect(session, "CS-LIFE-012").at("/chargePermissionId").is_set()
    expect(session, "CS-LIFE-011").reasons()
    charge = checkout.charge_of(session)
    expect(charge, "CS-LIFE-013").state("Authorized")
    expect(charge, "CS-COMP-017").at("/chargeAmount").costs(shop.price("15.00"))


@requirement("CS-LIFE-014")
def test_session_that_only_confirms_makes_no_charge(checkout: Checkout, expect: Expect) -> None:
    session = checkout.completed("15.00", "Confirm")
    expect(session, "CS-LIFE-014").at("/chargeId").is_null()


@requirement("CS-LIFE-028")
def test_session_that_captures_at_once_makes_a_captured_charge(
    checkout: Checkout, expect: Expect
) -> None:
    session = checkout.completed("15.00", "AuthorizeWithCapture")
    expect(checkout.charge_of(session), "CS-LIFE-028").state("Captured")


@requirement("CS-LIFE-015")
def test_session_that_nobody_completed_has_neither_permission_nor_charge(
    shop: Shop, buyer: Buyer, expect: Expect
) -> None:
    session = shop.create_checkout_session()
    buyer.chooses(session)
    for seen in (session, shop.get_checkout_session(session)):
        expect(seen, "CS-LIFE-015").state("Open")
        expect(seen, "CS-LIFE-015").at("/chargePermissionId").is_null()
        expect(seen, "CS-LIFE-015").at("/chargeId").is_null()


@requirement("CS-LIFE-003", "CS-LIFE-017")
def test_completed_session_stays_so_and_shows_no_buyer(
    shop: Shop, checkout: Checkout, clock: Clock, expect: Expect
) -> None:
    session = checkout.completed()
    clock.advance(days=29)
    later = shop.get_checkout_session(session)
    expect(later, "CS-LIFE-003").state("Completed")
    for name in ("buyer", "shippingAddress", "billingAddress", "paymentPreferences"):
        expect(later, "CS-LIFE-017").at(f"/{name}").is_null()


@requirement("CS-LIFE-016")
def test_session_is_gone_after_30_days(
    shop: Shop, checkout: Checkout, clock: Clock, expect: Expect
) -> None:
    completed = checkout.completed()
    left_alone = shop.create_checkout_session()
    clock.advance(days=29, hours=23)
    expect(shop.attempt.get_checkout_session(completed), "CS-LIFE-016").succeeds()
    clock.advance(hours=2)
    gone = shop.attempt.get_checkout_session(completed)
    expect(gone, "CS-LIFE-016").refused(404, "ResourceNotFound")
    also_gone = shop.attempt.update_checkout_session(left_alone)
    expect(also_gone, "CS-LIFE-016").refused(404, "ResourceNotFound")


@requirement("CS-LIFE-031")
def test_buyer_comes_back_with_the_id_of_the_session(
    checkout: Checkout, buyer: Buyer, expect: Expect
) -> None:
    session = checkout.ready()
    named = session_named_by(buyer.approves(session))
    expect.that(
        "CS-LIFE-031",
        holds=named == session.id,
        message="the buyer came back to the shop without the session's amazonCheckoutSessionId",
        answer=session,
        expected=session.id,
        actual=named,
    )
