"""The schemas of the contract: they judge a body, precisely or fast, and say what it touches."""

from __future__ import annotations

from collections.abc import Iterator, Set
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import jsonschema_rs

from pay_conformance.contract.model import Api
from pay_conformance.contract.predicates import Predicate
from pay_conformance.contract.schema_errors import SchemaError, explained, precise_validator
from pay_conformance.contract.schema_files import joined, read_schemas
from pay_conformance.contract.touched import Kept, Walk, compiled
from pay_conformance.problems import ConfigurationProblem

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

__all__ = ["SchemaError", "SchemaStore"]

_MOST_WALKS: Final = 512
"""Compiled walks that are kept: those for a few wanted ids are made anew as runs find evidence."""


class SchemaStore:
    """All schemas below a contracts folder; what is compiled from them is kept."""

    def __init__(self, root: Path) -> None:
        self._schemas = read_schemas(root)
        self._documents: dict[str, dict[str, Any]] = {}
        self._precise: dict[str, Validator] = {}
        self._fast: dict[tuple[Api, str], Predicate] = {}
        self._named: dict[str, frozenset[str]] = {}
        self._walks: dict[tuple[Api, str, Set[str] | None], Walk] = {}
        self._kept: dict[str, Kept] = {}

    def names(self, api: Api) -> tuple[str, ...]:
        """Return the names of the schemas of that version, e.g. ``charge``."""
        prefix = f"{api}."
        return tuple(name.removeprefix(prefix) for name in self._schemas if name.startswith(prefix))

    def schema(self, api: Api, name: str) -> dict[str, Any]:
        """Return a self-contained 2020-12 schema document.

        Raises:
            ConfigurationProblem: if that version has no schema of that name.
        """
        return self._document(self._known(api, name))

    def validate(self, api: Api, name: str, instance: Any) -> list[SchemaError]:
        """Return every place where a JSON value breaks the schema; empty when it is valid."""
        key = self._known(api, name)
        if key not in self._precise:
            self._precise[key] = precise_validator(self._document(key))
        return explained(self._document(key), self._precise[key].iter_errors(instance))

    def is_valid(self, api: Api, name: str, instance: Any) -> bool:
        """Say whether a JSON value is valid, without saying why not."""
        return self.fits(api, name)(instance)

    def fits(self, api: Api, name: str) -> Predicate:
        """Return what says whether a JSON value is valid, without saying why not."""
        found = self._fast.get((api, name))
        if found is None:
            document = self._document(self._known(api, name))
            found = jsonschema_rs.Draft202012Validator(document).is_valid
            self._fast[api, name] = found
        return found

    def touched(
        self, api: Api, name: str, instance: Any, wanted: frozenset[str] | None = None
    ) -> frozenset[str]:
        """Return the ids of the requirements in the schema that had a value to judge.

        With ``wanted``, of those alone: the fewer they are, the less of the instance is read.
        """
        walk = self._walks.get((api, name, wanted))
        if walk is None:
            key = self._known(api, name)
            if len(self._walks) >= _MOST_WALKS:
                self._walks.clear()
            kept = self._kept.setdefault(key, Kept())
            walk = compiled(self._document(key)["$defs"], key, wanted, kept)
            self._walks[api, name, wanted] = walk
        seen: set[str] = set()
        walk(instance, seen)
        return frozenset(seen)

    def named_by(self, api: Api, name: str) -> frozenset[str]:
        """Return every id that a schema, or one that it refers to, names as ``x-requirement``."""
        key = self._known(api, name)
        if key not in self._named:
            self._named[key] = frozenset(_requirement_ids(self._document(key)))
        return self._named[key]

    def requirement_ids(self) -> frozenset[str]:
        """Return every id that some schema names as ``x-requirement``."""
        return frozenset(_requirement_ids(self._schemas))

    def _document(self, key: str) -> dict[str, Any]:
        if key not in self._documents:
            self._documents[key] = joined(self._schemas, key)
        return self._documents[key]

    def _known(self, api: Api, name: str) -> str:
        key = f"{api}.{name}"
        if key not in self._schemas:
            choices = ", ".join(self.names(api)) or "none is there"
            raise ConfigurationProblem(f"{api} has no schema {name!r}", f"use one of: {choices}")
        return key


def _requirement_ids(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "x-requirement" and isinstance(value, str):
                yield value
            else:
                yield from _requirement_ids(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from _requirement_ids(item)
