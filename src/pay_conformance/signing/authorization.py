"""Reads the ``authorization`` header of a signed request."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from pay_conformance.signing.canonical import Algorithm

_SHAPE = re.compile(
    r"(?P<algorithm>AMZN-PAY-RSASSA-PSS(?:-V2)?) +"
    r"PublicKeyId=(?P<key>[\x21-\x2b\x2d-\x7e]+), *"
    r"SignedHeaders=(?P<headers>[\x21-\x2b\x2d-\x7e]+), *"
    r"Signature=(?P<signature>[A-Za-z0-9+/]+={0,2})"
)
_ALGORITHMS = {str(algorithm): algorithm for algorithm in Algorithm}
LONGEST = 8192
"""Longer values are not read: no signature and no list of headers comes near it."""


@dataclass(frozen=True, slots=True)
class Authorization:
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
    match = _SHAPE.fullmatch(value.strip()) if len(value) <= LONGEST else None
    if match is None:
        return None
    algorithm, key, headers, signature = match.groups()
    return Authorization(_ALGORITHMS[algorithm], key, _names(headers), signature)


@lru_cache(maxsize=256)
def _names(headers: str) -> tuple[str, ...]:
    return tuple(headers.split(";"))
