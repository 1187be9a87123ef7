"""Says which lines of a file belong together, so that each group is judged by one process.

What checks remember links exchanges: by the ids of objects, by idempotency keys, and by requests
that failed for a while and are sent again. Lines that are linked in any way, however far apart,
are one group; a group is judged in the order of the file, so that its history is whole. It does no
harm to link too much: the group is larger.
"""

from __future__ import annotations

import json
import re
from array import array
from collections import Counter
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from pay_conformance.checks.body import parse
from pay_conformance.checks.learning import FOR_A_WHILE
from pay_conformance.exchange import Request
from pay_conformance.stream.lines import LONGEST_LINE, headers_of, raw_of, value_of

MEMBERS: Final = (b"checkoutSession", b"chargePermission", b"charge", b"refund")
NO_GROUP: Final = 2**32 - 1
"""In place of a token, for a line that no other line has to do with."""

_IN_BODY: Final = re.compile(rb'\\*"\s*:\s*\\*"([^"\\]+)')
_IN_PATH: Final = re.compile(rb"([^/\"?#\\\s]+)")
_PLACES: Final = (
    *((member + b"Id", _IN_BODY) for member in MEMBERS),
    *((b"/" + member + b"s/", _IN_PATH) for member in MEMBERS),
)
"""What an id comes after, and its form."""

_UNPLAIN: Final = (b"\\u", b"\\/")


@dataclass(slots=True)
class Links:
    """What a part of a file links: tokens by number, the first token of each line, and the rest."""

    tokens: dict[bytes, int] = field(default_factory=dict)
    lines: array[int] = field(default_factory=lambda: array("I"))
    pairs: set[tuple[int, int]] = field(default_factory=set)
    attempts: dict[bytes, set[int]] = field(default_factory=dict)
    """The digest of each request that had a key, to the tokens of its lines."""
    failed: set[bytes] = field(default_factory=set)
    """The digests of those requests that failed for a while."""
    authorized: bool = False
    """Whether some request has an Authorization header."""

    def add(self, line: bytes) -> None:
        """Take in the next line."""
        lower = line.lower()
        if not self.authorized and b'"authorization"' in lower:
            self.authorized = True
        names = set(tokens(line))
        place = None
        if b"idempotency-key" in lower:
            place = self._attempt(line, names)
        numbers = [self.tokens.setdefault(name, len(self.tokens)) for name in names]
        first = numbers[0] if numbers else NO_GROUP
        self.lines.append(first)
        for number in numbers[1:]:
            self.pairs.add((first, number))
        if place is not None:
            self.attempts.setdefault(place, set()).add(first)

    def _attempt(self, line: bytes, names: set[bytes]) -> bytes | None:
        value: Any = value_of(line) if len(line) <= LONGEST_LINE else None
        try:
            asked = value["request"]
            method, url, body = str(asked["method"]), str(asked["url"]), raw_of(asked.get("body"))
            request = Request(method.upper(), url, headers_of(asked), body)
            parts = (request.method.encode(), request.path.encode(), request.body)
            status = int((value["response"] or {}).get("status") or 0)
        except (KeyError, TypeError, ValueError, AttributeError):
            return None  # no exchange, or not a whole one: who reads it says so
        key = request.header("x-amz-pay-idempotency-key")
        if not key:
            return None
        names.add(f"key {key}".encode())
        place = blake2b(b" ".join(parts), digest_size=8).digest()
        if not status or status in FOR_A_WHILE:
            self.failed.add(place)
        return place


def tokens(line: bytes) -> list[bytes]:
    """Return the ids in a line: in the path of its request, and in both of its bodies."""
    if any(mark in line for mark in _UNPLAIN):
        line = _plain(line)
    found: list[bytes] = []
    for before, form in _PLACES:
        place = line.find(before)
        while place >= 0:
            place += len(before)
            value = form.match(line, place)
            if value is not None:
                name = value[1]
                found.append(unquote_to_bytes(name) if b"%" in name else name)
            place = line.find(before, place)
    return found


def links(path: Path, start: int, end: int) -> Links:
    """Return what the lines of a file link that begin from ``start`` to before ``end`` (bytes)."""
    found = Links()
    with path.open("rb") as file:
        file.seek(start)
        place = start
        for line in file:
            if place >= end:
                break
            found.add(line)
            place += len(line)
    return found


def owners(parts: list[Links], workers: int) -> bytes:
    """Return for each line of a file the number of the worker that judges it."""
    names: dict[bytes, int] = {}
    numbers = [[names.setdefault(name, len(names)) for name in part.tokens] for part in parts]
    groups = _Groups(len(names))
    failed = set[bytes]().union(*(part.failed for part in parts))
    retried: dict[bytes, int] = {}
    for part, number in zip(parts, numbers, strict=True):
        for one, other in part.pairs:
            groups.unite(number[one], number[other])
        for request in failed & part.attempts.keys():
            for token in part.attempts[request]:
                groups.unite(retried.setdefault(request, number[token]), number[token])
    sizes: Counter[int] = Counter()
    for part, number in zip(parts, numbers, strict=True):
        for token, size in Counter(part.lines).items():
            if token != NO_GROUP:
                sizes[groups.top(number[token])] += size
    worker_of = _spread(sizes, workers)
    result = bytearray()
    for part, number in zip(parts, numbers, strict=True):
        chosen = [worker_of[groups.top(each)] for each in number]
        for place, token in enumerate(part.lines):
            result.append(place % workers if token == NO_GROUP else chosen[token])
    return bytes(result)


class _Groups:
    """Numbers, each in one group, and groups that become one."""

    def __init__(self, count: int) -> None:
        self._above = list(range(count))

    def top(self, number: int) -> int:
        """Return the number that stands for the group of a number."""
        above = self._above
        while above[number] != number:
            above[number] = above[above[number]]
            number = above[number]
        return number

    def unite(self, one: int, other: int) -> None:
        """Make one group of two."""
        self._above[self.top(one)] = self.top(other)


def _spread(sizes: Counter[int], workers: int) -> dict[int, int]:
    """Give each group, the largest first, to the worker that has least to do so far."""
    load = [0] * workers
    chosen: dict[int, int] = {}
    for group, size in sizes.most_common():
        worker = load.index(min(load))
        load[worker] += size
        chosen[group] = worker
    return chosen


def _plain(line: bytes) -> bytes:
    """Return a line of which no text is escaped in more than one way."""
    value = parse(line, LONGEST_LINE).object
    if value is None:
        return line
    parts = []
    for message in (value.get("request"), value.get("response")):
        if isinstance(message, dict):
            body = message.get("body")
            parts.append(str(message.get("url") or "").encode(errors="replace"))
            parts.append(_dumped(parse(body.encode()).value if isinstance(body, str) else body))
    return b" ".join(parts) or _dumped(value)


def _dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=str).encode(errors="replace")
