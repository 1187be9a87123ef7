"""Holds the contract's files against one another: what one of them names, the others know."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pay_conformance
from pay_conformance.contract import Contract
from pay_conformance.contract.bindings import Binding, Kind, by_requirement
from pay_conformance.contract.contradictions import of_lifecycle
from pay_conformance.contract.model import APIS, Api, Lifecycle, Simulation
from pay_conformance.contract.releases import load_releases, written
from pay_conformance.contract.requirements import load_retired
from pay_conformance.contract.source import Place, Source, files, read

FOUNDING_STATEMENTS = range(1, 23)
_STATEMENT = re.compile(r"Checkout Session, founding statement (\d+)")


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that is wrong: ``where`` is ``file:line``, or a file or folder."""

    where: str
    what: str
    what_to_do: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.what_to_do}"


def lint(contract: Contract, bindings: Iterable[Binding]) -> list[Message]:
    """Return what is wrong with a contract whose files are each valid; empty if nothing is.

    ``bindings`` is everything that names a requirement, see :mod:`contract.bindings`.
    """
    bound = by_requirement(bindings)
    messages = [
        *_dangling(contract, bound),
        *_unbound(contract, bound),
        *_founding_statements(contract),
        *_lifecycle_operations(contract),
        *_lifecycle_codes(contract),
        *_lifecycle_pointers(contract),
        *_lifecycle_schemas(contract),
        *_error_operations(contract),
        *_constraint_schema(contract),
        *_simulations(contract),
        *_contradictions(contract),
        *_releases(contract),
    ]
    # What is wrong in both versions is said once.
    return list(dict.fromkeys(messages))


def _dangling(contract: Contract, bound: Mapping[str, tuple[Binding, ...]]) -> Iterator[Message]:
    retired = load_retired(contract.root)
    for requirement, bindings in bound.items():
        if requirement in contract.requirements:
            continue
        reason = retired.get(requirement)
        for binding in bindings:
            yield Message(
                binding.where or f"{binding.kind} {binding.name}",
                f"{requirement} was retired ({reason})"
                if reason
                else f"there is no requirement {requirement}",
                "name one of the catalogue, or add it to a file of contracts/requirements",
            )


def _unbound(contract: Contract, bound: Mapping[str, tuple[Binding, ...]]) -> Iterator[Message]:
    for name, entry in contract.requirements.items():
        tests = [binding for binding in bound.get(name, ()) if binding.kind is not Kind.DATA]
        if not tests and not entry.untestable:
            yield Message(
                entry.where,
                f"nothing tests {name}",
                "bind a schema, check, scenario or case to it, or give it 'untestable' and why",
            )
        if tests and entry.untestable:
            yield Message(
                entry.where,
                f"{name} is untestable, but {tests[0].kind} {tests[0].name} tests it",
                "remove one of the two",
            )


def _releases(contract: Contract) -> Iterator[Message]:
    """Ids are for ever: what a release had is still there, or is retired."""
    retired = load_retired(contract.root)
    for release in load_releases(contract.root):
        where = f"contracts/releases/{release.name}.yaml"
        for name in release.requirements:
            if name not in contract.requirements and name not in retired:
                yield Message(
                    where,
                    f"{name} is gone from the catalogue",
                    "put it back, or say in contracts/shared/retired.yaml why it went",
                )
    current = ".".join(pay_conformance.__version__.split(".")[:2])
    path = contract.root / "releases" / f"{current}.yaml"
    if "dev" not in pay_conformance.__version__ and (
        not path.exists() or path.read_text(encoding="utf-8") != written(contract.requirements)
    ):
        yield Message(
            f"contracts/releases/{current}.yaml",
            f"it does not have the requirements of this release, {current}",
            f"run: pay-conformance requirements --freeze > contracts/releases/{current}.yaml",
        )


def _contradictions(contract: Contract) -> Iterator[Message]:
    for (name, api), life in contract.lifecycles.items():
        for what, what_to_do in of_lifecycle(life, api):
            yield Message(_lifecycle_file(contract, name, api), what, what_to_do)


def _lifecycle_file(contract: Contract, name: str, api: Api) -> str:
    own = contract.root / api / "lifecycles" / f"{name}.yaml"
    folder = api if own.is_file() else "shared"
    return f"{contract.root.name}/{folder}/lifecycles/{name}.yaml"


