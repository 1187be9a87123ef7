"""The page of the benchmarks: each program puts its table between its own two marks."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path

_PAGE = Path(__file__).with_name("README.md")


def machine(busy: float) -> str:
    """Say where it was measured, and how busy the machine was with other things."""
    cpu = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return (
        f"{cpu[1] if cpu else platform.machine()}, {len(os.sched_getaffinity(0))} processors, "
        f"Python {platform.python_version()}; load average before the first round: {busy:.1f}."
    )


def put(name: str, lines: Sequence[str]) -> None:
    """Put lines between the marks of a table, in place of what is there."""
    before, begin, rest = _PAGE.read_text("utf-8").partition(f"<!-- {name}: begin -->\n")
    _, end, after = rest.partition(f"<!-- {name}: end -->")
    if not end:
        raise SystemExit(f"{_PAGE} has no place for the table of {name}")
    _PAGE.write_text(before + begin + "\n".join(lines) + "\n" + end + after, "utf-8")
