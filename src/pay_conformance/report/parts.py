"""Puts the parts of one run together that were played apart, each on a machine of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from pay_conformance.problems import ConfigurationProblem
from pay_conformance.report.events import Event, RunEnded, RunStarted

_SHARED: Final = ("subject", "api", "seed", "clock", "tool", "selected", "chosen")
"""What all parts of one run have in common."""


def whole(parts: Mapping[str, Sequence[Event]]) -> list[Event]:
    """Return the events of a run, given those of its parts by the names of their files.

    A part that is missing or was cut short makes a run that was cut short.

    Raises:
        ConfigurationProblem: if they are not parts of one run, or one is there twice.
    """
    started = {name: _started(name, events) for name, events in parts.items()}
    names = list(parts)
    first = started[names[0]]
    for name in names[1:]:
        _hold_together(names[0], first, name, started[name])
    count = int(first.shard.partition("/")[2])
    there: dict[int, str] = {}
    for name in names:
        number, _, of = started[name].shard.partition("/")
        if int(of) != count:
            raise _apart(f"{names[0]} is one of {count} parts, {name} one of {of}")
        if int(number) in there:
            raise _apart(f"{there[int(number)]} and {name} are both part {number} of {of}")
        there[int(number)] = name
    begun = min(started.values(), key=lambda start: start.started)
    told = [
        event
        for events in parts.values()
        for event in events
        if not isinstance(event, RunStarted | RunEnded)
    ]
    ends = {number: _ended(parts[name]) for number, name in there.items()}
    return [replace(begun, shard="1/1"), *told, _end(ends, count)]


def _started(name: str, events: Sequence[Event]) -> RunStarted:
    found = next((event for event in events if isinstance(event, RunStarted)), None)
    if found is None:
        raise ConfigurationProblem(
            f"{name} is not the event file of a run", "make one with --report events=FILE"
        )
    return found


def _hold_together(name: str, one: RunStarted, other_name: str, other: RunStarted) -> None:
    for field in _SHARED:
        if getattr(one, field) != getattr(other, field):
            raise _apart(f"{name} and {other_name} differ in their {field}")


def _apart(what: str) -> ConfigurationProblem:
    return ConfigurationProblem(
        what, "give the parts of one run: --shard 1/N to N/N, with the same --seed and options"
    )


def _ended(events: Sequence[Event]) -> RunEnded | None:
    return next((event for event in reversed(events) if isinstance(event, RunEnded)), None)


def _end(ends: Mapping[int, RunEnded | None], count: int) -> RunEnded:
    """Return the end of the whole: that of the part that took longest."""
    problems = [f"part {number} of {count} is missing" for number in range(1, count + 1)
                if number not in ends]  # fmt: skip
    for number, end in sorted(ends.items()):
        if end is None:
            problems.append(f"part {number} of {count} was killed")
        elif end.interrupted:
            problems.append(f"part {number} of {count}: {end.interrupted}")
    known = [end for end in ends.values() if end is not None]
    return RunEnded(
        max((end.ended for end in known), default=""),
        max((end.seconds for end in known), default=0.0),
        "; ".join(problems),
    )
