"""Whose key a request is signed with, and under which key it goes on to the upstream."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from pay_conformance.exchange import Request, Response
from pay_conformance.gateway.answers import error_answer
from pay_conformance.signing import (
    PublicKey,
    Refusal,
    Signer,
    canonical_request,
    load_private_key,
    load_public_key,
    parse_authorization,
    public_pem,
    verify,
)
from pay_conformance.targets.merchant import Merchant
from pay_conformance.targets.target import Target

_REGIONS = {"pay-api.amazon.eu": "eu", "pay-api.amazon.jp": "jp"}


class KeyRing:
    """The test merchant, whose credentials the application is given, and the keys of its own.

    A request that is signed with a key that the upstream does not know goes on signed anew, by a
    merchant that was made to stand in for that key, so that an application with a key of its own is
    served all the same. Where its public key is known (``known``: id to PEM) it is verified first.
    """

    def __init__(self, target: Target | None, known: Mapping[str, str], region: str = "na") -> None:
        self._target = target
        self._known: dict[str, PublicKey] = {
            name: load_public_key(pem) for name, pem in known.items()
        }
        self.merchant: Merchant | None = target.merchant(region) if target else None
        self.unknown: set[str] = set()
        self._stand_ins: dict[tuple[str, str], tuple[Merchant, Signer]] = {}
        self._lock = threading.Lock()

    @property
    def public_keys(self) -> dict[str, str]:
        """Public key id to public key (PEM) of all that can be verified."""
        found = {name: public_pem(key) for name, key in self._known.items()}
        if self.merchant is not None:
            key = load_private_key(self.merchant.private_key)
            found[self.merchant.public_key_id] = public_pem(key)
        return found

    def variables(self, folder: Path) -> dict[str, str]:
        """Return the environment variables that give a child the test merchant's credentials.

        The private key is there as PEM, and as a file in ``folder`` for those who want a path. It
        is worth nothing outside of this run.
        """
        merchant = self.merchant
        if merchant is None:
            return {}
        file = folder / "merchant-private-key.pem"
        file.write_text(merchant.private_key)
        return {
            "AMAZON_PAY_PUBLIC_KEY_ID": merchant.public_key_id,
            "AMAZON_PAY_PRIVATE_KEY": merchant.private_key,
            "AMAZON_PAY_PRIVATE_KEY_FILE": str(file),
            "AMAZON_PAY_STORE_ID": merchant.store_id,
            "AMAZON_PAY_MERCHANT_ID": merchant.merchant_id,
            "AMAZON_PAY_REGION": merchant.region,
            "AMAZON_PAY_ENVIRONMENT": "sandbox",
        }

    def acting(self, request: Request) -> Merchant | None:
        """Return the upstream's merchant for whom a request counts, or ``None``."""
        key_id = _key_id(request)
        if self.merchant is not None and key_id == self.merchant.public_key_id:
            return self.merchant
        stand_in = self._stand_ins.get((key_id, _region(request)))
        return stand_in[0] if stand_in else None

    def admit(self, request: Request) -> Request | Response:
        """Return the request as it goes on to the upstream, or the answer that refuses it."""
        if self._target is None:
            return request
        key_id = _key_id(request)
        own = self.merchant is not None and key_id == self.merchant.public_key_id
        if own or not key_id:
            return request
        if key_id in self._known:
            result = verify(request, self._known.get, datetime.now(UTC))
            if isinstance(result, Refusal):
                return error_answer(403, result.reason_code, result.message)
        else:
            self.unknown.add(key_id)
        return self._signed_anew(request, key_id, self._target)

    def _signed_anew(self, request: Request, key_id: str, target: Target) -> Request:
        with self._lock:
            place = (key_id, _region(request))
            if place not in self._stand_ins:
                merchant = target.merchant(_region(request))
                signer = Signer(merchant.public_key_id, merchant.private_key)
                self._stand_ins[place] = (merchant, signer)
            signer = self._stand_ins[place][1]
        authorization = parse_authorization(request.header("authorization") or "")
        if authorization is None:
            return request
        named = {name.lower() for name in authorization.signed_headers}
        signed = [pair for pair in request.headers if pair[0].lower() in named]
        parts = urlsplit(request.url)
        canonical = canonical_request(request.method, parts.path, parts.query, signed, request.body)
        headers = [pair for pair in request.headers if pair[0].lower() != "authorization"]
        headers.append(("authorization", signer.authorization(canonical, signed)))
        return replace(request, headers=tuple(headers))


def _key_id(request: Request) -> str:
    authorization = parse_authorization(request.header("authorization") or "")
    return authorization.public_key_id if authorization else ""


def _region(request: Request) -> str:
    return _REGIONS.get(urlsplit(request.url).hostname or "", "na")
