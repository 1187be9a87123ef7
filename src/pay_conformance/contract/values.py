"""Turns checked values of the data files into the types of the model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from pay_conformance.contract.model import APIS, Api

_DURATION = re.compile(
    r"P(?:(?P<months>\d+)M)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)


def duration(text: str) -> tuple[int, timedelta]:
    """Return the calendar months and the rest of an ISO 8601 duration, e.g. ``P13M`` or ``PT24H``.

    Raises:
        ValueError: if the text is no duration of months, days, hours, minutes and seconds.
    """
    found = _DURATION.fullmatch(text)
    if found is None or text.endswith(("P", "T")):
        raise ValueError(f"{text!r} is no ISO 8601 duration such as PT24H, P30D or P13M")
    parts = {unit: int(number or 0) for unit, number in found.groupdict().items()}
    months = parts.pop("months")
    try:
        return months, timedelta(**parts)
    except OverflowError as error:
        raise ValueError(f"{text[:40]!r} is longer than any time that there is") from error


def apis(entry: Mapping[str, Any]) -> frozenset[Api]:
    """Return the API versions that an entry names; all of them when it names none."""
    return frozenset(entry.get("api", APIS))


def number(value: int | str) -> Decimal:
    """Return a number that was written plainly, or as a decimal in quotes."""
    return Decimal(value)


def several(value: str | list[str] | None) -> tuple[str, ...]:
    """Return one or several names as a tuple; nothing for ``None``."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
