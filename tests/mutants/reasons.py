"""Reads ``because.yaml``: what is special about some of the mutants that are derived, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import yaml

from tests.mutants.model import Mutant

FILE = Path(__file__).parent / "because.yaml"


@dataclass(frozen=True)
class Reason:
    """What the mutants of a name violate besides (``also``) or in its place (``instead``).

    A mutant that is ``unseen`` differs from the right server in nothing that a client could see: it
    is not counted.
    """

    name: str
    because: str
    also: frozenset[str] = frozenset()
    instead: frozenset[str] = frozenset()
    unseen: bool = False

    def fits(self, mutant: str) -> bool:
        """Say whether it is about a mutant."""
        return fnmatchcase(mutant, self.name)


@cache
def reasons() -> tuple[Reason, ...]:
    """Return all entries, in the order of the file."""
    rows = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return tuple(
        Reason(
            name,
            row["because"],
            frozenset(row.get("also", ())),
            frozenset(row.get("instead", ())),
            row.get("unseen", False),
        )
        for name, row in rows.items()
    )


def reasons_for(mutant: str) -> list[Reason]:
    """Return the entries about a mutant."""
    return [reason for reason in reasons() if reason.fits(mutant)]


def explained(mutant: Mutant) -> Mutant | None:
    """Return a mutant with what the file says of it; ``None`` if it is not to be counted."""
    found = reasons_for(mutant.name)
    if any(reason.unseen for reason in found):
        return None
    instead = frozenset().union(*(reason.instead for reason in found))
    return replace(
        mutant,
        breaks=frozenset() if instead else mutant.breaks,
        either=instead or mutant.either,
        perhaps=mutant.perhaps.union(*(reason.also for reason in found)),
        because=" ".join([mutant.because, *(reason.because for reason in found)]).strip(),
    )
