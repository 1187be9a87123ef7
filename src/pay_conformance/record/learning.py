"""A patch that would teach the contract what a recording shows: for a person to review.

Nothing is changed by itself. Each change comes with the exchanges that justify it, as remarks that
``git apply`` and ``patch`` pass over.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pay_conformance.checks.judge import Judge
from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api, Party
from pay_conformance.exchange import Exchange
from pay_conformance.findings import Drift, Finding, Outcome
from pay_conformance.record import cassette
from pay_conformance.record.contract_drift import spoken
from pay_conformance.record.json_places import added_item, added_member
from pay_conformance.record.schema_places import Place, below

_UNKNOWN_CODE = "ERR-BODY-004"
_STATUS = ("/statusDetails/", "/statusDetail/")


class Kind(StrEnum):
    """What the contract lacks: a field, a value of a closed set, or an error's reason code."""

    FIELD = "field"
    VALUE = "value"
    REASON = "reason code"


@dataclass(frozen=True, slots=True)
class Lesson:
    """What answers show and the contract lacks, with the exchanges that show it.

    ``pointer`` is a JSON Pointer into the answer, list positions written ``*``. ``samples`` are the
    values seen there. ``requirement`` is the one that a value violates.
    """

    kind: Kind
    api: Api
    object: str
    pointer: str
    requirement: str
    samples: tuple[Any, ...]
    exchanges: tuple[str, ...]
    status: int = 0


def lessons(recording: Mapping[str, cassette.Cassette], contract: Contract) -> list[Lesson]:
    """Return what a recording's answers could teach, the same thing once."""
    found: dict[tuple[Kind, Api, str, str, str, str], Lesson] = {}
    for name, story in recording.items():
        judge = Judge(contract, frozenset({Party.SERVER}))
        exchanges = spoken(story)
        for exchange, outcomes in zip(exchanges, judge.judge_each(exchanges), strict=True):
            for outcome in outcomes:
                for lesson in _taught(outcome, exchange, f"{name} {exchange.id}", contract):
                    value = "" if lesson.kind is Kind.FIELD else repr(lesson.samples[0])
                    key = (
                        lesson.kind, lesson.api, lesson.object, lesson.pointer,
                        lesson.requirement, value,
                    )  # fmt: skip
                    found[key] = _joined(found.get(key), lesson)
    return [found[key] for key in sorted(found)]


def _joined(known: Lesson | None, new: Lesson) -> Lesson:
    if known is None:
        return new
    exchanges = tuple(dict.fromkeys((*known.exchanges, *new.exchanges)))
    return Lesson(
        known.kind, known.api, known.object, known.pointer, known.requirement,
        (*known.samples, *new.samples), exchanges, known.status,
    )  # fmt: skip


def _taught(
    outcome: Outcome, exchange: Exchange, where: str, contract: Contract
) -> Iterator[Lesson]:
    answered = _answered(exchange, contract)
    if answered is None or exchange.response is None:
        return
    api, name = answered
    body, status = json.loads(exchange.response.body), exchange.response.status
    match outcome:
        case Drift():
            pointer = _general(outcome.pointer)
            samples = tuple(_at(body, outcome.pointer))
            yield Lesson(Kind.FIELD, api, name, pointer, "", samples, (where,))
        case Finding(requirement=rule, actual=str() as value) if outcome.part == "response":
            kind = Kind.REASON if rule == _UNKNOWN_CODE else Kind.VALUE
            pointer = _general(outcome.pointer)
            samples = (str(body.get("message", "")),) if kind is Kind.REASON else ()
            yield Lesson(kind, api, name, pointer, rule, (value, *samples), (where,), status)


def _answered(exchange: Exchange, contract: Contract) -> tuple[Api, str] | None:
    """Return the version and the schema of an answer that is a JSON object."""
    request, response = exchange.request, exchange.response
    if request is None or response is None:
        return None
    match = contract.match(request.method, request.path)
    if match is None:
        return None
    try:
        whole = isinstance(json.loads(response.body), dict)
    except (ValueError, RecursionError):
        return None
    name = match.operation.responds.get(response.status)
    if name is None and response.status >= 400:
        name = "error"
    return (match.operation.api, name) if name and whole else None


def _general(pointer: str) -> str:
    return re.sub(r"/\d+(?=/|$)", "/*", pointer)


def _at(value: Any, pointer: str) -> Iterator[Any]:
    for step in pointer.split("/")[1:]:
        if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return
    yield value


