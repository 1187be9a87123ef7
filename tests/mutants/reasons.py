"""Reads ``because.yaml``: which mutants violate more than their datum names, and why they must."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import yaml

FILE = Path(__file__).parent / "because.yaml"


@dataclass(frozen=True)
class Reason:
    """What the mutants of a name violate besides, and why."""

    name: str
    also: frozenset[str]
    because: str

    def fits(self, mutant: str) -> bool:
        """Say whether it is about a mutant."""
        return fnmatchcase(mutant, self.name)


@cache
def reasons() -> tuple[Reason, ...]:
    """Return all entries, in the order of the file."""
    rows = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return tuple(Reason(name, frozenset(row["also"]), row["because"]) for name, row in rows.items())


def reason_for(mutant: str) -> Reason:
    """Return the entry about a mutant; an empty one where there is none."""
    nothing = Reason(mutant, frozenset(), "")
    return next((reason for reason in reasons() if reason.fits(mutant)), nothing)
