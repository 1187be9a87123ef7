"""A number of calls that a day may cost, whatever the runs and processes that make them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pay_conformance.targets.shared_number import SharedNumber
from pay_conformance.targets.target import NoAnswer


def _today() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d}"


class BudgetSpent(NoAnswer):
    """A call that was not made, because the day's calls are used up."""


class CallBudget:
    """At most ``limit`` calls on one day in UTC.

    What was used is kept in ``folder``, so that a run that was cut and is taken up again, or that
    has several processes, draws on one budget. Without a folder it is kept in memory.
    """

    def __init__(
        self, limit: int, folder: Path | None = None, *, today: Callable[[], str] = _today
    ) -> None:
        self.limit = limit
        self._folder = folder
        self._today = today
        self._days: dict[str, SharedNumber] = {}

    @property
    def used(self) -> int:
        """The calls made today."""
        return int(self._day().update(lambda used: used))

    def spend(self, reserve: int = 0) -> None:
        """Count one call that is about to be made, and leave ``reserve`` calls for cleaning up.

        Raises:
            BudgetSpent: if that is more than the budget; then nothing is counted.

        """

        def count(used: float) -> float:
            if used + 1 + reserve > self.limit:
                kept = f", {reserve} of them kept for cleaning up" if reserve else ""
                raise BudgetSpent(f"the budget of {self.limit} calls a day is spent{kept}")
            return used + 1

        self._day().update(count)

    def _day(self) -> SharedNumber:
        today = self._today()
        if today not in self._days:
            path = None if self._folder is None else self._folder / f"calls-{today}"
            self._days[today] = SharedNumber(path)
        return self._days[today]
