"""Requests as they go over the wire, signed ahead, for a load generator to replay."""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pay_conformance.signing import Signer

_HOST = "https://pay-api.amazon.com"
_PREFIX = "/sandbox/v2"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Shop:
    """Who signs: a merchant of the mock."""

    key_id: str
    private_key: str
    store_id: str

    @property
    def body(self) -> bytes:
        """The body of a Create Checkout Session as a shop sends it."""
        return json.dumps(
            {
                "webCheckoutDetails": {"checkoutReviewReturnUrl": "https://shop.example/review"},
                "storeId": self.store_id,
            }
        ).encode()

    def creates(self, first: int, count: int) -> list[bytes]:
        """Return so many signed creates, each with an idempotency key of its own."""
        signer, body = Signer(self.key_id, self.private_key), self.body
        url = f"{_HOST}{_PREFIX}/checkoutSessions"
        return [
            raw(
                "POST",
                f"{_PREFIX}/checkoutSessions",
                signer.sign("POST", url, body, idempotency_key=f"BENCH{number:027d}"),
                body,
            )
            for number in range(first, first + count)
        ]

    def reads(self, sessions: Iterable[str]) -> list[bytes]:
        """Return a signed GET for each session."""
        signer = Signer(self.key_id, self.private_key)
        paths = [f"{_PREFIX}/checkoutSessions/{session}" for session in sessions]
        return [raw("GET", path, signer.sign("GET", _HOST + path, b""), b"") for path in paths]


def many_creates(shop: Shop, count: int) -> list[bytes]:
    """Return so many signed creates, made by two processes."""
    firsts = range(0, count, _AT_ONCE)
    with ProcessPoolExecutor(2) as signers:
        parts = signers.map(shop.creates, firsts, [_AT_ONCE] * len(firsts))
        return [request for part in parts for request in part]


def raw(method: str, path: str, headers: Iterable[tuple[str, str]], body: bytes) -> bytes:
    """Return a request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "host: pay-api.amazon.com"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body:
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def unprefixed(requests: Iterable[bytes]) -> list[bytes]:
    """Return the requests with the paths of the document, as Prism knows them."""
    return [request.replace(f" {_PREFIX}/".encode(), b" /", 1) for request in requests]


def store(path: Path, requests: Iterable[bytes]) -> Path:
    """Write requests to a file, for :mod:`benchmarks.wrk`."""
    path.write_bytes(b"\0".join(requests))
    return path
