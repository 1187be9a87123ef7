"""Remembers of a file what still comes up in it: each group of lines has a history of its own.

A group is forgotten after its last line, so that memory follows what is open at a time and not the
length of the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pay_conformance.checks import Judge, View
from pay_conformance.findings import Outcome


@dataclass(slots=True)
class OpenGroups:
    """Judges the exchanges of one worker, each by what its group has shown.

    ``court`` has seen nothing yet. ``most`` is how many objects and keys are remembered at a time;
    of more, the groups are forgotten that did not come up for longest.
    """

    court: Judge
    most: int
    _open: dict[int, tuple[Judge, int]] = field(default_factory=dict)
    """Each group to its judge and to how much that remembers; the last to come up is last."""
    _remembered: int = 0

    def leave(self, group: int) -> None:
        """Forget a group if this was its last line, though there was nothing in it to judge."""
        if group & 1 and group >> 1 in self._open:
            self._remembered -= self._open.pop(group >> 1)[1]

    def judge(self, seen: View, group: int) -> list[Outcome]:
        """Return the outcomes for the next exchange of a group, as a plan numbers groups."""
        number, is_last = group >> 1, group & 1
        is_known = number in self._open
        court, before = self._open.pop(number) if is_known else (self.court.apart(), 0)
        outcomes = court.judge_view(seen)
        self._remembered -= before
        if not is_last:
            after = court.remembered
            self._open[number] = court, after
            self._remembered += after
            while self._remembered > self.most and len(self._open) > 1:
                _, forgotten = self._open.pop(next(iter(self._open)))
                self._remembered -= forgotten
        return outcomes
