"""Says which lines of a file belong together, so that each group is judged by one process.

What checks remember links exchanges: by the ids of objects, by idempotency keys, and by requests
that failed for a while and are sent again. Lines that are linked in any way, however far apart,
are one group; a group is judged in the order of the file, so that its history is whole, and can be
forgotten after its last line. It does no harm to link too much: the group is larger.
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote_to_bytes
from zlib import adler32, crc32

from pay_conformance.checks.body import parse
from pay_conformance.checks.learning import FOR_A_WHILE
from pay_conformance.exchange import Request
from pay_conformance.stream.lines import LONGEST_LINE, headers_of, raw_of, value_of

MEMBERS: Final = (b"checkoutSession", b"chargePermission", b"charge", b"refund", b"dispute")

_IN_BODY: Final = re.compile(rb'Id\\*"\s*:\s*\\*"([^"\\]+)')
_IN_PATH: Final = re.compile(rb"s/([^/\"?#\\\s]+)")
_PLACES: Final = (
    (_IN_BODY, MEMBERS),
    (_IN_PATH, tuple(b"/" + member for member in MEMBERS)),
)
"""An id with what is always before it, which is fast to find, and what has to stand before that."""

_UNPLAIN: Final = re.compile(rb"\\[u/]")
_DRAWERS: Final = 16
"""Ids are put together a part at a time, so that a part of them is in a dictionary at a time."""


@dataclass(frozen=True, slots=True)
class Named:
    """Digests of what lines are about, and those lines: 12 bytes for each such pair."""

    digests: array[int] = field(default_factory=lambda: array("Q"))
    lines: array[int] = field(default_factory=lambda: array("I"))

    def add(self, digest: int, line: int) -> None:
        """Take a pair in."""
        self.digests.append(digest)
        self.lines.append(line)


@dataclass(slots=True)
class Links:
    """What a part of a file links. Two names of one digest link too much, and are no harm."""

    names: tuple[Named, ...] = field(
        default_factory=lambda: tuple(Named() for _ in range(_DRAWERS))
    )
    """The ids and keys of each line, in drawers by their digest."""
    attempts: Named = field(default_factory=Named)
    """The requests that had a key."""
    failed: set[int] = field(default_factory=set)
    """The digests of those requests that failed for a while."""
    count: int = 0
    """How many lines there are."""
    authorized: bool = False
    """Whether some request has an Authorization header."""

    def add(self, line: bytes) -> None:
        """Take in the next line."""
        lower = line.lower()
        if not self.authorized and b'"authorization"' in lower:
            self.authorized = True
        names = set(tokens(line))
        if b"idempotency-key" in lower:
            self._attempt(line, names)
        for name in names:
            digest = crc32(name) << 32 | adler32(name)
            self.names[digest % _DRAWERS].add(digest, self.count)
        self.count += 1

    def _attempt(self, line: bytes, names: set[bytes]) -> None:
        value: Any = value_of(line) if len(line) <= LONGEST_LINE else None
        try:
            asked = value["request"]
            method, url, body = str(asked["method"]), str(asked["url"]), raw_of(asked.get("body"))
            request = Request(method.upper(), url, headers_of(asked), body)
            parts = (request.method.encode(), request.path.encode(), request.body)
            status = int((value["response"] or {}).get("status") or 0)
        except (KeyError, TypeError, ValueError, AttributeError):
            return  # no exchange, or not a whole one: who reads it says so
        key = request.header("x-amz-pay-idempotency-key")
        if not key:
            return
        names.add(f"key {key}".encode())
        place = int.from_bytes(blake2b(b" ".join(parts), digest_size=8).digest())
        self.attempts.add(place, self.count)
        if not status or status in FOR_A_WHILE:
            self.failed.add(place)


@dataclass(frozen=True, slots=True)
class Plan:
    """Who judges which line, and what each has to know of the lines that are its own.

    ``owners`` is the worker of each line of the file. ``groups`` are, for each worker, the groups
    of its lines in their order: twice a number, and one more where it is the last of its group.
    """

    owners: bytes
    groups: tuple[array[int], ...]


def tokens(line: bytes) -> list[bytes]:
    """Return the ids in a line: in the path of its request, and in both of its bodies."""
    if _UNPLAIN.search(line):
        line = _plain(line)
    found: list[bytes] = []
    for form, before in _PLACES:
        for value in form.finditer(line):
            if line.endswith(before, 0, value.start()):
                name = value[1]
                found.append(unquote_to_bytes(name) if b"%" in name else name)
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


def shared_out(parts: Sequence[Links], workers: int) -> Plan:
    """Return who judges which line of a file, of whose parts it is known what they link."""
    group = _grouped(parts)
    size, last = array("I", bytes(4 * len(group))), array("I", bytes(4 * len(group)))
    for line, number in enumerate(group):
        size[number] += 1
        last[number] = line
    worker_of = _spread(size, workers)
    owner = bytearray(len(group))
    groups = tuple(array("I") for _ in range(workers))
    for line, number in enumerate(group):
        worker = owner[line] = worker_of[number]
        groups[worker].append(2 * number + (last[number] == line))
    return Plan(bytes(owner), groups)


def _grouped(parts: Sequence[Links]) -> array[int]:
    """Return for each line the first line of its group."""
    above = array("I", range(sum(part.count for part in parts)))
    for drawer in range(_DRAWERS):
        _unite(above, parts, [part.names[drawer] for part in parts])
    failed = set[int]().union(*(part.failed for part in parts))
    if failed:
        _unite(above, parts, [_only(part.attempts, failed) for part in parts])
    for line, other in enumerate(above):  # that of an earlier line is the first one already
        above[line] = above[other]
    return above


def _only(attempts: Named, digests: set[int]) -> Named:
    chosen = Named()
    for digest, line in zip(attempts.digests, attempts.lines, strict=True):
        if digest in digests:
            chosen.add(digest, line)
    return chosen


def _unite(above: array[int], parts: Iterable[Links], named: Iterable[Named]) -> None:
    """Make one group of all lines that name the same.

    ``above`` holds for each line an earlier one of its group, or itself.
    """
    seen: dict[int, int] = {}
    before = 0
    for part, each in zip(parts, named, strict=True):
        for digest, place in zip(each.digests, each.lines, strict=True):
            line = before + place
            other = seen.setdefault(digest, line)
            while above[line] != line:
                above[line] = line = above[above[line]]
            while above[other] != other:
                above[other] = other = above[above[other]]
            if line < other:
                above[other] = line
            elif other < line:
                above[line] = other
        before += part.count


def _spread(size: array[int], workers: int) -> bytearray:
    """Give each group, the largest first, to the worker that has least to do so far.

    A line that no other has to do with is a group that anybody can take.
    """
    load = [0] * workers
    chosen = bytearray(line % workers for line in range(len(size)))
    larger = [number for number in range(len(size)) if size[number] > 1]
    for number in sorted(larger, key=lambda number: -size[number]):
        worker = chosen[number] = load.index(min(load))
        load[worker] += size[number]
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
