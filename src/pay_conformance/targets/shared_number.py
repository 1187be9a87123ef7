"""A number that the processes of a run share through a file, and change one at a time."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable
from pathlib import Path

from pay_conformance.problems import ConfigurationProblem

_WIDTH = 32
"""Bytes that hold the number: it is written over itself at once, so that no half of it is seen."""


class SharedNumber:
    """A number in the file ``path``; 0 where there is none yet. Without a path, in memory alone."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._value = 0.0
        self._lock = threading.Lock()

    def update(self, change: Callable[[float], float]) -> float:
        """Replace the number by ``change(number)`` and return what it was before.

        An exception that ``change`` raises leaves the number as it is.

        Raises:
            ConfigurationProblem: if the file can't be read or written.

        """
        with self._lock:
            if self._path is None:
                before, self._value = self._value, change(self._value)
                return before
            try:
                return self._update(self._path, change)
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or "it is damaged"
                raise ConfigurationProblem(
                    f"{self._path} can't be used: {reason}", "delete it, or mend its folder"
                ) from error

    @staticmethod
    def _update(path: Path, change: Callable[[float], float]) -> float:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            before = float(os.pread(handle, _WIDTH, 0).decode("ascii") or 0)
            os.pwrite(handle, f"{change(before)!r:<{_WIDTH}}".encode("ascii"), 0)
            return before
        finally:
            os.close(handle)
