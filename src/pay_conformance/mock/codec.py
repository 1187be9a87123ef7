"""Writes records as JSON and reads them again, for snapshots and for the state file.

A state file may come from anywhere, so that nothing in it is executed: types are named in a closed
list, and values that are no JSON are tagged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from pay_conformance.mock.money import Money
from pay_conformance.mock.records import (
    Charge,
    Dispute,
    File,
    Permission,
    Plan,
    Record,
    Refund,
    Session,
    Token,
    Wallet,
)

_TAG: Final = "$"
_VALUES: Final[Mapping[str, type[Any]]] = {
    "file": File,
    "money": Money,
    "plan": Plan,
    "token": Token,
    "wallet": Wallet,
}
_NAMES: Final = {kind: name for name, kind in _VALUES.items()}

RECORDS: Final[Mapping[str, type[Record]]] = {
    kind.object: kind for kind in (Session, Permission, Charge, Refund, Dispute)
}
"""The records that are stored, by the name of their object."""


def encoded(record: Record) -> dict[str, Any]:
    """Return a record as a JSON object. When it is next due follows from the rest."""
    return {
        field.name: _encode(getattr(record, field.name))
        for field in fields(record)
        if field.name != "due"
    }


def decoded(kind: str, data: Mapping[str, Any]) -> Record:
    """Return the record that :func:`encoded` wrote.

    Raises:
        ValueError: if it is none.
    """
    try:
        return RECORDS[kind](**{name: decode(value) for name, value in data.items()})
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"it is no {kind}: {error}") from None


def encode(value: Token | File | str | tuple[Any, ...]) -> Any:
    """Return a value that is no record as JSON."""
    return _encode(value)


def decode(value: Any) -> Any:
    """Return the value that was encoded.

    Raises:
        ValueError: if it has a tag that nothing writes.
    """
    if isinstance(value, list):
        return [decode(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    if _TAG in value:
        return _untagged(value[_TAG], value["of"])
    return {name: decode(entry) for name, entry in value.items()}


def _untagged(tag: str, content: Any) -> Any:
    if tag == "tuple":
        return tuple(decode(entry) for entry in content)
    if tag == "set":
        return frozenset(content)
    if tag == "pairs":
        return {name: decode(entry) for name, entry in content}
    if tag not in _VALUES:
        raise ValueError(f"{tag!r} is no kind of value")
    return _VALUES[tag](**{name: decode(entry) for name, entry in content.items()})


def _encode(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list):
        return [_encode(entry) for entry in value]
    if isinstance(value, Mapping) and _TAG not in value:
        return {name: _encode(entry) for name, entry in value.items()}
    return _tagged(value)


def _tagged(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        # A shop's own member may look like a tag.
        return {_TAG: "pairs", "of": [[name, _encode(entry)] for name, entry in value.items()]}
    if isinstance(value, tuple):
        return {_TAG: "tuple", "of": [_encode(entry) for entry in value]}
    if isinstance(value, frozenset):
        return {_TAG: "set", "of": sorted(value)}
    content = {field.name: _encode(getattr(value, field.name)) for field in fields(value)}
    return {_TAG: _NAMES[type(value)], "of": content}
