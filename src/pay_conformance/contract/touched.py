"""Finds which requirements a body bears on: a rule about what is absent has not been tested.

A schema is compiled once to nested functions that walk an instance and collect the
``x-requirement`` ids of the subschemas that had something to judge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from pay_conformance.contract.predicates import Predicate, plain_predicate, predicate
from pay_conformance.contract.schema_files import look_up

Walk = Callable[[Any, set[str]], None]

_KINDS: dict[type, str] = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    type(None): "null",
}
_ANY = frozenset({"object", "array", "string", "boolean", "number"})
_JUDGES: dict[str, frozenset[str]] = {
    **dict.fromkeys(("pattern", "minLength", "maxLength"), frozenset({"string"})),
    **dict.fromkeys(("minimum", "maximum", "multipleOf"), frozenset({"number"})),
    **dict.fromkeys(
        ("items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems"),
        frozenset({"array"}),
    ),
    **dict.fromkeys(
        (
            "properties",
            "required",
            "additionalProperties",
            "propertyNames",
            "minProperties",
            "dependentRequired",
        ),
        frozenset({"object"}),
    ),
    **dict.fromkeys(
        ("type", "enum", "const", "$ref", "allOf", "anyOf", "oneOf", "not", "if"), _ANY
    ),
}


def compiled(
    schemas: Mapping[str, Any],
    name: str,
    wanted: Set[str] | None = None,
    kept: Kept | None = None,
) -> Walk:
    """Return the function that adds to a set the ids that an instance of that schema bears on.

    With ``wanted`` it looks for those ids alone, and enters no place where none of them can be.
    Give ``kept`` again with the same schemas.
    """
    compiler = _Compiler(schemas, wanted, Kept() if kept is None else kept)
    return compiler.walk({"$ref": f"#/$defs/{name}"}) or _nothing


def judged_kinds(schema: Mapping[str, Any]) -> frozenset[str]:
    """Return the kinds of JSON value on which the keywords of one subschema can fail.

    Null counts only where the subschema demands it: a field that may be null and is null says
    nothing about the rule for its content.
    """
    kinds = frozenset[str]().union(*(_JUDGES.get(key, frozenset()) for key in schema))
    if schema.get("type") == "null" or ("const" in schema and schema["const"] is None):
        return kinds | {"null"}
    return kinds


@dataclass(slots=True)
class Kept:
    """What is the same for every choice of wanted ids, by the identity of a subschema.

    The subschemas live as long as the document that they are part of.
    """

    predicates: dict[int, Predicate] = field(default_factory=dict)
    """Says whether a value fits the subschema."""
    ids: dict[int, frozenset[str]] = field(default_factory=dict)
    """The ids that the subschema names, or one that it refers to."""


class _Compiler:
    """Compiles subschemas, each reference once."""

    def __init__(
        self,
        schemas: Mapping[str, Any],
        wanted: Set[str] | None,
        kept: Kept,
    ) -> None:
        self._schemas = schemas
        self._wanted = wanted
        self._kept = kept
        self._by_reference: dict[str, Walk | None] = {}

    def walk(self, schema: Any) -> Walk | None:
        """Return the walk of a subschema, or ``None`` where no requirement can be met in it."""
        if not isinstance(schema, dict):
            return None
        if self._wanted is not None and self._wanted.isdisjoint(self._ids(schema)):
            return None
        parts = [
            self._own(schema),
            self._reference(schema),
            self._members(schema),
            self._items(schema),
            self._condition(schema),
            *(self.walk(branch) for branch in schema.get("allOf", ())),
            *(
                self._branch(branch)
                for keyword in ("anyOf", "oneOf")
                for branch in schema.get(keyword, ())
            ),
        ]
        return _together([part for part in parts if part])

    def _ids(self, schema: Any) -> frozenset[str]:
        """Return the ids that are named in a part of a schema, or in what it refers to."""
        if not isinstance(schema, dict | list):
            return frozenset()
        known = self._kept.ids.get(id(schema))
        if known is None:
            parts = schema if isinstance(schema, list) else _parts(schema)
            found = frozenset[str]().union(*map(self._ids, parts))
            if isinstance(schema, dict):
                own, reference = schema.get("x-requirement"), schema.get("$ref")
                found |= {own} if isinstance(own, str) else frozenset()
                if isinstance(reference, str):
                    found |= self._ids(look_up(self._schemas, reference))
            known = self._kept.ids[id(schema)] = found
        return known

    def _own(self, schema: Mapping[str, Any]) -> Walk | None:
        requirement = schema.get("x-requirement")
        if not requirement or (self._wanted is not None and requirement not in self._wanted):
            return None
        kinds = judged_kinds(schema)

        def own(value: Any, seen: set[str]) -> None:
            if _KINDS.get(type(value)) in kinds:
                seen.add(requirement)

        return own

    def _reference(self, schema: Mapping[str, Any]) -> Walk | None:
        reference = schema.get("$ref")
        if reference is None:
            return None
        if reference not in self._by_reference:
            self._by_reference[reference] = self.walk(look_up(self._schemas, reference))
        return self._by_reference[reference]

    def _members(self, schema: Mapping[str, Any]) -> Walk | None:
        known = {key: self.walk(part) for key, part in schema.get("properties", {}).items()}
        walks = [(key, part, _of_null(part)) for key, part in known.items() if part]
        others = self.walk(schema.get("additionalProperties"))
        if not walks and not others:
            return None

        def members(value: Any, seen: set[str]) -> None:
            if not isinstance(value, dict):
                return
            for key, part, of_null in walks:
                item = value.get(key)
                if item is not None:
                    part(item, seen)
                elif of_null and key in value:
                    seen |= of_null
            if others:
                for key, item in value.items():
                    if key not in known:
                        others(item, seen)

        return members

    def _items(self, schema: Mapping[str, Any]) -> Walk | None:
        each = self.walk(schema.get("items"))
        if each is None:
            return None

        def items(value: Any, seen: set[str]) -> None:
            if isinstance(value, list):
                for item in value:
                    each(item, seen)

        return items

    def _condition(self, schema: Mapping[str, Any]) -> Walk | None:
        if "if" not in schema:
            return None
        then, otherwise = self.walk(schema.get("then")), self.walk(schema.get("else"))
        if then is None and otherwise is None:
            return None
        then, otherwise = then or _nothing, otherwise or _nothing
        is_so = plain_predicate(schema["if"])
        if is_so is not None:
            return _either(is_so, then, otherwise)
        applies = predicate(schema["if"], self._schemas, self._kept.predicates)

        def condition(value: Any, seen: set[str]) -> None:
            if_so: set[str] = set()
            if_not: set[str] = set()
            then(value, if_so)
            otherwise(value, if_not)
            if not if_so | if_not <= seen:
                seen |= if_so if applies(value) else if_not

        return condition

    def _branch(self, schema: Mapping[str, Any]) -> Walk | None:
        inner = self.walk(schema)
        if inner is None:
            return None
        applies = predicate(schema, self._schemas, self._kept.predicates)

        def branch(value: Any, seen: set[str]) -> None:
            # Whether the branch applies is the dearer question.
            found: set[str] = set()
            inner(value, found)
            if not found <= seen and applies(value):
                seen |= found

        return branch


def _parts(schema: Mapping[str, Any]) -> list[Any]:
    """Return what a schema consists of; what it only defines is none of that."""
    return [part for name, part in schema.items() if name != "$defs"]


def _of_null(walk: Walk) -> frozenset[str]:
    """Return what a walk collects of null: it is the most common value, and always the same."""
    seen: set[str] = set()
    walk(None, seen)
    return frozenset(seen)


def _together(parts: list[Walk]) -> Walk | None:
    if len(parts) < 2:
        return parts[0] if parts else None

    def all_of(value: Any, seen: set[str]) -> None:
        for part in parts:
            part(value, seen)

    return all_of


def _either(is_so: Predicate, then: Walk, otherwise: Walk) -> Walk:
    def either(value: Any, seen: set[str]) -> None:
        (then if is_so(value) else otherwise)(value, seen)

    return either


def _nothing(_value: Any, _seen: set[str]) -> None:
    """Collect nothing: the schema names no requirement."""