def propose(found: Iterable[Lesson], contract: Contract) -> str:
    """Return a unified diff of the contract's files, relative to the folder above ``contracts``.

    What has no one place in them is a remark at the end, to be added by hand.
    """
    edits: dict[Path, _Edit] = {}
    remarks: list[str] = []
    # Both versions of the API may teach a file that they share.
    taught: set[tuple[Place, Kind, str]] = set()
    for lesson in found:
        remark = _remark(lesson)
        places = _places(lesson, contract)
        if not places and lesson.kind is Kind.VALUE:
            continue  # what breaks a form is no news
        place = places[0] if len(places) == 1 else None
        if place is None:
            remarks.append(f"{remark}; add it by hand\n")
            continue
        edit = edits.setdefault(place.file, _Edit(place.file.read_text(encoding="utf-8")))
        what = (place, lesson.kind, _name(lesson))
        if what not in taught:
            taught.add(what)
            edit.text = _taught_text(lesson, place, edit.text)
        edit.remarks.append(f"{remark}\n")
        if lesson.kind is Kind.VALUE and lesson.pointer.startswith(_STATUS):
            remarks.append(
                f"# the lifecycle of {lesson.object} has to know {lesson.samples[0]}, too; "
                "add it by hand\n"
            )
    parts = [edit.diff(path, contract.root.resolve()) for path, edit in sorted(edits.items())]
    return "".join([*parts, *remarks])


class _Edit:
    """A file of the contract as it would be, and why."""

    def __init__(self, text: str) -> None:
        self._old = text
        self.text = text
        self.remarks: list[str] = []

    def diff(self, path: Path, root: Path) -> str:
        name = f"contracts/{path.relative_to(root).as_posix()}"
        lines = difflib.unified_diff(
            self._old.splitlines(keepends=True),
            self.text.splitlines(keepends=True),
            f"a/{name}",
            f"b/{name}",
        )
        return "".join([*self.remarks, *lines])


def _name(lesson: Lesson) -> str:
    """Return what the contract would be given: the name of a field, or a value."""
    if lesson.kind is Kind.FIELD:
        return lesson.pointer.rpartition("/")[2]
    return str(lesson.samples[0])


def _remark(lesson: Lesson) -> str:
    seen = "" if lesson.kind is Kind.FIELD else f" {json.dumps(lesson.samples[0])}"
    count = len(lesson.exchanges)
    times = f"{count} exchanges, e.g." if count > 1 else "1 exchange:"
    place = f"{lesson.api} {lesson.object} {lesson.pointer}"
    return f"# new {lesson.kind.value}{seen} at {place}; {times} {lesson.exchanges[0]}"


def _places(lesson: Lesson, contract: Contract) -> list[Place]:
    """Return where a lesson may belong: one place, if it can be put there."""
    root = contract.root.resolve()
    if lesson.kind is Kind.REASON:
        return [Place(root / "shared" / "errors.yaml", ())]
    start = Place(root / lesson.api / "schemas" / f"{lesson.object}.schema.json", ())
    if not start.file.is_file():
        start = Place(root / "shared" / "schemas" / start.file.name, ())
    steps = lesson.pointer.split("/")[1:]
    if lesson.kind is Kind.FIELD:
        parents = [one for one in below(start, steps[:-1]) if one.schema.get("properties")]
        return sorted(parents, key=lambda one: -len(one.schema["properties"]))[:1]
    return [
        place
        for place in below(start, steps)
        if place.schema.get("x-requirement") == lesson.requirement and "enum" in place.schema
    ]


_TYPES = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}


def _taught_text(lesson: Lesson, place: Place, text: str) -> str:
    match lesson.kind:
        case Kind.FIELD:
            kinds = sorted({_TYPES.get(type(one), "number") for one in lesson.samples})
            schema = {"type": kinds[0] if len(kinds) == 1 else kinds}
            return added_member(text, (*place.steps, "properties"), _name(lesson), schema)
        case Kind.VALUE:
            return added_item(text, (*place.steps, "enum"), lesson.samples[0])
    code, message = lesson.samples[:2]
    return text + (
        f"{code}:\n"
        f"  status: {lesson.status}\n"
        "  retryable: false\n"
        f"  message: {json.dumps(message, ensure_ascii=False)}\n"
        "  evidence: observed\n"
        f"  sources: [{json.dumps(lesson.exchanges[0])}]\n"
    )
