"""A run that was played in parts is one run again, and never whole with a part missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pay_conformance.contract import Contract
from pay_conformance.findings import Held, State
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.report import Event, OutcomeSeen, RunEnded, RunStarted, ScenarioEnded
from pay_conformance.report.stream import read_result
from tests.report.test_stream import STARTED, written

ENDED = RunEnded("2026-01-02T03:04:06Z", 1.0)


def part(number: int, of: int, requirement: str, *, start: RunStarted = STARTED) -> list[Event]:
    return [
        replace(start, shard=f"{number}/{of}"),
        OutcomeSeen(Held(requirement)),
        ScenarioEnded(f"of part {number}", "passed", 0.1, ""),
        replace(ENDED, seconds=float(number)),
    ]


ONE, TWO = part(1, 2, "CS-TIME-001"), part(2, 2, "CS-TIME-002")


def files(folder: Path, *parts: list[Event]) -> list[Path]:
    return [written(folder / f"{at}.jsonl", events) for at, events in enumerate(parts)]


def test_parts_together_are_the_whole(tmp_path: Path) -> None:
    first, second = files(tmp_path, TWO, ONE)
    result = read_result(first, Contract.load(), second)
    assert [verdict.state for verdict in result.verdicts] == [State.PASSED, State.PASSED]
    assert len(result.scenarios) == 2
    assert result.seconds == 2.0
    assert result.cut_short == ""
    assert result.started.shard == "1/1"


def test_part_that_is_missing_makes_a_run_that_was_cut_short(tmp_path: Path) -> None:
    first, second = files(tmp_path, part(1, 3, "CS-TIME-001"), part(3, 3, "CS-TIME-002"))
    result = read_result(first, Contract.load(), second)
    assert result.cut_short == "part 2 of 3 is missing"


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (TWO[:-1], "part 2 of 2 was killed"),
        ([*TWO[:-1], replace(ENDED, interrupted="enough")], "part 2 of 2: enough"),
    ],
)
def test_part_that_was_cut_short_makes_the_run_one(
    tmp_path: Path, second: list[Event], said: str
) -> None:
    paths = files(tmp_path, ONE, second)
    assert read_result(paths[0], Contract.load(), *paths[1:]).cut_short == said


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (part(2, 2, "CS-TIME-002", start=replace(STARTED, seed=8)), "differ in their seed"),
        (part(2, 2, "CS-TIME-002", start=replace(STARTED, api=("v1",))), "differ in their api"),
        (part(1, 2, "CS-TIME-002"), "are both part 1 of 2"),
        (part(2, 3, "CS-TIME-002"), "is one of 2 parts"),
        ([ENDED], "is not the event file of a run"),
    ],
)
def test_files_that_are_not_parts_of_one_run_are_refused(
    tmp_path: Path, second: list[Event], said: str
) -> None:
    paths = files(tmp_path, ONE, second)
    with pytest.raises(ConfigurationProblem, match=said):
        read_result(paths[0], Contract.load(), *paths[1:])
