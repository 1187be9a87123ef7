"""Finds what is bound to each requirement: schemas, data, checks, scenarios, cases, journeys."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pay_conformance.contract.source import Place, Source, read


class Kind(StrEnum):
    """What a binding is. All but ``DATA`` can fail, and so can prove or disprove a requirement."""

    SCHEMA = "schema"
    CHECK = "check"
    SCENARIO = "scenario"
    CASE = "case"
    JOURNEY = "journey"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class Binding:
    """One thing that names a requirement; ``where`` is ``file:line``, or empty for a check."""

    requirement: str
    kind: Kind
    name: str
    where: str = ""


def contract_bindings(root: Path) -> Iterator[Binding]:
    """Yield what names requirements in the files of a ``contracts`` folder.

    A subschema names one by ``x-requirement``; the other data by ``requirement``, ``illegal``, and
    what stands under ``rules``.
    """
    for path in sorted(root.glob("*/schemas/*.schema.json")):
        source = read(path, root)
        for place, value in _leaves(source.data):
            if place[-1] == "x-requirement":
                name = path.name.removesuffix(".schema.json")
                yield Binding(str(value), Kind.SCHEMA, name, source.where(place))
    for path in sorted({*root.glob("*/*.yaml"), *root.glob("*/lifecycles/*.yaml")}):
        if path.parent.name == "requirements" or path.name == "openapi.yaml":
            continue
        source = read(path, root)
        for place, value in _leaves(source.data):
            if place[-1] in ("requirement", "illegal") or "rules" in place[:-1]:
                yield Binding(str(value), Kind.DATA, _data_name(path, place), source.where(place))


def suite_bindings(suites: Path) -> Iterator[Binding]:
    """Yield what a suites folder tests with.

    Scenarios name requirements in ``@requirement("ID", ...)``, cases in ``proves:``, and a journey
    in its ``requirement:``.

    Nothing is imported: Python files are parsed, YAML files are read.
    """
    for path in sorted(suites.rglob("*.py")):
        name = path.relative_to(suites.parent).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=name)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                for requirement, line in _marked(node):
                    test = f"{name}::{node.name}"
                    yield Binding(requirement, Kind.SCENARIO, test, f"{name}:{line}")
    for path in sorted(suites.rglob("*.yaml")):
        source = read(path, suites)
        yield from _cases(source)
        if path.parent.name == "journeys":
            named = str(source.data["requirement"])
            yield Binding(named, Kind.JOURNEY, path.stem, source.where(("requirement", named)))


def check_bindings(proved_by: Mapping[str, str | Iterable[str]]) -> Iterator[Binding]:
    """Yield a binding for each check that a mapping from requirement to names of checks lists."""
    for requirement, names in proved_by.items():
        for name in (names,) if isinstance(names, str) else names:
            yield Binding(requirement, Kind.CHECK, name)


def by_requirement(bindings: Iterable[Binding]) -> dict[str, tuple[Binding, ...]]:
    """Return the bindings of each requirement, each once, in a fixed order."""
    found: dict[str, dict[Binding, None]] = {}
    for binding in bindings:
        found.setdefault(binding.requirement, {})[binding] = None
    return {name: tuple(found[name]) for name in sorted(found)}


def _cases(source: Source) -> Iterator[Binding]:
    for place, value in _branches(source.data):
        if not place or place[-1] != "proves":
            continue
        around = source.data
        for step in place[:-1]:
            around = around[step]
        for name in value:
            for requirement in _filled_in(str(name), around.get("each", [])):
                where = source.where((*place, name))
                yield Binding(requirement, Kind.CASE, str(place[0]), where)


def _filled_in(name: str, each: Any) -> tuple[str, ...]:
    """Return a name, or what each row of the case puts in its place if it is written ``<key>``.

    A key that no row has stays as it is written, and so is reported as an unknown requirement.
    """
    key = name.removeprefix("<").removesuffix(">")
    if name != f"<{key}>":
        return (name,)
    rows = each.get(key, ()) if isinstance(each, dict) else (row.get(key, name) for row in each)
    return tuple(dict.fromkeys(map(str, rows))) or (name,)


def _marked(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Iterator[Any]:
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and _last_name(decorator.func) == "requirement":
            for argument in decorator.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value, argument.lineno


def _last_name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _branches(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Yield the place and value of every mapping and list."""
    if isinstance(value, dict | list):
        yield place, value
        pairs: Iterable[tuple[Any, Any]] = (
            value.items() if isinstance(value, dict) else enumerate(value)
        )
        for key, inner in pairs:
            yield from _branches(inner, (*place, key))


def _leaves(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Yield the place and value of everything that is neither mapping nor list."""
    for branch, content in _branches(value, place):
        pairs: Iterable[tuple[Any, Any]] = (
            content.items() if isinstance(content, dict) else enumerate(content)
        )
        for key, inner in pairs:
            if not isinstance(inner, dict | list):
                yield (*branch, key), inner


def _data_name(path: Path, place: Place) -> str:
    steps = " ".join(str(step) for step in place[:-1])
    return f"{path.stem} {steps}".strip()
