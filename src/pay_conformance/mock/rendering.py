"""What both versions show alike, and which members a state hides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pay_conformance.contract.model import Api
from pay_conformance.mock.clock import stamp
from pay_conformance.mock.facts import Constraints
from pay_conformance.mock.money import Money
from pay_conformance.mock.moves import Moves
from pay_conformance.mock.records import Metadata, Permission, Reasoned, Record, Session
from pay_conformance.mock.store import Merchant
from pay_conformance.mock.wallet import PAGES


@dataclass(frozen=True, slots=True)
class Sight:
    """What a renderer looks at besides the record itself."""

    moves: Moves
    constraints: Constraints
    descriptors: Mapping[str, str]
    """Ending of a card to how the contract describes it."""
    hidden: Mapping[tuple[str, Api, str], tuple[str, ...]]
    """Object, version and state to the pointers (v2 names) that are null then."""
    pages: str = ""
    """Base URL of the hosted pages; ``""`` stands for Amazon's own, by region."""

    def expiry(self, record: Record, timer: str = "expiry") -> str | None:
        """Return when a record's timer runs out, as a timestamp."""
        due = self.moves.timer(record, timer)
        return None if due is None else stamp(due)


def hidden_in(moves: Moves) -> dict[tuple[str, Api, str], tuple[str, ...]]:
    """Return, for each state of each object, what its lifecycle says is null in it.

    That is what the state lists as null, and what only other states show.
    """
    found: dict[tuple[str, Api, str], tuple[str, ...]] = {}
    for (name, api), life in moves.lives.items():
        shown = {pointer for state in life.states.values() for pointer in state.shows}
        for state in life.states.values():
            nulls = {*state.nulls, *(shown - set(state.shows))}
            found[name, api, state.name] = tuple(sorted(nulls))
    return found


def price(amount: Money | None) -> dict[str, str] | None:
    """Return a price, or null."""
    return None if amount is None else amount.shown()


def metadata(values: Metadata) -> dict[str, str | None]:
    """Return merchantMetadata: all four members, null where unset."""
    return {
        "merchantReferenceId": values[0],
        "merchantStoreName": values[1],
        "noteToBuyer": values[2],
        "customInformation": values[3],
    }


def status(record: Reasoned) -> dict[str, str | None]:
    """Return the status of everything but a Charge Permission."""
    return {
        "state": record.state,
        "reasonCode": record.reason,
        "reasonDescription": record.description,
        "lastUpdatedTimestamp": stamp(record.updated),
    }


def permission_status(record: Permission) -> dict[str, Any]:
    """Return the status of a Charge Permission: a list of reasons, or null."""
    reasons = [
        {"reasonCode": code, "reasonDescription": description}
        for code, description in record.reasons
    ]
    return {
        "state": record.state,
        "reasons": reasons or None,
        "lastUpdatedTimestamp": stamp(record.updated),
    }


def redirect_url(
    session: Session, merchant: Merchant, sight: Sight, remaining: list[dict[str, str]]
) -> str | None:
    """Return amazonPayRedirectUrl: there is one as soon as no constraint remains."""
    if remaining:
        return None
    page = f"{sight.pages or PAGES[merchant.region]}/checkout/processing"
    return f"{page}?amazonCheckoutSessionId={session.id}"


def constraints(session: Session, sight: Sight) -> list[dict[str, str]]:
    """Return what remains to be set, in the contract's order."""
    return [
        {"constraintId": rule.id, "description": rule.description}
        for rule in sight.constraints.remaining(session)
    ]


@cache
def _steps(pointer: str) -> tuple[tuple[str, ...], str]:
    *way, last = pointer.split("/")[1:]
    return tuple(way), last


def hide(body: dict[str, Any], pointers: tuple[str, ...]) -> dict[str, Any]:
    """Set to null what a state hides; pointers are in the spelling of the body."""
    for pointer in pointers:
        way, last = _steps(pointer)
        place: Any = body
        for step in way:
            place = place.get(step) if isinstance(place, dict) else None
        if isinstance(place, dict) and last in place:
            place[last] = None
    return body
