"""A secret is planted in each place where one can hide."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote, unquote_plus

import pytest

from pay_conformance.exchange import Exchange, Request, Response
from pay_conformance.record import cassette
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


KNOWN = Exchange(
    Request("GET", "/v2/checkoutSessions/1"),
    body_of({"buyer": {"name": NAME, "email": EMAIL}, "shippingAddress": {"addressLine1": STREET}}),
)
ELSEWHERE = {
    "a header": Exchange(Request("GET", "/v2/charges/1", (("x-customer", NAME),)), None),
    "a header of an answer": Exchange(None, Response(200, (("x-customer", NAME),), b"{}")),
    "a note": Exchange(None, body_of({"merchantMetadata": {"noteToBuyer": f"For {NAME}"}})),
    "the query": Exchange(Request("GET", f"/v2/charges/1?who={quote(NAME)}"), None),
    "the path": Exchange(Request("GET", f"/v2/charges/{quote(STREET)}"), None),
    "a form": Exchange(
        Request(
            "POST",
            "/v2/files",
            (("content-type", "multipart/form-data; boundary=x"),),
            f'--x\r\ncontent-disposition: form-data; name="to"\r\n\r\n{STREET}\r\n--x--'.encode(),
        ),
        None,
    ),
}


def written(path: Path, *exchanges: Exchange) -> str:
    recorded = cassette.Recorded("mock", "test_one[v2]", "v2", 1, "2026-01-02T03:04:05Z", "0", "c")
    cassette.write(path, exchanges, recorded, [KEY])
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("place", ELSEWHERE)
def test_buyer_of_one_answer_is_redacted_wherever_else_he_is_named(
    tmp_path: Path, place: str
) -> None:
    text = unquote_plus(written(tmp_path / "story.yaml", ELSEWHERE[place], KNOWN))
    assert [secret for secret in (NAME, STREET, EMAIL) if secret in text] == []


@pytest.mark.parametrize(
    ("hidden", "what"),
    [
        (f'{{"to": "{NAME}", "at": "{STREET}"}}', "what a buyer is known by"),
        (KEY, "a private key"),
        (f"token {TOKEN} of somebody", "a buyer token"),
    ],
)
def test_cassette_with_a_secret_in_base64_is_not_written(
    tmp_path: Path, hidden: str, what: str
) -> None:
    packed = base64.b64encode(hidden.encode()).decode()
    hiding = Exchange(None, body_of({"payload": packed}))
    with pytest.raises(cassette.SecretLeft, match=f"{what}.* in interaction 1"):
        written(tmp_path / "story.yaml", hiding, KNOWN)
    assert list(tmp_path.iterdir()) == []


def test_what_we_said_ourselves_is_nobodys_and_stays(tmp_path: Path) -> None:
    own = Exchange(None, body_of({"shippingAddress": {"name": "Gift Shop Ltd"}}))
    redactor = Redactor(ours=frozenset({"Gift Shop Ltd"}))
    assert "Gift Shop Ltd" in repr(redactor.redact_again(redactor.redact(own)))
