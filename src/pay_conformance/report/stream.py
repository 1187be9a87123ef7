"""The stream of a run's events in a file, one a line, which outlives a run that is killed."""

from __future__ import annotations

import json
import os
from pathlib import Path

from pay_conformance.contract import Contract
from pay_conformance.contract.releases import requirement_set
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.report.events import Event, RunStarted, event_to_json, events_from_lines
from pay_conformance.report.parts import whole
from pay_conformance.report.result import RunResult


class EventFile:
    """Writes events as they happen. What was written stays, however the process ends."""

    def __init__(self, path: Path) -> None:
        """Begin the file anew.

        Raises:
            ConfigurationProblem: if it can't be written.
        """
        self._path = path
        try:
            self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        except OSError as error:
            raise ConfigurationProblem(
                f"--report events={path} can't be written: {error.strerror}", "name another file"
            ) from error

    def write(self, *events: Event) -> None:
        """Add events.

        Raises:
            ConfigurationProblem: if the file can't be written any more, e.g. the disk is full.
        """
        lines = (json.dumps(event_to_json(event), default=str) + "\n" for event in events)
        data = "".join(lines).encode()
        try:
            while data:
                data = data[os.write(self._handle, data) :]
        except OSError as error:
            raise ConfigurationProblem(
                f"{self._path} can't be written: {error.strerror}", "make room, or leave it out"
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._handle)


def read_result(path: Path, contract: Contract, *parts: Path) -> RunResult:
    """Return what a run came to of which only the event file is there, whole or cut short.

    With ``parts``, those of a run that was played in parts: each is the file of one.

    Raises:
        ConfigurationProblem: if it is no event file, or is about requirements that are unknown, or
            the parts are not those of one run.
    """
    events = (
        whole({str(each): _events(each) for each in (path, *parts)}) if parts else _events(path)
    )
    # A run that finds out more about its subject opens anew; the last one knows most.
    started = next((event for event in reversed(events) if isinstance(event, RunStarted)), None)
    if started is None:
        raise _no_stream(path)
    unknown = [name for name in started.selected if name not in contract.requirements]
    if unknown:
        raise ConfigurationProblem(
            f"{path} is about requirements that this release does not have: {', '.join(unknown)}",
            f"render it with version {started.tool.get('version', 'that made it')}",
        )
    named = str(started.tool.get("requirements", ""))
    every = requirement_set(contract, named) if named else contract.requirements
    return RunResult.of(events, {name: every[name] for name in started.selected})


def _events(path: Path) -> list[Event]:
    try:
        with path.open(encoding="utf-8") as lines:
            return list(events_from_lines(lines))
    except OSError as error:
        raise ConfigurationProblem(
            f"{path} can't be read: {error.strerror}", "name a file"
        ) from error
    except (UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise _no_stream(path) from error


def _no_stream(path: Path) -> ConfigurationProblem:
    if path.is_file() and not path.stat().st_size:
        return ConfigurationProblem(
            f"{path} is empty: the run was killed before it began", "run it again"
        )
    return ConfigurationProblem(
        f"{path} is not the event file of a run", "make one with --report events=FILE"
    )
