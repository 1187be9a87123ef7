"""Holds a data file against its metaschema, and says by file and line what is wrong with it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema_rs

from pay_conformance.contract.source import Place, Source
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.resources import data_path


def check_shape(source: Source, metaschema: str) -> None:
    """Check a data file against ``contracts/meta/<metaschema>.schema.json``.

    Raises:
        ConfigurationProblem: with file, line, what is wrong and what to do.
    """
    validator = _validator(metaschema)
    if validator.is_valid(source.data):
        return
    raise _explained(source, metaschema, max(validator.iter_errors(source.data), key=_telling))


@cache
def _schema(name: str) -> Any:
    path = data_path("contracts", "meta", f"{name}.schema.json")
    return json.loads(path.read_text(encoding="utf-8"))


@cache
def _validator(name: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(_schema(name))


def _telling(error: Any) -> tuple[int, bool]:
    """Order errors by how much they tell: the deepest, and a misspelt key before a missing one."""
    return len(error.instance_path), error.kind.name == "additionalProperties"


def _explained(source: Source, metaschema: str, error: Any) -> ConfigurationProblem:
    place: Place = tuple(error.instance_path)
    schema = _schema(metaschema)
    for step in error.schema_path[:-1]:
        schema = schema[step]
    kind = error.kind
    match kind.name:
        case "additionalProperties":
            key = kind.unexpected[0]
            advice = f"use one of: {', '.join(schema['properties'])}"
            return source.problem((*place, key), f"unknown key {key!r}", advice)
        case "required":
            of = f" of {place[-1]}" if place else ""
            return source.problem(place, f"the key {kind.property!r}{of} is missing", "add it")
        case "enum":
            choices = ", ".join(map(str, kind.options))
            what = f"{_shown(error.instance)} is not known"
            return source.problem(place, what, f"use one of: {choices}")
        case "propertyNames":
            key = kind.error.instance
            what = f"the name {_shown(key)} has the wrong form"
            return source.problem((*place, key), what, _advice(schema))
        case _:
            shown = "" if isinstance(error.instance, dict) else f" {_shown(error.instance)}"
            what = f"{place[-1] if place else 'the content'}{shown} is not valid"
            return source.problem(place, what, _advice(schema))


def _advice(schema: dict[str, Any]) -> str:
    return schema.get("description") or f"see {schema.get('type', 'the metaschema')}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
