"""What the exchanges so far have shown: objects, keys, and the money between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from pay_conformance.checks.body import parse
from pay_conformance.checks.names import ID_OF, in_api
from pay_conformance.checks.values import Price
from pay_conformance.checks.view import View
from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api
from pay_conformance.findings import Held, Outcome

FIXED: Final[Mapping[str, Mapping[str, str]]] = {
    "checkout-session": {
        "/creationTimestamp": "CS-TIME-001",
        "/storeId": "OP-SAME-001",
        "/releaseEnvironment": "OP-SAME-001",
        "/buyer/buyerId": "CS-LIFE-024",
        "/chargePermissionId": "CS-COMP-012",
        "/chargeId": "CS-COMP-012",
    },
    "charge": {
        "/creationTimestamp": "CH-LIFE-016",
        "/chargePermissionId": "CH-LIFE-014",
        "/chargeAmount": "CH-LIFE-013",
        "/expirationTimestamp": "OP-SAME-001",
        "/releaseEnvironment": "OP-SAME-001",
    },
    "charge-permission": {
        "/creationTimestamp": "CP-LIFE-022",
        "/chargePermissionType": "OP-SAME-001",
        "/presentmentCurrency": "OP-SAME-001",
        "/releaseEnvironment": "OP-SAME-001",
    },
    "refund": {
        "/creationTimestamp": "RF-LIFE-008",
        "/chargeId": "OP-SAME-001",
        "/refundAmount": "OP-SAME-001",
        "/releaseEnvironment": "OP-SAME-001",
    },
    "dispute": {
        "/creationTimestamp": "DI-LIFE-008",
        "/chargeId": "DI-LIFE-008",
        "/disputeAmount": "DI-LIFE-008",
        "/filingReason": "DI-LIFE-008",
        "/releaseEnvironment": "DI-LIFE-008",
    },
}
"""The members, as v2 pointers, that an object keeps for its whole life, and which rule says so."""

REMEMBERED: Final[Mapping[str, tuple[str, ...]]] = {
    "checkout-session": (
        "/statusDetails/lastUpdatedTimestamp",
        "/paymentDetails/chargeAmount",
        "/paymentDetails/totalOrderAmount",
        "/paymentDetails/paymentIntent",
        "/chargePermissionType",
    ),
    "charge": (
        "/statusDetails/lastUpdatedTimestamp",
        "/chargeAmount",
        "/captureAmount",
        "/refundedAmount",
    ),
    "charge-permission": (
        "/statusDetails/lastUpdatedTimestamp",
        "/limits/amountLimit",
        "/limits/amountBalance",
    ),
    "refund": ("/statusDetails/lastUpdatedTimestamp", "/refundAmount"),
    "dispute": ("/statusDetails/lastUpdatedTimestamp", "/disputeAmount"),
}
"""What is kept of the last sight of an object, as v2 pointers, beside what is fixed: all that
later exchanges are compared with."""


@dataclass(slots=True)
class Observed:
    """An object as it was last seen, and what must not change about it."""

    object: str
    id: str
    api: Api
    last: dict[str, Any]
    """v2 pointer to what was there, for those of ``REMEMBERED``."""
    state: str | None
    seen: datetime | None
    """When the answer had arrived; ``None`` where the exchange has no times."""
    exchange: str
    fixed: dict[str, Any] = field(default_factory=dict)
    """v2 pointer to the value that it keeps for its whole life."""
    written: dict[str, Any] = field(default_factory=dict)
    """v2 pointer to the value that the client last set there."""

    def at(self, view: View, pointer: str) -> Any:
        """Return what it last held at a pointer written with v2 names, one of ``REMEMBERED``.

        What the other version of the API calls otherwise says nothing about this one.
        """
        if self.api != view.api and in_api(pointer, "v1") != pointer:
            return None
        return self.last[pointer]


@dataclass(slots=True)
class Attempt:
    """The request that an idempotency key was first sent with."""

    operation: str
    path: str
    raw: bytes

    def is_same(self, view: View) -> bool:
        """Say whether an exchange sends that request again, byte by byte."""
        request = view.exchange.request
        return request is not None and self.is_at(view) and self.raw == request.body

    def differs(self, view: View) -> bool:
        """Say whether an exchange asks for something else.

        The same JSON in other bytes is neither the same nor another: nobody documents which.
        """
        request = view.exchange.request
        if request is None or self.path != view.path:
            return True
        return self.raw != request.body and parse(self.raw).value != view.request.value

    def is_at(self, view: View) -> bool:
        """Say whether an exchange asks the same of the same object, whatever its body."""
        return view.exchange.request is not None and self.path == view.path


@dataclass(slots=True)
class Used:
    """An idempotency key that was used, and the answer that is saved under it."""

    attempt: Attempt
    status: int
    raw: bytes
    exchange: str
    ended: datetime | None

    @property
    def answer(self) -> Any:
        """The answer as JSON; ``None`` where it was none."""
        return parse(self.raw).value


@dataclass(slots=True)
class Money:
    """The amounts of one charge, as last seen."""

    state: str | None
    authorized: Decimal
    captured: Decimal
    currency: str


@dataclass(slots=True)
class History:
    """The memory of one Judge. Checks read it; the Judge alone lets it learn, after they ran."""

    public_keys: Mapping[str, str] = field(default_factory=dict)
    """Public key id to its key in PEM, for those that are known."""
    objects: dict[tuple[str, str], Observed] = field(default_factory=dict)
    keys: dict[tuple[str, str], Used] = field(default_factory=dict)
    """Merchant's public key id and idempotency key, to the first request that succeeded."""
    attempts: dict[tuple[str, str], Attempt] = field(default_factory=dict)
    """The same for the first request that was sent with the key, whatever came of it."""
    charges: dict[str, dict[str, Money]] = field(default_factory=dict)
    refunds: dict[str, dict[str, tuple[Decimal, str | None]]] = field(default_factory=dict)
    failed: dict[tuple[str, str, bytes], tuple[str, str]] = field(default_factory=dict)
    """Method, path and body of a request that failed for a while, to its key and exchange."""
    promised: dict[str, Price] = field(default_factory=dict)
    """A charge that a completed session named, to the amount that the session had."""
    unheld: dict[tuple[Api, str], frozenset[str]] = field(default_factory=dict)
    """The requirements of each schema for which nothing has been evidence yet."""
    evident: dict[Api, frozenset[str]] = field(default_factory=dict)
    """The requirements for which something has been."""
    most: int | None = None
    """How many entries each table may have; ``None`` for any number."""
    _about: View | None = None
    _used: Used | None = None
    _repeats: bool = False
    _before: Observed | None = None

    def consider(self, view: View) -> None:
        """Look up once what is known about an exchange; it stays so until the next is considered.

        That is what was known before it: what is learned from itself does not count.
        """
        self._about = None
        used = self._used = self.used(view) if view.key else None
        self._repeats = used is not None and not used.attempt.differs(view)
        self._before = None
        if view.answer is not None and not self._repeats:
            self._before = self._seen(view, view.object, identity(view))
        self._about = view

    def forget(self) -> None:
        """Forget the oldest entries of the tables that have too many."""
        if self.most is None:
            return
        tables: tuple[dict[Any, Any], ...] = (
            self.objects,
            self.keys,
            self.attempts,
            self.charges,
            self.refunds,
            self.failed,
            self.promised,
        )
        for table in tables:
            while len(table) > self.most:
                del table[next(iter(table))]

    def unheld_of(self, contract: Contract, api: Api, name: str) -> frozenset[str]:
        """Return the requirements of a schema for which no body has been evidence yet.

        One body that bears on a rule and keeps it is evidence; to look for the same in thousands
        more would tell nothing new. That each of them keeps the rule is checked all the same.
        """
        found = self.unheld.get((api, name))
        if found is None:
            named = contract.schemas.named_by(api, name)
            found = self.unheld[api, name] = named - self.evident.get(api, frozenset())
        return found

    def evidence(self, view: View, outcomes: Iterable[Outcome], failed: Set[str]) -> None:
        """Note for which requirements of the schemas an exchange was evidence; not if they failed.

        ``outcomes`` are those of the checks that hold bodies against schemas.
        """
        api = view.api
        known = self.evident.get(api, frozenset())
        new = {
            found.requirement
            for found in outcomes
            if isinstance(found, Held) and found.requirement not in known
        }
        if new:  # seldom
            new -= failed
        if new:
            self.evident[api] = known | new
            for key, unheld in self.unheld.items():
                if key[0] == api and not unheld.isdisjoint(new):
                    self.unheld[key] = unheld - new

    def apart(self) -> History:
        """Return a history of other exchanges: only what needs no more evidence is in common."""
        return History(self.public_keys, unheld=self.unheld, evident=self.evident, most=self.most)

    def seek_less(self, other: History) -> None:
        """Take over for which requirements of the schemas another history has had evidence."""
        for api, found in other.evident.items():
            known = self.evident.get(api, frozenset())
            if not found <= known:
                self.evident[api] = known | found
                for key, unheld in self.unheld.items():
                    if key[0] == api:
                        self.unheld[key] = unheld - found

    def used(self, view: View) -> Used | None:
        """Return what this exchange's key was used for before it began, or ``None``."""
        if view is self._about:
            return self._used
        first = self.keys.get((view.merchant, view.key)) if view.key else None
        if first is None or _overlaps(first.ended, view):
            return None
        return first

    def is_repeat(self, view: View) -> bool:
        """Say whether this is a request that succeeded before, sent again with its key.

        The same JSON in other bytes may be answered with what was saved: it shows nothing new.
        """
        if view is not self._about:
            self.consider(view)
        return self._repeats

    def before(self, view: View, kind: str = "", name: str = "") -> Observed | None:
        """Return an object as it was last seen before this exchange began, or ``None``.

        With no ``kind`` and ``name`` it is the object that this exchange answers. An observation
        that overlaps in time says nothing about what came first, and a saved answer that is given
        again shows the object as it was long ago: there is ``None`` as well.
        """
        if kind:
            return self._seen(view, kind, name)
        if view is not self._about:
            self.consider(view)
        return self._before

    def _seen(self, view: View, kind: str, name: str) -> Observed | None:
        last = self.objects.get((kind, name))
        return None if last is None or _overlaps(last.seen, view) else last


def _overlaps(ended: datetime | None, view: View) -> bool:
    started = view.exchange.started
    return ended is not None and started is not None and ended > started


def retry_of(view: View) -> tuple[str, str, bytes] | None:
    """Return what two attempts at the same request have in common."""
    request = view.exchange.request
    return (request.method.upper(), view.path, request.body) if request is not None else None


def identity(view: View) -> str:
    """Return the id that the answered object carries, or ``""``."""
    if view.answer is None:
        return ""
    found = view.answer.get(ID_OF.get(view.object, ""))
    return found if isinstance(found, str) else ""
