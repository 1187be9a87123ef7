"""Reads the ``authorization`` header of a signed request."""

from __future__ import annotations

import re
import string
from functools import lru_cache
from typing import NamedTuple

from pay_conformance.signing.canonical import Algorithm

_HEAD = (
    r"(AMZN-PAY-RSASSA-PSS(?:-V2)?) +"
    r"PublicKeyId=([\x21-\x2b\x2d-\x7e]+), *"
    r"SignedHeaders=([\x21-\x2b\x2d-\x7e]+), *"
)
_MARK = "Signature="
_USUAL_HEAD = re.compile(_HEAD)
_SHAPE = re.compile(rf"{_HEAD}{_MARK}([A-Za-z0-9+/]+={{0,2}})")
_BASE64 = f"{string.ascii_letters}{string.digits}+/".encode()
_ALGORITHMS = {str(algorithm): algorithm for algorithm in Algorithm}
LONGEST = 8192
"""Longer values are not read: no signature and no list of headers comes near it."""


class Authorization(NamedTuple):
    """What the header says. ``signed_headers`` are the names as written, in the order written."""

    algorithm: Algorithm
    public_key_id: str
    signed_headers: tuple[str, ...]
    signature: str


def parse_authorization(value: str) -> Authorization | None:
    """Return what an ``authorization`` header says, or ``None`` if it has another form.

    The form is ``ALGORITHM PublicKeyId=ID, SignedHeaders=a;b;c, Signature=BASE64``, the parts in
    this order, as all SDKs write it.
    """
    if len(value) > LONGEST:
        return None
    text = value.strip()
    # All of a client's headers begin alike, so that only the signature has to be looked at.
    head, _, signature = text.partition(_MARK)
    known = _begun(head)
    if known is not None and _is_base64(signature):
        return Authorization(*known, signature)
    match = _SHAPE.fullmatch(text)
    return None if match is None else Authorization(*_named(match), match[4])


@lru_cache(maxsize=256)
def _begun(head: str) -> tuple[Algorithm, str, tuple[str, ...]] | None:
    match = _USUAL_HEAD.fullmatch(head)
    return None if match is None else _named(match)


def _named(match: re.Match[str]) -> tuple[Algorithm, str, tuple[str, ...]]:
    return _ALGORITHMS[match[1]], match[2], tuple(match[3].split(";"))


def _is_base64(text: str) -> bool:
    digits = text.rstrip("=")
    if not digits or len(text) - len(digits) > 2 or not digits.isascii():
        return False
    # To delete what may be there, and to see whether something is left, is faster than to match.
    return not digits.encode().translate(None, _BASE64)
