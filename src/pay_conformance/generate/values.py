"""Generators of single values that read like those of a payment."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from pay_conformance.contract import Contract

_WORDS = ("Order 4711", "Thank you", "Müller & Söhne", "ご注文", "naïve café", "x")


def digits_of(contract: Contract, currency: str) -> int:
    """Return how many decimals a currency has."""
    return int(contract.limits["currency-digits"].of(currency) or 0)


def most_of(contract: Contract, currency: str) -> Decimal:
    """Return the most that a charge in a currency may be."""
    return contract.limits["charge-amount"].of(currency) or Decimal(100_000)


def written(amount: Decimal, digits: int) -> str:
    """Return an amount as text with the decimals of its currency, e.g. ``"15.00"``."""
    return str(amount.quantize(Decimal(1).scaleb(-digits)))


def amounts(
    contract: Contract, currency: str, *, most: Decimal | None = None
) -> SearchStrategy[str]:
    """Generate amounts from the smallest unit to ``most``, the boundaries more often than not."""
    digits = digits_of(contract, currency)
    unit = Decimal(1).scaleb(-digits)
    largest = most if most is not None else most_of(contract, currency)
    steps = int(largest / unit)
    known = [Decimal(15), Decimal(1), unit, largest - unit, largest]
    fitting = sorted({value for value in known if unit <= value <= largest}, key=known.index)
    chosen = st.one_of(
        st.sampled_from(fitting),
        st.integers(1, max(1, min(steps, 100_000))).map(lambda count: unit * count),
    )
    return chosen.map(lambda amount: written(amount, digits))


def sent_amounts(texts: SearchStrategy[str]) -> SearchStrategy[Any]:
    """Generate the forms in which a request may write an amount: text, longer text, a number."""
    return st.one_of(
        texts,
        texts.map(lambda text: f"{text}0" if "." in text else text),
        texts.map(lambda text: float(text) if "." in text else int(text)),
    )


def prices(
    contract: Contract, currency: str, *, most: Decimal | None = None
) -> SearchStrategy[dict[str, Any]]:
    """Generate the price objects of a request."""
    amount = sent_amounts(amounts(contract, currency, most=most))
    return st.fixed_dictionaries({"amount": amount, "currencyCode": st.just(currency)})


def texts(longest: int = 255) -> SearchStrategy[str]:
    """Generate short texts that people write, and texts of exactly the length allowed."""
    short = [word for word in _WORDS if len(word) <= longest]
    return st.one_of(
        st.sampled_from(short),
        st.sampled_from(["a", "ß", "注"]).map(lambda letter: letter * longest),
        st.sampled_from(["a", "é"]).map(lambda letter: letter * (longest - 1) or letter),
    )


def urls() -> SearchStrategy[str]:
    """Generate URLs of a shop, the longest allowed among them."""
    base = "https://shop.example"
    return st.sampled_from(
        [
            f"{base}/review",
            base,
            f"{base}/r?order=1&lang=de",
            "http://localhost:3000/back",
            f"{base}/ü#top",
            f"{base}/{'a' * (512 - len(base) - 1)}",
        ]
    )
