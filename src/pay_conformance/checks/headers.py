"""Holds the headers of answers against what clients read from them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from pay_conformance.checks.history import History
from pay_conformance.checks.registry import check, held
from pay_conformance.checks.view import View
from pay_conformance.findings import Finding, Outcome

REQUEST_ID: Final = "HDR-RESP-001"
CONTENT_TYPE: Final = "HDR-RESP-002"


@check(REQUEST_ID)
def answer_has_a_request_id(view: View, _history: History) -> Iterator[Outcome]:
    """Every answer of the API carries x-amz-pay-request-id."""
    response = view.exchange.response
    if response is None or not response.headers or view.exchange.request is None:
        return
    if view.answered.get("x-amz-pay-request-id"):
        yield held(REQUEST_ID)
    else:
        yield Finding(
            REQUEST_ID,
            "the answer has no x-amz-pay-request-id",
            "",
            "x-amz-pay-request-id: an id",
            None,
            part="response headers",
        )


@check(CONTENT_TYPE)
def body_is_announced_as_json(view: View, _history: History) -> Iterator[Outcome]:
    """A body is announced as application/json, in UTF-8 where a charset is given."""
    response = view.exchange.response
    if response is None or not response.headers or view.response.empty:
        return
    found = view.answered.get("content-type")
    if _is_json(found or ""):
        yield held(CONTENT_TYPE)
    else:
        yield Finding(
            CONTENT_TYPE,
            "the body is not announced as JSON",
            "",
            "Content-Type: application/json",
            found,
            part="response headers",
        )


@lru_cache(maxsize=256)
def _is_json(content_type: str) -> bool:
    kind, _, parameters = content_type.partition(";")
    charset = parameters.replace(" ", "").replace('"', "").lower()
    return kind.strip().lower() == "application/json" and charset in ("", "charset=utf-8")
