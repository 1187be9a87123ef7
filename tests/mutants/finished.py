"""Finds what was added to the contract and not finished: without a requirement, test or mutant.

What can be half-finished is a datum: a field of a schema, a state, a reason code or a limit. Of
each it has to be said which requirement it belongs to, a test has to see it, and a mutant has to
get it wrong. ``unfinished.yaml`` lists the data of which that can't be asked, and why.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from pay_conformance.contract import Contract
from pay_conformance.contract.lint import Message
from pay_conformance.contract.model import APIS, Api
from pay_conformance.contract.source import read
from pay_conformance.resources import data_path
from tests.mutants.bodies.faults import good_bodies
from tests.mutants.excuses import excuses

REQUIREMENT = "it has no requirement: name one"
TEST = "no test sees it: %s"
MUTANT = "no mutant gets it wrong: %s"


@dataclass(frozen=True)
class Known:
    """What the suite and the mutants have: ``words`` that scenarios name, with their requirements.

    ``marked`` are the requirements that scenarios are marked with; ``mutants`` the names of wrong
    servers, to what they violate.
    """

    words: frozenset[str]
    marked: frozenset[str]
    mutants: Mapping[str, frozenset[str]]


def unfinished(contract: Contract, known: Known) -> list[Message]:
    """Return a message for each datum of a contract that lacks something."""
    found = _found(contract, known)
    return list(dict.fromkeys(message for datum, message in found if not _excusing(datum)))


def needless(contract: Contract, known: Known) -> list[str]:
    """Return the excuses that nothing needs any more."""
    used = {name for datum, _ in _found(contract, known) for name in _excusing(datum)}
    return sorted(set(excuses()) - used)


def _excusing(datum: str) -> list[str]:
    return [name for name in excuses() if fnmatchcase(datum, name)]


def _found(contract: Contract, known: Known) -> list[tuple[str, Message]]:
    return [
        *_fields(contract),
        *_lives(contract, known),
        *_codes(contract, known),
        *_limits(contract, known),
    ]


def known_of(mutants: Iterable[Any]) -> Known:
    """Return what the suite has, and these mutants."""
    words: set[str] = set()
    marked: set[str] = set()
    for path in sorted(data_path("suites", "server").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words.add(node.value)
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "requirement":
                marked.update(str(each.value) for each in node.args if hasattr(each, "value"))
    named = {mutant.name: mutant.breaks | mutant.either | mutant.perhaps for mutant in mutants}
    return Known(frozenset(words), frozenset(marked), named)


# Fields


@dataclass
class _Member:
    """What all places of a file together say of one member."""

    rule: str = ""
    typed: bool = False


def _fields(contract: Contract) -> Iterator[tuple[str, Message]]:
    for folder in (*APIS, "shared"):
        for path in sorted((contract.root / folder / "schemas").glob("*.schema.json")):
            name = path.name.removesuffix(".schema.json")
            text = path.read_text(encoding="utf-8")
            members: dict[str, _Member] = {}
            _gather(json.loads(text), "", "", members)
            for pointer, member in members.items():
                where = f"{contract.root.name}/{folder}/schemas/{path.name}:{_line(text, pointer)}"
                yield from _field(folder, name, pointer, where, member)


def _field(
    folder: str, name: str, pointer: str, where: str, member: _Member
) -> Iterator[tuple[str, Message]]:
    datum, what = f"{folder} {name} {pointer}", f"the field {pointer} of {name} is not finished"
    apis: tuple[Api, ...] = APIS if folder == "shared" else (folder,)  # type: ignore[assignment]
    if not member.rule:
        yield datum, Message(where, f"{what}: {REQUIREMENT}", "give it an x-requirement")
    if not any(_is_seen(api, name, pointer) for api in apis):
        todo = "no body of tests/contract has it"
        yield datum, Message(where, f"{what}: {TEST % todo}", "add it to one, or add one")
    if not member.typed:
        todo = "nothing is said of its type"
        yield datum, Message(where, f"{what}: {MUTANT % todo}", "say of it what would be wrong")


def _gather(
    schema: Any, pointer: str, rule: str, members: dict[str, _Member], again: str = ""
) -> None:
    """Add the members that a schema names, with the requirement of their own or around them.

    A member of the whole body needs one of its own.

    ``again`` is the schema that says what a member is which is only named again here.
    """
    if isinstance(schema, list):
        for part in schema:
            _gather(part, pointer, rule, members)
    if not isinstance(schema, dict):
        return
    if pointer:  # what a whole body violates says nothing of a field
        rule = schema.get("x-requirement", rule)
    again = schema.get("$ref", again)
    for name, inner in schema.get("properties", {}).items():
        member = members.setdefault(f"{pointer}/{name}", _Member())
        if inner is True and again:
            member.rule, member.typed = member.rule or again, True
        around = "" if rule in _OF_BODIES else rule
        member.rule = member.rule or _own_rule(inner) or around
        member.typed = member.typed or inner not in (True, {})
        _gather(inner, f"{pointer}/{name}", rule, members)
    for keyword in ("allOf", "anyOf", "then", "else"):
        _gather(schema.get(keyword), pointer, rule, members)
    _gather(schema.get("items"), f"{pointer}/0", rule, members, again)
    for inner in schema.get("$defs", {}).values():
        _gather(inner, pointer, rule, members)


_OF_BODIES = ("FMT-BODY-001", "FMT-BODY-002")
"""Requirements about bodies as such, which say nothing of a field."""


def _own_rule(schema: Any) -> str:
    """Return the requirement that a member's schema names, or points to."""
    if not isinstance(schema, dict):
        return ""
    return str(schema.get("x-requirement", "") or schema.get("$ref", ""))


