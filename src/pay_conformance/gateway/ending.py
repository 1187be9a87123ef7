"""Ends a run by a signal at a moment when the program can be ended, too, and never in between."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(BaseException):
    """Somebody ends the run: the user, or whoever stops services."""


class Ending:
    """What was asked for by signals: ``by`` is the first one.

    It is raised only between :meth:`heed` and :meth:`defer`. A signal that comes before, while the
    program is being started, is raised as soon as it is heeded: a program that was started but not
    yet known could not be ended.
    """

    def __init__(self) -> None:
        self.by: signal.Signals | None = None
        self._heeded = False

    @property
    def why(self) -> str:
        """What ended the run, in words; empty if nothing did."""
        if self.by is None:
            return ""
        by_user = self.by is signal.SIGINT
        return "interrupted by the user" if by_user else f"ended by {self.by.name}"

    def heed(self) -> None:
        """Let signals raise from now on.

        Raises:
            Ended: if one has come already, and by the next one that comes.
        """
        self._heeded = True
        if self.by is not None:
            raise Ended

    def defer(self) -> None:
        """Let signals only be noted again."""
        self._heeded = False

    def came(self, number: int, _: FrameType | None) -> None:
        """Take note of a signal; those after the first change nothing."""
        if self.by is None:
            self.by = signal.Signals(number)
            if self._heeded:
                raise Ended


@contextmanager
def ending() -> Iterator[Ending]:
    """Take the signals that end programs; only a main thread can, elsewhere none comes."""
    wish = Ending()
    if threading.current_thread() is not threading.main_thread():
        yield wish
        return
    before = {number: signal.signal(number, wish.came) for number in _SIGNALS}
    try:
        yield wish
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
