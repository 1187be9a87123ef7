"""The verdicts of an integration in the words of a checklist, for a certification request."""

from __future__ import annotations

from dataclasses import dataclass

from pay_conformance.findings import State
from pay_conformance.report.baseline import Excused
from pay_conformance.report.wording import place, shown

SECTIONS = {
    "The checkout, from the button to the order": (
        *("INT-RET", "INT-TIME", "INT-AMT-001"),
        *("INT-JRN-001", "INT-JRN-002", "INT-JRN-003", "INT-JRN-018"),
    ),
    "Canceled and declined payments": (
        *("INT-CXL", "INT-DEC", "INT-JRN-004", "INT-JRN-005", "INT-JRN-006"),
        *("INT-JRN-007", "INT-JRN-010", "INT-JRN-019"),
    ),
    "Pending, deferred and recurring payments": (
        *("INT-PEND", "INT-JRN-008", "INT-JRN-009", "INT-JRN-012"),
    ),
    "Captures and refunds": ("INT-AMT-002", "INT-AMT-003", "INT-JRN-011"),
    "Notifications": ("INT-NOTE", "INT-JRN-016", "INT-JRN-017", "INT-JRN-020"),
    "Outages, repetition and throttling": (
        *("INT-ONCE", "INT-POLL", "IDEM-", "INT-JRN-013", "INT-JRN-014", "INT-JRN-015"),
    ),
    "Keys, environments and the buyer's data": ("INT-ENV", "INT-ID", "INT-DATA", "SIG-"),
    "Requests in the form that the API asks for": ("",),
}
"""Heading to the beginnings of the ids under it; the first heading that fits is taken."""

ANSWERS = {State.PASSED: "yes", State.FAILED: "no", State.NOT_TESTED: "not seen"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One violation: what happened, where, and what was expected and seen instead."""

    message: str
    place: str
    expected: str
    seen: str
    again: str


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the checklist. ``answer`` is yes, no or not seen; ``why`` fills the last."""

    requirement: str
    level: str
    says: str
    answer: str
    why: str
    times: int
    troubles: tuple[Trouble, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of the checklist and its lines."""

    heading: str
    items: tuple[Item, ...]

    def count(self, answer: str) -> int:
        """Return how many lines have that answer."""
        return sum(item.answer == answer for item in self.items)


def checklist(outcome: Excused) -> tuple[Section, ...]:
    """Return the checklist of a run; headings with no line are left out."""
    lines: dict[str, list[Item]] = {heading: [] for heading in SECTIONS}
    for item in _items(outcome):
        heading = next(
            name for name, beginnings in SECTIONS.items() if item.requirement.startswith(beginnings)
        )
        lines[heading].append(item)
    return tuple(Section(heading, tuple(items)) for heading, items in lines.items() if items)


def _items(outcome: Excused) -> list[Item]:
    result = outcome.result
    return [
        Item(
            verdict.requirement,
            result.requirements[verdict.requirement].level.value,
            result.requirements[verdict.requirement].says,
            ANSWERS[verdict.state],
            verdict.why if verdict.state is State.NOT_TESTED else "",
            verdict.evidence,
            tuple(
                Trouble(
                    finding.message,
                    place(finding),
                    shown(finding.expected),
                    shown(finding.actual),
                    finding.reproduce,
                )
                for finding in result.findings
                if finding.requirement == verdict.requirement
            ),
        )
        for verdict in result.verdicts
    ]
