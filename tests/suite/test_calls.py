"""Calls are values: changed one thing at a time, compared, and named as their version names."""

from __future__ import annotations

import json

import pytest

from pay_conformance.scenario.calls import Call, Difference

CALL = Call(
    "createCharge",
    "POST",
    "/v2/charges",
    {"chargeAmount": {"amount": "10.00", "currencyCode": "USD"}, "captureNow": True},
    idempotent=True,
)


def test_call_with_a_value_differs_in_that_place_alone() -> None:
    changed = CALL.with_("/chargeAmount/amount", "11.00")
    assert Difference.between(CALL, changed).places == ("body /chargeAmount/amount",)
    assert CALL.body["chargeAmount"]["amount"] == "10.00"


def test_call_with_a_value_of_another_type_differs() -> None:
    assert Difference.between(CALL, CALL.with_("/captureNow", 1)).places == ("body /captureNow",)


def test_call_without_a_member_differs_in_that_place_alone() -> None:
    assert Difference.between(CALL, CALL.without("/captureNow")).places == ("body /captureNow",)


def test_call_without_a_member_that_it_lacks_is_an_error() -> None:
    with pytest.raises(ValueError, match="no /softDescriptor"):
        CALL.without("/softDescriptor")


def test_call_with_its_own_key_differs_in_the_headers_alone() -> None:
    assert Difference.between(CALL, CALL.with_key("K1")).places == ("headers",)


def test_two_changes_are_two_differences() -> None:
    changed = CALL.with_("/captureNow", value=False).at_path("/v2/charges/")
    assert Difference.between(CALL, changed).places == ("path", "body /captureNow")


def test_call_of_v1_is_sent_with_the_names_of_v1() -> None:
    call = Call("createCheckoutSession", "POST", "/v1", {"paymentDetails": {}}, api="v1")
    assert json.loads(call.content()) == {"paymentDetail": {}}


def test_call_with_bytes_is_sent_as_it_is() -> None:
    assert CALL.with_body(b"{").content() == b"{"


def test_call_says_its_operation_in_words() -> None:
    assert CALL.title == "Create Charge"