def _founding_statements(contract: Contract) -> Iterator[Message]:
    said = {
        int(found[1])
        for entry in contract.requirements.values()
        for source in entry.sources
        if (found := _STATEMENT.fullmatch(source))
    }
    for number in FOUNDING_STATEMENTS:
        if number not in said:
            yield Message(
                f"{contract.root.name}/requirements",
                f"no requirement comes from founding statement {number}",
                f"add one with the source 'Checkout Session, founding statement {number}'",
            )
    for number in sorted(said - set(FOUNDING_STATEMENTS)):
        yield Message(
            f"{contract.root.name}/requirements",
            f"there is no founding statement {number}",
            "correct the sources that name it",
        )


def _lifecycle_files(contract: Contract) -> Iterator[tuple[Source, list[Lifecycle]]]:
    for folder, versions in (("shared", APIS), *((api, (api,)) for api in APIS)):
        for path in files(contract.root / folder / "lifecycles"):
            source = read(path, contract.root)
            yield source, [contract.lifecycle(source.data["object"], api) for api in versions]


def _lifecycle_operations(contract: Contract) -> Iterator[Message]:
    known = {api: set(contract.operations(api)) for api in APIS}
    every = set().union(*known.values())
    for source, _ in _lifecycle_files(contract):
        for place, name in _operation_names(source.data):
            if name not in every:
                yield _at(source, place, f"there is no operation {name!r}", _OPERATION)
    for (_, api), lifecycle in contract.lifecycles.items():
        for move in lifecycle.moves:
            if move.on in every and move.on not in known[api]:
                yield Message(
                    f"{contract.root.name}/{api}",
                    f"{lifecycle.object} moves on {move.on}, which {api} does not have",
                    "name the versions of that move with 'api'",
                )


