"""Wrong requests: refused with the right code, and without any effect."""

from __future__ import annotations

from typing import Any

import pytest

from pay_conformance.scenario import Call, Checkout, Expect, Negative, Shop, requirement

_INVALID = "InvalidParameterValue"


@requirement("ERR-IN-001", "ERR-BODY-007")
def test_unknown_field_is_refused_by_name(
    shop: Shop, checkout: Checkout, negative: Negative, expect: Expect
) -> None:
    session = shop.create_checkout_session()
    permission = checkout.permission("90.00")
    authorized = shop.create_charge(permission, "10.00")
    captured = shop.create_charge(permission, "10.00", captureNow=True)
    for call in (
        shop.creating_session(),
        shop.updating_session(session),
        shop.charging(permission, "10.00"),
        shop.capturing(authorized, "10.00"),
        shop.refunding(captured, "10.00"),
        shop.updating_permission(permission),
        shop.closing(permission),
    ):
        refusal = negative(
            "ERR-IN-001",
            baseline=call,
            refused=call.with_("/notAField", "x"),
            status=400,
            reason="UnrecognizedField",
        )
        expect(refusal.answer, "ERR-BODY-007").at("/message").contains("notAField")


@requirement("ERR-IN-002")
@pytest.mark.parametrize(
    "pointer",
    [
        "/paymentDetails/notAField",
        "/paymentDetails/chargeAmount/notAField",
        "/webCheckoutDetails/notAField",
        "/merchantMetadata/notAField",
    ],
)
def test_unknown_field_inside_an_object_is_refused(
    shop: Shop, negative: Negative, pointer: str
) -> None:
    create = shop.creating_session(merchantMetadata={"noteToBuyer": "Hello"})
    negative(
        "ERR-IN-002",
        baseline=create,
        refused=create.with_(pointer, "x"),
        status=400,
        reason="UnrecognizedField",
    )


@requirement("ERR-IN-003")
@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/storeId", 17),
        ("/webCheckoutDetails", "https://shop.example/review"),
        ("/webCheckoutDetails/checkoutReviewReturnUrl", 17),
        ("/paymentDetails", []),
        ("/paymentDetails/chargeAmount", "15.00"),
        ("/paymentDetails/canHandlePendingAuthorization", "yes"),
        ("/merchantMetadata", "Hello"),
        ("/merchantMetadata/noteToBuyer", 17),
    ],
)
def test_value_of_the_wrong_type_is_refused(
    shop: Shop, negative: Negative, pointer: str, value: Any
) -> None:
    create = shop.creating_session(merchantMetadata={"noteToBuyer": "Hello"})
    negative(
        "ERR-IN-003",
        baseline=create,
        refused=create.with_(pointer, value),
        status=400,
        reason=(_INVALID, "InvalidRequestFormat"),
    )


@requirement("ERR-IN-004")
@pytest.mark.parametrize("intent", ["Authorise", "authorize", ""])
def test_value_outside_a_closed_set_is_refused(shop: Shop, negative: Negative, intent: str) -> None:
    create = shop.creating_session()
    negative(
        "ERR-IN-004",
        baseline=create,
        refused=create.with_("/paymentDetails/paymentIntent", intent),
        status=400,
        reason=_INVALID,
    )


@requirement("ERR-IN-005")
@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("merchantReferenceId", 256),
        ("merchantStoreName", 50),
        ("noteToBuyer", 255),
        ("customInformation", 4096),
    ],
)
def test_text_longer_than_its_limit_is_refused(
    shop: Shop, negative: Negative, name: str, most: int
) -> None:
    create = shop.creating_session(merchantMetadata={name: "x" * most})
    negative(
        "ERR-IN-005",
        baseline=create,
        refused=create.with_(f"/merchantMetadata/{name}", "x" * (most + 1)),
        status=400,
        reason=_INVALID,
    )


@requirement("ERR-IN-005")
def test_soft_descriptor_longer_than_16_characters_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    charge = checkout.authorized("10.00")
    capture = shop.capturing(charge, "10.00", softDescriptor="S" * 16)
    negative(
        "ERR-IN-005",
        baseline=capture,
        refused=capture.with_("/softDescriptor", "S" * 17),
        status=400,
        reason=_INVALID,
        leaves=charge,
    )


@requirement("ERR-IN-006")
@pytest.mark.parametrize("body", [b"{", b"storeId=1", b'{"storeId": }', b"\xff\xfe"])
def test_body_that_is_not_json_is_refused(shop: Shop, negative: Negative, body: bytes) -> None:
    create = shop.creating_session()
    negative(
        "ERR-IN-006",
        baseline=create,
        refused=create.with_body(body),
        status=400,
        reason=("InvalidRequestFormat", "InvalidRequest"),
    )


@requirement("ERR-IN-007")
@pytest.mark.parametrize("body", [b"[]", b'"text"', b"17", b"null"])
def test_body_that_is_no_object_is_refused(shop: Shop, negative: Negative, body: bytes) -> None:
    create = shop.creating_session()
    negative(
        "ERR-IN-007",
        baseline=create,
        refused=create.with_body(body),
        status=400,
        reason=("InvalidRequestFormat", "InvalidRequest", _INVALID, "MissingParameterValue"),
    )


