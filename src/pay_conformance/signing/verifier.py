"""Verifies the signature of a request or of a button payload, and names the stage that failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from pay_conformance.exchange import Request, lower_names
from pay_conformance.signing.authorization import Authorization, parse_authorization
from pay_conformance.signing.canonical import (
    Algorithm,
    canonical_request,
    canonical_text,
    canonical_values,
    string_to_sign,
)
from pay_conformance.signing.dates import Freshness, parse_pay_date
from pay_conformance.signing.keys import PublicKey
from pay_conformance.signing.signature import fits
from pay_conformance.signing.signer import REGIONS

ALWAYS_SIGNED = ("accept", "content-type", "x-amz-pay-date", "x-amz-pay-host", "x-amz-pay-region")
"""Every official SDK sends and signs these on every call, GET included."""
SIGNED_IF_SENT = ("x-amz-pay-idempotency-key",)
UNREPEATABLE = ("authorization", *ALWAYS_SIGNED, *SIGNED_IF_SENT)
_REQUIRED = ("authorization", *ALWAYS_SIGNED)
_SIGNED = (*ALWAYS_SIGNED, *SIGNED_IF_SENT)
_USUAL = Freshness()
EXPECTED_FORM = "ALGORITHM PublicKeyId=ID, SignedHeaders=a;b, Signature=BASE64"


class Stage(StrEnum):
    """The steps of verification, in their order."""

    HEADER = "header"
    DATE = "date"
    CANONICAL_REQUEST = "canonical request"
    KEY = "key"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature that holds, and what it covers."""

    public_key_id: str
    algorithm: Algorithm
    canonical: str
    string_to_sign: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that is not let in.

    ``reason_code`` and ``message`` are what the server answers; ``detail`` says the same to the
    person who has to mend it. ``canonical`` and ``string_to_sign`` are the server's own, empty
    where it did not get that far.
    """

    stage: Stage
    reason_code: str
    message: str
    detail: str
    public_key_id: str = ""
    canonical: str = ""
    string_to_sign: str = ""


def verify(
    request: Request,
    key_for: Callable[[str], PublicKey | None],
    now: datetime,
    freshness: Freshness | None = None,
) -> Verified | Refusal:
    """Verify a request as it arrived.

    ``key_for`` gives the public key of a public key id, or ``None`` for an unknown one. ``now`` is
    the server's time, aware. Tolerated is what real SDKs send and nothing more: both forms of the
    date, a region in any case, extra signed headers, a simulation header signed or not, any path.

    Source: published SDKs and logs: signing
    """
    headers = _by_name(request)
    authorization = _read(request, headers, now, freshness)
    if isinstance(authorization, Refusal):
        return authorization
    return _signature(request, headers, authorization, key_for)


def read_signature(
    request: Request,
    now: datetime,
    freshness: Freshness | None = None,
    asked: Mapping[str, str] | None = None,
) -> Authorization | Refusal:
    """Do all of :func:`verify` for which no key is needed; return what a key has to be held to.

    ``asked`` are the request's headers by name in lower case, of repeated ones the first, where
    the caller has them already.
    """
    is_whole = asked is not None and len(asked) == len(request.headers)
    headers = _Headers(asked, {}) if asked is not None and is_whole else _by_name(request)
    return _read(request, headers, now, freshness)


def _read(
    request: Request,
    headers: _Headers,
    now: datetime,
    freshness: Freshness | None,
) -> Authorization | Refusal:
    authorization = _read_headers(headers)
    if isinstance(authorization, Refusal):
        return authorization
    return (
        _date(headers.first["x-amz-pay-date"], authorization, now, freshness or _USUAL)
        or _coverage(request, headers, authorization)
        or authorization
    )


def verify_button(
    payload: str | bytes, signature: str, key: PublicKey, algorithm: str
) -> Verified | Refusal:
    """Verify the signature of a button's payload. There is no date, so it never expires."""
    pinned = Algorithm(algorithm)
    text = string_to_sign(pinned, payload)
    if fits(key, signature, text, pinned):
        return Verified("", pinned, "", text)
    return _invalid_signature(text, "the signature does not fit the payload", "", "")


def _read_headers(headers: _Headers) -> Authorization | Refusal:
    wrong = _are_all_there(headers)
    if wrong is not None:
        return wrong
    region = headers.first["x-amz-pay-region"].strip()
    if region not in REGIONS and region.lower() not in REGIONS:
        return _refuse(
            "InvalidHeaderValue",
            f"The value {region} provided for x-amz-pay-region is not valid",
            f"send one of {', '.join(REGIONS)} as x-amz-pay-region",
        )
    found = parse_authorization(headers.first["authorization"])
    if found is None:
        return _refuse(
            "InvalidHeaderValue",
            "The value provided for authorization is not valid",
            f"write authorization as {EXPECTED_FORM}",
        )
    return found


def _are_all_there(headers: _Headers) -> Refusal | None:
    """Refuse what lacks a header that is asked for, or has one twice that can't be repeated."""
    for name in _REQUIRED:
        value = headers.first.get(name)
        if value is None:
            return _refuse(
                "MissingHeader", f"The required header {name} is missing.", f"send {name}"
            )
        if not value or value.isspace():
            return _refuse(
                "MissingHeaderValue",
                f"Value is missing for the required header {name}",
                f"give {name} a value",
            )
    for name in UNREPEATABLE if headers.all else ():
        if name in headers.all:
            return _refuse(
                "InvalidHeaderValue",
                f"The values provided for {name} are not valid",
                f"send {name} once, not {len(headers.all[name])} times",
            )
    return None