def _operation_names(data: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    for state, entry in data["states"].items():
        for index, name in enumerate(entry.get("operations", ())):
            yield ("states", state, "operations", index), name
    for name in data.get("refusals", {}):
        yield ("refusals", name), name
    for index, move in enumerate(data["moves"]):
        if "on" in move and move["on"] not in data.get("events", {}):
            yield ("moves", index, "on"), move["on"]


def _lifecycle_codes(contract: Contract) -> Iterator[Message]:
    for source, _ in _lifecycle_files(contract):
        places: list[tuple[Place, str, str]] = []
        for operation, entry in source.data.get("refusals", {}).items():
            place: Place = ("refusals", operation)
            places.append(((*place, "usually"), operation, entry["usually"]))
            for state, special in entry.get("but", {}).items():
                places += [((*place, "but", state), operation, code) for code in special["codes"]]
        for name, guard in source.data.get("guards", {}).items():
            if "refusal" in guard:
                operations = [
                    move["on"]
                    for move in source.data["moves"]
                    if name in move.get("needs", ()) and " " not in move.get("on", " ")
                ]
                place = ("guards", name, "refusal")
                places += [(place, operation, guard["refusal"]) for operation in operations]
        for at, operation, code in places:
            yield from _refusal(contract, source, at, operation, code)


def _refusal(
    contract: Contract, source: Source, place: Place, operation: str, code: str
) -> Iterator[Message]:
    if code not in contract.errors:
        yield _at(source, place, f"the error catalogue lacks {code}", _CODE)
    elif contract.errors[code].operations and operation not in contract.errors[code].operations:
        yield _at(
            source,
            place,
            f"the error catalogue does not list {operation} under {code}",
            f"add it to the operations of {code} in shared/errors.yaml, or take another code",
        )


def _lifecycle_pointers(contract: Contract) -> Iterator[Message]:
    for source, lifecycles in _lifecycle_files(contract):
        name = lifecycles[0].object
        members = _json(contract, f"v2/schemas/{name}.schema.json")["properties"]
        places: list[tuple[Place, str]] = [
            (("states", state, kind, index), pointer)
            for state, entry in source.data["states"].items()
            for kind in ("requires", "nulls", "shows")
            for index, pointer in enumerate(entry.get(kind, ()))
        ]
        places += [
            (("timers", timer_name, "since"), timer["since"])
            for timer_name, timer in source.data.get("timers", {}).items()
            if timer["since"].startswith("/")
        ]
        for place, pointer in places:
            if pointer.split("/")[1] not in members:
                yield _at(
                    source,
                    place,
                    f"the schema of {name} has no member {pointer}",
                    "name a member as v2 spells it",
                )


def _lifecycle_schemas(contract: Contract) -> Iterator[Message]:
    """States and reason codes are the same in a lifecycle and in the schema of the status."""
    for name in sorted({name for name, _ in contract.lifecycles}):
        file = f"shared/schemas/{name}-status.schema.json"
        where = f"{contract.root.name}/{file}"
        schema = _json(contract, file)
        both = [entry for (key, _), entry in contract.lifecycles.items() if key == name]
        states = {state for entry in both for state in entry.states}
        in_schema = set(schema["properties"]["state"]["enum"])
        yield from _difference(where, f"the lifecycle of {name}", "state", states, in_schema)
        for state in sorted(states & in_schema):
            reasons = {code for entry in both for code in _reasons(entry, state)}
            yield from _difference(
                where,
                f"the state {state} of {name}",
                "reason code",
                reasons,
                set(_schema_reasons(schema, state)),
            )


def _reasons(lifecycle: Lifecycle, state: str) -> tuple[str, ...]:
    return lifecycle.states[state].reasons if state in lifecycle.states else ()


def _schema_reasons(schema: Mapping[str, Any], state: str) -> Iterator[str]:
    """Yield the reason codes that a status schema allows in a state by an if and then."""
    for rule in schema.get("allOf", ()):
        condition = rule["if"]["properties"]["state"]
        if state in condition.get("enum", [condition.get("const")]):
            yield from _enum_below(rule["then"], "reasonCode")


def _enum_below(schema: Any, member: str) -> Iterator[str]:
    if isinstance(schema, dict):
        found = schema.get(member)
        if isinstance(found, dict):
            yield from found.get("enum", ())
        for inner in schema.values():
            yield from _enum_below(inner, member)


def _difference(
    where: str, owner: str, what: str, in_data: set[str], in_schema: set[str]
) -> Iterator[Message]:
    for name in sorted(in_data - in_schema):
        yield Message(where, f"the {what} {name} of {owner} is missing", "add it to the schema")
    for name in sorted(in_schema - in_data):
        yield Message(
            where,
            f"{owner} lacks the {what} {name}",
            "add it there, or remove it from the schema",
        )


def _error_operations(contract: Contract) -> Iterator[Message]:
    source = read(contract.root / "shared" / "errors.yaml", contract.root)
    known = {name for api in APIS for name in contract.operations(api)}
    for code, entry in source.data.items():
        for index, name in enumerate(entry.get("operations", ())):
            if name not in known:
                place = (code, "operations", index)
                yield _at(source, place, f"there is no operation {name!r}", _OPERATION)


def _constraint_schema(contract: Contract) -> Iterator[Message]:
    file = "shared/schemas/constraints.schema.json"
    where = f"{contract.root.name}/{file}"
    allowed = set(_enum_below(_json(contract, file), "constraintId"))
    named = {rule.id for rule in contract.constraints}
    yield from _difference(where, "shared/constraints.yaml", "constraint", named, allowed)


def _simulations(contract: Contract) -> Iterator[Message]:
    source = read(contract.root / "shared" / "simulations.yaml", contract.root)
    for index, entry in enumerate(contract.simulations):
        place: Place = ("simulations", index)
        for api in sorted(entry.api):
            if entry.operation not in contract.operations(api):
                what = f"{api} has no operation {entry.operation!r}"
                yield _at(source, (*place, "operation"), what, _OPERATION)
        yield from _effect(contract, source, place, entry)
        for code in filter(None, (entry.outcome == "error" and entry.reason, entry.answers)):
            yield from _refusal(contract, source, place, entry.operation, str(code))
    for index, card in enumerate(contract.cards):
        if card.effect is not None:
            yield from _effect(contract, source, ("cards", index, "effect"), card.effect)


def _effect(
    contract: Contract, source: Source, place: Place, effect: Simulation
) -> Iterator[Message]:
    if effect.outcome == "error":
        return
    for api in sorted(effect.api):
        lifecycle = contract.lifecycle(effect.object, api)
        for state, reason in ((effect.state, effect.reason), (effect.then, effect.then_reason)):
            if state and state not in lifecycle.states:
                yield _at(source, place, f"{effect.object} has no state {state!r}", _STATE)
            elif state and reason and reason not in lifecycle.states[state].reasons:
                what = f"{state} of {effect.object} does not carry the reason {reason!r}"
                yield _at(source, place, what, "take a reason of that state's lifecycle")
        for need in effect.needs:
            if need not in lifecycle.guards:
                yield _at(source, place, f"{effect.object} has no guard {need!r}", _GUARD)


_OPERATION = "take an operationId of openapi.yaml"
_CODE = "add it to shared/errors.yaml, or take another code"
_STATE = "take a state of its lifecycle"
_GUARD = "take a guard of its lifecycle"


def _json(contract: Contract, file: str) -> Any:
    return json.loads((contract.root / file).read_text(encoding="utf-8"))


def _at(source: Source, place: Place, what: str, what_to_do: str) -> Message:
    return Message(source.where(place), what, what_to_do)
