"""What a stream of events comes to."""

from __future__ import annotations

import json

from pay_conformance.findings import Finding, Held, Skipped, State
from pay_conformance.report import RunResult
from pay_conformance.report.events import event_to_json, events_from_lines
from tests.report import samples


def verdicts(result: RunResult) -> dict[str, State]:
    return {verdict.requirement: verdict.state for verdict in result.verdicts}


def test_verdict_without_evidence_is_not_tested() -> None:
    assert set(verdicts(samples.EMPTY).values()) == {State.NOT_TESTED}


def test_verdict_with_evidence_is_passed() -> None:
    assert verdicts(samples.GOOD)["CS-TIME-001"] is State.PASSED


def test_one_finding_outweighs_any_evidence() -> None:
    result = samples.result(Held("CS-TIME-002"), samples.LATE, Held("CS-TIME-002"))
    assert verdicts(result)["CS-TIME-002"] is State.FAILED


def test_not_tested_says_why() -> None:
    why = {verdict.requirement: verdict.why for verdict in samples.GOOD.verdicts}
    assert why["CH-LIFE-001"] == "no clock"
    assert why["RF-LIFE-001"] == "Amazon decides it alone"


def test_evidence_outweighs_a_skip_elsewhere() -> None:
    result = samples.result(Skipped("CS-TIME-001", "no clock"), Held("CS-TIME-001"))
    assert verdicts(result)["CS-TIME-001"] is State.PASSED


def test_equal_findings_are_one_defect_counted() -> None:
    assert samples.BAD.findings == (samples.LATE,)
    assert samples.BAD.occurrences[samples.LATE.key] == 2


def test_finding_of_a_requirement_not_selected_is_left_out() -> None:
    result = samples.result(Finding("CP-LIFE-009", "something else"))
    assert result.findings == ()


def test_events_survive_their_lines() -> None:
    lines = [json.dumps(event_to_json(event)) for event in samples.events(samples.LATE)]
    assert RunResult.of(events_from_lines(lines), samples.REQUIREMENTS) == samples.result(
        samples.LATE
    )


def test_stream_without_an_end_is_cut_short() -> None:
    lines = [json.dumps(event_to_json(event)) for event in samples.events(samples.LATE)]
    lines[-1] = lines[-1][:20]
    result = RunResult.of(events_from_lines(lines), samples.REQUIREMENTS)
    assert result.cut_short == "it was killed, or its machine was, before it could say why"
    assert result.findings == (samples.LATE,)
