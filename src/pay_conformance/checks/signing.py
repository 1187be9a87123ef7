"""Holds the signature of each request against the request as it was sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from pay_conformance.checks.history import History
from pay_conformance.checks.registry import check, held
from pay_conformance.checks.view import View
from pay_conformance.exchange import Request
from pay_conformance.findings import Finding, Outcome
from pay_conformance.signing import (
    PublicKey,
    Refusal,
    Stage,
    Verified,
    load_public_key,
    parse_pay_date,
    read_signature,
    verify,
)

RULES: Final = {
    Stage.HEADER: "SIG-SEND-001",
    Stage.DATE: "SIG-SEND-002",
    Stage.CANONICAL_REQUEST: "SIG-SEND-003",
    Stage.SIGNATURE: "SIG-SEND-004",
}
"""Which rule each step of verification decides. An unknown key says nothing about the client."""

_STEPS: Final = tuple((stage, RULES.get(stage)) for stage in Stage)
_EXPECTED: Final = {
    Stage.HEADER: "all the headers of a signed request, each once",
    Stage.DATE: "yyyyMMddTHHmmssZ or yyyy-MM-ddTHH:mm:ssZ, the time of sending",
    Stage.CANONICAL_REQUEST: "names in lower case, sorted, all of them sent",
    Stage.SIGNATURE: "a signature of exactly this request",
}
_KEPT_BACK: Final = ("[redacted]", "redacted", "***")
_FEW: Final = max(map(len, _KEPT_BACK))


@check(*RULES.values(), side="request")
def request_is_signed(view: View, history: History) -> Iterator[Outcome]:
    """A request is signed as the API asks; verified in full where its public key is known."""
    request = view.exchange.request
    if request is None or not request.headers or view.operation is None:
        return
    signed = view.asked.get("authorization", "").lstrip()[:_FEW].lower()
    if (view.exchange.notes and _is_noted(view)) or signed.startswith(_KEPT_BACK):
        return  # the recorder took the signature out: nothing is known of it
    now = view.exchange.started or parse_pay_date(view.asked.get("x-amz-pay-date", ""))
    moment = _aware(now or _NO_TIME)
    known = history.public_keys
    result = (
        verify(request, lambda name: _key(known.get(name)), moment)
        if known
        else read_signature(request, moment, asked=view.asked)
    )
    if isinstance(result, Refusal):
        failed: Stage | None = result.stage
    else:
        failed = None if isinstance(result, Verified) else Stage.KEY
    for stage, rule in _STEPS:
        if stage is failed:
            if rule is not None and isinstance(result, Refusal):
                key = _key(known.get(result.public_key_id))
                yield Finding(
                    rule,
                    _why(result, request, key),
                    "",
                    _EXPECTED[stage],
                    result.message,
                    part="request headers",
                )
            return
        if rule is not None:
            yield held(rule)


def _why(refusal: Refusal, request: Request, key: PublicKey | None) -> str:
    """Return what is wrong, with the mistakes that would make exactly this signature."""
    if refusal.stage is not Stage.SIGNATURE or key is None:
        return refusal.detail
    # Few runs meet a wrong signature.
    from pay_conformance.signing.explain import likely_mistakes

    return ": ".join((refusal.detail, *likely_mistakes(request, refusal.canonical, key)))


def _is_noted(view: View) -> bool:
    return any(name == "authorization" and text for name, text in view.exchange.notes)


@lru_cache(maxsize=1024)
def _key(pem: str | None) -> PublicKey | None:
    return load_public_key(pem) if pem is not None else None


_NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
