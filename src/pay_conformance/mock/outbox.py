"""The outbox of a merchant: notifications that were, are or will be on their way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args
from urllib.parse import urlsplit

from pay_conformance.mock.bounds import LATEST, MOST_NOTIFICATIONS

Mode = Literal["prompt", "late", "twice", "out of order", "forged", "never"]
MODES: Final[tuple[str, ...]] = get_args(Mode)
"""prompt: at once. late: after some seconds. twice: two times. out of order: each second one
overtakes the first. forged: signed by a key that is not the certificate's. never: only recorded."""

RETRY_AFTER: Final = 3600
RETRIES: Final = 3
"""A 5xx or a timeout is tried again hourly for three hours; a 4xx is not (documents, a plugin)."""


@dataclass(slots=True)
class Delivery:
    """One notification on its way. ``due`` is in the merchant's time, ``status`` the last answer.

    It is ``done`` when the receiver took it, refused it for good, or the last attempt failed.
    """

    id: str
    envelope: dict[str, str]
    due: int
    attempts: int = 0
    status: int | None = None
    done: bool = False
    number: int = 0
    """Its place among all deliveries to the merchant, which no other has."""

    def answered(self, status: int | None, now: int) -> None:
        """Take note of an attempt: its HTTP status, ``None`` where nothing answered."""
        self.attempts += 1
        self.status = status
        again = status is None or status >= 500
        self.done = not again or self.attempts > RETRIES
        self.due = now + RETRY_AFTER

    def shown(self) -> dict[str, Any]:
        """Return the delivery as the control API shows it."""
        return {
            "id": self.id,
            "envelope": self.envelope,
            "message": json.loads(self.envelope["Message"]),
            "attempts": self.attempts,
            "status": self.status,
            "done": self.done,
        }


@dataclass(slots=True)
class Outbox:
    """One merchant's notifications, and where they go; none are made until it is configured."""

    on: bool = False
    endpoint: str | None = None
    mode: Mode = "prompt"
    seconds: int = 0
    version: Literal["1", "2"] = "1"
    sent: list[Delivery] = field(default_factory=list)
    held: list[Delivery] = field(default_factory=list)
    numbers: int = 0

    def numbered(self, delivery: Delivery) -> Delivery:
        """Return the delivery with a number of its own."""
        self.numbers += 1
        delivery.number = self.numbers
        return delivery

    def add(self, *deliveries: Delivery) -> list[Delivery]:
        """Send deliveries; return what has changed: these, and the oldest that are forgotten."""
        self.sent.extend(deliveries)
        forgotten = self.sent[:-MOST_NOTIFICATIONS]
        del self.sent[:-MOST_NOTIFICATIONS]
        return [*forgotten, *deliveries]

    def sort(self) -> None:
        """Put all deliveries into the order of their numbers."""
        self.sent.sort(key=lambda entry: entry.number)
        self.held.sort(key=lambda entry: entry.number)

    def find(self, number: int) -> Delivery | None:
        """Return the delivery that has a number, if it is still kept."""
        return next((entry for entry in reversed(self.sent) if entry.number == number), None)

    def reset(self) -> None:
        """Be as if nobody had configured anything."""
        self.on, self.endpoint, self.mode, self.seconds, self.version = (
            False,
            None,
            "prompt",
            0,
            "1",
        )
        self.sent.clear()
        self.held.clear()
        self.numbers = 0

    def due(self, now: int) -> list[Delivery]:
        """Return what has to be delivered now, the first due first."""
        if self.endpoint is None:
            return []
        waiting = [entry for entry in self.sent if not entry.done and entry.due <= now]
        return sorted(waiting, key=lambda entry: entry.due)

    def shown(self) -> dict[str, Any]:
        """Return the settings as the control API shows them."""
        return {
            "endpoint": self.endpoint,
            "mode": self.mode,
            "seconds": self.seconds,
            "signatureVersion": self.version,
        }

    def configure(self, given: Mapping[str, Any]) -> None:
        """Take what a control request says: endpoint, mode, seconds, signatureVersion.

        Raises:
            ValueError: with a sentence that says what is wrong.
        """
        unknown = given.keys() - {"endpoint", "mode", "seconds", "signatureVersion"}
        if unknown:
            raise ValueError(f"notifications have no {min(unknown)}")
        endpoint = given.get("endpoint", self.endpoint)
        mode = given.get("mode", self.mode)
        seconds = given.get("seconds", self.seconds)
        version = given.get("signatureVersion", self.version)
        if endpoint is not None and not _is_url(endpoint):
            raise ValueError("endpoint is an http or https URL, or null for none")
        if mode not in MODES:
            raise ValueError(f"mode is one of: {', '.join(MODES)}")
        if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 <= seconds <= LATEST:
            raise ValueError(f"seconds is a whole number from 0 to {LATEST}")
        if version not in ("1", "2"):
            raise ValueError('signatureVersion is "1" or "2"')
        self.endpoint, self.mode, self.seconds, self.version = endpoint, mode, seconds, version
        self.on = True


def headers(delivery: Delivery) -> dict[str, str]:
    """Return the headers with which SNS posts an envelope."""
    return {
        "content-type": "text/plain; charset=UTF-8",
        "user-agent": "Amazon Simple Notification Service Agent",
        "x-amz-sns-message-type": "Notification",
        "x-amz-sns-message-id": delivery.envelope["MessageId"],
        "x-amz-sns-topic-arn": delivery.envelope["TopicArn"],
    }


def _is_url(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
