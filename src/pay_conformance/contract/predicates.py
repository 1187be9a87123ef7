"""Whether a value fits a part of a schema, asked of the fast validator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jsonschema_rs

Predicate = Callable[[Any], bool]


def predicate(
    schema: Mapping[str, Any], definitions: Mapping[str, Any], kept: dict[int, Predicate]
) -> Predicate:
    """Return what says whether a value fits a subschema, compiled once for each.

    ``definitions`` are those of the document that the subschema is part of. ``kept`` holds what was
    compiled, by identity: the subschemas live as long as their document.
    """
    known = kept.get(id(schema))
    if known is None:
        document = {"allOf": [schema], "$defs": definitions}
        known = plain_predicate(schema) or jsonschema_rs.Draft202012Validator(document).is_valid
        kept[id(schema)] = known
    return known


def plain_predicate(schema: Mapping[str, Any]) -> Predicate | None:
    """Return the same for what most conditions ask: that one member is there and is one text.

    To enter the validator takes longer than to look. ``None`` for any other schema.
    """
    if schema.keys() != {"properties", "required"} or len(schema["required"]) != 1:
        return None
    (name,), members = schema["required"], schema["properties"]
    if members.keys() != {name} or members[name].keys() != {"const"}:
        return None
    text = members[name]["const"]
    if not isinstance(text, str):
        return None
    # As everywhere in a schema, what is no object is let be.
    return lambda value: not isinstance(value, dict) or value.get(name) == text
