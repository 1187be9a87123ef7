"""What a recorded story looks like with its particulars taken out, so that two can be compared."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from pay_conformance.exchange import Exchange
from pay_conformance.record.recording import CONTROL

_IDENTIFIER = re.compile(
    r"(?<=/)(?:[0-9a-f]{8}-[0-9a-f-]{27}|[SPBC]\d\d-\d{7}-\d{7}(?:-[CRB]\d{6,7})?|\[redacted\])(?=/|$)"
)
_PARTICULAR = re.compile(
    r"[0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f-]{27}|[SPBC]\d\d-\d{7}-\d{7}(?:-[CRB]\d{6,7})?"
    r"|\b[A-Z0-9]{32}\b|(?:SANDBOX|LIVE)-[A-Z0-9]+|\d{8}T\d{6}Z|\d{4}-\d\d-\d\dT[0-9:]+Z"
)
_BASIC = re.compile(r"^\d{8}T\d{6}Z$")
_NAMES = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}


@dataclass(frozen=True, slots=True)
class AnswerShape:
    """One answer of a story.

    ``step`` is the method and path with identifiers taken out, numbered where it recurs. ``types``
    and ``values`` are by JSON Pointer, array positions written ``*``; ``values`` holds enumerated
    fields only. ``spans`` are the seconds between pairs of timestamps of one object.
    """

    step: str
    status: int | None
    types: Mapping[str, frozenset[str]] = field(default_factory=dict)
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    formats: Mapping[str, frozenset[str]] = field(default_factory=dict)
    spans: Mapping[str, int] = field(default_factory=dict)
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    headers: frozenset[str] = frozenset()
    message: str = ""


def shape_of_story(
    exchanges: tuple[Exchange, ...], enumerated: frozenset[str]
) -> dict[str, AnswerShape]:
    """Return the shapes of a story's answers by step, in order.

    ``enumerated`` are the names of fields whose values are compared, not only their types.
    """
    shapes: dict[str, AnswerShape] = {}
    times: dict[str, int] = {}
    for exchange in exchanges:
        if exchange.request is not None and exchange.request.url.startswith(CONTROL):
            continue
        name = _step(exchange)
        times[name] = times.get(name, 0) + 1
        step = name if times[name] == 1 else f"{name} ({times[name]})"
        shapes[step] = _shape(step, exchange, enumerated)
    return shapes


def _step(exchange: Exchange) -> str:
    if exchange.request is None:
        return "body"
    path = _IDENTIFIER.sub("{id}", urlsplit(exchange.request.url).path)
    return f"{exchange.request.method} {path}"


def _shape(step: str, exchange: Exchange, enumerated: frozenset[str]) -> AnswerShape:
    response = exchange.response
    if response is None:
        return AnswerShape(step, None)
    headers = frozenset(name.lower() for name, _ in response.headers)
    try:
        body = json.loads(response.body) if response.body else None
    except ValueError:
        return AnswerShape(step, response.status, {"": frozenset({"not JSON"})}, headers=headers)
    collected = _Collected(enumerated)
    collected.visit("", "", body)
    return AnswerShape(
        step,
        response.status,
        {pointer: frozenset(names) for pointer, names in collected.types.items()},
        {pointer: frozenset(values) for pointer, values in collected.values.items()},
        {pointer: frozenset(names) for pointer, names in collected.formats.items()},
        dict(_spans(body)),
        collected.keys,
        headers,
        _message(body),
    )


def _message(body: Any) -> str:
    if not isinstance(body, dict) or "reasonCode" not in body:
        return ""
    return _PARTICULAR.sub("{…}", str(body.get("message", "")))


class _Collected:
    def __init__(self, enumerated: frozenset[str]) -> None:
        self.enumerated = enumerated
        self.types: dict[str, set[str]] = {}
        self.values: dict[str, set[str]] = {}
        self.formats: dict[str, set[str]] = {}
        self.keys: dict[str, tuple[str, ...]] = {}

    def visit(self, pointer: str, name: str, value: Any) -> None:
        self.types.setdefault(pointer, set()).add(_NAMES.get(type(value), "number"))
        if isinstance(value, dict):
            self.keys[pointer] = tuple(value)
            for key, item in value.items():
                self.visit(f"{pointer}/{key}", key, item)
        elif isinstance(value, list):
            for item in value:
                self.visit(f"{pointer}/*", name, item)
        elif isinstance(value, str):
            if name in self.enumerated:
                self.values.setdefault(pointer, set()).add(value)
            elif name.endswith("Timestamp"):
                self.formats.setdefault(pointer, set()).add(_format(value))


def _format(text: str) -> str:
    return re.sub(r"\d", "9", text)


def _spans(body: Any) -> Iterator[tuple[str, int]]:
    if not isinstance(body, dict):
        return
    created, expires = (_time(body.get(f"{name}Timestamp")) for name in ("creation", "expiration"))
    if created and expires:
        yield "expirationTimestamp - creationTimestamp", int((expires - created).total_seconds())


def _time(value: Any) -> datetime | None:
    if not isinstance(value, str) or not _BASIC.match(value):
        return None
    try:
        return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