def _date(
    header: str, authorization: Authorization, now: datetime, freshness: Freshness
) -> Refusal | None:
    value = header.strip()
    moment = parse_pay_date(value)
    if moment is None:
        problem, detail = "is not valid", "write it as 20260131T094401Z or 2026-01-31T09:44:01Z"
    elif moment > now + freshness.ahead:
        ahead = int((moment - now).total_seconds())
        problem, detail = "should not be in future", f"it is {ahead} s ahead of the server's time"
    elif moment < now - freshness.behind:
        behind = int((now - moment).total_seconds())
        problem, detail = "is too old", f"it is {behind} s behind the server's time"
    else:
        return None
    return Refusal(
        Stage.DATE,
        "InvalidHeaderValue",
        f"The value {value} provided for x-amz-pay-date {problem}",
        f"x-amz-pay-date {value}: {detail}",
        authorization.public_key_id,
    )


def _coverage(request: Request, headers: _Headers, authorization: Authorization) -> Refusal | None:
    """Refuse a list of signed headers from which no common canonical request can be built."""
    names, present = authorization.signed_headers, headers.first
    if _covers(names, tuple(present)):
        return None
    unsigned = [name for name in _SIGNED if name in present and name not in names]
    lower = [name.lower() for name in names]
    absent = [name for name, known in zip(names, lower, strict=True) if known not in present]
    if lower != list(names):
        detail = "SignedHeaders has names that are not in lower case"
    elif list(names) != sorted(set(names)):
        detail = "SignedHeaders is not sorted, or names a header twice"
    elif absent:
        detail = f"SignedHeaders names {', '.join(absent)}, which the request does not have"
    elif unsigned:
        detail = f"the request has {', '.join(unsigned)}, which SignedHeaders does not name"
    elif "authorization" in names:
        detail = "SignedHeaders names authorization, which can't be part of what is signed"
    else:
        return None
    signed = [(name, value) for name in set(lower) for value in headers.every(name)]
    canonical = canonical_request(request.method, request.path, request.query, signed, request.body)
    text = string_to_sign(authorization.algorithm, canonical)
    refusal = _invalid_signature(text, detail, canonical, authorization.public_key_id)
    return replace(refusal, stage=Stage.CANONICAL_REQUEST)


@lru_cache(maxsize=1024)
def _covers(names: tuple[str, ...], present: tuple[str, ...]) -> bool:
    """Say whether a list of signed headers is as it has to be, of a request that has ``present``.

    It is in order and in lower case, and names headers that are there, all among them that have to
    be signed.
    """
    return (
        list(names) == sorted({name.lower() for name in names})
        and set(names).issuperset(ALWAYS_SIGNED)
        and "authorization" not in names
        and set(names).issubset(present)
        and set(names).issuperset(name for name in SIGNED_IF_SENT if name in present)
    )


def _signature(
    request: Request,
    headers: _Headers,
    authorization: Authorization,
    key_for: Callable[[str], PublicKey | None],
) -> Verified | Refusal:
    key_id = authorization.public_key_id
    canonical = _canonical(request, headers, authorization.signed_headers)
    text = string_to_sign(authorization.algorithm, canonical)
    key = key_for(key_id)
    if key is None:
        return Refusal(
            Stage.KEY,
            "InvalidHeaderValue",
            f"The value {key_id} provided for PublicKeyId is not valid",
            f"no public key is known by the id {key_id}",
            key_id,
            canonical,
            text,
        )
    if fits(key, authorization.signature, text, authorization.algorithm):
        return Verified(key_id, authorization.algorithm, canonical, text)
    detail = "the signature does not fit the string to sign"
    return _invalid_signature(text, detail, canonical, key_id)


def _canonical(request: Request, headers: _Headers, names: tuple[str, ...]) -> str:
    """Return the canonical request, where the list of signed headers is as it has to be."""
    if headers.all:
        values = [",".join(canonical_values(headers.every(name))) for name in names]
    else:
        values = canonical_values([headers.first[name] for name in names])
    path, query = request.path, request.query
    return canonical_text(request.method, path, query, names, values, request.body)


class _Headers(NamedTuple):
    """The headers of a request, by their names in lower case."""

    first: Mapping[str, str]
    """The first value of each, in the order in which they were sent."""
    all: Mapping[str, Sequence[str]]
    """All values of those that were sent more than once."""

    def every(self, name: str) -> Sequence[str]:
        """Return all values of a header; none if it was not sent."""
        values = self.all.get(name)
        if values is None:
            return (self.first[name],) if name in self.first else ()
        return values


def _by_name(request: Request) -> _Headers:
    first = dict(request.headers)
    names = tuple(first)
    if len(first) == len(request.headers) and lower_names(names) == names:
        return _Headers(first, {})
    found: dict[str, list[str]] = {}
    for name, value in request.headers:
        found.setdefault(name.lower(), []).append(value)
    return _Headers(
        {name: values[0] for name, values in found.items()},
        {name: values for name, values in found.items() if len(values) > 1},
    )


def _refuse(reason_code: str, message: str, detail: str) -> Refusal:
    return Refusal(Stage.HEADER, reason_code, message, detail)


def _invalid_signature(text: str, detail: str, canonical: str, key_id: str) -> Refusal:
    return Refusal(
        Stage.SIGNATURE,
        "InvalidRequestSignature",
        f"Unable to verify signature, signing String [{text}]",
        detail,
        key_id,
        canonical,
        text,
    )
