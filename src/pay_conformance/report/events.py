"""The events of a run, in the order in which they happen: all that a report is made of.

A stream opens with :class:`RunStarted` and closes with :class:`RunEnded`; one without the latter
was cut short, and says so in every report made of it. Another :class:`RunStarted` in it knows more
than the first, and takes its place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pay_conformance.findings import Outcome, from_json, to_json


@dataclass(frozen=True, slots=True)
class RunStarted:
    """Who is tested by what. Times are ISO 8601 UTC; ``seed`` replays the run."""

    subject: Mapping[str, Any]
    """At least ``kind`` (server, client, integration) and ``name``."""
    api: tuple[str, ...]
    seed: int
    started: str
    command: str
    clock: str = "real"
    tool: Mapping[str, Any] = field(default_factory=dict)
    selected: tuple[str, ...] = ()
    """Ids of the requirements that this run is about."""
    shard: str = "1/1"
    """Which part of a run it is, of how many."""
    chosen: str = ""
    """The options that chose some scenarios or cases of the suite; empty if all were played."""


@dataclass(frozen=True, slots=True)
class OutcomeSeen:
    """A check or a scenario said something about a requirement."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class ExchangeSeen:
    """An exchange, already redacted, in the form in which a report shows it."""

    id: str
    source: str
    request: Mapping[str, Any] | None
    response: Mapping[str, Any] | None
    failure: str = ""


@dataclass(frozen=True, slots=True)
class MovesSeen:
    """A change of an object's state that traffic showed; an empty ``source`` is its birth.

    ``trigger`` is that of the lifecycle's move, or the operation if the lifecycle has no such move.
    """

    object: str
    api: str
    source: str
    target: str
    trigger: str
    times: int


@dataclass(frozen=True, slots=True)
class ScenarioEnded:
    """A scenario or case is over; ``state`` is passed, failed, not tested or error.

    ``story`` tells in a few lines what was done in it, where that is not plain from its exchanges.
    """

    name: str
    state: str
    seconds: float
    story: str = ""


@dataclass(frozen=True, slots=True)
class ToldSoFar:
    """Something of a story that is not over; it counts only if the story is never told whole."""

    source: str
    told: Mapping[str, Any]
    """An event as :func:`event_to_json` writes it."""


@dataclass(frozen=True, slots=True)
class StoryTold:
    """A story was told whole: what was told of it so far has been said again, and better."""

    source: str


@dataclass(frozen=True, slots=True)
class OwnError:
    """Something of ours went wrong; no baseline can excuse it."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class SubjectDied:
    """The subject could not be reached any more."""

    what: str


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The run is over; ``interrupted`` says why it stopped early, if it did."""

    ended: str
    seconds: float
    interrupted: str = ""


Event = (
    RunStarted
    | OutcomeSeen
    | ExchangeSeen
    | MovesSeen
    | ScenarioEnded
    | ToldSoFar
    | StoryTold
    | OwnError
    | SubjectDied
    | RunEnded
)
_KINDS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        RunStarted, OutcomeSeen, ExchangeSeen, MovesSeen, ScenarioEnded, ToldSoFar, StoryTold,
        OwnError, SubjectDied, RunEnded,
    )
}  # fmt: skip


def event_to_json(event: Event) -> dict[str, Any]:
    """Return one line of an event stream as a JSON object."""
    if isinstance(event, OutcomeSeen):
        return {"event": "OutcomeSeen", "outcome": to_json(event.outcome)}
    return {"event": type(event).__name__, **asdict(event)}


def event_from_json(data: Mapping[str, Any]) -> Event:
    """Return the event that :func:`event_to_json` wrote."""
    fields = dict(data)
    kind = fields.pop("event")
    if kind == "OutcomeSeen":
        return OutcomeSeen(from_json(fields["outcome"]))
    if kind == "RunStarted":
        fields["api"] = tuple(fields["api"])
        fields["selected"] = tuple(fields["selected"])
    return _KINDS[kind](**fields)


def events_from_lines(lines: Iterable[str]) -> Iterator[Event]:
    """Read a stream of JSON lines; a last line that was cut in the middle is left out."""
    for line in lines:
        try:
            data = json.loads(line)
        except ValueError:
            return
        yield event_from_json(data)
