"""Outcomes of checks and scenarios, and the verdicts they add up to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from pay_conformance.contract.model import Requirement


@dataclass(frozen=True, slots=True)
class Held:
    """Evidence that a requirement held once. Without one, a requirement is never passed."""

    requirement: str
    exchange: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A requirement violated.

    ``pointer`` is the JSON Pointer of the offending value in the body, or ``""`` where the finding
    is not about a body. ``part`` says which message it is in. ``expected`` and ``actual`` are JSON
    values or short texts. ``reproduce`` is one command line.
    """

    requirement: str
    message: str
    pointer: str = ""
    expected: Any = None
    actual: Any = None
    part: str = "response"
    exchange: str = ""
    source: str = ""
    reproduce: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two findings the same defect: requirement, place and scenario."""
        return (self.requirement, self.pointer, self.source)


@dataclass(frozen=True, slots=True)
class Drift:
    """Something that the contract does not know and does not forbid, such as a new field."""

    pointer: str
    what: str
    exchange: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A scenario or check that could not be tried, and why; ``(subject has no clock control)``."""

    requirement: str
    why: str


Outcome = Held | Finding | Drift | Skipped


class Violation(AssertionError):
    """A finding raised out of a scenario, so that pytest and the engine share it."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"{finding.requirement}: {finding.message}")
        self.finding = finding


class Unmet(Exception):
    """A prerequisite of a scenario did not hold, so what the scenario is about was not tested."""


NOTHING_BORE = "nothing in this run bore on it"
"""Why a requirement was not tested of which no exchange and no scenario said anything."""


class State(StrEnum):
    """The three verdicts. There is no fourth."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_TESTED = "not tested"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run says about one requirement; ``why`` is filled unless it passed."""

    requirement: str
    state: State
    why: str = ""
    evidence: int = 0


@dataclass(slots=True)
class Ledger:
    """Collects the outcomes of a run and turns them into verdicts."""

    held: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    drift: list[Drift] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Take outcomes in; the order in which they come does not change the verdicts."""
        held = self.held
        for outcome in outcomes:
            match outcome:
                case Held(requirement=requirement):
                    held[requirement] = held.get(requirement, 0) + 1
                case Finding():
                    self.findings.append(outcome)
                case Drift():
                    self.drift.append(outcome)
                case Skipped():
                    known = self.skipped.get(outcome.requirement)
                    if known is None or outcome.why < known:
                        self.skipped[outcome.requirement] = outcome.why

    def verdicts(self, requirements: Mapping[str, Requirement]) -> list[Verdict]:
        """Return one verdict for each requirement given, in the order given."""
        failed: dict[str, Finding] = {}
        for finding in self.findings:
            failed.setdefault(finding.requirement, finding)
        return [self._verdict(entry, failed) for entry in requirements.values()]

    def _verdict(self, entry: Requirement, failed: Mapping[str, Finding]) -> Verdict:
        evidence = self.held.get(entry.id, 0)
        if entry.id in failed:
            return Verdict(entry.id, State.FAILED, failed[entry.id].message, evidence)
        if evidence:
            return Verdict(entry.id, State.PASSED, "", evidence)
        why = self.skipped.get(entry.id) or entry.untestable or NOTHING_BORE
        return Verdict(entry.id, State.NOT_TESTED, why)


_KINDS: dict[str, type[Held | Finding | Drift | Skipped]] = {
    kind.__name__: kind for kind in (Held, Finding, Drift, Skipped)
}


def to_json(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as a JSON object, so that a worker process can send it."""
    return {"kind": type(outcome).__name__, **asdict(outcome)}


def from_json(data: Mapping[str, Any]) -> Outcome:
    """Return the outcome that :func:`to_json` wrote."""
    fields = dict(data)
    return _KINDS[fields.pop("kind")](**fields)
