"""Amounts in every currency and form: a server takes exactly those that the contract allows."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from pay_conformance.contract import Contract
from pay_conformance.generate.examples import Scene, holds
from pay_conformance.generate.values import digits_of, most_of
from pay_conformance.scenario import Answer, Shop

LIMITED = ("USD", "GBP", "EUR", "JPY")
"""The currencies whose largest amount is known."""


BOUNDARIES: tuple[Any, ...] = (
    "0", "0.00", "0.01", "0.001", "0.1", "0.10", "0.100", "1", "1.0", "1.00", "1.005", "01",
    "99.99", "100", "149999.99", "150000", "150000.00", "150000.01", "9999999", "10000000",
    "10000001", "999999999999999", "1e3", "-1", "+1", "1,00", "٣", "", " 1", "1 ", "1.", ".1",
    "0x1", "Infinity", "NaN", "１", "1_000",
    0, 1, 0.01, 0.001, 1.5, 150_000, 150_000.01, 10_000_000, 10_000_001, -1, True,
)  # fmt: skip
"""Amounts around every boundary, as text and as numbers, and what is none."""


def any_amounts() -> SearchStrategy[Any]:
    """Generate amounts as text and as numbers, small and large, with too many decimals or not."""
    decimals = st.tuples(st.integers(0, 200_000), st.integers(0, 999))
    texts = st.one_of(
        st.integers(0, 20_000_000).map(str), decimals.map(lambda two: f"{two[0]}.{two[1]}")
    )
    numbers = st.one_of(
        st.integers(0, 20_000_000), st.integers(1, 20_000_000).map(lambda cents: cents / 100)
    )
    return st.one_of(st.sampled_from(BOUNDARIES), texts, numbers)


def is_allowed(contract: Contract, amount: Any, currency: str) -> bool:
    """Say whether the contract allows an amount in a request, without asking its schemas.

    A decimal number of ASCII digits, more than zero, with no more decimals than the currency has
    unless they are zeros (a yen amount in text has none at all), and not over the limit.
    """
    if isinstance(amount, bool) or not isinstance(amount, str | int | float):
        return False
    text = str(amount)
    whole, dot, decimals = text.partition(".")
    parts = [whole, decimals] if dot else [whole]
    if isinstance(amount, str) and not all(part.isascii() and part.isdigit() for part in parts):
        return False
    try:
        value = Decimal(text)
    except InvalidOperation:
        return False
    digits = digits_of(contract, currency)
    if isinstance(amount, str) and digits == 0 and dot:
        return False
    fits = value == value.quantize(Decimal(1).scaleb(-digits))
    return fits and 0 < value <= most_of(contract, currency)


def offer_boundaries(scene: Scene) -> None:
    """Offer all amounts around a boundary in each currency.

    Raises:
        Violation: for the first that is judged wrongly.

    """
    for currency in LIMITED:
        for amount in BOUNDARIES:
            offer(scene, amount, currency)


def offer(scene: Scene, amount: Any, currency: str) -> Answer:
    """Create a session over an amount, and assert that it is taken or refused as it has to be.

    Raises:
        Violation: if it was not, or the amount came back as another one, or as no text.

    """
    shop, story = scene.shop, scene.story
    answer = shop.attempt.make(_offering(shop, amount, currency))
    allowed = is_allowed(story.setting.contract, amount, currency)
    if answer.succeeded != allowed:
        rule = _rule(story.setting.contract, amount, currency, allowed=allowed)
        raise story.violated_in(
            rule,
            f"{answer.summary} for the amount {amount!r} {currency}",
            answer,
            pointer=answer.pointer("/paymentDetails/chargeAmount/amount"),
            expected="a success" if allowed else "a 400",
            actual=answer.status,
        )
    if not allowed:
        rule = _rule(story.setting.contract, amount, currency, allowed=False)
        holds(story, rule, answer)
        return answer
    found = answer.at("/paymentDetails/chargeAmount/amount")
    if not isinstance(found, str) or Decimal(found) != Decimal(str(amount)):
        raise story.violated_in(
            "CS-NEW-012",
            f"the amount {amount!r} {currency} came back as {found!r}",
            answer,
            pointer=answer.pointer("/paymentDetails/chargeAmount/amount"),
            expected=str(amount),
            actual=found,
        )
    holds(story, "CS-NEW-012", answer)
    holds(story, "LIM-AMT-002", answer)
    return answer


def _offering(shop: Shop, amount: Any, currency: str) -> Any:
    price = {"amount": amount, "currencyCode": currency}
    return shop.creating_session(paymentDetails={"chargeAmount": price})


def _rule(contract: Contract, amount: Any, currency: str, *, allowed: bool) -> str:
    """Return which requirement is violated where an amount was judged wrongly."""
    if allowed:
        return "LIM-AMT-002"
    try:
        value = Decimal(str(amount))
    except InvalidOperation:
        return "ERR-IN-008"
    if not value.is_finite() or value <= 0:
        return "ERR-IN-008"
    return "LIM-AMT-001" if value > most_of(contract, currency) else "LIM-AMT-005"
