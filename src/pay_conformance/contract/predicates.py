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
        known = kept[id(schema)] = jsonschema_rs.Draft202012Validator(document).is_valid
    return known
