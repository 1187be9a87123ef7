"""Compares a value that was seen with what a case says about it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from pay_conformance.exchange import Headers

ABSENT = object()
"""Stands for a value that is not there."""


class NotThere(Exception):
    """A value that a case judges only where it is there is absent."""


_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
    "present": lambda value: value is not ABSENT,
    "absent": lambda value: value is ABSENT,
    "empty": lambda value: value in ("", [], {}, None) or value is ABSENT,
}


def mismatch(wanted: Any, seen: Any) -> str | None:
    """Return what is wrong with ``seen`` (a JSON value, or ABSENT), or ``None``.

    ``wanted`` is a plain value, or a mapping of matchers, all of which must hold.
    """
    if not isinstance(wanted, dict):
        return None if _equal(wanted, seen) else f"is {show(seen)}, not {show(wanted)}"
    if wanted.get("if-there") and seen is ABSENT:
        raise NotThere
    for matcher, value in wanted.items():
        wrong = _matcher(matcher, value, seen)
        if wrong:
            return wrong
    return None


def _matcher(matcher: str, value: Any, seen: Any) -> str | None:
    text = seen if isinstance(seen, str) else ""
    match matcher:
        case "is":
            good = _KINDS[value](seen)
        case "matches":
            good = isinstance(seen, str) and re.fullmatch(value, text) is not None
        case "contains":
            good = value in text
        case "lacks":
            good = isinstance(seen, str) and value not in text
        case "if-there":
            good = True
        case "equals":
            good = _equal(value, seen)
        case "longest":
            good = isinstance(seen, str) and len(seen) <= value
        case _:
            good = not _equal(value, seen)
    return None if good else f"is {show(seen)}, and should be: {matcher} {show(value)}"


def _equal(wanted: Any, seen: Any) -> bool:
    return type(wanted) is type(seen) and bool(wanted == seen)


def same_json(sent: Any, seen: Any) -> str | None:
    """Return the JSON Pointer of the first place where two JSON values differ, or ``None``.

    Numbers are equal by value; the order of keys means nothing.
    """
    if isinstance(sent, dict) and isinstance(seen, dict):
        for key in [*sent, *(key for key in seen if key not in sent)]:
            below = same_json(sent.get(key, ABSENT), seen.get(key, ABSENT))
            if below is not None:
                step = str(key).replace("~", "~0").replace("/", "~1")
                return f"/{step}{below}"
        return None
    if isinstance(sent, list) and isinstance(seen, list) and len(sent) == len(seen):
        for index, pair in enumerate(zip(sent, seen, strict=True)):
            below = same_json(*pair)
            if below is not None:
                return f"/{index}{below}"
        return None
    numbers = _KINDS["number"](sent) and _KINDS["number"](seen)
    return None if (sent == seen if numbers else _equal(sent, seen)) else ""


def at_pointer(document: Any, pointer: str) -> Any:
    """Return the value at a JSON Pointer, or ABSENT."""
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict) and key in document:
            document = document[key]
        elif isinstance(document, list) and key.isdigit() and int(key) < len(document):
            document = document[int(key)]
        else:
            return ABSENT
    return document


def header_value(headers: Headers, name: str) -> Any:
    """Return the value of a header as a case sees it: ABSENT, or all its values joined."""
    values = [value for key, value in headers if key.lower() == name.lower()]
    return ", ".join(values) if values else ABSENT


_WORDS: Mapping[str, str] = {
    "is": "{}", "matches": "matching {}", "contains": "containing {}", "lacks": "without {}",
    "equals": "{}", "longest": "at most {} characters", "differs": "other than {}",
}  # fmt: skip


def in_words(wanted: Any) -> Any:
    """Return what a case says about a value as a report tells it: matchers as a text."""
    if not isinstance(wanted, dict) or not wanted or not set(wanted) <= {*_WORDS, "if-there"}:
        return wanted
    said = [_WORDS[name].format(value) for name, value in wanted.items() if name in _WORDS]
    return ", ".join(said)


def show(value: Any) -> str:
    """Return a value as a short text for a message."""
    if value is ABSENT:
        return "absent"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 160 else text[:160] + "…"
