"""What happens in a story: a call of an operation, the buyer's act, or an event, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing done.

    ``on`` is an operationId or an event of a lifecycle. ``target`` is the id of the object that
    the path, or for a new charge or refund the body, names. ``simulation`` is the code that goes
    with the call. ``key`` is its idempotency key.
    """

    on: str
    target: str = ""
    amount: Decimal | None = None
    total: Decimal | None = None
    currency: str = ""
    intent: str | None = None
    capture: bool = False
    pending: bool = False
    sweep: bool = False
    """Whether closing a permission cancels what is open on it."""
    simulation: str = ""
    card: str = ""
    key: str = ""
