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
    things therefore costs only what falls due. What falls due in one second is one list: a heap of
    a million things is so deep that each step through it waits for memory.
    """

    __slots__ = ("_at", "_base", "_moment", "_seconds", "offset")

    def __init__(self, base: Seconds) -> None:
        self._base = base
        self.offset = 0.0
        self._at: dict[int, list[Mortal]] = {}
        """What falls due in a second, in the order in which it was queued."""
        self._seconds: list[int] = []
        """The seconds in which something falls due, as a heap."""
        self._moment: int | None = None

    def now(self) -> int:
        """Return the time in seconds; while due things happen, the time at which each was due."""
        return int(self._base() + self.offset) if self._moment is None else self._moment

    def schedule(self, thing: Mortal) -> None:
        """Queue a thing at its due time, which was just set."""
        due = thing.due
        at = self._at.get(due)
        if at is None:
            self._at[due] = [thing]
            heapq.heappush(self._seconds, due)
        else:
            at.append(thing)

    def is_behind(self, now: int) -> bool:
        """Say whether something has fallen due that has not happened yet."""
        return bool(self._seconds) and self._seconds[0] <= now

    def catch_up(self, happen: Callable[[Mortal], None]) -> None:
        """Let everything happen that has fallen due, in the order in which it falls due."""
        if self._moment is not None:
            return
        until = self.now()
        try:
            while self.is_behind(until):
                self._moment = due = heapq.heappop(self._seconds)
                self._let_happen(due, self._at.pop(due), happen)
        finally:
            self._moment = None

    def _let_happen(self, due: int, things: list[Mortal], happen: Callable[[Mortal], None]) -> None:
        """Let things happen, until one of them makes that something earlier falls due."""
        done = 0
        try:
            for thing in things:
                done += 1
                if thing.due == due:
                    happen(thing)
                    if self.is_behind(due - 1):
                        return
        finally:
            if done < len(things):
                if due not in self._at:
                    heapq.heappush(self._seconds, due)
                self._at[due] = [*things[done:], *self._at.get(due, ())]

    def stop(self, now: int) -> None:
        """Stand still at a time, so that all that one request does happens at one time."""
        self._moment = now

    def go_on(self) -> None:
        """Go on."""
        self._moment = None

    def clear(self) -> None:
        """Forget what was to happen."""
        self._at.clear()
        self._seconds.clear()

    def set(self, seconds: float) -> None:
        """Put the clock to a moment that is not in its past.

        Raises:
            ValueError: if the moment is earlier than now: what happened can't be taken back.
        """
        ahead = seconds - (self._base() + self.offset)
        if ahead < -1:
            raise ValueError("the clock moves forward only")
        self.offset += max(0.0, ahead)
