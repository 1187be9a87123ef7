"""What the mock stores: one record for each object, in no version's spelling.

Renderers turn a record into what v1 or v2 shows. Times are seconds since the epoch. Records have
slots and share what is equal, so that a million sessions fit into memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, ClassVar

from pay_conformance.contract.model import Api
from pay_conformance.mock.money import Money

Address = Mapping[str, str | None]
"""An address in the order in which the API writes it; never changed, so it can be shared."""

Metadata = tuple[str | None, str | None, str | None, str | None]
"""merchantReferenceId, merchantStoreName, noteToBuyer, customInformation."""

NO_METADATA: Metadata = (None, None, None, None)
NOTHING = Money("0", "USD")


@dataclass(frozen=True, slots=True)
class Plan:
    """What was decided to happen to a record at ``due``, in place of what usually happens."""

    due: int
    state: str
    reason: str | None = None


@dataclass(slots=True)
class Record:
    """What all objects that have a life share. ``api`` is the version that it was made with."""

    object: ClassVar[str] = ""

    id: str
    api: Api
    created: int
    state: str = ""
    updated: int = 0
    due: int = 0
    plan: Plan | None = None

    def since(self, pointer: str) -> int | None:
        """Return the time at which a timer starts, by what the lifecycle calls that time."""
        if pointer == "/creationTimestamp":
            return self.created
        if pointer == "/statusDetails/lastUpdatedTimestamp":
            return self.updated
        return None

    def enter(self, state: str, reason: str | None, description: str | None, now: int) -> None:
        """Go to a state."""
        raise NotImplementedError


@dataclass(slots=True)
class Reasoned(Record):
    """A record whose status carries at most one reason."""

    reason: str | None = None
    description: str | None = None

    def enter(self, state: str, reason: str | None, description: str | None, now: int) -> None:
        """Go to a state."""
        self.state, self.reason, self.description, self.updated = state, reason, description, now


@dataclass(frozen=True, slots=True)
class Wallet:
    """What the buyer chose: who, where to, and the ending of the card. Shared where equal."""

    buyer: Mapping[str, Any]
    card: str
    shipping: Address | None
    billing: Address | None
    shows_billing: bool = False


@dataclass(slots=True)
class Session(Reasoned):
    """A Checkout Session."""

    object: ClassVar[str] = "checkout-session"

    store: str = ""
    review_url: str | None = None
    result_url: str | None = None
    cancel_url: str | None = None
    product: str | None = None
    intent: str | None = None
    pending: bool = False
    amount: Money | None = None
    total: Money | None = None
    soft_descriptor: str | None = None
    presentment: str | None = None
    overcharge: bool | None = None
    extended: bool | None = None
    kind: str = "OneTime"
    frequency: tuple[str, str] | None = None
    recurring_amount: Money | None = None
    setup_only: bool | None = None
    metadata: Metadata = NO_METADATA
    supplementary: str | None = None
    platform: str | None = None
    provider_reference: str | None = None
    delivery: Mapping[str, Any] | None = None
    scopes: tuple[str, ...] | None = None
    wallet: Wallet | None = None
    approved: bool = False
    permission: str | None = None
    charge: str | None = None
    shares: tuple[tuple[str, Money], ...] = ()
    """multiAddressesCheckoutMetadata: the amount that goes to each address."""


_CONTENTS = attrgetter(*(field.name for field in fields(Session)))


def contents(session: Session) -> tuple[Any, ...]:
    """Return what a session is now, in the order in which ``Session`` takes it."""
    found: tuple[Any, ...] = _CONTENTS(session)
    return found


@dataclass(slots=True)
class Permission(Record):
    """A Charge Permission."""

    object: ClassVar[str] = "charge-permission"

    session: str = ""
    kind: str = "OneTime"
    currency: str = ""
    limit: Money | None = None
    overcharge: bool = False
    extended: bool = False
    frequency: tuple[str, str] | None = None
    recurring_amount: Money | None = None
    setup_only: bool | None = None
    metadata: Metadata = NO_METADATA
    platform: str | None = None
    wallet: Wallet | None = None
    forgot_buyer: bool = False
    reasons: tuple[tuple[str, str | None], ...] = ()
    charges: list[str] = field(default_factory=list)
    last_charge: int = 0
    modified: bool = False

    def since(self, pointer: str) -> int | None:
        """Return the start of a timer; a recurring permission also counts from its last charge."""
        if pointer == "the last charge":
            return self.last_charge or self.created
        return Record.since(self, pointer)

    def enter(self, state: str, reason: str | None, description: str | None, now: int) -> None:
        """Go to a state; a second reason for the same state is added to the first."""
        kept = self.reasons if state == self.state and reason else ()
        added = ((reason, description),) if reason else ()
        self.reasons = tuple(entry for entry in kept if entry[0] != reason) + added
        self.state, self.updated = state, now


@dataclass(slots=True)
class Charge(Reasoned):
    """A Charge: one authorization, and at most one capture of it."""

    object: ClassVar[str] = "charge"

    permission: str = ""
    amount: Money = NOTHING
    captured: Money | None = None
    to_capture: Money | None = None
    soft_descriptor: str | None = None
    provider_reference: str | None = None
    channel: str | None = None
    initiator: str | None = None
    metadata: Metadata = NO_METADATA
    platform: str | None = None
    result_url: str | None = None
    refunds: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Refund(Reasoned):
    """A Refund."""

    object: ClassVar[str] = "refund"

    charge: str = ""
    amount: Money = NOTHING
    soft_descriptor: str | None = None


RESOLUTIONS: Mapping[str | None, str] = {
    "AutoResolved": "NoFault",
    "BuyerCancelled": "MerchantWon",
    "ChargebackFiled": "NoFault",
    "InvestigatorResolved": "BuyerWon",
    "MerchantAcceptedDispute": "BuyerWon",
    "MerchantResponseDeadlineExpired": "BuyerWon",
}
"""Who wins a dispute that ends for a reason, if nobody says otherwise."""


@dataclass(slots=True)
class Dispute(Reasoned):
    """A Dispute of a charge. ``deadline`` is the last second in which the merchant may answer."""

    object: ClassVar[str] = "dispute"

    charge: str = ""
    amount: Money = NOTHING
    filing_reason: str = ""
    deadline: int = 0
    resolution: str | None = None
    evidences: tuple[Mapping[str, Any], ...] = ()

    def since(self, pointer: str) -> int | None:
        """Return the start of a timer; one of them starts at the deadline."""
        if pointer == "/merchantResponseDeadline":
            return self.deadline
        return Record.since(self, pointer)

    def enter(self, state: str, reason: str | None, description: str | None, now: int) -> None:
        """Go to a state; who closes a resolved dispute without a reason leaves its reason."""
        if (self.state, state, reason) == ("Resolved", "Closed", None):
            reason, description = self.reason, self.description
        Reasoned.enter(self, state, reason, description, now)
        if state in ("Resolved", "Closed"):
            self.resolution = self.resolution or RESOLUTIONS.get(reason, "NoFault")


@dataclass(frozen=True, slots=True)
class File:
    """A place for a file that is evidence."""

    id: str
    type: str
    purpose: str
    created: int


@dataclass(frozen=True, slots=True)
class Token:
    """A buyer token from sign-in, which opens the buyer's details for a day."""

    token: str
    created: int
    scopes: frozenset[str]
    wallet: Wallet
