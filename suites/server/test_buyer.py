"""Get Buyer: who signed in, and no more than was asked for."""

from __future__ import annotations

from pay_conformance.scenario import Buyer, Clock, Expect, Negative, Shop, requirement

_ASKED = ("name", "email", "postalCode", "phoneNumber", "shippingAddress", "billingAddress")


@requirement("BU-GET-001", "BU-FIELD-001")
def test_token_of_the_sign_in_gives_the_buyer(shop: Shop, buyer: Buyer, expect: Expect) -> None:
    token = buyer.token("name", "email")
    known = shop.attempt.get_buyer(token)
    expect(known, "BU-GET-001").status(200)
    expect(known, "BU-FIELD-001").at("/buyerId").is_set()


@requirement("BU-GET-002")
def test_buyer_shows_what_the_sign_in_asked_for(shop: Shop, buyer: Buyer, expect: Expect) -> None:
    everything = shop.get_buyer(buyer.token(*_ASKED))
    for name in _ASKED:
        expect(everything, "BU-GET-002").at(f"/{name}").is_set()
    little = shop.get_buyer(buyer.token("postalCode"))
    expect(little, "BU-GET-002").at("/postalCode").is_set()
    for name in ("name", "email", "phoneNumber", "shippingAddress", "billingAddress"):
        expect(little, "BU-GET-002").at(f"/{name}").is_null()


@requirement("BU-GET-003", "BU-GET-004")
def test_token_lives_24_hours(shop: Shop, buyer: Buyer, clock: Clock, expect: Expect) -> None:
    token = buyer.token("name")
    clock.advance(hours=23)
    expect(shop.attempt.get_buyer(token), "BU-GET-003").status(200)
    clock.advance(hours=2)
    expired = shop.attempt.get_buyer(token)
    expect(expired, "BU-GET-003").status(*range(400, 500))
    expect(expired, "BU-GET-004").status(400, 404)
    expect(expired, "BU-GET-004").reason("ResourceNotFound", "InvalidParameterValue")


@requirement("BU-GET-004")
def test_unknown_token_is_refused(shop: Shop, buyer: Buyer, negative: Negative) -> None:
    known = shop.call("getBuyer", buyer.token("name"))
    negative(
        "BU-GET-004",
        baseline=known,
        refused=known.at_path(f"{shop.prefix}/buyers/Atza%7Cnobody"),
        status=(404, 400),
        reason=("ResourceNotFound", "InvalidParameterValue"),
    )
