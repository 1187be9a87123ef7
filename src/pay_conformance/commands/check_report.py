"""What ``check`` found as the result of a run, so that every kind of report can tell it."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pay_conformance.commands.check import Judged
    from pay_conformance.contract import Contract
    from pay_conformance.contract.model import Requirement
    from pay_conformance.report import Event, EventFile, RunResult


class Telling:
    """Turns what is found in each file into events, at once, and keeps them in the event file.

    A file that could not be read is an error of ours: nothing of it was judged.
    """

    def __init__(
        self, contract: Contract, release: str, files: Sequence[str], file: EventFile | None
    ) -> None:
        from pay_conformance.checks import proved_by

        known = contract.requirements
        self._requirements: Mapping[str, Requirement] = {
            name: known[name] for name in proved_by(contract) if name in known
        }
        self._contract = contract
        self._release = release
        self._files = files
        self._file = file
        self._apis: set[str] = set()
        self._began, self._started = time.monotonic(), datetime.now(UTC)
        self._events: list[Event] = []
        self._start()

    def take(self, result: Judged) -> None:
        """Tell what one file came to."""
        from pay_conformance.findings import Held
        from pay_conformance.report import OutcomeSeen, OwnError, ScenarioEnded

        self._apis |= {result.api} - {""}
        if result.problem:
            self._add(OwnError(result.file, result.problem))
        self._add(
            *(OutcomeSeen(Held(name)) for name in sorted(result.held_ids)),
            *map(OutcomeSeen, result.drift),
            *map(OutcomeSeen, result.findings),
            ScenarioEnded(result.file, result.verdict, 0.0),
        )

    def end(self) -> RunResult:
        """Tell that all files were judged, and return the result."""
        from pay_conformance.report import RunEnded, RunResult

        self._start()  # which versions of the API the files are about is known only now
        seconds = time.monotonic() - self._began
        self._add(RunEnded(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", seconds))
        if self._file is not None:
            self._file.close()
        return RunResult.of(self._events, self._requirements)

    def _start(self) -> None:
        from pay_conformance.report import RunStarted
        from pay_conformance.report.provenance import made_by
        from pay_conformance.resources import data_path

        one = len(self._files) == 1
        self._add(
            RunStarted(
                subject={
                    "kind": "document",
                    "name": self._files[0] if one else f"{len(self._files)} files",
                },
                api=tuple(sorted(self._apis)) or ("v1", "v2"),
                seed=0,
                started=f"{self._started:%Y-%m-%dT%H:%M:%SZ}",
                command=shlex.join(["pay-conformance", *sys.argv[1:]]),
                clock="that of the traffic",
                tool=made_by(
                    self._contract.digest,
                    data_path("contracts"),
                    mock=False,
                    requirements=self._release,
                ),
                selected=tuple(self._requirements),
            )
        )

    def _add(self, *events: Event) -> None:
        self._events.extend(events)
        if self._file is not None:
            self._file.write(*events)
