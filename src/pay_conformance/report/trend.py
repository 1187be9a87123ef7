"""Many reports of one subject, side by side: what changed, since when, and what is flaky."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from pay_conformance.findings import State
from pay_conformance.problems import ConfigurationProblem

_FLIPS = 3
"""A verdict that changed between passed and failed as often under one contract is flaky."""


@dataclass(frozen=True, slots=True)
class Past:
    """One report: who was tested by what, and each requirement's verdict."""

    path: str
    started: str
    subject: str
    kind: str
    api: tuple[str, ...]
    made_by: str
    """Tells suites and contracts apart: results of different ones differ without the subject."""
    cut_short: str
    exit_code: int
    verdicts: Mapping[str, State]
    messages: Mapping[str, str]
    """Requirement to the message of its first finding."""
    name: str = ""
    """The subject's name with its version, where ``subject`` has none."""

    def count(self, state: State) -> int:
        """Return how many requirements have that verdict."""
        return sum(verdict is state for verdict in self.verdicts.values())


@dataclass(frozen=True, slots=True)
class History:
    """What became of one requirement in a series.

    ``states`` has its verdict in each report, ``None`` where the report is not about it. ``since``
    is the start of the first report of the last unbroken row of its present verdict.
    """

    requirement: str
    states: tuple[State | None, ...]
    since: str
    first_failed: str
    flaky: bool
    change: str
    """What is different from the report before: new, broken, mended, other, or nothing."""
    message: str

    @property
    def failing(self) -> bool:
        """Whether it fails in the last report."""
        return self.now is State.FAILED

    @property
    def now(self) -> State | None:
        """The verdict in the last report."""
        return self.states[-1]


@dataclass(frozen=True)
class Series:
    """The reports of one subject in one version of the API, the oldest first."""

    subject: str
    api: tuple[str, ...]
    reports: tuple[Past, ...]

    @cached_property
    def histories(self) -> tuple[History, ...]:
        """One for each requirement that any report is about, in the order of the ids."""
        ids = sorted({name for report in self.reports for name in report.verdicts})
        return tuple(self._history(name) for name in ids)

    @property
    def changed(self) -> tuple[History, ...]:
        """What is different from the report before; empty for a single report."""
        return tuple(history for history in self.histories if history.change)

    @property
    def worse(self) -> bool:
        """Whether something fails that did not in the report before."""
        return any(history.change == "broken" for history in self.histories)

    @property
    def flaky(self) -> tuple[History, ...]:
        """What changed to and fro although nobody changed the tests."""
        return tuple(history for history in self.histories if history.flaky)

    @property
    def failing(self) -> tuple[History, ...]:
        """What fails in the last report."""
        return tuple(history for history in self.histories if history.failing)

    def _history(self, name: str) -> History:
        states = tuple(report.verdicts.get(name) for report in self.reports)
        failed = [
            report.started
            for report, state in zip(self.reports, states, strict=True)
            if state is State.FAILED
        ]
        return History(
            name,
            states,
            self._since(states),
            failed[0] if failed else "",
            self._flips(states) >= _FLIPS,
            _change(states),
            self.reports[-1].messages.get(name, ""),
        )

    def _since(self, states: tuple[State | None, ...]) -> str:
        first = len(states) - 1
        while first and states[first - 1] is states[-1]:
            first -= 1
        return self.reports[first].started

    def _flips(self, states: tuple[State | None, ...]) -> int:
        """Count the changes between passed and failed, each under the same suite and contract."""
        decided = [
            (report.made_by, report.name, state)
            for report, state in zip(self.reports, states, strict=True)
            if state in (State.PASSED, State.FAILED)
        ]
        return sum(
            before[:2] == after[:2] and before[2] is not after[2]
            for before, after in pairwise(decided)
        )


def _change(states: tuple[State | None, ...]) -> str:
    if len(states) < 2 or states[-1] is states[-2]:
        return ""
    before, now = states[-2:]
    if before is None:
        return "new"  # a requirement that is new is not held against the subject
    if now is State.FAILED:
        return "broken"
    if before is State.FAILED and now is State.PASSED:
        return "mended"
    return "other"


def read_folder(folder: Path, last: int) -> tuple[Series, ...]:
    """Return a series for each subject and version that the JSON reports of a folder are about.

    Files of other kinds, and JSON that is no report, are left out. ``last`` bounds a series.

    Raises:
        ConfigurationProblem: if the folder can't be read, or holds no report.
    """
    if not folder.is_dir():
        raise ConfigurationProblem(f"{folder} is no folder", "name one with JSON reports in it")
    reports = [past for path in sorted(folder.rglob("*.json")) if (past := _read(path))]
    if not reports:
        raise ConfigurationProblem(
            f"{folder} holds no JSON report", "make some with --report json=FILE"
        )
    return tuple(_series(reports, last))


def _series(reports: Iterable[Past], last: int) -> Iterable[Series]:
    found: dict[tuple[str, tuple[str, ...]], list[Past]] = {}
    for past in sorted(reports, key=lambda past: (past.started, past.path)):
        found.setdefault((past.subject, past.api), []).append(past)
    for (subject, api), pasts in sorted(found.items()):
        yield Series(subject, api, tuple(pasts[-last:]))


def _read(path: Path) -> Past | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return _past(data, path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _past(data: Mapping[str, Any], path: Path) -> Past | None:
    tool, subject = data["tool"], data["subject"]
    if tool["name"] != "amazon-pay-conformance":
        return None
    messages: dict[str, str] = {}
    for finding in data["findings"]:
        messages.setdefault(finding["requirement"], finding["message"])
    return Past(
        path=path.name,
        started=str(data["started"]),
        # Releases of one SDK are one subject: what a new one changes is what is asked for.
        subject=str(subject.get("sdk") or subject["name"]),
        kind=str(subject["kind"]),
        api=tuple(data["api"]),
        made_by=f"{tool.get('suite', '')} {tool['contract']}",
        cut_short=data["cutShort"] or "",
        exit_code=int(data["summary"]["exitCode"]),
        verdicts={entry["id"]: State(entry["verdict"]) for entry in data["requirements"]},
        messages=messages,
        name=str(subject["name"]),
    )
