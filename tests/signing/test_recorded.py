"""Signatures that real SDKs made, with a key thrown away since, verify here."""

from __future__ import annotations

import json

import pytest

from pay_conformance.exchange import Request
from pay_conformance.signing import (
    Verified,
    load_public_key,
    parse_pay_date,
    verify,
    verify_button,
)
from pay_conformance.signing.explain import likely_mistakes
from tests.signing.requests import HERE

KEY = load_public_key((HERE / "recorded" / "public-key.pem").read_text(encoding="ascii"))
RECORDED = {
    f"{file.stem}: {signed['name']}": signed
    for file in sorted((HERE / "recorded").glob("*.json"))
    for signed in json.loads(file.read_text(encoding="utf-8"))["signed"]
}
WRONG = "python: buyer"
REQUESTS = [name for name, entry in RECORDED.items() if entry["kind"] == "request"]
BUTTONS = [name for name, entry in RECORDED.items() if entry["kind"] == "button"]


def arrived(name):
    entry = RECORDED[name]
    headers = tuple((key, value) for key, value in entry["headers"])
    return Request(entry["method"], entry["url"], headers, entry["body"].encode())


@pytest.mark.parametrize("name", sorted(set(REQUESTS) - {WRONG}))
def test_request_of_a_real_sdk_verifies(name):
    request = arrived(name)

    outcome = verify(request, lambda _: KEY, parse_pay_date(request.header("x-amz-pay-date")))

    assert isinstance(outcome, Verified), outcome


@pytest.mark.parametrize("name", BUTTONS)
def test_button_of_a_real_sdk_verifies(name):
    entry = RECORDED[name]

    outcome = verify_button(entry["payload"], entry["signature"], KEY, entry["algorithm"])

    assert isinstance(outcome, Verified)


def test_path_that_a_client_encodes_after_signing_is_refused_and_explained():
    request = arrived(WRONG)

    outcome = verify(request, lambda _: KEY, parse_pay_date(request.header("x-amz-pay-date")))

    assert outcome.stage == "signature"
    assert likely_mistakes(request, outcome.canonical, KEY) == [
        "the path was signed before it was percent-encoded"
    ]
