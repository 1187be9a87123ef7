"""What the rules of a story have in common: their form, and how they look back and ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from pay_conformance.findings import Finding, Held, Outcome
from pay_conformance.gateway.timeline import Call, Moment

Rule = Callable[[Sequence[Moment]], Iterator[Outcome]]
"""Yields a Held or a Finding only where the story had something to judge."""


def calls_of(moments: Sequence[Moment]) -> list[Call]:
    """Return the calls among the moments, in order."""
    return [moment for moment in moments if isinstance(moment, Call)]


def followed(calls: Sequence[Call]) -> Iterator[tuple[Call, Sequence[Call]]]:
    """Yield each call with those that began after it had ended."""
    for place, call in enumerate(calls):
        yield call, [other for other in calls[place + 1 :] if other.started >= call.ended]


def verdict(
    requirement: str,
    call: Call,
    *,
    holds: bool,
    message: str,
    expected: Any,
    actual: Any,
    pointer: str = "",
    part: str = "request",
) -> Outcome:
    """Return the evidence that a requirement held at a call, or the finding that it did not."""
    if holds:
        return Held(requirement, call.exchange)
    return Finding(
        requirement,
        message,
        pointer=pointer,
        expected=expected,
        actual=actual,
        part=part,
        exchange=call.exchange,
    )


def money(price: Any) -> tuple[Decimal, str] | None:
    """Return amount and currency of a price object, or ``None`` for anything else."""
    if not isinstance(price, dict):
        return None
    try:
        return Decimal(str(price.get("amount"))), str(price.get("currencyCode"))
    except InvalidOperation:
        return None
