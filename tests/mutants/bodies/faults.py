"""Makes wrong bodies out of good ones: one fault each, at every place that a schema knows.

A fault is tried whatever the schema says of the place; the second reading of the schema in
:mod:`rules` then says what it violates. A wrong type that violates nothing is a hole in the
contract, and shows as a mutant that survives.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api
from tests.contract.bodies import Body, bodies
from tests.mutants.bodies.rules import KINDS, broken_by, read_against

FOLDERS = ("observed", "reconstructed", "requests")
Kind = Literal["type", "null", "absent", "form", "unknown"]
_REMOVED = object()


@dataclass(frozen=True)
class Fault:
    """A body with one fault. ``violates`` is what it breaks, by the second reading; may be empty.

    ``place`` is its JSON Pointer with the index of every item as 0. ``change`` says in JSON what is
    there instead.
    """

    api: Api
    schema: str
    place: str
    kind: Kind
    body: Body
    content: Any
    change: str
    violates: frozenset[str]
    family: str = "bodies"

    @property
    def name(self) -> str:
        """How it is called: where the fault is, what kind it is, and what it violates."""
        violated = ", ".join(sorted(self.violates)) or "nothing"
        return f"{self.api} {self.schema} {self.place or '/'}: {self.kind} against {violated}"

    @property
    def breaks(self) -> frozenset[str]:
        """What it violates, as other mutants call it."""
        return self.violates


def schema_faults(contract: Contract, api: Api, schema: str) -> list[Fault]:
    """Return a fault of each kind for each place and requirement of a schema, in a fixed order."""
    found: dict[tuple[str, str, tuple[str, ...]], Fault] = {}
    tried: set[tuple[str, str]] = set()
    for body in good_bodies():
        if (body.api, body.schema) == (api, schema):
            for fault in _faults(contract, body, tried):
                violates = tuple(sorted(fault.violates))
                found.setdefault((fault.place, fault.kind, violates), fault)
    alike = groupby(sorted(found), key=lambda key: key[:2])
    return [found[key] for _, keys in alike for key in _plainest(list(keys))]


def good_bodies() -> list[Body]:
    """Return the recorded and reconstructed bodies, those from real traffic first."""
    return [body for folder in FOLDERS for body in bodies(folder)]


def generic(pointer: str) -> str:
    """Return a pointer with every index as 0."""
    return "/".join("0" if step.isdigit() else step for step in pointer.split("/"))


def _plainest(keys: list[Any]) -> list[Any]:
    """Of one kind of fault at one place, keep those that violate one thing, or else the fewest."""
    single = [key for key in keys if len(key[2]) == 1]
    return single or [min(keys, key=lambda key: len(key[2]) or 99)]


def _faults(contract: Contract, body: Body, tried: set[tuple[str, str]]) -> Iterator[Fault]:
    """Yield the faults of a body, but for values that were made wrong at that place before."""
    document = contract.schema(body.api, body.schema)
    right = read_against(document, body.content)
    if right.broken:
        raise ValueError(f"{body.name} is no good body: it violates {', '.join(right.broken)}")
    places = dict(_values(body.content))
    for pointer in sorted(right.known | places.keys()):
        last = pointer.rpartition("/")[2]
        if pointer not in right.known and pointer and not last.isdigit():
            continue  # the schema does not know it, and says nothing of it
        value = (generic(pointer), json.dumps(places.get(pointer, "absent")))
        if value in tried:
            continue
        tried.add(value)
        changes = _wrong(places[pointer]) if pointer in places else _types("")
        for kind, wrong in changes:
            if kind == "absent" and pointer not in right.required:
                continue
            content = _changed(body.content, pointer, wrong)
            violates = frozenset(broken_by(document, content))
            if kind in ("form", "null", "unknown") and not violates:
                continue
            change = "absent" if wrong is _REMOVED else json.dumps(wrong, ensure_ascii=False)
            place = generic(pointer)
            yield Fault(body.api, body.schema, place, kind, body, content, change, violates)


def _values(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every place of a body; of lists the first item alone."""
    yield pointer, value
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _values(inner, f"{pointer}/{name}")
    elif isinstance(value, list) and value:
        yield from _values(value[0], f"{pointer}/0")


def _wrong(value: Any) -> Iterator[tuple[Kind, Any]]:
    kind = KINDS[type(value)]
    yield from _types(kind)
    if value is not None:
        yield "null", None
    yield "absent", _REMOVED
    if isinstance(value, str):
        for text in _texts(value):
            yield "form", text
    if kind == "number":
        for number in (-1, value + 0.5, 10**20, 0):
            yield "form", number
    if isinstance(value, list):
        yield "form", []
        yield "form", value * 30
    if isinstance(value, dict):
        yield "unknown", {**value, "unknownMember": 1}


def _types(kind: str) -> Iterator[tuple[Kind, Any]]:
    for other in ("wrong", 7, True, {"wrong": 1}, ["wrong"]):
        if KINDS[type(other)] != kind:
            yield "type", other


def _texts(value: str) -> Iterator[str]:
    yield from (
        "", "wrong", f"{value}1", f"{value}x", f" {value}", value[:-1], value.lower(),
        value.upper(), value.replace("-", ""), f"{value}\n", value * 3, "x" * 6000, "1.401", "-1",
        "1,40", "1.5", "０", "http://shop.example", "é" * 30,
    )  # fmt: skip


def _changed(content: Any, pointer: str, value: Any) -> Any:
    if not pointer:
        return value
    changed = copy.deepcopy(content)
    *around, last = pointer.removeprefix("/").split("/")
    place = changed
    for step in around:
        place = place[int(step) if isinstance(place, list) else step]
    step = int(last) if isinstance(place, list) else last
    if value is _REMOVED:
        del place[step]
    else:
        place[step] = value
    return changed
