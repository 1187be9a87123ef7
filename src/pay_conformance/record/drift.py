"""What changed between two recordings of the same stories, and how much it would hurt a caller."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from pay_conformance.contract import Contract
from pay_conformance.contract.model import APIS
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.record import cassette
from pay_conformance.record.recording import INDEX, read_index, refuse_cut
from pay_conformance.record.redaction import Redactor
from pay_conformance.record.shapes import AnswerShape, shape_of_story

RESPONSES = ("checkout-session", "charge", "charge-permission", "refund", "buyer", "error")


class Class(StrEnum):
    """How much a change hurts: an integration fails, can ignore it, or can't notice it."""

    BREAKING = "breaking"
    ADDITIVE = "additive"
    COSMETIC = "cosmetic"


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One change. ``stories`` are the stories in which it was seen, ``step`` the first call."""

    class_: Class
    what: str
    pointer: str
    old: str
    new: str
    step: str
    stories: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Return the difference as a JSON object, ``class`` under its plain name."""
        return {
            "class": self.class_.value,
            "what": self.what,
            "pointer": self.pointer,
            "old": self.old,
            "new": self.new,
            "step": self.step,
            "stories": list(self.stories),
        }


@dataclass(frozen=True, slots=True)
class _Change:
    class_: Class
    what: str
    pointer: str = ""
    old: str = ""
    new: str = ""


def enumerated_fields(contract: Contract) -> frozenset[str]:
    """Return the names of the response fields whose values the contract enumerates."""
    names: set[str] = {"reasonCode", "state", "constraintId"}
    for api in APIS:
        for name in RESPONSES:
            if name == "buyer" and api == "v1":
                continue
            names.update(_enumerated(contract.schema(api, name)))
    return frozenset(names)


def _enumerated(schema: object) -> Iterator[str]:
    if isinstance(schema, list):
        for item in schema:
            yield from _enumerated(item)
    if not isinstance(schema, dict):
        return
    properties = schema.get("properties")
    if isinstance(properties, dict):
        for name, part in properties.items():
            if isinstance(part, dict) and ("enum" in part or "const" in part):
                yield name
    for part in schema.values():
        yield from _enumerated(part)


def stories(path: Path) -> dict[str, cassette.Cassette]:
    """Read a recording: a cassette, or a folder of them by relative path.

    Raises:
        ConfigurationProblem: if there is nothing to read, a file is no cassette, or the recording
            was cut off.
    """
    if path.is_file():
        return {path.name: cassette.read(path)}
    if not path.is_dir():
        raise ConfigurationProblem(f"{path} is not there", "name a cassette or a folder of them")
    if (path / INDEX).is_file():
        refuse_cut(path, read_index(path))
    found = [*path.rglob("*.yaml"), *path.rglob("*.yml")]
    files = sorted(file for file in found if file.name != INDEX)
    if not files:
        raise ConfigurationProblem(f"{path} holds no cassette", "look for *.yaml in it")
    return {str(file.relative_to(path)): cassette.read(file) for file in files}


def without_buyers(
    differences: Iterable[Difference], recordings: Iterable[Mapping[str, cassette.Cassette]]
) -> list[Difference]:
    """Return differences without the secrets and buyers of the recordings that they are of.

    Recordings of ours have none in them; others may.
    """
    redactor = Redactor()
    for recording in recordings:
        for story in recording.values():
            for exchange in story.exchanges:
                redactor.redact(exchange)
    return [
        replace(
            one,
            what=redactor.told(one.what),
            old=redactor.told(one.old),
            new=redactor.told(one.new),
            step=redactor.told(one.step),
        )
        for one in differences
    ]


def compare(
    old: Mapping[str, cassette.Cassette],
    new: Mapping[str, cassette.Cassette],
    enumerated: frozenset[str],
) -> list[Difference]:
    """Return the differences between two recordings, the worst first, equal ones merged."""
    found: dict[_Change, tuple[str, list[str]]] = {}
    for story in sorted(old.keys() | new.keys()):
        for step, change in _story(old.get(story), new.get(story), enumerated):
            found.setdefault(change, (step, []))[1].append(story)
    order = list(Class)
    differences = [
        Difference(c.class_, c.what, c.pointer, c.old, c.new, step, tuple(dict.fromkeys(seen)))
        for c, (step, seen) in found.items()
    ]
    return sorted(differences, key=lambda d: (order.index(d.class_), d.what, d.pointer))


