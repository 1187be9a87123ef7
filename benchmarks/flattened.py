"""The OpenAPI document without any reference, for tools that can't follow those into a schema."""

from __future__ import annotations

from typing import Any

from pay_conformance.contract.model import Api
from pay_conformance.contract.openapi import bundle

_OF_A_FILE = frozenset({"$defs", "$schema", "$id"})


def flattened(api: Api) -> dict[str, Any]:
    """Return the document of a version with each schema written out where it is used.

    Members beside a reference, which OpenAPI 3.1 allows, become one more ``allOf``.
    """
    document = bundle(api)

    def written_out(value: Any) -> Any:
        if isinstance(value, list):
            return [written_out(entry) for entry in value]
        if not isinstance(value, dict):
            return value
        members = {
            name: written_out(member)
            for name, member in value.items()
            if name != "$ref" and name not in _OF_A_FILE
        }
        if not isinstance(value.get("$ref"), str):
            return members
        target = written_out(_at(document, value["$ref"]))
        if not members:
            return target
        return {**members, "allOf": [*members.get("allOf", []), target]}

    plain = {name: part for name, part in document.items() if name != "components"}
    schemes = document["components"].get("securitySchemes", {})
    return {**written_out(plain), "components": {"securitySchemes": schemes}}


def _at(document: dict[str, Any], reference: str) -> Any:
    value: Any = document
    for step in reference.removeprefix("#/").split("/"):
        value = value[step.replace("~1", "/").replace("~0", "~")]
    return value
