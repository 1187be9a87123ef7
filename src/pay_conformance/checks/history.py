"""What the exchanges so far have shown: objects, keys, and the money between them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from pay_conformance.checks.names import ID_OF, look_up
from pay_conformance.checks.values import Price
from pay_conformance.checks.view import View
from pay_conformance.contract.model import Api

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
}
"""The members, as v2 pointers, that an object keeps for its whole life, and which rule says so."""

_ALL_LOOKED_AT: Final = 256
_THEN_EACH: Final = 16

_TELLING = frozenset(
    {"state", "currencyCode", "countryCode", "chargePermissionType", "productType", "ObjectType"}
)
"""Members whose value decides which rules apply to the rest."""

_PUBLIC_KEY_ID = re.compile(r"PublicKeyId=([^,\s]+)")


@dataclass(slots=True)
class Observed:
    """An object as it was last seen, and what must not change about it."""

    object: str
    id: str
    body: dict[str, Any]
    state: str | None
    seen: datetime | None
    """When the answer had arrived; ``None`` where the exchange has no times."""
    exchange: str
    fixed: dict[str, Any] = field(default_factory=dict)
    """v2 pointer to the value that it keeps for its whole life."""
    written: dict[str, Any] = field(default_factory=dict)
    """v2 pointer to the value that the client last set there."""

    def at(self, view: View, pointer: str) -> Any:
        """Return what it last held at a pointer written with v2 names."""
        return look_up(self.body, view.pointer(pointer))


@dataclass(slots=True)
class Attempt:
    """The request that an idempotency key was first sent with."""

    operation: str
    path: str
    raw: bytes
    body: Any

    def is_same(self, view: View) -> bool:
        """Say whether an exchange sends that request again, byte by byte."""
        request = view.exchange.request
        return request is not None and self.is_at(view) and self.raw == request.body

    def differs(self, view: View) -> bool:
        """Say whether an exchange asks for something else.

        The same JSON in other bytes is neither the same nor another: nobody documents which.
        """
        return not self.is_at(view) or self.body != view.request.value

    def is_at(self, view: View) -> bool:
        """Say whether an exchange asks the same of the same object, whatever its body."""
        request = view.exchange.request
        return request is not None and self.path == request.path


@dataclass(slots=True)
class Used:
    """An idempotency key that was used, and the answer that is saved under it."""

    attempt: Attempt
    status: int
    answer: Any
    exchange: str
    ended: datetime | None


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
    shapes: set[tuple[Any, ...]] = field(default_factory=set)
    bodies: dict[tuple[Api, str], int] = field(default_factory=dict)

    def used(self, view: View) -> Used | None:
        """Return what this exchange's key was used for before it began, or ``None``."""
        key = key_of(view)
        first = self.keys.get((merchant_of(view), key)) if key else None
        if first is None or _overlaps(first.ended, view):
            return None
        return first

    def is_repeat(self, view: View) -> bool:
        """Say whether this is a request that succeeded before, sent again with its key.

        The same JSON in other bytes may be answered with what was saved: it shows nothing new.
        """
        first = self.used(view)
        return first is not None and not first.attempt.differs(view)

    def unseen_shape(self, api: Api, name: str, value: Any) -> bool:
        """Say whether a body of these filled members is the first of its kind, and remember it.

        What a body bears on follows from which members are filled, so it is worked out once a
        kind. After many bodies of an object only some are looked at: kinds repeat.
        """
        count = self.bodies[api, name] = self.bodies.get((api, name), 0) + 1
        if count > _ALL_LOOKED_AT and count % _THEN_EACH:
            return False
        shape = (api, name, _shape(value))
        if shape in self.shapes:
            return False
        self.shapes.add(shape)
        return True

    def before(self, view: View, kind: str = "", name: str = "") -> Observed | None:
        """Return an object as it was last seen before this exchange began, or ``None``.

        With no ``kind`` and ``name`` it is the object that this exchange answers. An observation
        that overlaps in time says nothing about what came first, and a saved answer that is given
        again shows the object as it was long ago: there is ``None`` as well.
        """
        if not kind:
            kind, name = view.object, identity(view)
            if self.is_repeat(view):
                return None
        last = self.objects.get((kind, name))
        return None if last is None or _overlaps(last.seen, view) else last


def _overlaps(ended: datetime | None, view: View) -> bool:
    started = view.exchange.started
    return ended is not None and started is not None and ended > started


def key_of(view: View) -> str:
    """Return the idempotency key of a POST, or ``""``."""
    request = view.exchange.request
    if request is None or request.method.upper() != "POST":
        return ""
    return request.header("x-amz-pay-idempotency-key") or ""


def merchant_of(view: View) -> str:
    """Return the public key id that signed the request, or ``""``: keys are a merchant's own."""
    request = view.exchange.request
    signed = request.header("authorization") if request is not None else None
    found = _PUBLIC_KEY_ID.search(signed or "")
    return found[1] if found else ""


def retry_of(view: View) -> tuple[str, str, bytes] | None:
    """Return what two attempts at the same request have in common."""
    request = view.exchange.request
    return (request.method.upper(), request.path, request.body) if request is not None else None


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(
            (key, part if key in _TELLING and isinstance(part, str) else _shape(part))
            for key, part in value.items()
            if part is not None
        )
    if isinstance(value, list):
        return tuple(sorted({repr(_shape(part)) for part in value}))
    return type(value).__name__


def identity(view: View) -> str:
    """Return the id that the answered object carries, or ``""``."""
    if view.answer is None:
        return ""
    found = view.answer.get(ID_OF.get(view.object, ""))
    return found if isinstance(found, str) else ""
