"""What is kept and logged of a signature that failed, so that an integrator can see why."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from pay_conformance.exchange import Request
from pay_conformance.mock.bounds import MOST_FAILURES
from pay_conformance.mock.store import Merchant
from pay_conformance.record.redaction import Redactor
from pay_conformance.signing import Refusal
from pay_conformance.signing.explain import first_difference, mistakes, side_by_side
from pay_conformance.signing.verifier import Stage

_PATH_OF_A_BUYER = re.compile(r"(/buyers/)[^/?:\s]+")
_log = logging.getLogger("pay_conformance.mock.signatures")

_NO_IDEA = (
    "The signature fits no usual mistake under this key: is it made with the private key that "
    "belongs to the public key id? POST your canonical request as canonicalRequest to "
    "/_control/merchants/{key}/signature-failures/{id}, and see both side by side."
)


def keep(merchant: Merchant | None, request: Request, request_id: str, refusal: Refusal) -> None:
    """Keep a failure with the merchant whose key it names, and log it."""
    if merchant is None and not _log.isEnabledFor(logging.INFO):
        return
    failure = _of_request(merchant, request, request_id, refusal)
    if merchant is None:
        _tell(failure)
    else:
        add(merchant, failure)


def add(merchant: Merchant, failure: dict[str, Any]) -> None:
    """Keep a failure, and log it; the oldest goes when there are too many."""
    merchant.failures.append(failure)
    del merchant.failures[:-MOST_FAILURES]
    merchant.touched["settings", "failures"] = None
    _tell(failure)


def failed(
    *,
    request_id: str,
    method: str,
    url: str,
    stage: str,
    reason_code: str,
    message: str,
    detail: str,
    canonical: str,
    string_to_sign: str,
) -> dict[str, Any]:
    """Return a failure as the control API shows it; what the client signed is not known yet."""
    return {
        "requestId": request_id,
        "method": method,
        "url": url,
        "stage": stage,
        "reasonCode": reason_code,
        "message": message,
        "detail": detail,
        "canonicalRequest": canonical,
        "stringToSign": string_to_sign,
        "explanation": [],
        "clientCanonicalRequest": None,
        "firstDifference": None,
        "sideBySide": None,
    }


def compared(failure: Mapping[str, Any], theirs: str) -> dict[str, Any]:
    """Return a failure with the canonical request of the client beside the server's."""
    ours = failure["canonicalRequest"]
    difference = first_difference(theirs, ours)
    return {
        **failure,
        "clientCanonicalRequest": theirs,
        "firstDifference": None if difference is None else {
            "line": difference.line,
            "part": difference.part,
            "client": difference.theirs,
            "server": difference.ours,
        },
        "sideBySide": side_by_side(theirs, ours),
    }  # fmt: skip


def as_text(failure: Mapping[str, Any]) -> str:
    """Return a failure as the log shows it: without what a request has of a buyer or a token.

    The control API shows all of it to whoever owns the key, who needs it byte by byte.
    """
    return str(Redactor().told(_PATH_OF_A_BUYER.sub(r"\1[redacted]", _lined(failure))))


def _lined(failure: Mapping[str, Any]) -> str:
    lines = [
        f"{failure['method']} {failure['url']}: {failure['reasonCode']}, {failure['detail']}",
        *(f"  {sentence}" for sentence in failure["explanation"]),
    ]
    difference = failure["firstDifference"]
    if difference is not None:
        lines.append(f"  line {difference['line']} differs: {difference['part']}")
    shown = failure["sideBySide"] or failure["canonicalRequest"]
    if shown and failure["sideBySide"] is None:
        lines.append("  what the server signed:")
    lines += [f"  {line}" for line in shown.split("\n") if shown]
    return "\n".join(lines)


def _tell(failure: Mapping[str, Any]) -> None:
    if _log.isEnabledFor(logging.INFO):
        _log.info("%s", as_text(failure))


def _of_request(
    merchant: Merchant | None, request: Request, request_id: str, refusal: Refusal
) -> dict[str, Any]:
    failure = failed(
        request_id=request_id,
        method=request.method,
        url=request.path + (f"?{request.query}" if request.query else ""),
        stage=refusal.stage,
        reason_code=refusal.reason_code,
        message=refusal.message,
        detail=refusal.detail,
        canonical=refusal.canonical,
        string_to_sign=refusal.string_to_sign,
    )
    if merchant is None or refusal.stage is not Stage.SIGNATURE:
        return failure
    found = mistakes(request, refusal.canonical, merchant.key)
    if not found:
        return {**failure, "explanation": [_NO_IDEA.format(key=merchant.key_id, id=request_id)]}
    told = {**failure, "explanation": [mistake.says for mistake in found]}
    return compared(told, found[0].theirs)
