"""A process of ours that is killed, with SIGKILL, after a while that chance decides."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

TOOL = (sys.executable, "-m", "pay_conformance")


def run_for(arguments: Sequence[str], seconds: float, folder: Path) -> int | None:
    """Run a command for at most so long; return its exit code, or ``None`` if it was killed.

    Its children die with it: they are of one session.
    """
    with (folder / "output").open("ab") as output:
        process = subprocess.Popen(
            [*TOOL, *arguments], stdout=output, stderr=output, start_new_session=True
        )
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        kill(process)
        return None


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and its children at once."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def timed(arguments: Sequence[str], folder: Path) -> float:
    """Run a command to its end, and return how long it took.

    Raises:
        RuntimeError: if it fails.

    """
    began = time.monotonic()
    code = run_for(arguments, 600, folder)
    if code != 0:
        raise RuntimeError(f"{' '.join(arguments)} ended with {code}: see {folder / 'output'}")
    return time.monotonic() - began
