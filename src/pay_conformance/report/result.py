"""What a run came to: an immutable value made of its events, from which every report is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pay_conformance.contract.model import Requirement
from pay_conformance.findings import Drift, Finding, Held, Ledger, State, Verdict
from pay_conformance.report.events import (
    Event,
    ExchangeSeen,
    MovesSeen,
    OutcomeSeen,
    OwnError,
    RunEnded,
    RunStarted,
    ScenarioEnded,
    StoryTold,
    SubjectDied,
    ToldSoFar,
    event_from_json,
)

MoveKey = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class RunResult:
    """A run, complete or cut short.

    ``findings`` has one entry for each different defect (requirement, place, scenario);
    ``occurrences`` counts how often each was seen.
    """

    started: RunStarted
    verdicts: tuple[Verdict, ...]
    findings: tuple[Finding, ...]
    occurrences: Mapping[tuple[str, str, str], int]
    drift: tuple[Drift, ...]
    scenarios: tuple[ScenarioEnded, ...]
    exchanges: Mapping[str, ExchangeSeen]
    errors: tuple[OwnError, ...]
    died: str
    ended: str
    seconds: float
    cut_short: str
    requirements: Mapping[str, Requirement]
    moves: Mapping[MoveKey, int] = field(default_factory=dict)
    """How often each change of a state was seen: object, version, source, target, trigger."""

    @classmethod
    def of(cls, events: Iterable[Event], requirements: Mapping[str, Requirement]) -> RunResult:
        """Build the result of a stream of events.

        ``requirements`` are those that the run is about; findings of others are left out.
        Raises ``ValueError`` when the stream
        does not open with a :class:`RunStarted`.
        """
        return _Accumulator(requirements).take(events)

    @property
    def is_partial(self) -> bool:
        """Whether some of what the suite holds was not played, by choice or by accident."""
        started = self.started
        return bool(started.chosen or self.cut_short or self.died) or started.shard != "1/1"

    def count(self, state: State) -> int:
        """Return how many requirements have that verdict."""
        return sum(verdict.state is state for verdict in self.verdicts)

    def without_findings(self, excused: frozenset[tuple[str, str, str]]) -> RunResult:
        """Return the result with the findings of those keys left out; the verdicts stay."""
        kept = tuple(finding for finding in self.findings if finding.key not in excused)
        return replace(self, findings=kept)


class _Accumulator:
    def __init__(self, requirements: Mapping[str, Requirement]) -> None:
        self.requirements = requirements
        self.ledger = Ledger()
        self.started: RunStarted | None = None
        self.ended: RunEnded | None = None
        self.scenarios: list[ScenarioEnded] = []
        self.exchanges: dict[str, ExchangeSeen] = {}
        self.errors: list[OwnError] = []
        self.moves: dict[MoveKey, int] = {}
        self.died = ""
        self.so_far: dict[str, list[ToldSoFar]] = {}

    def take(self, events: Iterable[Event]) -> RunResult:
        held = self.ledger.held
        for event in events:
            if type(event) is OutcomeSeen and type(event.outcome) is Held:  # nearly always
                requirement = event.outcome.requirement
                held[requirement] = held.get(requirement, 0) + 1
            else:
                self._take(event)
        for story in self.so_far.values():
            for one in story:
                self._take(event_from_json(one.told))
        if self.started is None:
            raise ValueError("the stream has no RunStarted: its first line is missing")
        unique, occurrences = _distinct(
            finding for finding in self.ledger.findings if finding.requirement in self.requirements
        )
        return RunResult(
            started=self.started,
            verdicts=tuple(self.ledger.verdicts(self.requirements)),
            findings=unique,
            occurrences=occurrences,
            drift=tuple({(item.pointer, item.what): item for item in self.ledger.drift}.values()),
            scenarios=tuple(self.scenarios),
            exchanges=self.exchanges,
            errors=tuple(self.errors),
            died=self.died,
            ended=self.ended.ended if self.ended else "",
            seconds=self.ended.seconds if self.ended else 0.0,
            cut_short=self.ended.interrupted
            if self.ended
            else "it was killed, or its machine was, before it could say why",
            requirements=self.requirements,
            moves=self.moves,
        )

    def _take(self, event: Event) -> None:
        match event:
            case RunStarted():
                self.started = event
            case OutcomeSeen():
                self.ledger.add([event.outcome])
            case ExchangeSeen():
                self.exchanges[event.id] = event
            case MovesSeen():
                key = (event.object, event.api, event.source, event.target, event.trigger)
                self.moves[key] = self.moves.get(key, 0) + event.times
            case ScenarioEnded():
                self.scenarios.append(event)
            case ToldSoFar():
                self.so_far.setdefault(event.source, []).append(event)
            case StoryTold():
                self.so_far.pop(event.source, None)
            case OwnError():
                self.errors.append(event)
            case SubjectDied():
                self.died = self.died or event.what
            case RunEnded():
                self.ended = event


def _distinct(
    findings: Iterable[Finding],
) -> tuple[tuple[Finding, ...], dict[tuple[str, str, str], int]]:
    first: dict[tuple[str, str, str], Finding] = {}
    times: dict[tuple[str, str, str], int] = {}
    for finding in findings:
        first.setdefault(finding.key, finding)
        times[finding.key] = times.get(finding.key, 0) + 1
    ordered = sorted(first.values(), key=lambda finding: finding.key)
    return tuple(ordered), times
