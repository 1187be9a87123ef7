"""Merchants, each with records, keys, time and random numbers of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from pay_conformance.mock.clock import Timeline
from pay_conformance.mock.faults import Faults
from pay_conformance.mock.identifiers import Identifiers
from pay_conformance.mock.outbox import Outbox
from pay_conformance.mock.records import (
    Address,
    Charge,
    Dispute,
    File,
    Permission,
    Record,
    Refund,
    Session,
    Token,
)
from pay_conformance.mock.refusals import Refused

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Saved:
    """The answer that an idempotency key got, and a digest of the request that got it.

    A million sessions have a million of them, so that the body is not kept as it is: it is packed,
    or it is what there was to show, as :func:`~.records.contents` has it.
    """

    digest: bytes
    status: int
    answer: bytes | tuple[Any, ...]


@dataclass(slots=True)
class Merchant:
    """One merchant. Nothing in it can be seen from another's."""

    id: str
    key_id: str
    key: RSAPublicKey
    store_id: str
    store_name: str
    region: str
    live: bool
    time: Timeline
    ids: Identifiers
    faults: Faults
    buyer: Mapping[str, Any]
    sessions: dict[str, Session] = field(default_factory=dict)
    permissions: dict[str, Permission] = field(default_factory=dict)
    charges: dict[str, Charge] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    disputes: dict[str, Dispute] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    tracked: dict[str, str] = field(default_factory=dict)
    """Tracking number to the charge permission of its shipment."""
    tokens: dict[str, Token] = field(default_factory=dict)
    deliveries: dict[str, Address] = field(default_factory=dict)
    """Session to the address that its shop's button gave."""
    saved: dict[str, Saved] = field(default_factory=dict)
    failures: list[dict[str, Any]] = field(default_factory=list)
    outbox: Outbox = field(default_factory=Outbox)
    snapshots: dict[str, str] = field(default_factory=dict)
    touched: dict[tuple[str, str], None] = field(default_factory=dict)
    """Kind and key of what has changed in this turn, in order."""
    renewed: bool = False
    """Whether all that there was before this turn was forgotten in it."""

    @property
    def stored(self) -> Mapping[str, dict[str, Any]]:
        """All records by the name of their object."""
        return {
            "checkout-session": self.sessions,
            "charge-permission": self.permissions,
            "charge": self.charges,
            "refund": self.refunds,
            "dispute": self.disputes,
        }

    @property
    def kept(self) -> Mapping[str, dict[str, Any]]:
        """What is kept beside the records, by the name of its kind."""
        return {
            "token": self.tokens,
            "file": self.files,
            "tracked": self.tracked,
            "delivery-address": self.deliveries,
        }

    def touch(self, record: Record) -> None:
        """Note that a record has changed."""
        self.touched[record.object, record.id] = None

    @property
    def environment(self) -> str:
        """``releaseEnvironment`` of everything this merchant makes."""
        return "Live" if self.live else "Sandbox"

    def clear(self) -> None:
        """Forget every object, saved answer, failure and fault; key, ids and time stay."""
        for things in (
            self.sessions,
            self.permissions,
            self.charges,
            self.refunds,
            self.disputes,
            self.files,
            self.tracked,
            self.tokens,
            self.deliveries,
            self.saved,
        ):
            things.clear()
        self.renewed = True
        self.failures.clear()
        self.faults.waiting.clear()
        self.outbox.sent.clear()
        self.outbox.held.clear()
        self.time.clear()

    def descriptor(self, sent: str | None) -> str:
        """Return a softDescriptor as responses have it: what was sent, or the store's name.

        Both have ``AMZ*`` in front (observed).
        """
        return f"AMZ*{sent or self.store_name}"

    def session(self, key: str) -> Session:
        """Return a session.

        Raises:
            Refused: ``ResourceNotFound`` if there is none, or no longer; as all of these do.
        """
        return _found(self.sessions, key)

    def permission(self, key: str) -> Permission:
        """Return a charge permission."""
        return _found(self.permissions, key)

    def charge(self, key: str) -> Charge:
        """Return a charge."""
        return _found(self.charges, key)

    def refund(self, key: str) -> Refund:
        """Return a refund."""
        return _found(self.refunds, key)

    def dispute(self, key: str) -> Dispute:
        """Return a dispute."""
        return _found(self.disputes, key)


def _found(things: Mapping[str, Thing], key: str) -> Thing:
    thing = things.get(key)
    if thing is None:
        raise Refused("ResourceNotFound")
    return thing
