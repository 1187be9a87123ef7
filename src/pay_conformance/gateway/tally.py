"""The outcomes of a run of any length, in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from pay_conformance.findings import Drift, Finding, Held, Outcome, Skipped

MOST = 1000
"""How often one requirement is counted as held, and one defect as found."""


class Tally:
    """Keeps each outcome as often as it is worth telling."""

    def __init__(self) -> None:
        self._held: Counter[str] = Counter()
        self._found: dict[tuple[str, str, str], list[Finding]] = {}
        self._others: dict[tuple[str, str], Drift | Skipped] = {}

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Take outcomes in."""
        for outcome in outcomes:
            match outcome:
                case Held():
                    self._held[outcome.requirement] += 1
                case Finding():
                    known = self._found.setdefault(outcome.key, [])
                    if len(known) < MOST:
                        known.append(outcome)
                case Skipped():
                    self._others[outcome.requirement, outcome.why] = outcome
                case Drift():
                    self._others[outcome.pointer, outcome.what] = outcome

    def __iter__(self) -> Iterator[Outcome]:
        """Yield what was kept."""
        for requirement, times in self._held.items():
            yield from [Held(requirement)] * min(times, MOST)
        for findings in self._found.values():
            yield from findings
        yield from self._others.values()
