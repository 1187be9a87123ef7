"""Keeps calls below a set rate, across threads and processes, and waits where a server says so."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from pay_conformance.exchange import http_date
from pay_conformance.targets.shared_number import SharedNumber

_LONGEST_QUEUE = 600.0
"""Seconds. A longer wait is not one: the number is from before the machine was started anew."""


class TokenBucket:
    """Lets at most ``rate`` calls a second go, and ``burst`` at once after a rest.

    ``shared`` carries the state to other processes; it is the moment, on the machine's monotonic
    clock, at which the bucket will be full again.
    """

    def __init__(
        self,
        rate: float,
        burst: int = 1,
        shared: SharedNumber | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if rate <= 0 or burst < 1:
            raise ValueError("a bucket needs a rate above 0 and a burst of at least 1")
        self._interval = 1 / rate
        self._head_start = (burst - 1) * self._interval
        self._full_at = shared or SharedNumber()
        self._clock = clock
        self._sleep = sleep

    def take(self) -> float:
        """Wait for a token, and return the seconds waited."""
        now = self._clock()
        before = self._full_at.update(lambda full: self._sane(full, now) + self._interval)
        wait = max(0.0, self._sane(before, now) - self._head_start - now)
        if wait:
            self._sleep(wait)
        return wait

    def pause(self, seconds: float) -> None:
        """Let no call go for that long, whoever asks."""
        now = self._clock()
        until = now + seconds + self._head_start
        self._full_at.update(lambda full: max(self._sane(full, now), until))

    def _sane(self, full: float, now: float) -> float:
        return now if full - now > _LONGEST_QUEUE else max(full, now)


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Return the seconds to wait that a ``Retry-After`` header names, or ``None`` if it names none.

    It is a number of seconds or a date of HTTP; a date that has passed means 0.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    moment = http_date(text)
    if moment is None:
        return None
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
