"""What the rules of a story have in common: their form, and how they look back and ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any, overload

from pay_conformance.findings import Finding, Held, Outcome
from pay_conformance.gateway.timeline import Call, Moment

Rule = Callable[[Sequence[Moment]], Iterator[Outcome]]
"""Yields a Held or a Finding only where the story had something to judge."""


def calls_of(moments: Sequence[Moment]) -> list[Call]:
    """Return the calls among the moments, in order."""
    return [moment for moment in moments if isinstance(moment, Call)]


class Later(Sequence[Call]):
    """The calls that began after one had ended; looked for when a rule asks, as few do."""

    def __init__(self, calls: Sequence[Call], place: int) -> None:
        self._calls = calls
        self._place = place

    @cached_property
    def _found(self) -> Sequence[Call]:
        ended = self._calls[self._place].ended
        return [other for other in self._calls[self._place + 1 :] if other.started >= ended]

    @overload
    def __getitem__(self, index: int) -> Call: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Call]: ...

    def __getitem__(self, index: int | slice) -> Call | Sequence[Call]:
        """Return one of them, or some."""
        return self._found[index]

    def __len__(self) -> int:
        return len(self._found)


def followed(calls: Sequence[Call]) -> Iterator[tuple[Call, Sequence[Call]]]:
    """Yield each call with those that began after it had ended."""
    for place, call in enumerate(calls):
        yield call, Later(calls, place)


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
