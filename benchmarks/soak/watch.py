"""Memory and descriptors of a process over time, and whether they are flat."""

from __future__ import annotations

import resource
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

WARM: Final = 1 / 3
"""The share of the time after which a process has what it keeps."""
MOST_GROWTH: Final = 0.05
_LEAST = 4_000_000


@dataclass(slots=True)
class Watch:
    """Samples of one process."""

    name: str
    pid: int
    resident: list[int] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)

    def look(self) -> None:
        """Take one sample.

        Raises:
            OSError: if the process is gone.

        """
        folder = Path(f"/proc/{self.pid}")
        pages = int((folder / "statm").read_text().split()[1])
        self.resident.append(pages * resource.getpagesize())
        self.descriptors.append(len(list((folder / "fd").iterdir())))

    def shown(self) -> dict[str, Any]:
        """Return what it was like: the time after warming up in four quarters, by their medians."""
        warm = int(len(self.resident) * WARM)
        resident = _quarters(self.resident[warm:])
        descriptors = _quarters(self.descriptors[warm:])
        return {
            "name": self.name,
            "samples": len(self.resident),
            "residentAtStart": self.resident[0],
            "resident": resident,
            "descriptors": descriptors,
            "mostDescriptors": max(self.descriptors[warm:]),
            "flat": _is_flat(resident, _LEAST) and _is_flat(descriptors, 5),
        }


def _quarters(values: list[int]) -> list[int]:
    step = max(1, len(values) // 4)
    return [int(median(values[start : start + step])) for start in range(0, 4 * step, step)]


def _is_flat(quarters: list[int], slack: int) -> bool:
    """Say whether the last quarter is no more than the first, but for a few in the hundred."""
    return quarters[-1] <= quarters[0] + max(slack, MOST_GROWTH * quarters[0])
