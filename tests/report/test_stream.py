"""What is in an event file can be reported on, however the run that wrote it ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from pay_conformance.contract import Contract
from pay_conformance.findings import Finding, Held, State
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.report import (
    Event,
    EventFile,
    MovesSeen,
    OutcomeSeen,
    RunEnded,
    RunStarted,
    ScenarioEnded,
    StoryTold,
    ToldSoFar,
)
from pay_conformance.report.events import event_to_json
from pay_conformance.report.stream import read_result
from tests.report import samples

STARTED = RunStarted(
    samples.STARTED.subject, ("v2",), 7, "2026-01-02T03:04:05Z", "run", tool=samples.STARTED.tool,
    selected=("CS-TIME-001", "CS-TIME-002"),
)  # fmt: skip
LATE = Finding("CS-TIME-002", "late \ud800", "/a", {"b": None}, 3, exchange="one#1")
ALL: list[Event] = [
    STARTED,
    samples.EXCHANGE,
    OutcomeSeen(Held("CS-TIME-001")),
    OutcomeSeen(LATE),
    MovesSeen("charge", "v2", "", "Authorized", "createCharge", 2),
    ScenarioEnded("one", "failed", 0.1, "what was done"),
    RunEnded("2026-01-02T03:04:06Z", 1.0),
]


def written(path: Path, events: list[Event]) -> Path:
    file = EventFile(path)
    for event in events:
        file.write(event)
    file.close()
    return path


def test_event_file_tells_the_whole_run_again(tmp_path: Path) -> None:
    result = read_result(written(tmp_path / "run.jsonl", ALL), Contract.load())
    assert result.cut_short == ""
    assert result.findings == (LATE,)
    assert result.exchanges == {"one#1": samples.EXCHANGE}
    assert result.moves == {("charge", "v2", "", "Authorized", "createCharge"): 2}
    assert list(result.requirements) == list(STARTED.selected)


@pytest.mark.parametrize("lost", range(1, len(ALL)))
def test_event_file_of_a_run_that_was_killed_says_so(tmp_path: Path, lost: int) -> None:
    result = read_result(written(tmp_path / "run.jsonl", ALL[:-lost]), Contract.load())
    assert "killed" in result.cut_short
    assert result.count(State.FAILED) == (1 if lost < 4 else 0)


def test_event_that_was_cut_in_its_middle_is_left_out(tmp_path: Path) -> None:
    path = written(tmp_path / "run.jsonl", ALL)
    path.write_bytes(path.read_bytes()[:-20])
    assert "killed" in read_result(path, Contract.load()).cut_short


@pytest.mark.parametrize("content", [b"{}\n", b"[1]\n", b"\xff\n", b"not json\n"])
def test_file_that_holds_no_events_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(content)
    with pytest.raises(ConfigurationProblem, match="not the event file of a run"):
        read_result(path, Contract.load())


def test_event_file_about_unknown_requirements_is_refused(tmp_path: Path) -> None:
    other = RunStarted(samples.STARTED.subject, ("v2",), 7, "x", "run", selected=("XX-NEW-001",))
    path = written(tmp_path / "run.jsonl", [other])
    with pytest.raises(ConfigurationProblem, match="XX-NEW-001"):
        read_result(path, Contract.load())


def test_event_file_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationProblem, match="can't be written"):
        EventFile(tmp_path / "nowhere" / "run.jsonl")


def test_story_that_was_told_whole_counts_once(tmp_path: Path) -> None:
    seen = OutcomeSeen(Held("CS-TIME-002"))
    early = [ToldSoFar("one", event_to_json(seen)), ToldSoFar("two", event_to_json(seen))]
    whole = [seen, StoryTold("one")]
    path = written(tmp_path / "run.jsonl", [STARTED, *early, *whole])
    (verdict,) = [
        one
        for one in read_result(path, Contract.load()).verdicts
        if one.requirement == "CS-TIME-002"
    ]
    assert verdict.evidence == 2