def _story(
    old: cassette.Cassette | None, new: cassette.Cassette | None, enumerated: frozenset[str]
) -> Iterator[tuple[str, _Change]]:
    if old is None:
        yield "", _Change(Class.COSMETIC, "story is new in the recording")
        return
    if new is None:
        yield "", _Change(Class.BREAKING, "story is gone from the recording")
        return
    before = shape_of_story(old.exchanges, enumerated)
    after = shape_of_story(new.exchanges, enumerated)
    for step in sorted(before.keys() | after.keys()):
        if step not in after:
            yield step, _Change(Class.BREAKING, "call is gone from the story", old=step)
        elif step not in before:
            yield step, _Change(Class.BREAKING, "call is new in the story", new=step)
        else:
            for change in _answer(before[step], after[step]):
                yield step, change


def _answer(old: AnswerShape, new: AnswerShape) -> Iterator[_Change]:
    if old.status != new.status:
        yield _Change(Class.BREAKING, "status changed", old=str(old.status), new=str(new.status))
    yield from _fields(old, new)
    yield from _values(old, new)
    for pointer in old.formats.keys() & new.formats.keys():
        if old.formats[pointer] != new.formats[pointer]:
            before, after = _listed(old.formats[pointer]), _listed(new.formats[pointer])
            yield _Change(Class.BREAKING, "timestamp format changed", pointer, before, after)
    for pair in old.spans.keys() & new.spans.keys():
        if old.spans[pair] != new.spans[pair]:
            before, after = f"{old.spans[pair]} s", f"{new.spans[pair]} s"
            yield _Change(Class.BREAKING, "timing changed", pair, before, after)
    for pointer in old.keys.keys() & new.keys.keys():
        common = set(old.keys[pointer]) & set(new.keys[pointer])
        if [k for k in old.keys[pointer] if k in common] != [
            k for k in new.keys[pointer] if k in common
        ]:
            yield _Change(Class.COSMETIC, "order of keys changed", pointer)
    if old.message != new.message and old.status == new.status:
        yield _Change(Class.COSMETIC, "message changed", "/message", old.message, new.message)
    for name in old.headers ^ new.headers:
        gone = name in old.headers
        breaking = gone and name.startswith("x-amz-pay-")
        what = "header is gone" if gone else "header is new"
        yield _Change(Class.BREAKING if breaking else Class.COSMETIC, what, name)


def _fields(old: AnswerShape, new: AnswerShape) -> Iterator[_Change]:
    for pointer in old.types.keys() - new.types.keys():
        if not _below(pointer, old, new):
            yield _Change(Class.BREAKING, "field is gone", pointer, _listed(old.types[pointer]))
    for pointer in new.types.keys() - old.types.keys():
        if not _below(pointer, new, old):
            yield _Change(Class.ADDITIVE, "field is new", pointer, new=_listed(new.types[pointer]))
    for pointer in old.types.keys() & new.types.keys():
        before, after = old.types[pointer], new.types[pointer]
        if before != after:
            # A null where there was a value, or the reverse, is a change of what callers must bear.
            yield _Change(Class.BREAKING, "type changed", pointer, _listed(before), _listed(after))


def _below(pointer: str, has: AnswerShape, lacks: AnswerShape) -> bool:
    """Say whether a field's absence follows from its parent being null, empty or absent."""
    parent = pointer.rpartition("/")[0]
    return (
        pointer.endswith("/*")
        or (parent in has.types and lacks.types.get(parent) != has.types[parent])
        or parent not in lacks.types
    )


def _values(old: AnswerShape, new: AnswerShape) -> Iterator[_Change]:
    for pointer in old.values.keys() & new.values.keys():
        before, after = old.values[pointer], new.values[pointer]
        if before == after:
            continue
        name = pointer.rpartition("/")[2]
        what = {
            "reasonCode": "reason code changed",
            "state": "state changed",
        }.get(name, "value changed")
        yield _Change(Class.BREAKING, what, pointer, _listed(before), _listed(after))


def _listed(values: frozenset[str]) -> str:
    return " | ".join(sorted(values))
