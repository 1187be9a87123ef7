"""Notifications: what is told, how it is signed, and how delivery can go wrong on purpose."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from pay_conformance.contract import Contract
from tests.mock.shop import Shop, usd
from tests.mock.test_serve import serving, shop_at


def tell(shop: Shop, **settings: Any) -> None:
    shop.control("POST", f"/merchants/{shop.key_id}/notifications", settings)


def told(shop: Shop) -> list[dict[str, Any]]:
    listed = shop.control("GET", f"/merchants/{shop.key_id}/notifications")
    return list(listed["notifications"])


def verify(shop: Shop, envelope: dict[str, str]) -> None:
    pem = shop.control("GET", "/notifications/certificate")["certificate"]
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    names = ("Message", "MessageId", "Timestamp", "TopicArn", "Type")
    text = "".join(f"{name}\n{envelope[name]}\n" for name in names)
    digest = hashes.SHA1() if envelope["SignatureVersion"] == "1" else hashes.SHA256()
    signature = base64.b64decode(envelope["Signature"])
    key.verify(signature, text.encode(), padding.PKCS1v15(), digest)


def test_each_change_is_told_in_lawful_form(shop2: Shop, contract: Contract) -> None:
    tell(shop2, mode="never")
    charge = shop2.bought()["chargeId"]
    shop2.send("POST", f"/charges/{charge}/capture", {"captureAmount": usd("100.00")})
    shop2.send("POST", "/refunds", {"chargeId": charge, "refundAmount": usd("5.00")})
    shop2.advance("PT30S")
    seen = told(shop2)
    for entry in seen:
        assert contract.validate("v2", "notification-envelope", entry["envelope"]) == []
        assert contract.validate("v2", "notification", entry["message"]) == []
    assert [entry["message"]["ObjectType"] for entry in seen] == [
        "CHARGE",
        "CHARGE_PERMISSION",
        "CHARGE",
        "CHARGE_PERMISSION",
        "REFUND",
    ]


def test_nothing_is_told_unasked(shop: Shop) -> None:
    shop.bought()
    assert told(shop) == []


@pytest.mark.parametrize("version", ["1", "2"])
def test_signature_is_that_of_sns(shop2: Shop, version: str) -> None:
    tell(shop2, mode="never", signatureVersion=version)
    shop2.bought()
    verify(shop2, told(shop2)[0]["envelope"])


def test_forged_signature_does_not_verify(shop2: Shop) -> None:
    tell(shop2, mode="forged")
    shop2.bought()
    with pytest.raises(InvalidSignature):
        verify(shop2, told(shop2)[0]["envelope"])


@pytest.mark.parametrize(
    "settings",
    [
        {"endpoint": "ftp://shop.example"},
        {"endpoint": "http://[bad"},
        {"mode": "sometimes"},
        {"seconds": -1},
        {"signatureVersion": "3"},
        {"colour": "red"},
    ],
)
def test_settings_that_make_no_sense_are_refused(shop2: Shop, settings: dict[str, Any]) -> None:
    path = f"/merchants/{shop2.key_id}/notifications"
    assert shop2.refused_control("POST", path, settings).status == 400


class Receiver(HTTPServer):
    """A shop's endpoint that remembers what it got; ``answers`` are its next statuses."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[dict[str, Any]] = []
        self.answers: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/ipn"

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        deadline = time.monotonic() + 10
        while len(self.got) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.got


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.got.append({"type": self.headers["x-amz-sns-message-type"], **body})
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def line() -> Iterator[dict[str, Any]]:
    with serving() as (line, _):
        yield line


@pytest.fixture
def served(line: dict[str, Any], contract: Contract) -> Iterator[Shop]:
    with shop_at(line, contract) as shop:
        yield shop


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def objects(got: list[dict[str, Any]]) -> list[str]:
    return [json.loads(entry["Message"])["ObjectType"] for entry in got]


def test_notifications_reach_the_endpoint(served: Shop, receiver: Receiver) -> None:
    tell(served, endpoint=receiver.url)
    served.bought()
    got = receiver.wait_for(2)
    assert objects(got) == ["CHARGE", "CHARGE_PERMISSION"]
    assert got[0]["type"] == "Notification"


def test_notifications_can_come_twice(served: Shop, receiver: Receiver) -> None:
    tell(served, endpoint=receiver.url, mode="twice")
    served.bought(paymentIntent="Confirm")
    first, second = receiver.wait_for(2)
    assert first["Message"] == second["Message"]


def test_notifications_can_overtake_each_other(served: Shop, receiver: Receiver) -> None:
    tell(served, endpoint=receiver.url, mode="out of order")
    served.bought()
    assert objects(receiver.wait_for(2)) == ["CHARGE_PERMISSION", "CHARGE"]


def test_late_notification_comes_when_the_clock_says_so(served: Shop, receiver: Receiver) -> None:
    tell(served, endpoint=receiver.url, mode="late", seconds=600)
    served.bought(paymentIntent="Confirm")
    time.sleep(0.3)
    assert receiver.got == []
    served.advance("PT10M")
    assert len(receiver.wait_for(1)) == 1


def test_failed_delivery_is_repeated_after_an_hour_and_a_refused_one_is_not(
    served: Shop, receiver: Receiver
) -> None:
    receiver.answers = [503, 403]
    tell(served, endpoint=receiver.url)
    served.bought(paymentIntent="Confirm")
    receiver.wait_for(1)
    served.advance("PT1H")
    receiver.wait_for(2)
    served.advance("PT1H")
    time.sleep(0.3)
    assert len(receiver.got) == 2
    [entry] = told(served)
    assert (entry["attempts"], entry["status"], entry["done"]) == (2, 403, True)


def test_notification_can_be_sent_again(served: Shop, receiver: Receiver) -> None:
    tell(served, endpoint=receiver.url)
    served.bought(paymentIntent="Confirm")
    receiver.wait_for(1)
    path = f"/merchants/{served.key_id}/notifications/{told(served)[0]['id']}/send"
    served.control("POST", path)
    first, second = receiver.wait_for(2)
    assert first["MessageId"] == second["MessageId"]
