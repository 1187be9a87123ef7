"""Makes signed requests, and changes one thing of them, as the vector files say."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pay_conformance.exchange import Request
from pay_conformance.signing import (
    PublicKey,
    Signer,
    load_private_key,
    new_private_pem,
)

HERE = Path(__file__).parent
NOW = datetime(2026, 1, 31, 9, 44, 1, tzinfo=UTC)
KEY_ID = "SANDBOX-AF5PB"
HOST = "https://pay-api.amazon.com"
BODY = b'{"amount":"1.00"}'


@cache
def private_pem() -> str:
    """The key of all tests of a process: making one takes long."""
    return new_private_pem()


def public_key() -> PublicKey:
    return load_private_key(private_pem()).public_key()


def known(key_id: str) -> PublicKey | None:
    return public_key() if key_id == KEY_ID else None


def load(name: str) -> Any:
    return yaml.safe_load((HERE / "vectors" / name).read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Story:
    """A vector: what to sign, and what to change afterwards."""

    signed: dict[str, str]
    path: str = "/v2/charges"
    algorithm: str = "AMZN-PAY-RSASSA-PSS-V2"
    key_id: str = KEY_ID

    def request(self) -> Request:
        signer = Signer(self.key_id, private_pem(), self.algorithm)
        url = HOST + self.path
        headers = signer.sign("POST", url, BODY, self.signed, now=NOW)
        return Request("POST", url, tuple(headers), BODY)


def story(vector: dict[str, Any], **changes: str) -> Story:
    signed = {name: str(value) for name, value in vector.get("signed", {}).items()}
    return Story(signed, key_id=vector.get("key-id", KEY_ID), **changes)


def changed(request: Request, vector: dict[str, Any]) -> Request:
    """Return the request with the changes that a vector names, made after it was signed."""
    headers = [pair for pair in request.headers if pair[0] != vector.get("drop")]
    headers = [(name, vector.get("set", {}).get(name, value)) for name, value in headers]
    headers += vector.get("unsigned", {}).items()
    if "names" in vector:
        headers = [
            (name, re.sub("SignedHeaders=[^,]+", f"SignedHeaders={vector['names']}", value))
            for name, value in headers
        ]
    return replace(
        request,
        method=vector.get("method", request.method),
        url=HOST + vector["path"] if "path" in vector else request.url,
        headers=tuple(headers),
        body=vector["body"].encode() if "body" in vector else request.body,
    )
