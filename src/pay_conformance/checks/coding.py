"""Bodies that are compressed on the wire, as they are judged: undone."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Final

from pay_conformance.checks.body import LONGEST
from pay_conformance.exchange import Response, as_headers

_CODINGS: Final = {"gzip": 31, "x-gzip": 31, "deflate": 47}


def without_coding(response: Response) -> Response:
    """Return a response with its body after content decoding, within the bound of a body.

    What is coded in another way, or not at all, or wrongly, is returned as it is.
    """
    coding = (response.header("content-encoding") or "").strip().lower()
    window = _CODINGS.get(coding)
    if window is None or response.body[:1] in (b"{", b"[", b""):
        return response
    try:
        body = zlib.decompressobj(window).decompress(response.body, LONGEST + 1)
    except zlib.error:
        return response
    headers = as_headers(
        (key, value) for key, value in response.headers if key.lower() != "content-encoding"
    )
    return replace(response, headers=headers, body=body)
