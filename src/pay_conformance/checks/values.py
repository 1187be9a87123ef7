"""Reads the two values that rules reckon with, moments and prices, from JSON; never guesses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final

STAMP: Final = "%Y%m%dT%H%M%SZ"

_STAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_NUMERAL = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")


@dataclass(frozen=True, slots=True)
class Price:
    """An amount of money. ``decimals`` counts the digits after the point as they were written."""

    amount: Decimal
    currency: str
    decimals: int

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


def looks_like_stamp(value: Any) -> bool:
    """Say whether a JSON value has the form ``yyyyMMdd'T'HHmmss'Z'`` in ASCII digits."""
    return isinstance(value, str) and _STAMP.fullmatch(value) is not None


def moment(value: Any) -> datetime | None:
    """Return the moment that a timestamp of the API names, or ``None`` if it names none.

    A number is the milliseconds since 1970 of an early v1 Refund.
    """
    if isinstance(value, str):
        return _moment(value)
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value // 1000, UTC)
        except (OverflowError, OSError, ValueError):
            return None
    return None


@lru_cache(maxsize=4096)
def _moment(value: str) -> datetime | None:
    if not looks_like_stamp(value):
        return None
    try:
        return datetime(
            int(value[:4]),
            int(value[4:6]),
            int(value[6:8]),
            int(value[9:11]),
            int(value[11:13]),
            int(value[13:15]),
            tzinfo=UTC,
        )
    except ValueError:
        return None


def stamp(when: datetime) -> str:
    """Return a moment in the form that the API writes."""
    return when.strftime(STAMP)


def price(value: Any) -> Price | None:
    """Return the price that a JSON value holds, or ``None`` if it is not a readable one.

    The amount is a numeral in a string, as answers have it, or a JSON number, as requests may.
    """
    if not isinstance(value, dict):
        return None
    raw, currency = value.get("amount"), value.get("currencyCode")
    if type(raw) is str and type(currency) is str:  # nearly always
        return _price(raw, currency, True)  # noqa: FBT003 - a cache key
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        return None
    return _price(
        raw if isinstance(raw, str) else str(raw),
        currency if isinstance(currency, str) else "",
        isinstance(raw, str),
    )


@lru_cache(maxsize=4096)
def _price(text: str, currency: str, was_text: bool) -> Price | None:  # noqa: FBT001 - a cache key
    if was_text and not (_NUMERAL.fullmatch(text) and text.isascii()):
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    exponent = amount.as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return Price(amount, currency, decimals)
