"""Shows an exchange to a person: bodies of JSON indented, the place of a finding marked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pay_conformance.report.events import ExchangeSeen

_INDENT = "  "


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a body; ``marked`` where the finding is."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """A request or an answer: its first line, its headers, its body."""

    title: str
    headers: tuple[str, ...]
    body: tuple[Line, ...]

    @property
    def size(self) -> int:
        """How many characters it has, about."""
        return sum(map(len, self.headers)) + sum(len(line.text) for line in self.body)


@dataclass(frozen=True, slots=True)
class Shown:
    """Both sides of an exchange; ``answer`` is ``None`` where none came, and ``failure`` why."""

    id: str
    request: Side | None
    answer: Side | None
    failure: str = ""

    @property
    def title(self) -> str:
        """The exchange in one line."""
        asked = self.request.title if self.request else ""
        came = self.answer.title if self.answer else f"no answer ({self.failure})"
        return f"{asked} → {came}" if asked else came

    @property
    def size(self) -> int:
        """How many characters it has, about."""
        return sum(side.size for side in (self.request, self.answer) if side)


def exchange(seen: ExchangeSeen, part: str = "", pointer: str = "") -> Shown:
    """Return an exchange for a page; ``pointer`` is marked in the ``part`` that it points into."""
    request = answer = None
    if seen.request is not None:
        title = f"{seen.request['method']} {seen.request['url']}"
        request = _side(title, seen.request, pointer if part == "request" else "")
    if seen.response is not None:
        title = str(seen.response["status"])
        answer = _side(title, seen.response, pointer if part == "response" else "")
    return Shown(seen.id, request, answer, seen.failure)


def _side(title: str, message: Any, pointer: str) -> Side:
    headers = tuple(f"{name}: {value}" for name, value in message["headers"])
    return Side(title, headers, tuple(body_lines(str(message["body"]), pointer)))


def body_lines(text: str, pointer: str = "") -> Iterator[Line]:
    """Yield the lines of a body: indented if it is a JSON object or list, else as it is."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict | list):
        yield from map(Line, text.splitlines())
        return
    for place, line in _indented(value, "", "", "", ""):
        yield Line(line, bool(pointer) and place == pointer)


def _indented(
    value: Any, name: str, place: str, before: str, after: str
) -> Iterator[tuple[str, str]]:
    """Yield the lines of a JSON value, each with the JSON Pointer of what begins on it."""
    inner = before + _INDENT
    if isinstance(value, dict) and value:
        yield place, f"{before}{name}{{"
        last = len(value) - 1
        for number, (key, item) in enumerate(value.items()):
            step = str(key).replace("~", "~0").replace("/", "~1")
            label = f"{json.dumps(key, ensure_ascii=False)}: "
            yield from _indented(item, label, f"{place}/{step}", inner, "," * (number < last))
        yield "", f"{before}}}{after}"
    elif isinstance(value, list) and value:
        yield place, f"{before}{name}["
        last = len(value) - 1
        for number, item in enumerate(value):
            yield from _indented(item, "", f"{place}/{number}", inner, "," * (number < last))
        yield "", f"{before}]{after}"
    else:
        yield place, f"{before}{name}{json.dumps(value, ensure_ascii=False)}{after}"
