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
        self._news: list[Outcome] = []
        self._told: Counter[str | tuple[str, str, str]] = Counter()

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Take outcomes in."""
        for outcome in outcomes:
            match outcome:
                case Held():
                    self._held[outcome.requirement] += 1
                    if self._held[outcome.requirement] == 1:
                        self._news.append(outcome)
                case Finding():
                    known = self._found.setdefault(outcome.key, [])
                    if len(known) < MOST:
                        known.append(outcome)
                        self._news.append(outcome)
                case Skipped():
                    self._others[outcome.requirement, outcome.why] = outcome
                case Drift():
                    self._others[outcome.pointer, outcome.what] = outcome

    def news(self) -> list[Outcome]:
        """Return what bears on a verdict and was not told yet: it is told hereby."""
        told, self._news = self._news, []
        self._told.update(
            outcome.key if isinstance(outcome, Finding) else outcome.requirement
            for outcome in told
            if isinstance(outcome, Finding | Held)
        )
        return told

    def __iter__(self) -> Iterator[Outcome]:
        """Yield what was kept, but what was told as news."""
        for requirement, times in self._held.items():
            yield from [Held(requirement)] * (min(times, MOST) - self._told[requirement])
        for key, findings in self._found.items():
            yield from findings[self._told[key] :]
        yield from self._others.values()
