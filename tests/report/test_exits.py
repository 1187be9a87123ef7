"""The truth table of exit codes."""

from __future__ import annotations

from datetime import date

import pytest

from pay_conformance.findings import Held
from pay_conformance.problems import ExitCode
from pay_conformance.report import (
    Baseline,
    BaselineEntry,
    Event,
    OwnError,
    RunResult,
    SubjectDied,
    apply_baseline,
    exit_code,
)
from tests.report import samples

TODAY = date(2026, 1, 2)


def entry(identifier: str, expires: date = date(2027, 1, 1), source: str = "") -> BaselineEntry:
    return BaselineEntry(identifier, "known", "https://example.org/1", expires, source)


def code(result: RunResult, *entries: BaselineEntry) -> ExitCode:
    return exit_code(apply_baseline(result, Baseline(entries), TODAY))


def with_event(event: Event) -> RunResult:
    return RunResult.of([*samples.events(samples.LATE), event], samples.REQUIREMENTS)


@pytest.mark.parametrize(
    ("result", "entries", "expected"),
    [
        pytest.param(samples.GOOD, (), ExitCode.HOLDS, id="all hold"),
        pytest.param(samples.BAD, (), ExitCode.FINDINGS, id="a finding"),
        pytest.param(
            RunResult.of(samples.events(Held("CS-TIME-001"))[:-1], samples.REQUIREMENTS),
            (),
            ExitCode.FINDINGS,
            id="cut short",
        ),
        pytest.param(samples.EMPTY, (), ExitCode.NOTHING_TESTED, id="nothing tested"),
        pytest.param(samples.BAD, (entry("CS-TIME-002"),), ExitCode.HOLDS, id="excused"),
        pytest.param(
            samples.BAD,
            (entry("CS-TIME-002", source="test_two"),),
            ExitCode.FINDINGS,
            id="excused elsewhere only",
        ),
        pytest.param(samples.GOOD, (entry("CS-TIME-002"),), ExitCode.FINDINGS, id="stale"),
        pytest.param(
            samples.BAD, (entry("CS-TIME-002", TODAY),), ExitCode.HOLDS, id="on its last day"
        ),
        pytest.param(
            samples.BAD,
            (entry("CS-TIME-002", date(2026, 1, 1)),),
            ExitCode.FINDINGS,
            id="expired",
        ),
        pytest.param(samples.GOOD, (entry("XX-NONE-001"),), ExitCode.FINDINGS, id="unknown"),
        pytest.param(samples.GOOD, (entry("RF-LIFE-001"),), ExitCode.HOLDS, id="untested entry"),
        pytest.param(
            with_event(SubjectDied("refused")), (), ExitCode.SUBJECT_DIED, id="died with findings"
        ),
        pytest.param(
            with_event(OwnError("test_one", "no evidence")),
            (entry("CS-TIME-002"),),
            ExitCode.WRONG_CALL,
            id="an error of ours",
        ),
    ],
)
def test_exit_code_follows_the_table(
    result: RunResult, entries: tuple[BaselineEntry, ...], expected: ExitCode
) -> None:
    assert code(result, *entries) is expected
