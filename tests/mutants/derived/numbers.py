"""Servers with a wrong number: each limit a unit too small, and a unit too large."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Limit
from tests.mutants.model import Mutant

SOLD_IN = ("USD", "EUR", "JPY")
"""The currencies in which the merchants of a server sell whom a scenario can have."""

_UNITS = {"money": Decimal("0.01"), "percent": Decimal(1), "count": Decimal(1)}


def limit_mutants(contract: Contract) -> Iterator[Mutant]:
    """Yield two mutants of each limit in each currency that scenarios can see."""
    for name, limit in contract.limits.items():
        currencies = [each for each in SOLD_IN if each in limit.by_currency]
        if limit.value is not None:
            yield from _off_by_one(name, limit, "")
        for currency in currencies:
            yield from _off_by_one(name, limit, currency)


def _off_by_one(name: str, limit: Limit, currency: str) -> Iterator[Mutant]:
    unit = Decimal(1) if currency == "JPY" else _UNITS.get(limit.unit, Decimal(1))
    right = limit.by_currency[currency] if currency else limit.value
    if right is None:
        return
    where = f" in {currency}" if currency else ""
    for word, wrong in (("too small", right - unit), ("too large", right + unit)):
        if wrong < 0:
            continue
        yield Mutant(
            name=f"limit {name}{where}: {word}",
            says=f"{name}{where} is {wrong} instead of {right}.",
            breaks=frozenset({limit.requirement}),
            api="v2",
            change=_with_limit(name, limit, currency, wrong),
            kind="limit",
        )


def _with_limit(
    name: str, limit: Limit, currency: str, value: Decimal
) -> Callable[[Contract], Contract]:
    if currency:
        changed = replace(limit, by_currency={**limit.by_currency, currency: value})
    else:
        changed = replace(limit, value=value)

    def change(contract: Contract) -> Contract:
        return contract.replaced(limits={**contract.limits, name: changed})

    return change
