"""Signs requests and button payloads as the official SDKs do."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import urlsplit

from pay_conformance.signing.canonical import (
    Algorithm,
    canonical_request,
    string_to_sign,
)
from pay_conformance.signing.keys import load_private_key
from pay_conformance.signing.signature import make_signature

HOSTS = {"na": "pay-api.amazon.com", "eu": "pay-api.amazon.eu", "jp": "pay-api.amazon.jp"}
REGIONS = {"na": "na", "us": "na", "eu": "eu", "de": "eu", "uk": "eu", "jp": "jp"}
"""The names of regions that SDKs take, in lower case, and what each means."""

GivenHeaders = Mapping[str, str] | Iterable[tuple[str, str]]


def pay_date(moment: datetime) -> str:
    """Return a moment as ``x-amz-pay-date`` has it: ``20260131T094401Z``."""
    return _written(math.floor(moment.timestamp()))


@lru_cache(maxsize=64)
def _written(seconds: int) -> str:
    at = datetime.fromtimestamp(seconds, UTC)
    return f"{at.year:04d}{at.month:02d}{at.day:02d}T{at.hour:02d}{at.minute:02d}{at.second:02d}Z"


def default_headers(host: str, region: str, moment: datetime) -> list[tuple[str, str]]:
    """Return the headers that every official SDK sends and signs, in their order."""
    return [
        ("accept", "application/json"),
        ("content-type", "application/json"),
        ("x-amz-pay-date", pay_date(moment)),
        ("x-amz-pay-host", host),
        ("x-amz-pay-region", region),
    ]


def with_defaults(
    given: GivenHeaders | None, defaults: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Return the headers given, and those defaults that they don't name, whatever the case."""
    pairs = list(given.items() if isinstance(given, Mapping) else given or ())
    named = {name.strip().lower() for name, _ in pairs}
    return [*((name, value) for name, value in defaults if name not in named), *pairs]


class Signer:
    """Signs with one private key.

    ``private_key_pem`` is PEM text, ``algorithm`` one of the two names, ``region`` is sent as it is
    in ``x-amz-pay-region``. With ``remembers`` a text that was signed among the last so many is not
    signed again: to read an object twice within a second is to send the same request twice.

    Raises:
        ConfigurationProblem: if the key can't be used.
        ValueError: if the algorithm is unknown.

    """

    def __init__(
        self,
        public_key_id: str,
        private_key_pem: str,
        algorithm: str = Algorithm.PSS_V2,
        region: str = "na",
        *,
        remembers: int = 0,
    ) -> None:
        self.public_key_id = public_key_id
        self.algorithm = Algorithm(algorithm)
        self.region = region
        self._key = load_private_key(private_key_pem)
        self._remembers = remembers
        self._signatures: dict[str, str] = {}

    def sign(
        self,
        method: str,
        url: str,
        body: bytes,
        headers: GivenHeaders | None = None,
        *,
        now: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> list[tuple[str, str]]:
        """Return all the headers with which to send a request, ``authorization`` among them.

        ``url`` is absolute; its path and query are signed as they stand. ``headers`` replace the
        defaults of the same name, and all of them are signed. ``now`` defaults to the wall clock.
        """
        parts = urlsplit(url)
        defaults = default_headers(parts.hostname or "", self.region, now or datetime.now(UTC))
        if idempotency_key is not None:
            defaults.append(("x-amz-pay-idempotency-key", idempotency_key))
        signed = with_defaults(headers, defaults)
        canonical = canonical_request(method, parts.path, parts.query, signed, body)
        return [*signed, ("authorization", self.authorization(canonical, signed))]

    def authorization(self, canonical: str, signed: Iterable[tuple[str, str]]) -> str:
        """Return the value of the ``authorization`` header for a canonical request."""
        names = ";".join(sorted({name.strip().lower() for name, _ in signed}))
        signature = self.signature(string_to_sign(self.algorithm, canonical))
        return (
            f"{self.algorithm} PublicKeyId={self.public_key_id}, "
            f"SignedHeaders={names}, Signature={signature}"
        )

    def signature(self, text: str) -> str:
        """Return the signature of a string to sign, as base64.

        It differs from call to call, but for what is remembered.
        """
        known = self._signatures.get(text)
        if known is None:
            known = make_signature(self._key, text, self.algorithm)
            if self._remembers:
                if len(self._signatures) >= self._remembers:
                    del self._signatures[next(iter(self._signatures))]
                self._signatures[text] = known
        return known


def sign_button(payload: str | bytes, signer: Signer) -> str:
    """Return the signature of a button's payload, as base64.

    The payload is signed as the bytes it is, and the page has to show the very same bytes. There is
    no date in it, so that the signature never expires.
    Source: published SDKs and logs: button signature
    """
    return signer.signature(string_to_sign(signer.algorithm, payload))
