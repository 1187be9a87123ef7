"""Reads from a schema, by itself, what a body violates.

This is not the validator of the contract: it is written a second time, for mutants alone, so that
what a body is expected to violate does not come from what is to be tested. It knows the keywords
that our schemas use, and refuses a schema that uses another one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs

from pay_conformance.contract.schema_files import look_up

KINDS: Mapping[type, str] = {
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    list: "array",
    dict: "object",
    type(None): "null",
}


@dataclass
class Reading:
    """What a schema says of one body.

    ``broken`` are the requirements that the body violates. ``known`` are the pointers of all
    members that the schema names in the objects that the body has, ``present`` of those that are
    there, and ``required`` of those that have to be.
    """

    broken: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    present: set[str] = field(default_factory=set)
    required: set[str] = field(default_factory=set)


def read_against(document: Mapping[str, Any], body: Any) -> Reading:
    """Return what a self-contained schema, with its ``$defs``, says of a body."""
    reader = _Reader(document["$defs"], _VALIDATORS.setdefault(id(document), (document, {}))[1])
    reader.enter(document, body, "", "")
    return reader.reading


def broken_by(document: Mapping[str, Any], body: Any) -> set[str]:
    """Return the requirements that a body violates: what :func:`read_against` says, but sooner."""
    reader = _Reader(document["$defs"], _VALIDATORS.setdefault(id(document), (document, {}))[1])
    reader.only_broken = True
    reader.enter(document, body, "", "")
    return reader.reading.broken


class _Reader:
    def __init__(self, definitions: Mapping[str, Any], validators: dict[int, Any]) -> None:
        self._definitions = definitions
        self._validators = validators
        self.reading = Reading()
        self.only_broken = False

    def enter(self, schema: Any, value: Any, pointer: str, nearest: str) -> None:
        if not isinstance(schema, dict):
            return
        if not schema.keys() <= _UNDERSTOOD:
            unknown = min(schema.keys() - _UNDERSTOOD)
            raise ValueError(f"no mutant knows what {unknown} means")
        nearest = schema.get("x-requirement", nearest)
        for keyword in _FITS.keys() & schema.keys():
            if not _FITS[keyword](schema[keyword], value):
                self.reading.broken.add(nearest)
        if "not" in schema and self._holds(schema["not"], value):
            self.reading.broken.add(nearest)
        if "anyOf" in schema and not any(self._holds(part, value) for part in schema["anyOf"]):
            self.reading.broken.add(nearest)
        for part in self._parts(schema, value):
            self.enter(part, value, pointer, nearest)
        if isinstance(value, dict):
            self._members(schema, value, pointer, nearest)
        if isinstance(value, list):
            self._items(schema, value, pointer, nearest)

    def _parts(self, schema: Mapping[str, Any], value: Any) -> Iterator[Any]:
        if "$ref" in schema:
            yield look_up(self._definitions, schema["$ref"])
        yield from schema.get("allOf", ())
        yield from (part for part in schema.get("anyOf", ()) if self._holds(part, value))
        if "if" in schema:
            yield schema.get("then" if self._holds(schema["if"], value) else "else")

    def _members(
        self, schema: Mapping[str, Any], value: dict[str, Any], pointer: str, nearest: str
    ) -> None:
        reading = self.reading
        members: Mapping[str, Any] = schema.get("properties", {})
        if not self.only_broken:
            reading.known.update(f"{pointer}/{name}" for name in members)
            reading.present.update(f"{pointer}/{name}" for name in value)
            reading.required.update(f"{pointer}/{name}" for name in schema.get("required", ()))
        if any(name not in value for name in schema.get("required", ())):
            reading.broken.add(nearest)
        patterns: Mapping[str, Any] = schema.get("patternProperties", {})
        for name, inner in value.items():
            if name in members:
                self.enter(members[name], inner, f"{pointer}/{name}", nearest)
            matching = [part for key, part in patterns.items() if re.search(key, name)]
            for part in matching:
                self.enter(part, inner, f"{pointer}/{name}", nearest)
            if name not in members and not matching:
                others = schema.get("additionalProperties")
                if others is False:
                    reading.broken.add(nearest)
                self.enter(others, inner, f"{pointer}/{name}", nearest)
            if "propertyNames" in schema and not self._holds(schema["propertyNames"], name):
                reading.broken.add(nearest)

    def _items(
        self, schema: Mapping[str, Any], value: list[Any], pointer: str, nearest: str
    ) -> None:
        for index, item in enumerate(value):
            self.enter(schema.get("items"), item, f"{pointer}/{index}", nearest)
        wanted = schema.get("contains")
        if wanted is not None and not any(self._holds(wanted, item) for item in value):
            self.reading.broken.add(nearest)

    def _holds(self, schema: Any, value: Any) -> bool:
        validator = self._validators.get(id(schema))
        if validator is None:
            document = {"allOf": [schema], "$defs": self._definitions}
            validator = jsonschema_rs.Draft202012Validator(document)
            self._validators[id(schema)] = validator
        return bool(validator.is_valid(value))


_VALIDATORS: dict[int, tuple[Any, dict[int, Any]]] = {}
"""Of each schema that was read, by its identity, what was compiled of its parts by theirs."""


def _type(words: Any, value: Any) -> bool:
    return any(_is_kind(value, kind) for kind in ([words] if isinstance(words, str) else words))


def _is_kind(value: Any, kind: str) -> bool:
    if kind == "integer":
        return KINDS[type(value)] == "number" and value == int(value)
    return KINDS[type(value)] == kind


def _same(one: Any, other: Any) -> bool:
    return KINDS[type(one)] == KINDS[type(other)] and one == other


def _number(value: Any) -> bool:
    return KINDS[type(value)] == "number"


def _matches(pattern: str, value: Any) -> bool:
    # As ECMA 262 reads it: $ is the very end of the text, and digits are those of ASCII.
    exact = re.sub(r"(?<!\\)\$", r"\\Z", pattern)
    return not isinstance(value, str) or re.search(exact, value, re.ASCII) is not None


_FITS: Mapping[str, Callable[[Any, Any], bool]] = {
    "type": _type,
    "enum": lambda words, value: any(_same(value, each) for each in words),
    "const": _same,
    "pattern": _matches,
    "minLength": lambda least, value: not isinstance(value, str) or len(value) >= least,
    "maxLength": lambda most, value: not isinstance(value, str) or len(value) <= most,
    "minItems": lambda least, value: not isinstance(value, list) or len(value) >= least,
    "maxItems": lambda most, value: not isinstance(value, list) or len(value) <= most,
    "minimum": lambda least, value: not _number(value) or value >= least,
    "maximum": lambda most, value: not _number(value) or value <= most,
    "multipleOf": lambda step, value: not _number(value) or value % step == 0,
}
_UNDERSTOOD = {
    *_FITS, "not", "anyOf", "allOf", "$ref", "if", "then", "else", "properties", "required",
    "additionalProperties", "patternProperties", "propertyNames", "items", "contains", "$defs",
    "$schema", "title", "description", "x-requirement", "x-form", "x-note", "default", "examples",
    "$comment",
}  # fmt: skip
