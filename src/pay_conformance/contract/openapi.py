"""Gives the OpenAPI document of a version as one value, for tools that don't follow files."""

from __future__ import annotations

import posixpath
from pathlib import Path
from typing import Any

from pay_conformance.contract.model import Api
from pay_conformance.contract.schema_files import read_schemas, references, with_references
from pay_conformance.contract.source import read
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.resources import data_path

_COMPONENTS = "#/components/schemas/"


def bundle(api: Api, root: Path | None = None) -> dict[str, Any]:
    """Return an OpenAPI 3.1 document with all that it refers to under ``components/schemas``.

    A schema of the version keeps its name there (``charge``); a shared one is ``shared.price``.
    ``root`` is the contracts folder, by default the one that ships with the package.

    Raises:
        ConfigurationProblem: if a file is unreadable or a reference leads nowhere.
    """
    root = root or data_path("contracts")
    source = read(root / api / "openapi.yaml", root)
    schemas = read_schemas(root)
    document: dict[str, Any] = with_references(
        source.data, lambda target: _component(api, _definition(api, target))
    )
    used = _reached(schemas, [_definition(api, target) for target in references(source.data)])
    missing = sorted(used - schemas.keys())
    if missing:
        raise ConfigurationProblem(
            f"{source.name}: no schema file for {', '.join(missing)}", "correct the $ref"
        )
    document["components"]["schemas"] = {
        _component(api, f"#/$defs/{name}").removeprefix(_COMPONENTS): with_references(
            schemas[name], lambda target: _component(api, target)
        )
        for name in sorted(used)
    }
    return document


def _definition(api: Api, target: str) -> str:
    """Return a reference of the document in the form of the schema files, ``#/$defs/v2.charge``."""
    file, _, fragment = target.partition("#")
    if not file:
        return target
    path = posixpath.normpath(posixpath.join(api, file)).removesuffix(".schema.json")
    return f"#/$defs/{path.replace('/schemas/', '.')}{fragment}"


def _component(api: Api, target: str) -> str:
    name = target.removeprefix("#/$defs/")
    return target if name == target else _COMPONENTS + name.removeprefix(f"{api}.")


def _reached(schemas: dict[str, Any], targets: list[str]) -> set[str]:
    reached: set[str] = set()
    waiting = list(targets)
    while waiting:
        target = waiting.pop()
        name = target.removeprefix("#/$defs/").partition("/")[0]
        if target.startswith("#/$defs/") and name not in reached:
            reached.add(name)
            waiting.extend(references(schemas.get(name, {})))
    return reached
