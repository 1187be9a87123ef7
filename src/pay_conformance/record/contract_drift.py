"""What a recording shows that the contract does not know, and a patch that would teach it."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pay_conformance.checks.judge import Judge
from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api, Party
from pay_conformance.exchange import Exchange
from pay_conformance.findings import Drift, Finding
from pay_conformance.record import cassette
from pay_conformance.record.drift import Class, Difference
from pay_conformance.record.recording import CONTROL


@dataclass(frozen=True, slots=True)
class Lesson:
    """A field that answers carry and the contract lacks, with the exchanges that show it."""

    api: Api
    object: str
    pointer: str
    samples: tuple[Any, ...]
    exchanges: tuple[str, ...]


def compare_with_contract(
    recording: Mapping[str, cassette.Cassette], contract: Contract
) -> list[Difference]:
    """Judge each story and return violations as breaking, unknown fields as additive."""
    merged: dict[tuple[Class, str, str], Difference] = {}
    for name, story in recording.items():
        judge = Judge(contract, frozenset({Party.SERVER}))
        for exchange in spoken(story):
            for outcome in judge.judge(exchange):
                if isinstance(outcome, Finding):
                    _merge(merged, _breaking(outcome, exchange, name))
                elif isinstance(outcome, Drift):
                    _merge(merged, _additive(outcome, exchange, name))
    order = list(Class)
    return sorted(merged.values(), key=lambda d: (order.index(d.class_), d.what, d.pointer))


def spoken(story: cassette.Cassette) -> list[Exchange]:
    """Return the exchanges of a story with the API itself, those with a control API left out."""
    return [
        exchange
        for exchange in story.exchanges
        if exchange.request is None or not exchange.request.url.startswith(CONTROL)
    ]


def _merge(merged: dict[tuple[Class, str, str], Difference], new: Difference) -> None:
    key = (new.class_, new.what, new.pointer)
    old = merged.get(key, new)
    stories = tuple(dict.fromkeys((*old.stories, *new.stories)))
    merged[key] = Difference(old.class_, old.what, old.pointer, old.old, old.new, old.step, stories)


def _step(exchange: Exchange) -> str:
    request = exchange.request
    return f"{request.method} {request.path}" if request else "body"


def _breaking(finding: Finding, exchange: Exchange, story: str) -> Difference:
    return Difference(
        Class.BREAKING,
        f"violates {finding.requirement}: {finding.message}",
        finding.pointer,
        json.dumps(finding.expected, ensure_ascii=False, default=str),
        json.dumps(finding.actual, ensure_ascii=False, default=str),
        _step(exchange),
        (story,),
    )


def _additive(drift: Drift, exchange: Exchange, story: str) -> Difference:
    pointer = re.sub(r"/\d+(?=/|$)", "/*", drift.pointer)
    return Difference(Class.ADDITIVE, drift.what, pointer, "", "", _step(exchange), (story,))


def lessons(recording: Mapping[str, cassette.Cassette], contract: Contract) -> list[Lesson]:
    """Return the unknown fields of a recording's answers, by object and pointer."""
    found: dict[tuple[Api, str, str], tuple[list[Any], list[str]]] = {}
    for name, story in recording.items():
        judge = Judge(contract, frozenset({Party.SERVER}))
        for exchange in spoken(story):
            drifts = [item for item in judge.judge(exchange) if isinstance(item, Drift)]
            where = _answered(exchange, contract)
            if where is None or not drifts or exchange.response is None:
                continue
            body = json.loads(exchange.response.body)
            for item in drifts:
                pointer = re.sub(r"/\d+(?=/|$)", "/*", item.pointer)
                samples, places = found.setdefault((*where, pointer), ([], []))
                samples.extend(_at(body, pointer))
                places.append(f"{name} {exchange.id}")
    return [
        Lesson(api, object_name, pointer, tuple(samples), tuple(places))
        for (api, object_name, pointer), (samples, places) in sorted(found.items())
    ]


def _answered(exchange: Exchange, contract: Contract) -> tuple[Api, str] | None:
    request, response = exchange.request, exchange.response
    if request is None or response is None:
        return None
    match = contract.match(request.method, request.path)
    if match is None:
        return None
    name = match.operation.responds.get(response.status)
    return (match.operation.api, name) if name else None


def _at(value: Any, pointer: str) -> Iterable[Any]:
    head, _, rest = pointer.lstrip("/").partition("/")
    if not head:
        return [value]
    below = f"/{rest}" if rest else ""
    if head == "*" and isinstance(value, list):
        return [found for item in value for found in _at(item, below)]
    if isinstance(value, dict) and head in value:
        return _at(value[head], below)
    return []


def propose(found: Iterable[Lesson], contract: Contract) -> str:
    """Return a unified diff of the schema files that would make these fields known.

    Only fields at the top of an object are proposed with their place in a file; deeper ones are
    listed as remarks, because they may belong to a schema that several objects share.
    """
    by_file: dict[tuple[Api, str], list[Lesson]] = {}
    remarks: list[str] = []
    for lesson in found:
        if lesson.pointer.count("/") == 1:
            by_file.setdefault((lesson.api, lesson.object), []).append(lesson)
        else:
            remarks.append(f"# {lesson.api} {lesson.object} {lesson.pointer}: add by hand")
    parts = [_file_diff(api, name, items, contract) for (api, name), items in by_file.items()]
    return "".join([*parts, *(f"{remark}\n" for remark in remarks)])


def _file_diff(api: Api, name: str, items: list[Lesson], contract: Contract) -> str:
    relative = f"contracts/{api}/schemas/{name}.schema.json"
    path = contract.root / api / "schemas" / f"{name}.schema.json"
    old = path.read_text(encoding="utf-8")
    opening = re.search(r'^( *)"properties": \{\n', old, re.MULTILINE)
    if opening is None:
        return f"# {relative}: no properties to add to\n"
    pad = opening.group(1) + "  "
    added = "".join(
        f"{pad}{json.dumps(item.pointer[1:])}: {json.dumps(_schema(item))},\n" for item in items
    )
    new = old[: opening.end()] + added + old[opening.end() :]
    justified = "".join(
        f"# {item.pointer}: {len(item.exchanges)} exchanges, e.g. {item.exchanges[0]}\n"
        for item in items
    )
    diff = difflib.unified_diff(
        old.splitlines(keepends=True),
        new.splitlines(keepends=True),
        f"a/{relative}",
        f"b/{relative}",
    )
    return justified + "".join(diff)


_TYPES = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}


def _schema(lesson: Lesson) -> dict[str, Any]:
    names = sorted({_TYPES.get(type(sample), "number") for sample in lesson.samples})
    return {"type": names[0] if len(names) == 1 else names}
