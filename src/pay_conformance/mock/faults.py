"""Faults on request: what networks and busy servers do to a client, aimed and repeatable."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, Literal, get_args

from pay_conformance.contract import Contract
from pay_conformance.exchange import Headers, Response

Kind = Literal[
    "error",
    "latency",
    "reset",
    "cut",
    "slow body",
    "truncated",
    "html",
    "content type",
    "tls alert",
]
KINDS: Final[tuple[str, ...]] = get_args(Kind)
"""error: a status of the service or of a gateway. latency: the answer comes late. reset: the
connection is reset before any answer. cut: it is reset in the middle of the body. slow body: the
body drips. truncated: the JSON ends early, with a matching length. html: a page instead of JSON.
content type: JSON that says it is something else. tls alert: instead of an answer comes a fatal
alert that the client's TLS can't accept; without TLS it is a reset."""

Moment = Literal["before", "after"]
"""Whether the request has its effect first. Faults of the answer always come after it."""

CODES: Final[Mapping[int, str]] = {
    400: "InvalidRequest",
    408: "RequestTimeout",
    425: "TooEarly",
    429: "TooManyRequests",
    500: "InternalServerError",
    503: "ServiceUnavailable",
}
"""The reason code that the service gives with a status. Others come from a gateway, as a page."""

STATUSES: Final = frozenset({*CODES, 502, 504})
LONGEST = 300.0
"""Seconds that an answer may be held back."""

_PAGE = b"<html><head><title>%d</title></head><body><h1>%d</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Disturbed(Response):
    """A response, and what happens to it on its way.

    ``delay`` seconds pass before it. ``reset`` says whether the connection is reset before it,
    in the middle of its body, or after a TLS alert. ``drip`` is the time in seconds that the body
    takes.
    """

    delay: float = 0.0
    reset: Literal["", "before", "middle", "alert"] = ""
    drip: float = 0.0


@dataclass(slots=True)
class Fault:
    """One fault that waits for its requests: the next ``left`` of them, or a share for ever."""

    kind: Kind
    operation: str = ""
    moment: Moment = "before"
    status: int = 500
    seconds: float = 1.0
    left: int | None = 1
    share: float = 1.0

    @property
    def prevents(self) -> bool:
        """Whether the request has no effect."""
        return self.kind in ("error", "reset", "tls alert") and self.moment == "before"

    def shown(self) -> dict[str, Any]:
        """Return the fault as the control API shows it."""
        return {
            "kind": self.kind,
            "operation": self.operation or None,
            "moment": self.moment,
            "status": self.status,
            "seconds": self.seconds,
            "count": self.left,
            "share": self.share,
        }


@dataclass(slots=True)
class Faults:
    """The faults that wait for one merchant's requests. The same seed picks the same requests."""

    random: Random
    waiting: list[Fault] = field(default_factory=list)

    def take(self, operation: str) -> Fault | None:
        """Return the fault that befalls a request for an operation, if one does."""
        for fault in self.waiting:
            if fault.operation not in ("", operation):
                continue
            if fault.share < 1 and self.random.random() >= fault.share:
                continue
            if fault.left is not None:
                fault.left -= 1
                if fault.left == 0:
                    self.waiting.remove(fault)
            return fault
        return None


def parsed(given: Mapping[str, Any], operations: frozenset[str]) -> Fault:
    """Return the fault that a control request describes.

    Without ``count`` and ``share`` it befalls the next request; with a share alone it stays.

    Raises:
        ValueError: with a sentence that says what is wrong.
    """
    unknown = given.keys() - {
        "kind", "operation", "moment", "status", "seconds", "count", "share"
    }  # fmt: skip
    if unknown:
        raise ValueError(f"a fault has no {min(unknown)}")
    kind, operation = given.get("kind"), given.get("operation")
    operation = "" if operation is None else operation
    if kind not in KINDS:
        raise ValueError(f"kind is one of: {', '.join(KINDS)}")
    if not isinstance(operation, str) or (operation and operation not in operations):
        raise ValueError(f"operation is one of: {', '.join(sorted(operations))}")
    moment = given.get("moment", "before")
    if moment not in ("before", "after"):
        raise ValueError("moment is before or after the effect of the request")
    status = given.get("status", 500)
    if not isinstance(status, int) or status not in STATUSES:
        raise ValueError(f"status is one of: {', '.join(map(str, sorted(STATUSES)))}")
    seconds = _number(given, "seconds", 1.0, LONGEST)
    share = _number(given, "share", 1.0, 1.0)
    count = given.get("count", None if "share" in given else 1)
    if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 1):
        raise ValueError("count is a whole number from 1, or null for every matching request")
    return Fault(kind, operation, moment, status, seconds, count, share)


def disturb(response: Response, fault: Fault, contract: Contract) -> Response:
    """Return what becomes of a response under a fault."""
    if fault.kind == "error":
        return _error(response.headers, fault.status, contract)
    status, headers, body = response.status, response.headers, response.body
    match fault.kind:
        case "latency":
            return Disturbed(status, headers, body, delay=fault.seconds)
        case "slow body":
            return Disturbed(status, headers, body, drip=fault.seconds)
        case "reset" | "cut":
            where: Literal["before", "middle"] = "before" if fault.kind == "reset" else "middle"
            return Disturbed(status, headers, body, reset=where)
        case "tls alert":
            return Disturbed(status, headers, body, reset="alert")
        case "truncated":
            body = body[: len(body) // 2]
        case "html":
            headers, body = _typed(headers, "text/html"), _PAGE % (status, status)
        case "content type":
            headers = _typed(headers, "text/plain")
    return Response(status, headers, body)


def _error(headers: Headers, status: int, contract: Contract) -> Response:
    code = CODES.get(status)
    if code is None:
        return Response(status, _typed(headers, "text/html"), _PAGE % (status, status))
    error = {"reasonCode": code, "message": contract.errors[code].message}
    return Response(status, headers, json.dumps(error).encode())


def _typed(headers: Headers, kind: str) -> Headers:
    return tuple((name, kind if name == "content-type" else value) for name, value in headers)


def _number(given: Mapping[str, Any], name: str, default: float, most: float) -> float:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
        raise ValueError(f"{name} is a number above 0, up to {most:g}")
    return float(value)
