"""Finds the places in the contract's schema files that speak of a member of a body."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

Step = str | int


@cache
def _document(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Place:
    """A schema in a file: ``steps`` lead to it from the top."""

    file: Path
    steps: tuple[Step, ...]

    @property
    def schema(self) -> Any:
        """The schema that is there."""
        found = _document(self.file)
        for step in self.steps:
            found = found[step]
        return found

    def at(self, *steps: Step) -> Place:
        """Return a place below this one."""
        return Place(self.file, (*self.steps, *steps))


def below(start: Place, names: Sequence[str]) -> Iterator[Place]:
    """Yield every place that says something of a member; ``*`` stands for the items of a list."""
    for place in _parts(start):
        if not names:
            yield place
            continue
        name, *rest = names
        if name == "*" and isinstance(place.schema.get("items"), dict):
            yield from below(place.at("items"), rest)
        if isinstance(place.schema.get("properties", {}).get(name), dict):
            yield from below(place.at("properties", name), rest)


def _parts(place: Place) -> Iterator[Place]:
    """Yield a schema and those that hold of the same value besides."""
    schema = place.schema
    if not isinstance(schema, dict):
        return
    yield place
    if "$ref" in schema:
        yield from _parts(_referred(place, schema["$ref"]))
    for keyword in ("allOf", "anyOf", "oneOf"):
        for number in range(len(schema.get(keyword, ()))):
            yield from _parts(place.at(keyword, number))
    for keyword in ("then", "else"):
        if keyword in schema:
            yield from _parts(place.at(keyword))


def _referred(place: Place, reference: str) -> Place:
    name, _, fragment = reference.partition("#")
    file = (place.file.parent / name).resolve() if name else place.file
    return Place(file, tuple(step for step in fragment.split("/") if step))
