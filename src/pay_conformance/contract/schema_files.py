"""Reads the JSON Schema files and joins them, so that a schema and all it refers to is one value.

A file ``contracts/v2/schemas/charge.schema.json`` is known as ``v2.charge``. References between
files are relative paths, as editors follow them; here they become ``#/$defs/v2.charge``.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pay_conformance.problems import ConfigurationProblem

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FOLDERS = ("shared", "v1", "v2")
_SUFFIX = ".schema.json"


def read_schemas(root: Path) -> dict[str, dict[str, Any]]:
    """Return all schemas below ``root`` (the contracts folder), by name, references rewritten.

    Raises:
        ConfigurationProblem: if a file is not a JSON object, or a reference leads nowhere.
    """
    schemas = {
        f"{folder}.{path.name.removesuffix(_SUFFIX)}": _read(path, root)
        for folder in FOLDERS
        for path in sorted((root / folder / "schemas").glob(f"*{_SUFFIX}"))
    }
    for name, schema in schemas.items():
        for reference in references(schema):
            _require_target(schemas, name, reference)
    return schemas


def joined(schemas: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return one self-contained schema document: the schema named, and all that it reaches."""
    reached: dict[str, Any] = {}
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current not in reached:
            reached[current] = schemas[current]
            waiting.extend(reference.split("/")[2] for reference in references(schemas[current]))
    definitions = {key: reached[key] for key in sorted(reached)}
    return {"$schema": DIALECT, "$ref": f"#/$defs/{name}", "$defs": definitions}


def references(schema: Any) -> Iterator[str]:
    """Yield every ``$ref`` in a schema."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "$ref" and isinstance(value, str):
                yield value
            else:
                yield from references(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from references(item)


def with_references(schema: Any, change: Callable[[str], str]) -> Any:
    """Return a copy of a schema in which each ``$ref`` went through ``change``."""
    if isinstance(schema, dict):
        return {
            key: change(value)
            if key == "$ref" and isinstance(value, str)
            else with_references(value, change)
            for key, value in schema.items()
        }
    if isinstance(schema, list):
        return [with_references(item, change) for item in schema]
    return schema


def look_up(schemas: Mapping[str, Any], reference: str) -> Any:
    """Return the subschema that a rewritten reference points at.

    Raises:
        KeyError: if there is none.
    """
    target: Any = schemas
    for step in reference.removeprefix("#/$defs/").split("/"):
        target = target[step.replace("~1", "/").replace("~0", "~")]
    return target


def _read(path: Path, root: Path) -> dict[str, Any]:
    name = path.relative_to(root.parent).as_posix()
    try:
        schema = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationProblem(f"{name}: can't be read: {error}", "mend the file") from error
    except json.JSONDecodeError as error:
        raise ConfigurationProblem(
            f"{name}:{error.lineno}: not valid JSON: {error.msg}", "mend the syntax of that line"
        ) from error
    if not isinstance(schema, dict):
        raise ConfigurationProblem(f"{name}:1: not a schema object", "write a JSON object")
    here = path.relative_to(root).as_posix()
    schema.pop("$schema", None)
    rewritten: dict[str, Any] = with_references(schema, lambda target: _absolute(here, target))
    return rewritten


def _absolute(here: str, target: str) -> str:
    file, _, fragment = target.partition("#")
    path = posixpath.normpath(posixpath.join(posixpath.dirname(here), file)) if file else here
    folder, _, name = path.removesuffix(_SUFFIX).partition("/schemas/")
    return f"#/$defs/{folder}.{name}{fragment}"


def _require_target(schemas: Mapping[str, Any], name: str, reference: str) -> None:
    try:
        look_up(schemas, reference)
    except (KeyError, TypeError) as error:
        folder, _, file = name.partition(".")
        raise ConfigurationProblem(
            f"contracts/{folder}/schemas/{file}{_SUFFIX}: the reference to "
            f"{reference.removeprefix('#/$defs/')} leads nowhere",
            "correct the $ref, or add what it names",
        ) from error
