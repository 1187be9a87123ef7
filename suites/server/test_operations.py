"""Operations over HTTP: paths, statuses, reading what was written."""

from __future__ import annotations

import pytest

from pay_conformance.scenario import Answer, Checkout, Expect, Negative, Shop, requirement

_UNKNOWN = {
    "CheckoutSession": "00000000-0000-4000-a000-000000000000",
    "ChargePermission": "S01-0000000-0000000",
    "Charge": "S01-0000000-0000000-C000000",
    "Refund": "S01-0000000-0000000-R000000",
}


@requirement("OP-OK-001", "OP-OK-002", "OP-OK-003", "OP-GET-001", "OP-GET-003")
def test_every_object_is_created_and_read(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    session = shop.attempt.create_checkout_session()
    charge = shop.attempt.create_charge(checkout.permission(), "10.00", captureNow=True)
    refund = shop.attempt.create_refund(charge, "4.00")
    for created in (session, charge, refund):
        expect(created, "OP-OK-001").status(201)
        read = shop.attempt.read(created)
        expect(read, "OP-OK-002").status(200)
        member = f"/{created.kind[0].lower()}{created.kind[1:]}Id"
        expect(read, "OP-GET-003").at(member).equals(created.id)
        expect(read, "OP-OK-003").at("/statusDetails/state").is_set()
        expect(shop.attempt.read(created), "OP-GET-001").same_as(read)


@requirement("OP-GET-002")
def test_what_was_written_is_read(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    permission = checkout.permission()
    charge = shop.create_charge(permission, "10.00")
    captured = shop.capture_charge(charge, "10.00")
    expect(shop.get_charge(charge), "OP-GET-002").same_as(captured)
    closed = shop.close_charge_permission(permission)
    read = shop.get_charge_permission(permission)
    expect(read, "OP-GET-002").at("/statusDetails").equals(closed.at("/statusDetails"))


@requirement("OP-ID-001")
def test_unknown_object_is_not_found(shop: Shop, checkout: Checkout, negative: Negative) -> None:
    for thing in _one_of_each(shop, checkout):
        read = shop.reading(thing)
        unknown = read.path.replace(thing.id, _UNKNOWN[thing.kind])
        negative(
            "OP-ID-001",
            baseline=read,
            refused=read.at_path(unknown),
            status=404,
            reason="ResourceNotFound",
        )


@requirement("OP-ID-002")
def test_unknown_object_can_not_be_changed(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    session = shop.create_checkout_session()
    permission = checkout.permission("90.00")
    charge = shop.create_charge(permission, "10.00")
    other = shop.create_charge(permission, "10.00")
    calls = (
        (shop.updating_session(session), session),
        (shop.updating_permission(permission), permission),
        (shop.capturing(charge), charge),
        (shop.canceling(other), other),
        (shop.closing(permission), permission),
    )
    for call, thing in calls:
        negative(
            "OP-ID-002",
            baseline=call,
            refused=call.at_path(call.path.replace(thing.id, _UNKNOWN[thing.kind])),
            status=404,
            reason="ResourceNotFound",
        )


@requirement("OP-PATH-001")
def test_path_may_name_the_environment(shop: Shop, expect: Expect) -> None:
    if not shop.environment_is_in_key:
        pytest.skip("the key id names no environment, so that every path has to")
    session = shop.create_checkout_session()
    bare = shop.reading(session)
    expect(shop.attempt.make(bare.at_path("/sandbox" + bare.path)), "OP-PATH-001").same_as(
        shop.make(bare)
    )


@requirement("OP-PATH-002")
def test_path_may_end_in_a_slash(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    session = shop.create_checkout_session()
    bare = shop.reading(session)
    slashed = shop.attempt.make(bare.at_path(bare.path + "/"))
    expect(slashed, "OP-PATH-002").same_as(shop.make(bare))
    capture = shop.capturing(checkout.authorized(), "10.00")
    expect(shop.attempt.make(capture.at_path(capture.path + "/")), "OP-PATH-002").status(200)


@requirement("OP-PATH-003")
@pytest.mark.parametrize("path", ["/nothing", "/checkoutSession", "/charges/1/2/3", ""])
def test_path_that_names_nothing_is_refused(shop: Shop, expect: Expect, path: str) -> None:
    answer = shop.send("GET", path)
    expect(answer, "OP-PATH-003").status(404, 405)
    expect(answer, "OP-PATH-003").at("/reasonCode").is_one_of(
        "ResourceNotFound", "UnsupportedOperation", "RequestNotSupported"
    )


@requirement("OP-PATH-004")
def test_method_that_a_resource_does_not_have_is_refused(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    session = shop.create_checkout_session()
    charge = checkout.authorized()
    for method, path in (
        ("DELETE", f"/checkoutSessions/{session.id}"),
        ("PUT", f"/charges/{charge.id}"),
        ("GET", f"/charges/{charge.id}/capture"),
    ):
        answer = shop.send(method, path, {})
        expect(answer, "OP-PATH-004").status(404, 405)
        expect(answer, "OP-PATH-004").at("/reasonCode").is_one_of(
            "UnsupportedOperation", "RequestNotSupported", "ResourceNotFound"
        )


@requirement("OP-PATH-005")
def test_version_that_does_not_exist_is_refused(shop: Shop, expect: Expect) -> None:
    read = shop.reading(shop.create_checkout_session())
    elsewhere = read.path.replace(f"/{read.api}/", "/v9/", 1)
    answer = shop.attempt.make(read.at_path(elsewhere))
    expect(answer, "OP-PATH-005").status(400, 404)
    expect(answer, "OP-PATH-005").at("/reasonCode").is_one_of(
        "InvalidAPIVersion", "ResourceNotFound"
    )


@requirement("OP-V1-001")
@pytest.mark.parametrize("operation", ["complete", "finalize"])
def test_v1_has_no_complete_and_no_finalize(
    shop: Shop, checkout: Checkout, expect: Expect, operation: str
) -> None:
    session = checkout.ready()
    answer = shop.send(
        "POST", f"/checkoutSessions/{session.id}/{operation}", {"chargeAmount": shop.price("15.00")}
    )
    expect(answer, "OP-V1-001").status(*range(400, 500))
    expect(shop.get_checkout_session(session), "OP-V1-001").state("Open")


def _one_of_each(shop: Shop, checkout: Checkout) -> tuple[Answer, ...]:
    session = shop.create_checkout_session()
    permission = checkout.permission("15.00")
    charge = shop.create_charge(permission, "10.00", captureNow=True)
    return session, permission, charge, shop.create_refund(charge, "4.00")
