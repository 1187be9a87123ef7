"""The hosted pages without a browser: what they refuse, what they allow, where they send buyers."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from pay_conformance.contract import Contract
from pay_conformance.exchange import Request, Response
from pay_conformance.mock import Mock
from pay_conformance.mock.pages.address_book import addresses, refused
from pay_conformance.mock.records import Address
from pay_conformance.mock.wallet import address
from tests.mock.shop import Shop, usd


def get(mock: Mock, path: str, **query: str) -> Response:
    return mock.page(Request("GET", f"http://mock{path}?{urlencode(query)}"))


def post(mock: Mock, path: str, headers: dict[str, str] | None = None, **form: str) -> Response:
    sent = tuple((headers or {}).items())
    return mock.page(Request("POST", f"http://mock{path}", sent, urlencode(form).encode()))


def test_pages_allow_no_script_no_frame_and_no_form_to_elsewhere(mock: Mock, shop2: Shop) -> None:
    session = str(shop2.create().body["checkoutSessionId"])
    policy = get(mock, "/checkout/signin", amazonCheckoutSessionId=session).header(
        "content-security-policy"
    )
    assert policy == (
        "default-src 'none'; style-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def test_form_of_another_site_is_refused_and_changes_nothing(mock: Mock, shop2: Shop) -> None:
    session = shop2.ready()
    form = {"amazonCheckoutSessionId": session, "outcome": "cancel"}
    answer = post(mock, "/checkout/processing", {"sec-fetch-site": "cross-site"}, **form)
    assert answer.status == 403
    assert shop2.state(shop2.send("GET", f"/checkoutSessions/{session}").body) == "Open"
    assert (
        post(mock, "/checkout/processing", {"sec-fetch-site": "same-origin"}, **form).status == 200
    )
    assert shop2.state(shop2.send("GET", f"/checkoutSessions/{session}").body) == "Canceled"


def test_processing_of_a_v1_session_completes_it(mock: Mock, contract: Contract) -> None:
    shop = Shop(mock.handle, mock.control, contract=contract, api="v1")
    session = shop.ready(usd("20.00"))
    post(mock, "/checkout/processing", amazonCheckoutSessionId=session, outcome="pay")
    assert shop.state(shop.send("GET", f"/checkoutSessions/{session}").body) == "Completed"


def test_second_visit_of_the_processing_page_leads_to_the_result(mock: Mock, shop2: Shop) -> None:
    session = shop2.ready()
    post(mock, "/checkout/processing", amazonCheckoutSessionId=session, outcome="pay")
    again = get(mock, "/checkout/processing", amazonCheckoutSessionId=session)
    target = f"https://shop.example/d?amazonCheckoutSessionId={session}"
    assert f'content="0; url={target}"' in again.body.decode()


@pytest.mark.parametrize("path", ["/checkout/signin", "/checkout/select"])
def test_session_that_is_over_is_not_entered_again(mock: Mock, shop2: Shop, path: str) -> None:
    session = shop2.ready()
    shop2.buyer(session, "cancel")
    answer = get(mock, path, amazonCheckoutSessionId=session)
    assert answer.status == 422
    assert "The session is Canceled (BuyerCanceled)." in answer.body.decode()


def test_processing_before_the_session_is_complete_names_what_is_missing(
    mock: Mock, shop2: Shop
) -> None:
    session = str(shop2.create().body["checkoutSessionId"])
    shop2.buyer(session, "signIn")
    answer = get(mock, "/checkout/processing", amazonCheckoutSessionId=session)
    assert answer.status == 422
    assert "ChargeAmountNotSet" in answer.body.decode()


def test_restricted_address_is_refused_even_if_the_form_names_it(mock: Mock, shop2: Shop) -> None:
    rules = {"specialRestrictions": ["RestrictPOBoxes"]}
    session = str(shop2.create(deliverySpecifications=rules).body["checkoutSessionId"])
    form = {"amazonCheckoutSessionId": session, "card": "1111"}
    assert post(mock, "/checkout/select", address="2", **form).status == 400
    assert shop2.send("GET", f"/checkoutSessions/{session}").body["buyer"] is None
    assert post(mock, "/checkout/select", address="1", **form).status == 200
    chosen = shop2.send("GET", f"/checkoutSessions/{session}").body["shippingAddress"]
    assert chosen["city"] == "Appleton"


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("/checkout/select", {"card": "9999"}, 400),
        ("/checkout/select", {"card": "1111", "address": "99"}, 400),
        ("/checkout/select", {"card": "1111", "address": "-1"}, 400),
        ("/checkout/processing", {"outcome": "win"}, 400),
        ("/checkout/start", {"productType": "PayLater"}, 400),
        ("/checkout/elsewhere", {}, 404),
    ],
)
def test_wrong_form_is_refused(
    mock: Mock, shop2: Shop, path: str, form: dict[str, str], status: int
) -> None:
    session = shop2.ready()
    assert post(mock, path, amazonCheckoutSessionId=session, **form).status == status


def test_page_by_another_method_is_not_there(mock: Mock) -> None:
    assert mock.page(Request("DELETE", "http://mock/checkout/signin")).status == 405


def test_failed_button_signature_is_kept_for_the_control_api(mock: Mock, shop2: Shop) -> None:
    post(
        mock,
        "/checkout/start",
        payloadJSON='{"storeId": "x"}',
        signature="bm8=",
        publicKeyId=shop2.key_id,
    )
    kept = shop2.control("GET", f"/merchants/{shop2.key_id}/signature-failures")
    assert [(entry["stage"], entry["reasonCode"]) for entry in kept] == [
        ("button", "InvalidSignatureError")
    ]
    assert kept[0]["canonicalRequest"] == '{"storeId": "x"}'


def test_redirect_url_names_amazon_unless_buyers_are_sent_elsewhere(
    mock: Mock, shop2: Shop
) -> None:
    session = shop2.ready()
    path = f"/checkoutSessions/{session}"
    tail = f"/checkout/processing?amazonCheckoutSessionId={session}"
    before = shop2.send("GET", path).body["webCheckoutDetails"]["amazonPayRedirectUrl"]
    mock.send_buyers_to("http://localhost:8474")
    after = shop2.send("GET", path).body["webCheckoutDetails"]["amazonPayRedirectUrl"]
    assert before == f"https://apay-us.amazon.com{tail}"
    assert after == f"http://localhost:8474{tail}"


def test_script_is_served_where_it_was_asked_for(contract: Contract) -> None:
    mock = Mock(contract, script_path="/js/pay.js")
    assert mock.page(Request("GET", "http://mock/js/pay.js")).header("content-type") == (
        "text/javascript; charset=utf-8"
    )
    assert not mock.hosted.serves("/checkout.js")


HOME, APPLETON, PO_BOX, TORONTO = addresses("na")


@pytest.mark.parametrize(
    ("kind", "restrictions", "candidate", "delivered"),
    [
        ("Allowed", {"US": {}}, HOME, True),
        ("Allowed", {"US": None}, HOME, True),
        ("Allowed", {"US": {}}, TORONTO, False),
        ("Allowed", {"US": {"statesOrRegions": ["WI"]}}, APPLETON, True),
        ("Allowed", {"US": {"statesOrRegions": ["WI"]}}, HOME, False),
        ("Allowed", {"CA": {"zipCodes": ["m5v2t6"]}}, TORONTO, True),
        ("NotAllowed", {"US": {"zipCodes": ["60602"]}}, HOME, False),
        ("NotAllowed", {"US": {"zipCodes": ["60602"]}}, APPLETON, True),
        ("NotAllowed", {"US": {}}, TORONTO, True),
    ],
)
def test_address_restrictions_are_kept(
    kind: str, restrictions: dict[str, object], candidate: Address, delivered: bool
) -> None:
    rules = {"addressRestrictions": {"type": kind, "restrictions": restrictions}}
    assert (refused(rules, candidate) == "") is delivered


@pytest.mark.parametrize(
    ("rule", "line", "delivered"),
    [
        ("RestrictPOBoxes", "P.O. Box 7", False),
        ("RestrictPOBoxes", "Postfach 7", False),
        ("RestrictPOBoxes", "7 Boxwood Road", True),
        ("RestrictPackstations", "PACKSTATION 123", False),
        ("RestrictPackstations", "P.O. Box 7", True),
    ],
)
def test_special_restrictions_are_kept(rule: str, line: str, delivered: bool) -> None:
    place = address({"addressLine2": line, "countryCode": "DE"})
    assert (refused({"specialRestrictions": [rule]}, place) == "") is delivered
