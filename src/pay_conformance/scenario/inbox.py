"""The Inbox: what a subject notifies a merchant of, read by the control API or received by HTTP."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Final, Protocol, runtime_checkable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from pay_conformance.findings import Unmet
from pay_conformance.scenario.amazon import Clock
from pay_conformance.scenario.answer import Answer
from pay_conformance.scenario.story import Story
from pay_conformance.targets import ControlClient, ControlRefused, Merchant

SIGNED: Final = (
    "Message",
    "MessageId",
    "Subject",
    "SubscribeURL",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
)
"""The members of an envelope that are signed, if they are there, in this order."""

_PATIENCE: Final = 30.0
"""Seconds of real time in which a subject on this machine delivers a notification."""
_PAUSE: Final = 0.01
_HOURS: Final = 5


@runtime_checkable
class Delivers(Protocol):
    """A subject that delivers notifications only when it is told to."""

    def deliver(self) -> None:
        """Deliver what is due."""


@dataclass(frozen=True)
class Letter:
    """One notification: the SNS envelope, and the message in it."""

    envelope: Mapping[str, Any]
    message: Mapping[str, Any]

    def about(self, thing: str, kind: str) -> bool:
        """Say whether it tells of an object: its id, and its ObjectType."""
        return self.message.get("ObjectId") == thing and self.message.get("ObjectType") == kind


@dataclass
class Received:
    """One POST to the merchant's endpoint."""

    method: str
    headers: Mapping[str, str]
    body: bytes


class Inbox:
    """All that one merchant is notified of from now on; each goes through the checks."""

    def __init__(self, story: Story, control: ControlClient, merchant: Merchant) -> None:
        self._story = story
        self._control = control
        self._merchant = merchant
        self._judged = 0
        self._configure()

    def letters(self) -> list[Letter]:
        """Return the notifications so far, the oldest first."""
        path = f"/merchants/{self._merchant.public_key_id}/notifications"
        try:
            listed = self._control.call("GET", path)["notifications"]
        except (ControlRefused, KeyError) as error:
            raise Unmet(f"the notifications can't be listed: {error}") from error
        found = [Letter(entry["envelope"], entry["message"]) for entry in listed]
        for letter in found[self._judged :]:
            self._story.notified(letter.envelope, "notification-envelope")
            self._story.notified(letter.message, "notification")
        self._judged = len(found)
        return found

    def about(self, thing: Answer, kind: str) -> list[Letter]:
        """Return the notifications that tell of an object."""
        return [letter for letter in self.letters() if letter.about(thing.id, kind)]

    def is_signed(self, letter: Letter) -> bool:
        """Say whether the subject's certificate verifies the signature of an envelope."""
        from cryptography import x509  # takes longer to load than the rest of this module

        try:
            found = self._control.call("GET", "/notifications/certificate")["certificate"]
            key = x509.load_pem_x509_certificate(str(found).encode()).public_key()
        except (ControlRefused, KeyError, ValueError) as error:
            raise Unmet(f"the certificate of the notifications can't be had: {error}") from error
        if not isinstance(key, rsa.RSAPublicKey):
            raise Unmet("the certificate of the notifications has no RSA key")
        envelope = letter.envelope
        text = "".join(f"{name}\n{envelope[name]}\n" for name in SIGNED if name in envelope)
        second = envelope.get("SignatureVersion") == "2"
        digest = hashes.SHA256() if second else hashes.SHA1()  # noqa: S303 - as SNS has it
        try:
            signature = base64.b64decode(str(envelope.get("Signature")), validate=True)
            key.verify(signature, text.encode(), padding.PKCS1v15(), digest)
        except (InvalidSignature, ValueError):
            return False
        return True

    def arriving_at(self, endpoint: Endpoint) -> None:
        """Let notifications from now on be posted to an endpoint on this machine."""
        earlier = len(self.letters())
        self._configure(endpoint=endpoint.url)
        self.waits(endpoint, earlier)
        endpoint.received.clear()

    def waits(
        self, endpoint: Endpoint, count: int, *, patience: float = _PATIENCE
    ) -> list[Received]:
        """Return what has arrived once that is so many, or ``patience`` seconds have passed.

        From a subject in this process, all that is due has arrived when it was told to deliver.
        """
        target = self._story.setting.target
        if isinstance(target, Delivers):
            target.deliver()
            return list(endpoint.received)
        end = time.monotonic() + patience
        while len(endpoint.received) < count and time.monotonic() < end:
            time.sleep(_PAUSE)
        return list(endpoint.received)

    def waits_for_hours(self, endpoint: Endpoint, count: int, clock: Clock) -> list[Received]:
        """Return what has arrived when so many hours passed that it could be so many.

        The subject may learn a moment after the endpoint how a POST ended, and count the time to
        the next one from there. So an hour passes more than once, if it has to.
        """
        arrived: list[Received] = []
        for _ in range(_HOURS):
            clock.advance(hours=1, seconds=5)
            arrived = self.waits(endpoint, count, patience=_PATIENCE / _HOURS)
            if len(arrived) >= count:
                break
        return arrived

    def _configure(self, **settings: Any) -> None:
        path = f"/merchants/{self._merchant.public_key_id}/notifications"
        try:
            self._control.call("POST", path, settings)
        except ControlRefused as error:
            raise Unmet(f"notifications can't be had: {error}") from error


@dataclass
class Endpoint:
    """A merchant's endpoint on loopback; ``answers`` are its next statuses, then it answers 200."""

    answers: list[int] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    url: str = ""

    def __enter__(self) -> Endpoint:
        """Listen."""
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(length)
                endpoint.received.append(Received(self.command, headers, body))
                self.send_response(endpoint.answers.pop(0) if endpoint.answers else 200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - inherited
                """Say nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/ipn"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()


def text_of(received: Received) -> Mapping[str, Any]:
    """Return the envelope that was posted; empty if it is not JSON."""
    try:
        found = json.loads(received.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
