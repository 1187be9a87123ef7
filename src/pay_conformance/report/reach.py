"""How far a run came without a buyer, where nobody could play one."""

from __future__ import annotations

from dataclasses import dataclass

from pay_conformance.findings import NOTHING_BORE, State
from pay_conformance.report.result import RunResult

NO_BUYER = "subject has no buyer control"
"""Why a scenario that needs a buyer was not played."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a run without a buyer could test, of all that it was about.

    ``needing`` are the requirements whose scenarios need a buyer; ``untouched`` those on which
    nothing bore, many of them because their objects come about with a buyer only.
    """

    reached: int
    of: int
    needing: tuple[str, ...]
    untouched: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.reached} of {self.of} requirements were within reach; {len(self.needing)} need "
            f"a buyer, and nothing bore on {len(self.untouched)}"
        )


def without_buyer(result: RunResult) -> Reach | None:
    """Return how far the run came, or ``None`` if no scenario missed a buyer."""
    missed = [one for one in result.verdicts if one.state is State.NOT_TESTED]
    needing = tuple(one.requirement for one in missed if one.why == NO_BUYER)
    if not needing:
        return None
    untouched = tuple(one.requirement for one in missed if one.why == NOTHING_BORE)
    whole = len(result.verdicts)
    return Reach(whole - len(missed), whole, needing, untouched)
