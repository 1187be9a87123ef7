"""Notifications are signed as SNS signs, and their certificate is where the envelope says."""

from __future__ import annotations

import base64
import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from pay_conformance.exchange import Request
from pay_conformance.gateway.notifier import SNS_HOSTS, Notice, Notifier
from pay_conformance.targets.merchant import Merchant

MERCHANT = Merchant("SANDBOX-A", "", "store", "na", "A2EXAMPLE")
SIGNED = ("Message", "MessageId", "Timestamp", "TopicArn", "Type")


@pytest.fixture
def received() -> list[tuple[dict[str, str], dict[str, Any]]]:
    """Headers and envelope of each notification that came."""
    return []


@pytest.fixture
def endpoint(received: list[tuple[dict[str, str], dict[str, Any]]]) -> Any:
    """The address of a merchant's endpoint."""

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append((dict(self.headers), json.loads(body)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Endpoint) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/ipn"
        server.shutdown()
        thread.join()


def test_envelope_verifies_with_the_certificate_that_it_names(
    endpoint: str, received: list[tuple[dict[str, str], dict[str, Any]]]
) -> None:
    notifier = Notifier(endpoint)
    assert notifier.deliver(Notice("CHARGE", "S01-1-C1", "S01-1", MERCHANT)) == 204
    envelope = received[0][1]
    url = envelope["SigningCertURL"]
    assert url.split("/")[2] in SNS_HOSTS
    certificate = x509.load_pem_x509_certificate(notifier.serve(Request("GET", url)).body)
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    text = "".join(f"{name}\n{envelope[name]}\n" for name in SIGNED)
    signature = base64.b64decode(envelope["Signature"])
    key.verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA1())


def test_message_names_the_object_and_not_its_state(
    endpoint: str, received: list[tuple[dict[str, str], dict[str, Any]]]
) -> None:
    notice = Notice("REFUND", "S01-1-R1", "S01-1", MERCHANT)
    Notifier(endpoint).deliver(notice)
    assert json.loads(received[0][1]["Message"]) == {
        "MerchantID": "A2EXAMPLE",
        "ChargePermissionId": "S01-1",
        "ObjectType": "REFUND",
        "ObjectId": "S01-1-R1",
        "NotificationType": "STATE_CHANGE",
        "NotificationId": notice.id,
        "NotificationVersion": "V2",
    }


def test_notice_keeps_its_id_when_it_is_sent_twice(
    endpoint: str, received: list[tuple[dict[str, str], dict[str, Any]]]
) -> None:
    notifier, notice = Notifier(endpoint), Notice("CHARGE", "S01-1-C1", "S01-1", MERCHANT)
    notifier.deliver(notice)
    notifier.deliver(notice)
    ids = [json.loads(envelope["Message"])["NotificationId"] for _, envelope in received]
    assert ids == [notice.id, notice.id]


def test_endpoint_that_is_not_there_is_no_error() -> None:
    notice = Notice("CHARGE", "S01-1-C1", "S01-1", MERCHANT)
    assert Notifier("http://127.0.0.1:9/ipn").deliver(notice) == 0


def test_sns_host_has_nothing_but_the_certificate() -> None:
    request = Request("GET", "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe")
    assert Notifier("http://127.0.0.1:9").serve(request).status == 404
