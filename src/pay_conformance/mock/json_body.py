"""Reads the JSON of a request, strictly, and writes that of an answer."""

from __future__ import annotations

import json
from typing import Any

import orjson

DEEPEST = 64
"""Levels of nesting that are read; the deepest documented body has seven."""


class Unreadable(ValueError):
    """The bytes are not JSON that the service could take."""


def read(raw: bytes) -> Any:
    """Return the JSON value in ``raw``; an empty object for no bytes at all.

    Raises:
        Unreadable: for anything but UTF-8 JSON with finite numbers, whole characters and at most
            64 levels.
    """
    if not raw.strip():
        return {}
    try:
        value = _decoder.decode(raw.decode("utf-8"))
        if b"\\u" in raw:
            # An escape can stand for half a character, which no answer could repeat.
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error)) from None
    if raw.count(b"{") + raw.count(b"[") > DEEPEST and _depth(value) > DEEPEST:
        raise Unreadable(f"it is nested deeper than {DEEPEST} levels")
    return value


def dump(value: Any) -> bytes:
    """Return a value as JSON text without spaces, every character as itself."""
    try:
        return orjson.dumps(value)
    except TypeError:  # it has a whole number of more than 64 bits
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def dump_sorted(value: Any) -> bytes:
    """Return a value as JSON text, the same for equal values."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return json.dumps(value, sort_keys=True).encode()


def _refuse(word: str) -> None:
    raise Unreadable(f"{word} is no JSON number")


_decoder = json.JSONDecoder(parse_constant=_refuse)


def _depth(value: Any) -> int:
    """Return how deep a value is nested, without recursion."""
    depth = 0
    level = [value]
    while level:
        inner: list[Any] = []
        for entry in level:
            if isinstance(entry, dict):
                inner.extend(entry.values())
            elif isinstance(entry, list):
                inner.extend(entry)
        depth += 1
        level = inner
        if depth > DEEPEST + 1:
            break
    return depth - 1
