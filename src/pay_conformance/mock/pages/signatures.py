"""Finds out what a button's signature would fit, when it does not fit the payload that arrived."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator

from pay_conformance.mock.merchants import Merchants
from pay_conformance.mock.store import Merchant
from pay_conformance.signing import Algorithm, PublicKey, Verified, verify_button

_NO_IDEA = (
    "The signature fits neither another spelling of this payload nor another key. Sign exactly "
    "the text that the page passes as payloadJSON, with the private key that belongs to "
    "publicKeyId."
)


def explain(
    payload: str, signature: str, algorithm: str, merchant: Merchant, merchants: Merchants
) -> str:
    """Return sentences that say why a signature does not fit, and what to change."""
    for other in Algorithm:
        if other != algorithm and _fits(payload, signature, merchant.key, other):
            return (
                f"The signature was made with {other}, but the button says {algorithm}: pass "
                f"algorithm: '{other}' next to the signature. Without it, "
                f"{Algorithm.PSS} is meant."
            )
    for changed, spelling in _spellings(payload):
        if any(_fits(spelling, signature, merchant.key, each) for each in Algorithm):
            return (
                f"The signature fits the payload {changed}. What is signed and what the page "
                "passes as payloadJSON have to be the same text, byte for byte."
            )
    for candidate in merchants.by_key.values():
        known = any(_fits(payload, signature, candidate.key, each) for each in Algorithm)
        if candidate is not merchant and known:
            return (
                f"The signature was made with the private key of {candidate.key_id}, but the "
                f"button names {merchant.key_id} as publicKeyId."
            )
    return _NO_IDEA


def _fits(payload: str, signature: str, key: PublicKey, algorithm: str) -> bool:
    try:
        return isinstance(verify_button(payload, signature, key, algorithm), Verified)
    except UnicodeEncodeError:
        return False  # half a character, which an escape of JSON can name, can't have been signed


def _spellings(payload: str) -> Iterator[tuple[str, str]]:
    """Yield what pages and JSON writers make of one payload, with a name for each."""
    yield "before its characters were escaped for HTML", html.unescape(payload)
    yield "after its characters were escaped for HTML", html.escape(payload)
    yield "without the white space around it", payload.strip()
    yield "with Unix line ends", payload.replace("\r\n", "\n")
    yield "with its slashes escaped", payload.replace("/", "\\/")
    yield "with its slashes not escaped", payload.replace("\\/", "/")
    yield "with its backslashes taken away", payload.replace("\\", "")
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        return
    for ascii_only in (False, True):
        kind = "with other characters escaped" if ascii_only else "with no character escaped"
        tight = json.dumps(value, separators=(",", ":"), ensure_ascii=ascii_only)
        yield f"without spaces between its members, {kind}", tight
        yield (
            f"without spaces between its members, {kind}, slashes escaped",
            tight.replace("/", "\\/"),
        )
        yield f"with spaces between its members, {kind}", json.dumps(value, ensure_ascii=ascii_only)
        yield f"indented, {kind}", json.dumps(value, ensure_ascii=ascii_only, indent=2)
        yield f"indented by four, {kind}", json.dumps(value, ensure_ascii=ascii_only, indent=4)