def _is_seen(api: Api, name: str, pointer: str) -> bool:
    """Say whether a good body has the member; of a part of other schemas, any body of the version.

    A part is known by the name of its member alone, for it may stand anywhere.
    """
    places, names = _places_of_bodies()
    if any(key == (api, name) for key, _ in places):
        return ((api, name), pointer) in places
    return (api, pointer.rpartition("/")[2]) in names


@cache
def _places_of_bodies() -> tuple[frozenset[Any], frozenset[Any]]:
    places: set[tuple[tuple[Api, str], str]] = set()
    names: set[tuple[Api, str]] = set()

    def walk(api: Api, schema: str, value: Any, pointer: str) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                places.add(((api, schema), f"{pointer}/{name}"))
                names.add((api, name))
                walk(api, schema, inner, f"{pointer}/{name}")
        elif isinstance(value, list):
            for inner in value:
                walk(api, schema, inner, f"{pointer}/0")

    for body in good_bodies():
        walk(body.api, body.schema, body.content, "")
    return frozenset(places), frozenset(names)


def _line(text: str, pointer: str) -> int:
    """Return the line of a member: the one after those of the members around it."""
    place = 0
    for step in pointer.split("/")[1:]:
        found = re.compile(rf'"{re.escape(step)}"\s*:').search(text, place)
        place = found.start() if found else place
    return text.count("\n", 0, place) + 1


# States, reason codes and limits


def _lives(contract: Contract, known: Known) -> Iterator[tuple[str, Message]]:
    for (name, api), life in contract.lifecycles.items():
        where = _finder(contract, name, api)
        for state in life.states.values():
            datum = f"{api} {name} {state.name}"
            moves = [move for move in life.moves if move.target == state.name and api in move.api]
            yield from _datum(
                datum, where("states", state.name), f"the state {state.name} of {name}", known,
                rules=[move.requirement for move in moves], word=state.name,
                mutants=[each for each in known.mutants if f" to {state.name} " in each
                         and f" {name}: " in each],
            )  # fmt: skip
            for reason in state.reasons:
                due = [move.requirement for move in moves if move.reason == reason]
                yield from _datum(
                    f"{datum} {reason}", where("states", state.name, "reasons"),
                    f"the reason {reason} of {name}", known, rules=due, word=reason,
                    mutants=[each for each in known.mutants if f" as {reason}" in each
                             and f" {name}: " in each],
                )  # fmt: skip


def _datum(
    datum: str, where: str, what: str, known: Known, *,
    rules: list[str], word: str, mutants: list[str],
) -> Iterator[tuple[str, Message]]:  # fmt: skip
    ruled = sorted(set(rules) - {""})
    if not ruled:
        todo = "a move that leads there, with a requirement"
        yield datum, Message(where, f"{what} is not finished: {REQUIREMENT}", f"add {todo}")
    if word not in known.words or (ruled and not known.marked & set(ruled)):
        ids = ", ".join(ruled) or "it"
        todo = f"name {word} in a scenario that is marked with {ids}"
        yield datum, Message(where, f"{what} is not finished: {TEST % todo}", "see suites/server")
    if not mutants:
        todo = "none is derived from it"
        yield (
            datum,
            Message(
                where, f"{what} is not finished: {MUTANT % todo}", "add a move, or one by hand"
            ),
        )


def _codes(contract: Contract, known: Known) -> Iterator[tuple[str, Message]]:
    source = read(contract.root / "shared" / "errors.yaml", contract.root)
    said = " ".join(entry.says for entry in contract.requirements.values())
    for code in contract.errors:
        where = source.where((code,))
        what = f"the reason code {code} is not finished"
        if not re.search(rf"\b{code}\b", said):
            yield code, Message(where, f"{what}: {REQUIREMENT}", "one whose sentence says the code")
        if code not in known.words:
            todo = "name it in a scenario"
            yield code, Message(where, f"{what}: {TEST % todo}", "see suites/server")
        if not any(f"error {code}:" in name for name in known.mutants):
            todo = "none is derived from it"
            yield code, Message(where, f"{what}: {MUTANT % todo}", "see tests/mutants/derived")


def _limits(contract: Contract, known: Known) -> Iterator[tuple[str, Message]]:
    source = read(contract.root / "shared" / "limits.yaml", contract.root)
    for name, limit in contract.limits.items():
        where = source.where((name,))
        what = f"the limit {name} is not finished"
        if not limit.requirement:
            yield name, Message(where, f"{what}: {REQUIREMENT}", "add one to requirements")
        elif limit.requirement not in known.marked:
            todo = f"mark a scenario with {limit.requirement}"
            yield name, Message(where, f"{what}: {TEST % todo}", "see suites/server")
        if not any(f"limit {name}" in each for each in known.mutants):
            todo = "none is derived from it"
            yield name, Message(where, f"{what}: {MUTANT % todo}", "see tests/mutants/derived")


def _finder(contract: Contract, name: str, api: Api) -> Callable[..., str]:
    """Return what gives the place of a datum of a lifecycle."""
    for folder in (api, "shared"):
        path = contract.root / folder / "lifecycles" / f"{name}.yaml"
        if path.is_file():
            source = read(path, contract.root)
            return lambda *place: source.where(place)
    raise ValueError(f"there is no file of the lifecycle of {name}")
