"""Plays the scenarios of a run in several processes: copies of this one, made when all is read."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import Any

import pytest

from pay_conformance.plugin import STAGE

_AHEAD = 2
"""Scenarios that a copy has at a time, so that it never waits for the next."""


def can_copy() -> bool:
    """Say whether this system can copy a process."""
    return "fork" in multiprocessing.get_all_start_methods()


def processors() -> int:
    """Return how many processes this one may use at a time."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(slots=True)
class _Copy:
    """A process, the way to talk to it, and the numbers of the scenarios that it was given."""

    process: ForkProcess
    line: Connection
    given: deque[int] = field(default_factory=deque)


class Processes:
    """A pytest plugin: what pytest does in a loop, several copies of its process do side by side.

    Their reports are made to look as if they came from here. A copy that dies is an error of the
    scenario that it was playing, and another copy goes on.
    """

    def __init__(self, count: int, *silent: object) -> None:
        self._count = count
        self._silent = silent
        """Plugins that have nothing to do in the copies."""
        self._copies: list[_Copy] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Play all items; leave it to pytest where there is nothing to share out."""
        count = min(self._count, len(session.items))
        if count < 2 or session.testsfailed:
            return None
        waiting = deque(_longest_first(session.items))
        try:
            self._copies = [self._copy(session) for _ in range(count)]
            for copy in self._copies * _AHEAD:
                _give(copy, waiting)
            while any(copy.given for copy in self._copies):
                self._hear(session, waiting)
                if session.shouldfail:
                    raise session.Failed(session.shouldfail)
        finally:
            self._end()
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
        return True

    def _hear(self, session: pytest.Session, waiting: deque[int]) -> None:
        """Take in what copies have to say, and give them more."""
        by_line = {copy.line: copy for copy in self._copies}
        for line in wait(list(by_line)):
            assert isinstance(line, Connection)
            copy = by_line[line]
            said = _heard(line)
            if said is None:
                self._replace(session, copy, waiting)
                continue
            reports, stop = said
            item = session.items[copy.given.popleft()]
            _log(item, list(_read(session.config, reports)))
            if stop:
                session.shouldstop = stop
                waiting.clear()
            _give(copy, waiting)

    def _replace(self, session: pytest.Session, dead: _Copy, waiting: deque[int]) -> None:
        """Report the scenario that a dead copy was playing, and let another do the others."""
        dead.process.join()
        dead.line.close()
        self._copies.remove(dead)
        if not dead.given:
            return
        item = session.items[dead.given.popleft()]
        said = f"the process in which it was played died: exit {dead.process.exitcode}"
        _log(item, [pytest.TestReport(item.nodeid, item.location, {}, "failed", said, "call")])
        waiting.extendleft(reversed(dead.given))
        if waiting:
            copy = self._copy(session)
            self._copies.append(copy)
            for _ in range(_AHEAD):
                _give(copy, waiting)

    def _copy(self, session: pytest.Session) -> _Copy:
        here, there = multiprocessing.Pipe()
        others = [copy.line for copy in self._copies]
        process = multiprocessing.get_context("fork").Process(
            target=_play, args=(session, there, [here, *others], self._silent), daemon=True
        )
        process.start()
        there.close()
        return _Copy(process, here)

    def _end(self) -> None:
        """Let the copies end by themselves; those that are still at work are not waited for."""
        for copy in self._copies:
            if copy.given:
                copy.process.terminate()
            copy.line.close()
        for copy in self._copies:
            copy.process.join()


def _heard(line: Connection) -> tuple[list[Any], str] | None:
    """Return the reports of a scenario, and why the run has to stop; ``None`` from the dead."""
    try:
        reports, stop = line.recv()
    except (EOFError, ConnectionError):
        return None
    return reports, str(stop or "")


def _give(copy: _Copy, waiting: deque[int]) -> None:
    if waiting:
        copy.given.append(waiting.popleft())
        with suppress(ConnectionError):  # what comes from the line of the dead says so
            copy.line.send(copy.given[-1])


def _longest_first(items: list[pytest.Item]) -> list[int]:
    """Return the numbers of items in an order in which no long one is left to the end."""
    return sorted(range(len(items)), key=lambda at: items[at].get_closest_marker("long") is None)


def _log(item: pytest.Item, reports: list[pytest.TestReport]) -> None:
    # To find out where an item stands takes a while, and the copy that played it knows it.
    location = reports[0].location if reports else item.location
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=location)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=location)


def _read(config: pytest.Config, reports: list[Any]) -> Iterator[pytest.TestReport]:
    for data in reports:
        report = config.hook.pytest_report_from_serializable(config=config, data=data)
        assert isinstance(report, pytest.TestReport)
        yield report


class _Reports:
    """Keeps the reports of one scenario, in a copy."""

    def __init__(self) -> None:
        self.kept: list[pytest.TestReport] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.kept.append(report)


def _play(
    session: pytest.Session,
    line: Connection,
    others: list[Connection],
    silent: tuple[object, ...],
) -> None:
    """Play in this copy what it is given, until there is nothing more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who interrupts the run ends its copies
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in others:
        other.close()
    config, reports = session.config, _Reports()
    plugins = config.pluginmanager
    for plugin in (*silent, *map(plugins.get_plugin, ("pay-reporting", "terminalreporter"))):
        if plugin is not None:
            plugins.unregister(plugin)
    plugins.register(reports)
    try:
        while True:
            item = session.items[line.recv()]
            reports.kept.clear()
            config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            told = [
                config.hook.pytest_report_to_serializable(config=config, report=report)
                for report in reports.kept
            ]
            line.send((told, session.shouldstop))
    except (EOFError, ConnectionError):
        pass  # there is nothing more, or nobody to tell
    stage = config.stash.get(STAGE, None)
    if stage is not None:
        stage.close()
