"""What ``check`` found as the result of a run, so that every kind of report can tell it."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pay_conformance.commands.check import Judged
    from pay_conformance.contract import Contract
    from pay_conformance.report import Event, RunResult


def result_of(results: Iterable[Judged], contract: Contract, began: float) -> RunResult:
    """Return the result; ``began`` is the monotonic time at which the judging began.

    A finding's source is its file. A file that could not be read is an error of ours: nothing of it
    was judged.
    """
    from pay_conformance.checks import proved_by
    from pay_conformance.report import RunResult

    known = contract.requirements
    passive = {name: known[name] for name in proved_by(contract) if name in known}
    return RunResult.of(_events(list(results), contract, tuple(passive), began), passive)


def _events(
    results: list[Judged], contract: Contract, ids: tuple[str, ...], began: float
) -> Iterator[Event]:
    from pay_conformance.findings import Held
    from pay_conformance.report import OutcomeSeen, OwnError, RunEnded, RunStarted, ScenarioEnded
    from pay_conformance.report.provenance import made_by
    from pay_conformance.resources import data_path

    ended = datetime.now(UTC)
    seconds = time.monotonic() - began
    files = [result.file for result in results]
    yield RunStarted(
        subject={
            "kind": "document",
            "name": files[0] if len(files) == 1 else f"{len(files)} files",
        },
        api=tuple(sorted({result.api for result in results if result.api})) or ("v1", "v2"),
        seed=0,
        started=f"{datetime.fromtimestamp(ended.timestamp() - seconds, UTC):%Y-%m-%dT%H:%M:%SZ}",
        command=shlex.join(["pay-conformance", *sys.argv[1:]]),
        clock="that of the traffic",
        tool=made_by(contract.digest, data_path("contracts"), mock=False),
        selected=ids,
    )
    for result in results:
        if result.problem:
            yield OwnError(result.file, result.problem)
        yield from (OutcomeSeen(Held(name)) for name in sorted(result.held_ids))
        yield from map(OutcomeSeen, result.drift)
        again = shlex.join(["pay-conformance", "check", result.file])
        yield from (
            OutcomeSeen(replace(finding, source=result.file, reproduce=again))
            for finding in result.findings
        )
        yield ScenarioEnded(result.file, result.verdict, 0.0)
    yield RunEnded(f"{ended:%Y-%m-%dT%H:%M:%SZ}", seconds)