@requirement("ERR-IN-008")
@pytest.mark.parametrize("amount", ["0", "0.00", "-1.00", "1,00", "ten", "", "1e3", "NaN"])
def test_amount_that_is_no_price_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative, amount: str
) -> None:
    permission = checkout.permission("15.00")
    charge = shop.charging(permission, "10.00")
    negative(
        "ERR-IN-008",
        baseline=charge,
        refused=charge.with_("/chargeAmount/amount", amount),
        status=400,
        reason=_INVALID,
        leaves=permission,
    )


@requirement("ERR-IN-009")
@pytest.mark.parametrize("currency", ["XXX", "usd", "US", ""])
def test_unknown_currency_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative, currency: str
) -> None:
    permission = checkout.permission("15.00")
    charge = shop.charging(permission, "10.00")
    negative(
        "ERR-IN-009",
        baseline=charge,
        refused=charge.with_("/chargeAmount/currencyCode", currency),
        status=400,
        reason=(_INVALID, "CurrencyMismatch"),
        leaves=permission,
    )


@requirement("ERR-IN-010")
def test_required_parameter_that_is_null_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    create = shop.creating_session()
    charge = shop.charging(checkout.permission(), "10.00")
    for call, pointer in ((create, "/storeId"), (charge, "/chargeAmount")):
        negative(
            "ERR-IN-010",
            baseline=call,
            refused=call.with_(pointer, None),
            status=400,
            reason="MissingParameterValue",
        )


@requirement("ERR-SAFE-001")
def test_refused_charge_holds_nothing(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    permission = checkout.permission("15.00")
    wrong = shop.charging(permission, "15.00").with_("/notAField", 1)
    refused = shop.attempt.make(wrong)
    expect(refused, "ERR-SAFE-001").status(400)
    expect(shop.get_charge_permission(permission), "ERR-SAFE-001").same_as(permission)
    whole = shop.attempt.create_charge(permission, "15.00")
    expect(whole, "ERR-SAFE-001").succeeds()


@requirement("ERR-SAFE-001")
def test_refused_refund_gives_nothing(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    charge = checkout.captured("10.00")
    before = shop.get_charge(charge)
    refused = shop.attempt.make(shop.refunding(charge, "9.00").with_("/notAField", 1))
    expect(refused, "ERR-SAFE-001").status(400)
    expect(shop.get_charge(charge), "ERR-SAFE-001").same_as(before)


@requirement("ERR-SAFE-002")
def test_refused_update_changes_nothing_of_a_session(shop: Shop, expect: Expect) -> None:
    session = shop.create_checkout_session()
    update = shop.updating_session(
        session,
        merchantMetadata={"noteToBuyer": "Changed"},
        paymentDetails=shop.payment("99.00"),
    )
    refused = shop.attempt.make(update.with_("/notAField", "x"))
    expect(refused, "ERR-SAFE-002").status(400)
    expect(shop.get_checkout_session(session), "ERR-SAFE-002").same_as(session)


@requirement("ERR-SAFE-002")
def test_refused_close_leaves_the_permission_open(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    permission = checkout.permission()
    refused = shop.attempt.make(shop.closing(permission).with_("/notAField", "x"))
    expect(refused, "ERR-SAFE-002").status(400)
    expect(shop.get_charge_permission(permission), "ERR-SAFE-002").same_as(permission)


@requirement("ERR-SAFE-004")
@pytest.mark.parametrize(
    "body",
    [
        b"\x00",
        b'{"storeId": "\\ud800"}',
        b'{"storeId": 1e999}',
        b'{"storeId": {"storeId": {"storeId": {}}}}',
        b"[" * 2000,
        b'{"chargeAmount": {"amount": "99999999999999999999999999", "currencyCode": "USD"}}',
        b'{"webCheckoutDetails": {"checkoutReviewReturnUrl": "javascript:alert(1)"}}',
    ],
    ids=range(7),
)
def test_wrong_body_is_never_the_server_s_fault(shop: Shop, expect: Expect, body: bytes) -> None:
    session = shop.create_checkout_session()
    calls: list[Call] = [
        shop.creating_session(),
        shop.updating_session(session),
        shop.charging("S01-0000000-0000000"),
        shop.refunding("S01-0000000-0000000-C000000"),
    ]
    for call in calls:
        answer = shop.attempt.make(call.with_body(body))
        expect(answer, "ERR-SAFE-004").status(*range(400, 500))


@requirement("ERR-SAFE-004")
def test_odd_path_is_never_the_server_s_fault(shop: Shop, expect: Expect) -> None:
    for path in ("/checkoutSessions/%00", "/charges/..%2F..%2Fx", "/refunds/" + "9" * 3000):
        expect(shop.send("GET", path), "ERR-SAFE-004").status(*range(400, 500))
