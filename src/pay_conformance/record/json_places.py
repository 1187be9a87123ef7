"""Changes one place of a JSON text and leaves all else as it was written."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

_SPACE = re.compile(r"\s*")
_READ = json.JSONDecoder().raw_decode


def added_member(text: str, steps: Sequence[str | int], name: str, value: Any) -> str:
    """Return the text with a member added at the front of the object at a place.

    Raises:
        KeyError: if there is no such place.
    """
    start = _find(text, steps) + 1
    entry = f"{json.dumps(name)}: {json.dumps(value)}"
    gap = _gap(text, start)
    if text[start + len(gap)] == "}":
        return text[:start] + entry + text[start:]
    return text[:start] + gap + entry + "," + (gap or " ") + text[start + len(gap) :]


def added_item(text: str, steps: Sequence[str | int], value: Any) -> str:
    """Return the text with an item added at the end of the list at a place.

    Raises:
        KeyError: if there is no such place.
    """
    start = _find(text, steps)
    items, end = _READ(text, start)
    gap = _gap(text, start + 1)
    last = len(text[: end - 1].rstrip())
    before = f",{gap or ' '}" if items else ""
    return text[:last] + before + json.dumps(value, ensure_ascii=False) + text[last:]


def _gap(text: str, start: int) -> str:
    found = _SPACE.match(text, start)
    return found.group() if found else ""


def _find(text: str, steps: Sequence[str | int]) -> int:
    """Return where the value at a place begins."""
    place = len(_gap(text, 0))
    for step in steps:
        place = _item(text, place, step) if isinstance(step, int) else _member(text, place, step)
    return place


def _member(text: str, place: int, name: str) -> int:
    place = _skipped(text, place + 1)
    while text[place] != "}":
        key, place = _READ(text, place)
        value = _skipped(text, _skipped(text, place) + 1)
        if key == name:
            return value
        place = _next(text, _READ(text, value)[1])
    raise KeyError(name)


def _item(text: str, place: int, number: int) -> int:
    place = _skipped(text, place + 1)
    for _ in range(number):
        place = _next(text, _READ(text, place)[1])
    return place


def _skipped(text: str, place: int) -> int:
    return place + len(_gap(text, place))


def _next(text: str, place: int) -> int:
    place = _skipped(text, place)
    return _skipped(text, place + 1) if text[place] == "," else place
