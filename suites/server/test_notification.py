"""Notifications: what is told, to whom, signed by whom, and how it is sent."""

from __future__ import annotations

from pay_conformance.scenario import (
    Answer,
    Buyer,
    Checkout,
    Clock,
    Endpoint,
    Expect,
    Inbox,
    Letter,
    Shop,
    requirement,
)
from pay_conformance.scenario.inbox import text_of

_MEMBERS = {
    "MerchantID",
    "ChargePermissionId",
    "ObjectType",
    "ObjectId",
    "NotificationType",
    "NotificationId",
    "NotificationVersion",
}


@requirement("NT-SEND-001", "NT-SEND-005")
def test_capture_that_is_settled_later_is_told(
    shop: Shop, checkout: Checkout, clock: Clock, inbox: Inbox, expect: Expect
) -> None:
    permission = checkout.permission()
    charge = shop.create_charge(permission, "10.00")
    clock.advance(days=8)
    shop.capture_charge(charge, "10.00")
    before = len(inbox.about(charge, "CHARGE"))
    clock.advance(seconds=35)
    _told(expect, "NT-SEND-001", shop.get_charge(charge), inbox.about(charge, "CHARGE")[before:])
    for letter in inbox.about(charge, "CHARGE"):
        _belongs(expect, letter, shop, permission)


@requirement("NT-SEND-002", "NT-SEND-005")
def test_refund_that_is_settled_is_told(
    shop: Shop, checkout: Checkout, clock: Clock, inbox: Inbox, expect: Expect
) -> None:
    charge = checkout.captured("10.00")
    refund = shop.create_refund(charge, "4.00")
    before = len(inbox.about(refund, "REFUND"))
    clock.advance(seconds=35)
    _told(expect, "NT-SEND-002", shop.get_refund(refund), inbox.about(refund, "REFUND")[before:])
    for letter in inbox.about(refund, "REFUND"):
        _belongs(expect, letter, shop, checkout.permission_of(charge))


@requirement("NT-BODY-007")
def test_notification_tells_neither_state_nor_amount(
    checkout: Checkout, inbox: Inbox, expect: Expect
) -> None:
    charge = checkout.captured("10.00")
    letters = inbox.about(charge, "CHARGE")
    told = {name for letter in letters for name in letter.message} - _MEMBERS
    expect.that(
        "NT-BODY-007",
        holds=bool(letters) and not told,
        message=f"a notification tells more than what it is about: {', '.join(sorted(told))}",
        answer=charge,
        expected=sorted(_MEMBERS),
        actual=sorted(told),
    )


@requirement("NT-SEND-003", "NT-SEND-005")
def test_permission_that_is_closed_is_told(
    shop: Shop, checkout: Checkout, inbox: Inbox, expect: Expect
) -> None:
    permission = checkout.permission()
    before = len(inbox.about(permission, "CHARGE_PERMISSION"))
    closed = shop.close_charge_permission(permission)
    letters = inbox.about(permission, "CHARGE_PERMISSION")[before:]
    _told(expect, "NT-SEND-003", closed, letters)
    for letter in letters:
        _belongs(expect, letter, shop, permission)


@requirement("NT-SEND-004", "NT-SEND-005")
def test_chargeback_and_its_answer_are_told(
    shop: Shop, checkout: Checkout, buyer: Buyer, inbox: Inbox, expect: Expect
) -> None:
    charge = checkout.captured("10.00")
    dispute = shop.get_dispute(buyer.charges_back(charge))
    letters = inbox.about(dispute, "CHARGEBACK")
    _told(expect, "NT-SEND-004", dispute, letters)
    contested = shop.make(shop.contesting(dispute))
    _told(expect, "NT-SEND-004", contested, inbox.about(dispute, "CHARGEBACK")[len(letters) :])
    for letter in inbox.about(dispute, "CHARGEBACK"):
        _belongs(expect, letter, shop, checkout.permission_of(charge))


@requirement("NT-SIGN-001", "NT-SEND-006")
def test_each_notification_is_signed_and_has_an_id_of_its_own(
    shop: Shop, checkout: Checkout, inbox: Inbox, expect: Expect
) -> None:
    charge = checkout.authorized("10.00")
    shop.capture_charge(charge, "10.00")
    letters = inbox.letters()
    expect.that(
        "NT-SIGN-001",
        holds=bool(letters) and all(inbox.is_signed(letter) for letter in letters),
        message="an envelope does not have the signature of the certificate's key",
    )
    ids = [letter.message.get("NotificationId") for letter in letters]
    expect.that(
        "NT-SEND-006",
        holds=len(ids) > 1 and len(set(ids)) == len(ids),
        message="two notifications share an id",
        expected="ids of their own",
        actual=ids,
    )


@requirement("NT-HTTP-001")
def test_notification_is_posted_as_text(
    shop: Shop, checkout: Checkout, inbox: Inbox, endpoint: Endpoint, expect: Expect
) -> None:
    charge = checkout.authorized("10.00")
    inbox.arriving_at(endpoint)
    shop.capture_charge(charge, "10.00")
    arrived = inbox.waits(endpoint, 1)
    expect.that("NT-HTTP-001", holds=bool(arrived), message="nothing was posted")
    first = arrived[0]
    kind = first.headers.get("content-type", "")
    expect.that(
        "NT-HTTP-001",
        holds=kind.startswith("text/plain"),
        message=f"the content-type is {kind}",
        expected="text/plain",
        actual=kind,
    )
    type_ = text_of(first).get("Type")
    expect.that(
        "NT-HTTP-001",
        holds=type_ is not None and first.headers.get("x-amz-sns-message-type") == type_,
        message="the header x-amz-sns-message-type is not the Type of the envelope",
        expected=type_,
        actual=first.headers.get("x-amz-sns-message-type"),
    )


@requirement("NT-HTTP-002")
def test_notification_is_sent_again_after_a_server_error_alone(
    shop: Shop, checkout: Checkout, clock: Clock, inbox: Inbox, endpoint: Endpoint, expect: Expect
) -> None:
    charge = shop.create_charge(checkout.permission("15.00"), "5.00")
    inbox.arriving_at(endpoint)
    endpoint.answers.extend([503, 400])
    shop.capture_charge(charge, "5.00")
    first = inbox.waits(endpoint, 1)
    second = inbox.waits_for_hours(endpoint, 2, clock)
    expect.that(
        "NT-HTTP-002",
        holds=len(second) == 2 and second[0].body == second[1].body and len(first) == 1,
        message=f"it was sent {len(second)} times, not twice",
        expected=2,
        actual=len(second),
    )
    clock.advance(hours=1, seconds=5)
    third = inbox.waits(endpoint, 3, patience=0.3)
    expect.that(
        "NT-HTTP-002",
        holds=len(third) == 2,
        message="it was sent again although it was refused for good",
        expected=2,
        actual=len(third),
    )


def _told(expect: Expect, rule: str, thing: Answer, letters: list[Letter]) -> None:
    expect.that(
        rule,
        holds=bool(letters),
        message=f"nobody was notified that {thing.id} is {thing.state}",
        answer=thing,
        expected="a notification",
        actual=None,
    )


def _belongs(expect: Expect, letter: Letter, shop: Shop, permission: Answer) -> None:
    expected = {"ChargePermissionId": permission.id, "MerchantID": shop.merchant.merchant_id}
    found = {name: letter.message.get(name) for name in expected}
    expect.that(
        "NT-SEND-005",
        holds=found == expected,
        message="the notification names another merchant or Charge Permission",
        expected=expected,
        actual=found,
    )
