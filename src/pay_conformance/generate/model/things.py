"""The objects of the model: frozen values, so that a world can be kept, compared and branched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

OPEN = frozenset({"AuthorizationInitiated", "Authorized", "CaptureInitiated"})
"""States of a charge that hold money without having taken it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a simulation or a test card will do to an object at a moment."""

    due: datetime
    state: str
    reason: str | None
    requirement: str


@dataclass(frozen=True, slots=True)
class Thing:
    """What all objects have. ``why`` is the requirement behind its last move.

    ``born`` and ``since`` are creationTimestamp and lastUpdatedTimestamp of its state.
    """

    id: str
    state: str
    born: datetime
    since: datetime
    reasons: tuple[str, ...] = ()
    why: str = ""
    plan: Plan | None = None

    kind: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class Session(Thing):
    """A Checkout Session, and what merchant and buyer did to it."""

    amount: Decimal | None = None
    total: Decimal | None = None
    currency: str = ""
    intent: str | None = None
    pending: bool = False
    result_url: bool = True
    presented: bool = False
    """Whether an update has set the amount, and with it the presentment currency."""
    signed_in: bool = False
    approved: bool = False
    card: str = "1111"
    permission: str = ""
    charge: str = ""

    kind: ClassVar[str] = "checkout-session"


@dataclass(frozen=True, slots=True)
class Permission(Thing):
    """A one-time Charge Permission."""

    limit: Decimal = Decimal(0)
    currency: str = ""

    kind: ClassVar[str] = "charge-permission"


@dataclass(frozen=True, slots=True)
class Charge(Thing):
    """A Charge; ``captured`` is what was, or is about to be, captured."""

    permission: str = ""
    amount: Decimal = Decimal(0)
    currency: str = ""
    captured: Decimal | None = None

    kind: ClassVar[str] = "charge"

    @property
    def held(self) -> Decimal:
        """What it holds of its permission without having taken it."""
        if self.state not in OPEN:
            return Decimal(0)
        return self.amount if self.captured is None else self.captured

    @property
    def taken(self) -> Decimal:
        """What it took."""
        return self.captured or Decimal(0) if self.state == "Captured" else Decimal(0)


@dataclass(frozen=True, slots=True)
class Refund(Thing):
    """A Refund."""

    charge: str = ""
    amount: Decimal = Decimal(0)
    currency: str = ""

    kind: ClassVar[str] = "refund"

    @property
    def counted(self) -> Decimal:
        """What it counts towards refundedAmount."""
        return Decimal(0) if self.state == "Declined" else self.amount
