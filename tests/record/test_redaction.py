"""A secret is planted in each place where one can hide."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from pay_conformance.exchange import Exchange, Request, Response
from pay_conformance.record.redaction import Redactor, leaks

EMAIL = "jane.roe@shop.test"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----"
TOKEN = "Atza|IwEBIExampleTokenOfABuyer"
NAME = "Jane Roe"
STREET = "221B Hidden Lane"


def redacted(request: Request | None = None, response: Response | None = None) -> str:
    exchange = Redactor(frozenset({KEY})).redact(Exchange(request, response))
    return repr(exchange)


def body_of(data: object) -> Response:
    return Response(200, (), json.dumps(data).encode())


PLACES = {
    "the Authorization header": Request(
        "GET", "/v2/charges/1", (("Authorization", "AMZN-PAY-RSASSA-PSS PublicKeyId=A, x"),)
    ),
    "a cookie": Request("GET", "/v2/charges/1", (("Cookie", f"id={TOKEN}"),)),
    "a custom header": Request("GET", "/v2/charges/1", (("x-customer", EMAIL),)),
    "the path of get Buyer": Request("GET", f"/v2/buyers/{quote(TOKEN)}"),
    "the query": Request("GET", f"/v2/charges/1?buyerToken={quote(TOKEN)}&mail={quote(EMAIL)}"),
    "a request body": Request(
        "POST", "/v2/checkoutSessions", (), json.dumps({"noteToBuyer": f"Dear {EMAIL}"}).encode()
    ),
    "a form": Request(
        "POST",
        "/v2/files",
        (("content-type", "multipart/form-data; boundary=x"),),
        f'--x\r\ncontent-disposition: form-data; name="mail"\r\n\r\n{EMAIL}\r\n--x--'.encode(),
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_secret_in_a_request_is_redacted(place: str) -> None:
    text = redacted(PLACES[place])
    assert leaks(repr(PLACES[place])) != []
    assert leaks(text, [KEY]) == []


@pytest.mark.parametrize(
    "data",
    [
        {"buyer": {"name": NAME, "email": EMAIL, "nickname": NAME}},
        {"shippingAddress": {"name": NAME, "addressLine1": STREET, "addressLine2": STREET}},
        {"billingAddress": {"name": NAME, "addressLine1": STREET, "county": STREET}},
        {"paymentPreferences": [{"billingAddress": {"name": NAME, "addressLine1": STREET}}]},
        {"shippingAddressList": [json.dumps({"name": NAME, "addressLine1": STREET})]},
        {"shippingAddressList": [f"{NAME} {STREET} cut off"]},
        {"amazonPayToken": TOKEN},
    ],
)
def test_buyer_in_a_response_is_redacted(data: object) -> None:
    text = redacted(response=body_of(data))
    assert [secret for secret in (NAME, EMAIL, STREET, TOKEN) if secret in text] == []


def test_one_person_stays_one_person_through_a_story() -> None:
    redactor = Redactor()
    first = redactor.redact(Exchange(None, body_of({"buyer": {"name": NAME, "email": EMAIL}})))
    other = redactor.redact(Exchange(None, body_of({"buyer": {"name": "Someone Else"}})))
    again = redactor.redact(Exchange(None, body_of({"buyer": {"name": NAME, "email": EMAIL}})))
    assert first == again
    assert first != other


def test_null_and_what_is_not_personal_stay() -> None:
    data = {"buyer": None, "chargeAmount": {"amount": "1.40", "currencyCode": "USD"}}
    exchange = Redactor().redact(Exchange(None, body_of(data)))
    assert exchange.response is not None
    assert json.loads(exchange.response.body) == data


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (KEY, "a private key"),
        (quote(KEY), "a private key"),
        (base64.b64encode(KEY.encode()).decode(), "a private key"),
        (base64.urlsafe_b64encode(f'{{"mail": "{EMAIL}"}}'.encode()).decode(), "an e-mail address"),
        ("Authorization: AMZN-PAY-RSASSA-PSS-V2 PublicKeyId=X", "an Authorization header"),
        (TOKEN, "a buyer token"),
        (EMAIL, "an e-mail address"),
        ("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", "a secret of this run"),
    ],
)
def test_leak_is_found(text: str, what: str) -> None:
    assert what in leaks(f"before {text} after", [KEY])


def test_samples_are_no_leak() -> None:
    assert leaks("buyer@example.com buyer12@example.com 800-000-0000", [KEY]) == []
