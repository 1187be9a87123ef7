"""Each format takes exactly what the contract allows: held against oracles that share no code."""

from __future__ import annotations

import calendar
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pay_conformance.checks import Judge
from pay_conformance.contract import Contract
from pay_conformance.contract.model import Party
from pay_conformance.exchange import Exchange, Response
from pay_conformance.findings import Finding
from tests.generate.oracles import (
    CURRENCIES,
    REASONS,
    STATES,
    is_identifier,
    is_price,
    is_reason,
    is_stamp,
    observed,
    timestamps,
)

CONTRACT = Contract.load()
MANY = settings(max_examples=300, deadline=None)


def findings(body: dict[str, Any], name: str) -> set[str]:
    judge = Judge(CONTRACT, frozenset({Party.SERVER}), api="v2")
    response = Response(200, (("content-type", "application/json"),), json.dumps(body).encode())
    exchange = Exchange(None, response, object=name, api="v2")
    return {found.requirement for found in judge.judge(exchange) if isinstance(found, Finding)}


@MANY
@given(text=timestamps())
def test_timestamp_is_valid_exactly_when_it_is_a_moment_in_basic_form(text: str) -> None:
    body = {**observed("v2-charge-authorized"), "creationTimestamp": text}
    broken = findings(body, "charge") & {"FMT-TIME-001", "FMT-TIME-002"}
    assert bool(broken) == (not is_stamp(text))


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("20240229T235959Z", True),
        ("20230229T000000Z", False),
        ("21000229T000000Z", False),
        ("20231131T000000Z", False),
        ("20241231T235960Z", False),
        ("20240630T240000Z", False),
        ("20240229T235959", False),
        ("20240229T235959+0000", False),
        ("20240229T235959z", False),
        ("20240229T235959.000Z", False),
        ("2024-02-29T23:59:59Z", False),
        ("٢٠٢٤٠٢٢٩T٢٣٥٩٥٩Z", False),
        (" 20240229T235959Z", False),
        ("20240229T235959Z\n", False),
    ],
)
def test_timestamp_at_its_edges(text: str, valid: bool) -> None:
    body = {**observed("v2-charge-authorized"), "creationTimestamp": text}
    broken = findings(body, "charge") & {"FMT-TIME-001", "FMT-TIME-002"}
    assert bool(broken) == (not valid)


def test_timestamp_of_every_last_day_of_a_month_is_valid_and_of_the_next_day_is_not() -> None:
    wrong = [
        (year, month)
        for year in (2023, 2024)
        for month in range(1, 13)
        for day in [calendar.monthrange(year, month)[1]]
        if not is_stamp(f"{year}{month:02}{day:02}T000000Z")
        or is_stamp(f"{year}{month:02}{day + 1:02}T000000Z")
    ]
    assert wrong == []


@MANY
@given(
    amount=st.one_of(
        st.from_regex(r"[0-9]{1,4}(\.[0-9]{0,4})?", fullmatch=True),
        st.sampled_from(["", ".", "1.", ".5", "-1", "+1", "1e2", "01", "١", "1,0", "1.000", "NaN"]),
    ),
    currency=st.sampled_from([*CURRENCIES, "JPY", "usd", "XXX", "", "US"]),
)
def test_price_is_valid_exactly_when_it_has_a_form_of_its_currency(
    amount: str, currency: str
) -> None:
    price = {"amount": amount, "currencyCode": currency}
    valid = is_price(price)
    body = {**observed("v2-charge-authorized"), "chargeAmount": price}
    assert CONTRACT.is_valid("v2", "charge", body) == valid
    assert (CONTRACT.validate("v2", "charge", body) == []) == valid


@pytest.mark.parametrize("value", [1, 1.5, None, True, [], {}])
def test_price_with_an_amount_that_is_no_text_is_refused(value: Any) -> None:
    price = {"amount": value, "currencyCode": "USD"}
    body = {**observed("v2-charge-authorized"), "chargeAmount": price}
    assert "FMT-AMOUNT-001" in findings(body, "charge")


@MANY
@given(
    kind=st.sampled_from(["charge", "charge-permission", "refund"]),
    text=st.one_of(
        st.from_regex(r"[SPBCX][0-9]{2}-[0-9]{7}-[0-9]{6,8}(-[CRX][0-9]{5,7})?", fullmatch=True),
        st.sampled_from(["S01-1234567-123456٧", "s01-1234567-1234567", "S01-1234567-1234567 "]),
    ),
)
def test_identifier_is_valid_exactly_when_it_has_the_form_of_its_object(
    kind: str, text: str
) -> None:
    requirement = {
        "charge": "FMT-FORM-003",
        "charge-permission": "FMT-FORM-002",
        "refund": "FMT-FORM-004",
    }[kind]
    source = {
        "charge": ("v2-charge-authorized", "chargeId"),
        "charge-permission": ("v2-charge-permission-chargeable", "chargePermissionId"),
        "refund": ("v1-refund-initiated", "refundId"),
    }[kind]
    api = "v1" if kind == "refund" else "v2"
    body = {**observed(source[0]), source[1]: text}
    broken = {error.requirement for error in CONTRACT.validate(api, kind, body)}
    assert (requirement in broken) == (not is_identifier(kind, text))


RULES = {
    "charge": {"CH-STATUS-001", "CH-LIFE-010", "CH-LIFE-011", "CH-LIFE-012"},
    "refund": {"RF-STATUS-001", "RF-LIFE-005", "RF-LIFE-006"},
    "checkout-session": {"CS-STATUS-001", "CS-LIFE-009", "CS-LIFE-010", "CS-LIFE-011"},
}
STATUS = {
    "charge": ("v2", "v2-charge-authorized", "statusDetails"),
    "refund": ("v1", "v1-refund-initiated", "statusDetail"),
    "checkout-session": ("v2", "v2-checkout-session-open-ready", "statusDetails"),
}


@MANY
@given(
    kind=st.sampled_from(sorted(STATUS)),
    state=st.sampled_from([*STATES, "canceled", "Expired", ""]),
    reason=st.sampled_from([None, *REASONS, "merchantCanceled", "Expired ", ""]),
)
def test_reason_code_is_valid_exactly_when_it_belongs_to_the_state(
    kind: str, state: str, reason: str | None
) -> None:
    api, source, member = STATUS[kind]
    body = dict(observed(source))
    body[member] = {**body[member], "state": state, "reasonCode": reason}
    broken = {error.requirement for error in CONTRACT.validate(api, kind, body)}
    assert bool(broken & RULES[kind]) == (not is_reason(kind, state, reason))
