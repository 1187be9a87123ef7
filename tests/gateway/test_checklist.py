"""The checklist says what was seen, violated and never seen, and trusts nothing that it shows."""

from __future__ import annotations

import pytest

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Party
from pay_conformance.findings import Finding, Held
from pay_conformance.gateway.journey import bundled, read_journey
from pay_conformance.report import (
    OutcomeSeen,
    RunEnded,
    RunResult,
    RunStarted,
    apply_baseline,
    checklist_markdown,
    checklist_page,
)
from pay_conformance.report.baseline import Excused
from pay_conformance.report.checklist import checklist

HOSTILE = "<script>alert(1)</script> | `[x](y)`"


@pytest.fixture
def outcome() -> Excused:
    """A run in which one requirement held, one was violated, and the rest was not seen."""
    requirements = {
        name: entry
        for name, entry in Contract.load().requirements.items()
        if Party.INTEGRATION in entry.binds
    }
    start = RunStarted({"kind": "integration", "name": HOSTILE}, ("v2",), 0, "now", HOSTILE)
    finding = Finding("INT-AMT-001", HOSTILE, expected=HOSTILE, actual=HOSTILE)
    events = [start, OutcomeSeen(Held("INT-RET-001")), OutcomeSeen(finding), RunEnded("now", 1.0)]
    return apply_baseline(RunResult.of(events, requirements), None, None)


def test_checklist_has_every_requirement_once(outcome: Excused) -> None:
    named = [item.requirement for section in checklist(outcome) for item in section.items]
    assert sorted(named) == sorted(outcome.result.requirements)


def test_what_a_story_shows_has_a_heading_of_its_own(outcome: Excused) -> None:
    last = checklist(outcome)[-1]
    assert [item.requirement for item in last.items if item.requirement.startswith("INT-")] == []


def test_checklist_tells_the_three_answers_apart(outcome: Excused) -> None:
    answers = {item.requirement: item.answer for part in checklist(outcome) for item in part.items}
    assert answers["INT-RET-001"] == "yes"
    assert answers["INT-AMT-001"] == "no"
    assert answers["INT-TIME-001"] == "not seen"


def test_page_escapes_what_a_subject_sent(outcome: Excused) -> None:
    page = checklist_page.render(outcome)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "default-src 'none'" in page


def test_markdown_escapes_what_a_subject_sent(outcome: Excused) -> None:
    text = checklist_markdown.render(outcome)
    assert "<script>" not in text
    assert "[x](y)" not in text
    assert r"\[x\](y)" in text


def test_bundled_journeys_prove_requirements_of_their_own() -> None:
    journeys = [read_journey(path) for path in bundled().values()]
    proved = [journey.requirement for journey in journeys]
    named = [name for name in Contract.load().requirements if name.startswith("INT-JRN-")]
    assert sorted(proved) == sorted(named)
