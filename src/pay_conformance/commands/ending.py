"""How a run ends before its time: told to end, it reports what it saw, as when interrupted."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

INTERRUPTED = "interrupted by the user"
CODE = 130
"""The exit code of a command that was interrupted, as a shell has it: 128 and SIGINT."""
_ENDS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def ended_like_interrupted() -> Iterator[None]:
    """Take SIGTERM, by which CI systems cancel a job, for Ctrl-C while the block runs.

    A process that a script started in the background was told to ignore Ctrl-C; it is not, here.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in _ENDS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
