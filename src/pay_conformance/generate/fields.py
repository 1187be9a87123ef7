"""Reads a request schema as a tree of fields: what each may be, how long, and whether it must be.

Only what the schema says of one field by itself is read. What it says of several together stays
with the schema, which judges every body that is made from the fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api
from pay_conformance.contract.schema_files import look_up

_NOT_NULL = {"not": {"type": "null"}}


@dataclass(frozen=True, slots=True)
class Field:
    """A place in a request.

    ``pointer`` is a JSON Pointer in the names of the version; the items of a list are at ``/0``.
    ``types`` are the JSON types that it takes; empty where an enumeration says it all. ``open``
    says that an object takes members that are not known.
    """

    pointer: str
    types: frozenset[str] = frozenset()
    enum: tuple[Any, ...] = ()
    longest: int | None = None
    shortest: int | None = None
    pattern: str = ""
    required: bool = False
    open: bool = True
    children: Mapping[str, Field] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the member."""
        return self.pointer.rpartition("/")[2]

    @property
    def nullable(self) -> bool:
        """Whether null is allowed."""
        if self.types:
            return "null" in self.types
        return None in self.enum

    @property
    def is_object(self) -> bool:
        """Whether it has members of its own."""
        return bool(self.children) and "0" not in self.children

    def walk(self) -> Iterator[Field]:
        """Yield this field and all below it, the outer ones first."""
        yield self
        for child in self.children.values():
            yield from child.walk()


def request_fields(contract: Contract, api: Api, operation: str) -> Field:
    """Return the body of an operation's request as a field, whose children are its members.

    Raises:
        ValueError: if the operation has no body.

    """
    name = contract.operations(api)[operation].request
    if not name:
        raise ValueError(f"{operation} has no body")
    document = contract.schema(api, name)
    return _read(document, document["$defs"], "")


def _read(schema: Any, definitions: Mapping[str, Any], pointer: str) -> Field:
    found = Field(pointer)
    for part in _parts(schema, definitions):
        found = _merged(found, part, definitions)
    return found


def _parts(schema: Any, definitions: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a schema and all that it says besides, always or of every value that is not null."""
    if not isinstance(schema, dict):
        return
    if "$ref" in schema:
        yield from _parts(look_up(definitions, schema["$ref"]), definitions)
    for part in schema.get("allOf", ()):
        yield from _parts(part, definitions)
    if schema.get("if") == _NOT_NULL:
        for part in _parts(schema["then"], definitions):
            kinds = part.get("type")
            yield part if kinds is None else {**part, "type": [*_listed(kinds), "null"]}
    yield schema


def _merged(known: Field, part: Mapping[str, Any], definitions: Mapping[str, Any]) -> Field:
    children = dict(known.children)
    for name, schema in part.get("properties", {}).items():
        if schema is True:
            continue
        child = _read(schema, definitions, f"{known.pointer}/{name}")
        children[name] = _joined(children[name], child) if name in children else child
    if "items" in part:
        item = _read(part["items"], definitions, f"{known.pointer}/0")
        children["0"] = _joined(children["0"], item) if "0" in children else item
    for name in part.get("required", ()):
        if name in children:
            children[name] = replace(children[name], required=True)
    types = frozenset(_listed(part.get("type", ())))
    return replace(
        known,
        types=known.types & types if known.types and types else known.types | types,
        enum=known.enum or tuple(part.get("enum", ())),
        longest=part.get("maxLength", known.longest),
        shortest=part.get("minLength", known.shortest),
        pattern=part.get("pattern", known.pattern),
        open=known.open and part.get("additionalProperties", True) is not False,
        children=children,
    )


def _joined(one: Field, other: Field) -> Field:
    """Return a field of which two parts of a schema speak."""
    types = one.types & other.types if one.types and other.types else one.types | other.types
    return replace(
        one,
        types=types,
        enum=one.enum or other.enum,
        longest=one.longest if one.longest is not None else other.longest,
        shortest=one.shortest if one.shortest is not None else other.shortest,
        pattern=one.pattern or other.pattern,
        required=one.required or other.required,
        open=one.open and other.open,
        children={**other.children, **one.children},
    )


def _listed(kinds: Any) -> list[str]:
    return [kinds] if isinstance(kinds, str) else list(kinds)
