"""How a run ends before its time: told to end, it reports what it saw, as when interrupted."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

INTERRUPTED = "interrupted by the user"


@contextlib.contextmanager
def ended_like_interrupted() -> Iterator[None]:
    """Take SIGTERM, by which CI systems cancel a job, for Ctrl-C while the block runs."""

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
