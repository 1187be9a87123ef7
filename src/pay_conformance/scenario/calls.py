"""A call of an operation as a value, so that two calls can be compared and one be made of another.

Bodies are written with the names of v2; they take the names of the version when they are sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pay_conformance.contract.model import Api

_RENAMED_IN_V1: Final[Mapping[str, str]] = {
    "webCheckoutDetails": "webCheckoutDetail",
    "paymentDetails": "paymentDetail",
}
_REMOVED: Final = object()
_WRITER: Final = json.JSONEncoder(ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Call:
    """One request before it is signed: method, path after the host, body, headers.

    ``body`` is a JSON value, the bytes to send, or ``None`` for no body. ``headers`` are signed,
    ``unsigned`` are added after signing. ``idempotent`` says whether a fresh idempotency key goes
    with it when it is sent, unless ``headers`` has one.
    """

    operation: str
    method: str
    path: str
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    unsigned: tuple[tuple[str, str], ...] = ()
    idempotent: bool = False
    api: Api = "v2"

    @property
    def title(self) -> str:
        """The operation in words, e.g. ``Create Charge``; method and path where it is none."""
        if not self.operation:
            return f"{self.method} {self.path}"
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", self.operation)
        return words[0].upper() + words[1:]

    def with_(self, pointer: str, value: Any) -> Call:
        """Return the call with one value of its body replaced or added, by JSON Pointer."""
        return replace(self, body=_changed(self.body, pointer, value))

    def without(self, pointer: str) -> Call:
        """Return the call with one member of its body taken out."""
        return replace(self, body=_changed(self.body, pointer, _REMOVED))

    def with_body(self, body: Any) -> Call:
        """Return the call with another body: a JSON value, or bytes as they go over the wire."""
        return replace(self, body=body)

    def with_header(self, name: str, value: str) -> Call:
        """Return the call with one more signed header, e.g. a simulation code."""
        return replace(self, headers=(*self.headers, (name, value)))

    def with_unsigned_header(self, name: str, value: str) -> Call:
        """Return the call with one more header that the signature does not cover."""
        return replace(self, unsigned=(*self.unsigned, (name, value)))

    def without_key(self) -> Call:
        """Return the call with no idempotency key."""
        return replace(self, idempotent=False)

    def with_key(self, key: str) -> Call:
        """Return the call with this idempotency key."""
        return replace(self.with_header("x-amz-pay-idempotency-key", key), idempotent=False)

    def at_path(self, path: str) -> Call:
        """Return the call sent to another path."""
        return replace(self, path=path)

    def content(self) -> bytes:
        """Return the bytes of the body, in the names of the version."""
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        body = self.body
        if self.api == "v1" and isinstance(body, dict):
            body = {_RENAMED_IN_V1.get(name, name): value for name, value in body.items()}
        return _WRITER.encode(body).encode()


@dataclass(frozen=True, slots=True)
class Difference:
    """What two calls differ in: ``places`` are e.g. ``path`` or ``body /chargeAmount/amount``."""

    places: tuple[str, ...] = field(default=())

    @classmethod
    def between(cls, one: Call, other: Call) -> Difference:
        """Return all places in which the calls differ."""
        places = [
            name
            for name in ("method", "path", "headers", "unsigned", "idempotent")
            if getattr(one, name) != getattr(other, name)
        ]
        # A key in place of a fresh one, and the flag that goes with it, are one change.
        if places == ["headers", "idempotent"]:
            places = ["headers"]
        return cls((*places, *_differences(one.body, other.body, "")))


def _differences(one: Any, other: Any, pointer: str) -> list[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        return [
            place
            for name in sorted(one.keys() | other.keys())
            for place in _differences(
                one.get(name, _REMOVED), other.get(name, _REMOVED), f"{pointer}/{name}"
            )
        ]
    same = type(one) is type(other) and one == other
    return [] if same else [f"body {pointer}"]


def _changed(body: Any, pointer: str, value: Any) -> Any:
    if not isinstance(body, dict) or not pointer.startswith("/"):
        raise ValueError(f"{pointer!r} can't be changed in a body that is no JSON object")
    body = deepcopy(body)
    *way, last = pointer[1:].split("/")
    place = body
    for step in way:
        place = place.setdefault(step, {})
    if value is not _REMOVED:
        place[last] = value
    elif place.pop(last, _REMOVED) is _REMOVED:
        raise ValueError(f"the body has no {pointer} to be taken out")
    return body
