"""What the mock refuses: each with the status and reason code of the catalogue."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pay_conformance.contract import Contract
from pay_conformance.exchange import Request
from pay_conformance.mock import Mock
from pay_conformance.signing import Signer
from tests.mock.shop import HOST, PRIVATE_KEY, Shop, embedded, usd

WEB = {"checkoutReviewReturnUrl": "https://shop.example/r"}


def raw(shop: Shop, method: str, path: str, body: bytes) -> tuple[int, str]:
    url = f"{HOST}/{shop.api}{path}"
    headers = shop.signer.sign(method, url, body, idempotency_key="a" * 32)
    answer = shop.exchange(Request(method, url, tuple(headers), body))
    return answer.status, answer.code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "InvalidRequestFormat"),
        (b"[]", "InvalidRequestFormat"),
        (b'{"a": NaN}', "InvalidRequestFormat"),
        (b'{"a": "\xff"}', "InvalidRequestFormat"),
        (b'{"storeId": "\\ud800"}', "InvalidRequestFormat"),
        (b"[" * 100_000, "InvalidRequestFormat"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "InvalidRequestFormat"),
        (b" " * 300_000, "InvalidRequest"),
        (b"", "MissingParameterValue"),
        (b'{"productType": "PayOnly"}', "UnrecognizedField"),
    ],
)
def test_unreadable_bodies_are_refused_with_400(shop: Shop, body: bytes, code: str) -> None:
    assert raw(shop, "POST", "/checkoutSessions", body) == (400, code)


@pytest.mark.parametrize(
    ("change", "code", "names"),
    [
        ({"checkoutMode": "ProcessOrder"}, "UnrecognizedField", "'checkoutMode'"),
        ({"merchantMetadata": {"colour": "red"}}, "UnrecognizedField", "'colour'"),
        ({"storeId": None}, "MissingParameterValue", "storeId"),
        ({"storeId": 5}, "InvalidParameterValue", "storeId"),
        ({"merchantMetadata": {"noteToBuyer": "x" * 256}}, "InvalidParameterValue", "noteToBuyer"),
    ],
)
def test_wrong_members_of_a_session_are_named(
    shop: Shop, change: dict[str, Any], code: str, names: str
) -> None:
    refused = shop.create(**change)
    assert (refused.status, refused.code) == (400, code)
    assert names in refused.body["message"]


@pytest.mark.parametrize(
    "amount", ["0", "0.00", 0, -1, "-1", "1.005", 1.005, "1e3", 1e300, 10**30, "", "x"]
)
def test_amounts_that_are_none_are_refused(shop2: Shop, amount: Any) -> None:
    permission = shop2.bought(paymentIntent="Confirm")["chargePermissionId"]
    body = {"chargePermissionId": permission, "chargeAmount": usd(amount)}
    refused = shop2.send("POST", "/charges", body)
    assert (refused.status, refused.code) == (400, "InvalidParameterValue")


def test_yen_have_no_fraction(mock: Mock, contract: Contract) -> None:
    shop = embedded(mock, contract, region="jp")
    session = shop.create().body["checkoutSessionId"]
    for amount in ("100.50", 100.5):
        details = {"chargeAmount": {"amount": amount, "currencyCode": "JPY"}}
        refused = shop.send("PATCH", f"/checkoutSessions/{session}", {"paymentDetails": details})
        assert (refused.status, refused.code) == (400, "InvalidParameterValue")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/nothing", 404, "ResourceNotFound"),
        ("/charges/S01-0000000-0000000-C000000", 404, "ResourceNotFound"),
        ("/checkoutSessions", 405, "UnsupportedOperation"),
    ],
)
def test_unknown_paths_and_methods(shop: Shop, path: str, status: int, code: str) -> None:
    answer = shop.send("GET", path)
    assert (answer.status, answer.code) == (status, code)


def test_version_that_does_not_exist_is_refused(shop2: Shop) -> None:
    headers = shop2.signer.sign("GET", f"{HOST}/v3/charges/x", b"")
    answer = shop2.exchange(Request("GET", f"{HOST}/v3/charges/x", tuple(headers)))
    assert (answer.status, answer.code) == (400, "InvalidAPIVersion")


def test_version_that_is_not_served_is_refused(contract: Contract) -> None:
    shop = embedded(Mock(contract, apis=("v2",)), contract, "v1")
    assert shop.create().code == "InvalidAPIVersion"


def test_complete_does_not_exist_in_v1(mock: Mock, contract: Contract) -> None:
    shop = embedded(mock, contract, "v1")
    session = shop.ready()
    assert shop.complete(session).code == "ResourceNotFound"


@pytest.mark.parametrize("path", ["/sandbox/v2/charges/x", "/v2/charges/x/", "/v2/charges/x"])
def test_paths_with_environment_or_slash_are_the_same(shop2: Shop, path: str) -> None:
    headers = shop2.signer.sign("GET", HOST + path, b"")
    answer = shop2.exchange(Request("GET", HOST + path, tuple(headers)))
    assert answer.body["message"].endswith(f"'{path}'")


def test_other_environment_is_not_open_to_a_sandbox_key(shop2: Shop) -> None:
    headers = shop2.signer.sign("GET", f"{HOST}/live/v2/charges/x", b"")
    answer = shop2.exchange(Request("GET", f"{HOST}/live/v2/charges/x", tuple(headers)))
    assert (answer.status, answer.code) == (401, "UnauthorizedAccess")


def test_objects_of_another_merchant_do_not_exist(
    shop: Shop, mock: Mock, contract: Contract
) -> None:
    other = embedded(mock, contract, shop.api)
    done = shop.bought()
    capture = {"captureAmount": usd("1.00")}
    assert other.send("GET", f"/checkoutSessions/{done['checkoutSessionId']}").status == 404
    assert other.send("GET", f"/chargePermissions/{done['chargePermissionId']}").status == 404
    assert other.send("POST", f"/charges/{done['chargeId']}/capture", capture).status == 404
    assert shop.state(shop.get(f"/charges/{done['chargeId']}")) == "Authorized"


def test_wrong_signature_is_refused_and_explained(shop2: Shop) -> None:
    url = f"{HOST}/v2/charges/x"
    headers = shop2.signer.sign("GET", url, b"")
    refused = shop2.exchange(Request("GET", f"{HOST}/v2/charges/y", tuple(headers)))
    assert (refused.status, refused.code) == (403, "InvalidRequestSignature")
    [failure] = shop2.control("GET", f"/merchants/{shop2.key_id}/signature-failures")
    assert failure["requestId"] == refused.response.header("x-amz-pay-request-id")
    assert failure["stage"] == "signature"
    assert failure["canonicalRequest"].startswith("GET\n/v2/charges/y\n")
    assert failure["stringToSign"] in refused.body["message"]
    assert failure["clientCanonicalRequest"] is None
    assert failure["requestId"] in failure["explanation"][0]


def test_wrong_signature_of_a_usual_mistake_shows_both_canonical_requests(shop2: Shop) -> None:
    url = f"{HOST}/v2/charges/x"
    headers = shop2.signer.sign("GET", f"{HOST}/sandbox/v2/charges/x", b"")
    shop2.exchange(Request("GET", url, tuple(headers)))
    [failure] = shop2.control("GET", f"/merchants/{shop2.key_id}/signature-failures")
    assert failure["explanation"] == ["the path was signed with /sandbox, which was not sent"]
    assert failure["firstDifference"] == {
        "line": 2,
        "part": "path",
        "client": "/sandbox/v2/charges/x",
        "server": "/v2/charges/x",
    }
    marked = [line for line in failure["sideBySide"].split("\n") if line.startswith("> ")]
    assert [line.split() for line in marked] == [
        [">", "/sandbox/v2/charges/x", "|", "/v2/charges/x"]
    ]


def test_canonical_request_that_a_client_gives_is_put_beside_the_servers(shop2: Shop) -> None:
    url = f"{HOST}/v2/charges/y"
    headers = shop2.signer.sign("GET", f"{HOST}/v2/charges/x", b"")
    refused = shop2.exchange(Request("GET", url, tuple(headers)))
    path = (
        f"/merchants/{shop2.key_id}/signature-failures/"
        f"{refused.response.header('x-amz-pay-request-id')}"
    )
    compared = shop2.control("POST", path, {"canonicalRequest": "GET\n/v2/charges/x\n"})
    assert (compared["firstDifference"]["line"], compared["firstDifference"]["client"]) == (
        2,
        "/v2/charges/x",
    )
    [kept] = shop2.control("GET", f"/merchants/{shop2.key_id}/signature-failures")
    assert kept == compared
    assert shop2.refused_control("POST", path, {}).status == 400
    assert shop2.refused_control("POST", f"{path}0", {"canonicalRequest": "GET"}).status == 404


def test_key_of_nobody_is_refused(shop2: Shop) -> None:
    stranger = Signer("SANDBOX-ANOBODY", PRIVATE_KEY)
    url = f"{HOST}/v2/charges/x"
    refused = shop2.exchange(Request("GET", url, tuple(stranger.sign("GET", url, b""))))
    assert (refused.status, refused.code) == (400, "InvalidHeaderValue")


def test_date_in_the_future_is_refused_in_the_words_of_the_service(shop2: Shop) -> None:
    refused = shop2.send("GET", "/charges/x", x_amz_pay_date="20990101T000000Z")
    assert refused.status == 400
    assert refused.body == {
        "reasonCode": "InvalidHeaderValue",
        "message": (
            "The value 20990101T000000Z provided for x-amz-pay-date should not be in future"
        ),
    }


def test_refused_requests_change_nothing(shop: Shop) -> None:
    created = shop.create().body
    path = f"/checkoutSessions/{created['checkoutSessionId']}"
    shop.send(
        "PATCH",
        path,
        {
            shop.name("webCheckoutDetails"): {"checkoutResultReturnUrl": "https://shop.example/d"},
            shop.name("paymentDetails"): {"chargeAmount": usd("150000.01")},
        },
    )
    assert json.dumps(shop.get(path)) == json.dumps(created)


def test_operations_on_a_canceled_session_are_refused(shop2: Shop) -> None:
    session = shop2.ready()
    shop2.buyer(session, "cancel")
    completed = shop2.complete(session)
    updated = shop2.send("PATCH", f"/checkoutSessions/{session}", {})
    assert (completed.status, completed.code) == (422, "CheckoutSessionCanceled")
    assert (updated.status, updated.code) == (422, "InvalidCheckoutSessionStatus")


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [("100.01", "USD", "TransactionAmountExceeded"), ("1", "EUR", "CurrencyMismatch")],
)
def test_capture_keeps_to_the_authorization(
    shop: Shop, amount: str, currency: str, code: str
) -> None:
    path = f"/charges/{shop.bought()['chargeId']}"
    body = {"captureAmount": {"amount": amount, "currencyCode": currency}}
    refused = shop.send("POST", f"{path}/capture", body)
    assert (refused.status, refused.code) == (400, code)
    assert shop.state(shop.get(path)) == "Authorized"


def test_second_capture_and_late_cancel_are_refused(shop: Shop) -> None:
    path = f"/charges/{shop.bought()['chargeId']}"
    shop.send("POST", f"{path}/capture", {"captureAmount": usd("50.00")})
    again = shop.send("POST", f"{path}/capture", {"captureAmount": usd("50.00")})
    cancel = shop.send("DELETE", f"{path}/cancel", {"cancellationReason": "no"})
    assert (again.status, again.code) == (422, "InvalidChargeStatus")
    assert (cancel.status, cancel.code) == (422, "InvalidChargeStatus")


def test_unknown_field_is_named_although_its_name_is_a_number(shop2: Shop) -> None:
    refused = shop2.send("POST", "/deliveryTrackers", {"0": None})
    assert refused.body["message"].startswith("The field '0' ")
