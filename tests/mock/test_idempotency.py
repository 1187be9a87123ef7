"""Idempotency keys: one effect, one answer, each merchant's own."""

from __future__ import annotations

import pytest

from pay_conformance.contract import Contract
from pay_conformance.mock import Mock
from tests.mock.shop import Shop, embedded, usd


def body(shop: Shop) -> dict[str, object]:
    return {
        shop.name("webCheckoutDetails"): {"checkoutReviewReturnUrl": "https://shop.example/r"},
        "storeId": shop.store_id,
    }


def test_same_request_gets_the_saved_answer_although_the_object_changed(shop: Shop) -> None:
    first = shop.send("POST", "/checkoutSessions", body(shop), key="k1")
    shop.buyer(first.body["checkoutSessionId"], "signIn")
    shop.advance("PT1H")
    again = shop.send("POST", "/checkoutSessions", body(shop), key="k1")
    assert (again.status, again.response.body) == (first.status, first.response.body)


def test_saved_answer_is_the_same_after_its_snapshot_is_restored(shop: Shop) -> None:
    asked = body(shop)
    asked[shop.name("paymentDetails")] = {"paymentIntent": "Authorize", "chargeAmount": usd("7.50")}
    first = shop.send("POST", "/checkoutSessions", asked, key="k1")
    snapshot = shop.control("POST", f"/merchants/{shop.key_id}/snapshots")["snapshotId"]
    shop.buyer(first.body["checkoutSessionId"], "signIn")
    shop.control("POST", f"/merchants/{shop.key_id}/snapshots/{snapshot}/restore")
    again = shop.send("POST", "/checkoutSessions", asked, key="k1")
    assert (again.status, again.response.body) == (first.status, first.response.body)


def test_order_of_members_does_not_make_another_request(shop: Shop) -> None:
    first = shop.send("POST", "/checkoutSessions", body(shop), key="k1")
    turned = dict(reversed(body(shop).items()))
    again = shop.send("POST", "/checkoutSessions", turned, key="k1")
    assert again.response.body == first.response.body


def test_key_with_another_body_or_operation_is_refused(shop: Shop) -> None:
    shop.send("POST", "/checkoutSessions", body(shop), key="k1")
    other = {**body(shop), "platformId": "A1"}
    refused = shop.send("POST", "/checkoutSessions", other, key="k1")
    charge = shop.bought()["chargeId"]
    capture = {"captureAmount": usd("1.00")}
    elsewhere = shop.send("POST", f"/charges/{charge}/capture", capture, key="k1")
    assert (refused.status, refused.code) == (400, "DuplicateIdempotencyKey")
    assert (elsewhere.status, elsewhere.code) == (400, "DuplicateIdempotencyKey")


def test_key_of_another_merchant_is_another_key(shop: Shop, mock: Mock, contract: Contract) -> None:
    other = embedded(mock, contract, shop.api)
    first = shop.send("POST", "/checkoutSessions", body(shop), key="k1")
    second = other.send("POST", "/checkoutSessions", body(other), key="k1")
    assert second.status == 201
    assert second.body["checkoutSessionId"] != first.body["checkoutSessionId"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/checkoutSessions"),
        ("POST", "/charges"),
        ("POST", "/charges/S01-0000000-0000000-C000000/capture"),
        ("POST", "/refunds"),
    ],
)
def test_missing_key_is_refused(shop: Shop, method: str, path: str) -> None:
    refused = shop.send(method, path, {}, key=None)
    assert (refused.status, refused.code) == (400, "MissingHeaderValue")


def test_key_of_33_characters_is_refused(shop: Shop) -> None:
    refused = shop.send("POST", "/checkoutSessions", body(shop), key="k" * 33)
    assert (refused.status, refused.code) == (400, "InvalidHeaderValue")


def test_complete_needs_no_key(shop2: Shop) -> None:
    session = shop2.ready()
    shop2.buyer(session, "approve")
    amount = {"chargeAmount": usd("100.00")}
    answer = shop2.send("POST", f"/checkoutSessions/{session}/complete", amount, key=None)
    assert answer.status == 200


def test_refused_request_does_not_use_up_its_key(shop: Shop) -> None:
    path = f"/charges/{shop.bought()['chargeId']}/capture"
    too_much = shop.send("POST", path, {"captureAmount": usd("100.01")}, key="k1")
    mended = shop.send("POST", path, {"captureAmount": usd("100.00")}, key="k1")
    assert (too_much.status, mended.status) == (400, 200)
