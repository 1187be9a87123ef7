"""What each format allows, written a second time and another way, to hold the contract against."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

_OBSERVED = Path(__file__).parents[1] / "contract" / "observed"
_DIGITS = frozenset("0123456789")
_CURRENCIES = frozenset(
    ["AUD", "CHF", "DKK", "EUR", "GBP", "HKD", "JPY", "NOK", "NZD", "SEK", "USD", "ZAR"]
)
_REASONS: dict[str, dict[str, tuple[str | None, ...]]] = {
    "charge": {
        "AuthorizationInitiated": (None,),
        "Authorized": (None,),
        "CaptureInitiated": (None,),
        "Captured": (None,),
        "Canceled": (
            "ExpiredUnused", "AmazonCanceled", "MerchantCanceled", "ChargePermissionCanceled",
            "BuyerCanceled",
        ),
        "Declined": (
            "SoftDeclined", "HardDeclined", "AmazonRejected", "ProcessingFailure",
            "TransactionTimedOut",
        ),
    },
    "refund": {
        "RefundInitiated": (None,),
        "Refunded": (None,),
        "Declined": ("AmazonRejected", "ProcessingFailure"),
    },
    "checkout-session": {
        "Open": (None,),
        "Completed": (None,),
        "Canceled": ("BuyerCanceled", "Expired", "AmazonCanceled", "Declined"),
    },
}  # fmt: skip
STATES = sorted({state for states in _REASONS.values() for state in states})
_GIVEN = [some for states in _REASONS.values() for some in states.values()]
REASONS = sorted({reason for some in _GIVEN for reason in some if reason is not None})
CURRENCIES = frozenset(
    ["AUD", "CHF", "DKK", "EUR", "GBP", "HKD", "JPY", "NOK", "NZD", "SEK", "USD", "ZAR"]
)
_REASONS: dict[str, dict[str, tuple[str | None, ...]]] = {
    "charge": {
        "AuthorizationInitiated": (None,),
        "Authorized": (None,),
        "CaptureInitiated": (None,),
        "Captured": (None,),
        "Canceled": (
            "ExpiredUnused", "AmazonCanceled", "MerchantCanceled", "ChargePermissionCanceled",
            "BuyerCanceled",
        ),
        "Declined": (
            "SoftDeclined", "HardDeclined", "AmazonRejected", "ProcessingFailure",
            "TransactionTimedOut",
        ),
    },
    "refund": {
        "RefundInitiated": (None,),
        "Refunded": (None,),
        "Declined": ("AmazonRejected", "ProcessingFailure"),
    },
    "checkout-session": {
        "Open": (None,),
        "Completed": (None,),
        "Canceled": ("BuyerCanceled", "Expired", "AmazonCanceled", "Declined"),
    },
}  # fmt: skip
STATES = sorted({state for states in _REASONS.values() for state in states})
REASONS = sorted(
    {
        reason
        for states in _REASONS.values()
        for some in states.values()
        for reason in some
        if reason
    }
)
CURRENCIES = sorted(_CURRENCIES)


@cache
def observed(name: str) -> Any:
    """Return a body that was recorded from the real service; not to be changed."""
    return json.loads((_OBSERVED / f"{name}.json").read_text(encoding="utf-8"))


def is_stamp(text: str) -> bool:
    """Say whether a text is a moment in the basic form, by the calendar of the library."""
    parts = (text[:8], text[8:9], text[9:15], text[15:])
    if len(text) != 16 or parts[1] != "T" or parts[3] != "Z" or not text.startswith("20"):
        return False
    if not set(parts[0] + parts[2]) <= _DIGITS:
        return False
    numbers = [int(part) for part in (text[:4], text[4:6], text[6:8], text[9:11], text[11:13])]
    try:
        datetime(*numbers, int(text[13:15]))  # noqa: DTZ001 - only whether it exists
    except ValueError:
        return False
    return True


def timestamps() -> SearchStrategy[str]:
    """Generate moments, days that do not exist, leap seconds, zones, fractions, other digits."""
    day = st.tuples(
        st.sampled_from(["2023", "2024", "2026", "2000", "2099", "1999", "20"]),
        st.integers(0, 13).map("{:02}".format),
        st.sampled_from(["00", "01", "28", "29", "30", "31", "32"]),
    ).map("".join)
    time = st.tuples(
        st.sampled_from(["00", "12", "23", "24"]),
        st.sampled_from(["00", "59", "60"]),
        st.sampled_from(["00", "59", "60", "61"]),
    ).map("".join)
    zone = st.sampled_from(["Z", "Z", "Z", "", "z", "+0000", "+01:00", ".000Z", "Z "])
    plain = st.tuples(day, time, zone).map(lambda parts: f"{parts[0]}T{parts[1]}{parts[2]}")
    other = st.sampled_from(["٠", "１", "५"])
    return st.one_of(
        plain, st.tuples(plain, other).map(lambda pair: pair[0].replace("0", pair[1], 1))
    )


def is_price(price: dict[str, Any]) -> bool:
    """Say whether an object is a price as a response writes it."""
    amount, currency = price["amount"], price["currencyCode"]
    whole, dot, decimals = amount.partition(".")
    if currency not in _CURRENCIES or not whole or not set(whole + decimals) <= _DIGITS:
        return False
    if (len(whole) > 1 and whole[0] == "0") or len(whole) > 15:
        return False
    if currency == "JPY":
        return not dot
    return len(decimals) in (1, 2) if dot else True


def is_identifier(kind: str, text: str) -> bool:
    """Say whether a text has the form of an object's id."""
    parts = text.split("-")
    lengths = [len(part) for part in parts]
    letter = {"charge": "C", "refund": "R"}.get(kind)
    if letter:
        if lengths != [3, 7, 7, 7] or parts[3][0] != letter or not set(parts[3][1:]) <= _DIGITS:
            return False
    elif lengths != [3, 7, 7]:
        return False
    return parts[0][0] in "SPBC" and set(parts[0][1:] + parts[1] + parts[2]) <= _DIGITS


def is_reason(kind: str, state: str, reason: str | None) -> bool:
    """Say whether an object may be in a state with a reason code."""
    return reason in _REASONS[kind].get(state, ())
