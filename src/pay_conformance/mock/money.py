"""Amounts of money as the API writes them: decimal text and a currency, never a float."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

WHOLE_UNITS = frozenset({"JPY"})
"""Currencies without a minor unit: `"500"`, never `"500.00"` (observed in every JPY charge)."""

_CENT = Decimal("0.01")
_PLAIN = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class Money:
    """A price. ``text`` is the amount as it is shown, e.g. ``"14.00"``."""

    text: str
    currency: str

    @property
    def value(self) -> Decimal:
        """The amount as a number; ``"1.0"`` and ``"1.00"`` are equal."""
        return Decimal(self.text)

    def shown(self) -> dict[str, str]:
        """Return the ``price`` object of a response: the amount is always a string."""
        return {"amount": self.text, "currencyCode": self.currency}


def money(price: Mapping[str, Any]) -> Money:
    """Return the price of a request, whose amount may be a JSON number or a string.

    A string is shown as it was sent (``"14.00"`` stays), unless it has places that the currency
    doesn't have (``"475.4500"`` is sent by a plugin that works).
    """
    sent, currency = price["amount"], str(price["currencyCode"])
    value = Decimal(str(sent))
    if isinstance(sent, str) and currency not in WHOLE_UNITS and _PLAIN.fullmatch(sent):
        return Money(sent, currency)
    return Money(text_of(value, currency), currency)


def text_of(value: Decimal, currency: str) -> str:
    """Return an amount as text: no exponent, no more places than the currency has."""
    exact = _rounded(value, currency)
    if exact == exact.to_integral_value():
        return str(exact.quantize(Decimal(1)))
    return str(exact.quantize(_CENT))


def _rounded(value: Decimal, currency: str) -> Decimal:
    return value.quantize(Decimal(1) if currency in WHOLE_UNITS else _CENT)
