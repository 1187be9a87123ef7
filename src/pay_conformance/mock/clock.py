"""Virtual time: each merchant has a clock of its own, and what falls due happens in order."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

Seconds = Callable[[], float]
"""Returns seconds since the epoch."""

real: Seconds = time.time


class Mortal(Protocol):
    """Something to which time does things."""

    due: int
    """The second at which the next thing happens to it; 0 when nothing is to come."""


def manual(start: float | None = None) -> Seconds:
    """Return a clock that stands still at ``start`` (now, by default) unless a merchant moves."""
    fixed = real() if start is None else start
    return lambda: fixed


def scaled(factor: float, start: float | None = None) -> Seconds:
    """Return a clock that is right at ``start`` (now, by default), but ``factor`` times as fast."""
    began = real() if start is None else start
    return lambda: began + (real() - began) * factor


@lru_cache(maxsize=4096)
def stamp(seconds: int) -> str:
    """Return a time as the API writes it, e.g. ``20260422T074611Z``."""
    parts = time.gmtime(seconds)
    return (
        f"{parts.tm_year:04d}{parts.tm_mon:02d}{parts.tm_mday:02d}"
        f"T{parts.tm_hour:02d}{parts.tm_min:02d}{parts.tm_sec:02d}Z"
    )


def moment(seconds: float) -> datetime:
    """Return a time as an aware datetime in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


class Timeline:
    """One merchant's time, and the queue of what will happen in it.

    A thing is queued at most once for each due time that it ever had: an entry whose time is no
    longer the thing's own is dropped when it comes up. Moving the clock over a million stored
    things therefore costs only what falls due.
    """

    __slots__ = ("_base", "_moment", "_order", "_queue", "offset")

    def __init__(self, base: Seconds) -> None:
        self._base = base
        self.offset = 0.0
        self._queue: list[tuple[int, int, Mortal]] = []
        self._order = 0
        self._moment: int | None = None

    def now(self) -> int:
        """Return the time in seconds; while due things happen, the time at which each was due."""
        return int(self._base() + self.offset) if self._moment is None else self._moment

    def schedule(self, thing: Mortal) -> None:
        """Queue a thing at its due time, which was just set."""
        self._order += 1
        heapq.heappush(self._queue, (thing.due, self._order, thing))

    def is_behind(self, now: int) -> bool:
        """Say whether something has fallen due that has not happened yet."""
        return bool(self._queue) and self._queue[0][0] <= now

    def catch_up(self, happen: Callable[[Mortal], None]) -> None:
        """Let everything happen that has fallen due, in the order in which it falls due."""
        if self._moment is not None:
            return
        until = self.now()
        try:
            while self._queue and self._queue[0][0] <= until:
                due, _, thing = heapq.heappop(self._queue)
                if thing.due == due:
                    self._moment = due
                    happen(thing)
        finally:
            self._moment = None

    def stop(self, now: int) -> int | None:
        """Stand still at a time; return the one at which it stood, if it did before."""
        before, self._moment = self._moment, now
        return before

    def go_on(self, before: int | None) -> None:
        """Go on, or stand at the time at which it stood before."""
        self._moment = before

    def still(self, now: int) -> _Still:
        """Let the clock stand still, so that all that one request does happens at one time."""
        return _Still(self, now)

    def clear(self) -> None:
        """Forget what was to happen."""
        self._queue.clear()

    def set(self, seconds: float) -> None:
        """Put the clock to a moment that is not in its past.

        Raises:
            ValueError: if the moment is earlier than now: what happened can't be taken back.
        """
        ahead = seconds - (self._base() + self.offset)
        if ahead < -1:
            raise ValueError("the clock moves forward only")
        self.offset += max(0.0, ahead)


class _Still:
    __slots__ = ("_before", "_now", "_timeline")

    def __init__(self, timeline: Timeline, now: int) -> None:
        self._timeline = timeline
        self._now = now

    def __enter__(self) -> None:
        self._before = self._timeline.stop(self._now)

    def __exit__(self, *_: object) -> None:
        self._timeline.go_on(self._before)
