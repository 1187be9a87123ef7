"""What members the schemas know at each place, whatever branch of a schema names them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import jsonschema_rs

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api
from pay_conformance.contract.schema_files import look_up

_BRANCHES = ("allOf", "anyOf", "oneOf")
_CHOICES = ("then", "else")


@dataclass(slots=True)
class Members:
    """The members known at one place of a body.

    ``items`` is for the elements of an array, ``others`` for members of any name. A place at which
    no member is known at all lets everything be.
    """

    named: dict[str, Members] = field(default_factory=dict)
    items: Members | None = None
    others: Members | None = None

    def all_names(self) -> Iterator[str]:
        """Yield the name of each member known here or below."""
        for name, inner in self.named.items():
            yield name
            yield from inner.all_names()
        for below in (self.items, self.others):
            if below is not None:
                yield from below.all_names()

    def strangers(self, value: Any, pointer: str = "") -> Iterator[str]:
        """Yield the JSON Pointers of the members of a value that are not known here."""
        if isinstance(value, dict):
            if self.others is None and self.named and not value.keys() <= self.named.keys():
                for key in value.keys() - self.named.keys():
                    yield _below(pointer, key)
            for key, part in value.items():
                if isinstance(part, dict | list):
                    inner = self.named.get(key) or self.others
                    if inner is not None and not inner.is_bare:
                        yield from inner.strangers(part, _below(pointer, key))
        elif isinstance(value, list) and self.items is not None:
            for index, part in enumerate(value):
                if isinstance(part, dict | list):
                    yield from self.items.strangers(part, f"{pointer}/{index}")

    @property
    def is_bare(self) -> bool:
        """Whether nothing is known of what is inside: everything is let be."""
        return not (self.named or self.items or self.others)

    def closed(self) -> Any:
        """Return the schema of the values in which :meth:`strangers` finds nothing."""
        if self.is_bare:
            return True
        if self.others is not None:
            rest: Any = self.others.closed()
        else:
            rest = not self.named
        return {
            "properties": {name: inner.closed() for name, inner in self.named.items()},
            "additionalProperties": rest,
            "items": self.items.closed() if self.items is not None else True,
        }


def _below(pointer: str, key: str) -> str:
    return f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"


@lru_cache(maxsize=128)
def has_strangers(contract: Contract, api: Api, name: str) -> Callable[[Any], bool]:
    """Return the function that says whether a value has members that the contract does not know."""
    schema = known_members(contract, api, name).closed()
    is_valid = jsonschema_rs.Draft202012Validator(schema).is_valid
    return lambda value: not is_valid(value)


@lru_cache(maxsize=128)
def known_members(contract: Contract, api: Api, name: str) -> Members:
    """Return the members that the contract knows of an object, e.g. of ``charge``."""
    document = contract.schema(api, name)
    found = Members()
    _gather(document, document.get("$defs", {}), found, frozenset())
    return found


def _gather(
    schema: Any, definitions: Mapping[str, Any], into: Members, through: frozenset[str]
) -> None:
    if not isinstance(schema, Mapping):
        return
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in through:
        _gather(look_up(definitions, reference), definitions, into, through | {reference})
    for key, part in schema.get("properties", {}).items():
        _gather(part, definitions, into.named.setdefault(key, Members()), through)
    if isinstance(schema.get("items"), Mapping):
        into.items = into.items or Members()
        _gather(schema["items"], definitions, into.items, through)
    if isinstance(schema.get("additionalProperties"), Mapping):
        into.others = into.others or Members()
        _gather(schema["additionalProperties"], definitions, into.others, through)
    for branch in (part for word in _BRANCHES for part in schema.get(word, ())):
        _gather(branch, definitions, into, through)
    for word in _CHOICES:
        _gather(schema.get(word), definitions, into, through)
