"""The two forms of ``x-amz-pay-date``, and how far it may be from the server's time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z", re.ASCII)
_EXTENDED = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far a request's date may be ahead of, or behind, the server's time.

    Amazon's own numbers are not public. A clock that is only slightly fast is refused now and then
    (published SDKs and logs: errors), so the allowance ahead is seconds; that a date can be too old
    is inferred.
    """

    ahead: timedelta = timedelta(seconds=15)
    behind: timedelta = timedelta(minutes=15)


@lru_cache(maxsize=256)
def parse_pay_date(value: str) -> datetime | None:
    """Return the moment that an ``x-amz-pay-date`` names, or ``None`` if it has neither form.

    The forms are ``20260131T094401Z`` and ``2026-01-31T09:44:01Z``: UTC, seconds, no fraction.
    Source: published SDKs and logs: timestamps
    """
    found = _COMPACT.fullmatch(value) or _EXTENDED.fullmatch(value)
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
