"""Packs saved answers: bodies of one operation are so alike that an example holds most of them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

from pay_conformance.contract.model import Api, Operation
from pay_conformance.mock.calls import World
from pay_conformance.mock.json_body import dump
from pay_conformance.mock.records import Session
from pay_conformance.mock.show import shown
from pay_conformance.mock.store import Merchant, Saved

_LEVEL: Final = 1
_RAW: Final = -12
_MEMORY: Final = 4
"""With the window, 24 KB of work space: more of it would drive all else from the cache."""
_FREQUENT: Final = (
    b'"statusDetails":{"state":"","reasonCode":null,"reasonDescription":null,'
    b'"lastUpdatedTimestamp":"20","releaseEnvironment":"Sandbox","expirationTimestamp":"20'
    b'","creationTimestamp":"20","chargeAmount":{"amount":"10.00","currencyCode":"USD"},'
    b'"chargePermissionId":"S01-","chargeId":"S01-'
)
"""Runs of text that answers have; only how well they pack depends on it."""


class Packer:
    """Packs bodies that resemble ``sample``, and unpacks them again."""

    def __init__(self, sample: bytes) -> None:
        self._sample = sample

    def pack(self, body: bytes) -> bytes:
        """Return a body in far fewer bytes."""
        packing = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, _MEMORY, zdict=self._sample)
        return packing.compress(body) + packing.flush()

    def unpack(self, packed: bytes) -> bytes:
        """Return the body that was packed."""
        unpacking = zlib.decompressobj(_RAW, zdict=self._sample)
        return unpacking.decompress(packed) + unpacking.flush()


class Packers:
    """A packer for each operation.

    Its sample follows from the contract alone, so that a state can be read by another process.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._by_operation: dict[tuple[Api, str], Packer] = {}

    def of(self, operation: Operation) -> Packer:
        """Return the packer of an operation's answers."""
        key = operation.api, operation.id
        found = self._by_operation.get(key)
        if found is None:
            found = self._by_operation[key] = Packer(self._sample(operation))
        return found

    def body(self, operation: Operation, merchant: Merchant, saved: Saved) -> bytes:
        """Return the body of a saved answer, as it was the first time."""
        if isinstance(saved.answer, bytes):
            return self.of(operation).unpack(saved.answer)
        was = Session(*saved.answer)
        return dump(shown(self._world, merchant, was, operation.api))

    def _sample(self, operation: Operation) -> bytes:
        if operation.object == Session.object:
            return self._session(operation)
        schema = self._world.contract.schema(operation.api, operation.object)
        names = dict.fromkeys([*_members(schema.get("$defs", {})), *schema.get("properties", ())])
        return ",".join(f'"{name}":null' for name in names).encode() + _FREQUENT

    def _session(self, operation: Operation) -> bytes:
        """Return a new session as it is shown: of all that is saved, it is saved most often."""
        state = next(
            name
            for name, state in self._world.contract.lifecycle(Session.object, operation.api)
            .states.items()
            if state.initial
        )  # fmt: skip
        session = Session(
            "00000000-0000-4000-a000-000000000000",
            operation.api,
            created=1_800_000_000,
            updated=1_800_000_000,
            state=state,
            store="amzn1.application-oa2-client.",
            review_url="https://",
        )
        anyone = cast("Merchant", _Anyone())
        return dump(shown(self._world, anyone, session, operation.api))


@dataclass(frozen=True, slots=True)
class _Anyone:
    """What the rendering of a session reads of its merchant."""

    environment: str = "Sandbox"
    region: str = "na"


def _members(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "properties" and isinstance(value, dict):
                yield from value
            yield from _members(value)
    elif isinstance(schema, list):
        for entry in schema:
            yield from _members(entry)
