"""The HTML page shows everything, escapes everything and needs nothing."""

from __future__ import annotations

import re
from datetime import date

import pytest

from pay_conformance.contract import Contract
from pay_conformance.findings import Finding, State
from pay_conformance.report import OutcomeSeen, RunResult, apply_baseline, html_page
from pay_conformance.report.diagram import draw, rows
from tests.report import samples

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


def page(result: RunResult) -> str:
    return html_page.render(apply_baseline(result, None, date(2026, 1, 2)))


def test_page_explains_a_finding() -> None:
    text = page(samples.BAD)
    assert samples.LATE.message in text
    assert samples.LATE.expected in text
    assert samples.LATE.reproduce in text
    assert "GET /v2/checkoutSessions/1" in text


def test_page_lists_every_requirement() -> None:
    text = page(samples.GOOD)
    assert set(re.findall(r'<tr data-verdict="[a-z ]+" id="([A-Z0-9-]+)">', text)) == set(
        samples.REQUIREMENTS
    )


def test_page_says_that_a_run_was_cut_short() -> None:
    cut = RunResult.of(samples.events(samples.LATE)[:-1], samples.REQUIREMENTS)
    assert "Cut short." in page(cut)
    assert "Cut short." not in page(samples.BAD)


def test_page_asks_for_nothing_from_elsewhere() -> None:
    text = page(samples.BAD)
    assert re.findall(r'(?:src|href)="(?!#)[^"]*"', text) == []
    assert "url(http" not in text


def test_page_runs_one_script_and_it_is_ours() -> None:
    hostile = samples.result(
        Finding(
            "CS-TIME-001", HOSTILE, HOSTILE, HOSTILE, HOSTILE, "response", HOSTILE, HOSTILE, HOSTILE
        )
    )
    text = page(hostile)
    assert text.count("<script>") == 1
    assert "<img" not in text
    assert "script-src 'sha256-" in text


def test_page_stays_under_a_megabyte() -> None:
    many = [
        Finding("CS-TIME-001", "m" * 400, f"/{number}", "e" * 9000, "a" * 9000, exchange="one#1")
        for number in range(2000)
    ]
    assert len(page(samples.result(*many)).encode()) < 1_000_000


@pytest.mark.parametrize("name", html_page.DIAGRAMS)
def test_diagram_draws_each_state_once_and_each_move(name: str) -> None:
    lifecycle = Contract.load().lifecycle(name, "v2")
    drawing = draw(lifecycle, {})
    assert drawing.count('class="name"') == len(lifecycle.states)
    assert drawing.count('class="move untested"') == len(
        {(move.source, move.target) for move in lifecycle.moves}
    )


def test_diagram_shows_a_broken_move_louder_than_a_kept_one() -> None:
    lifecycle = Contract.load().lifecycle("checkout-session", "v2")
    (move, *_) = [move for move in lifecycle.moves if move.reason == "Expired"]
    verdicts = dict.fromkeys({m.requirement for m in lifecycle.moves}, State.PASSED)
    verdicts[move.requirement] = State.FAILED
    assert draw(lifecycle, verdicts).count('class="move failed"') >= 1
    assert {row.look for row in rows(lifecycle, verdicts)} == {"passed", "failed"}


def test_report_of_outcomes_only_is_a_page_too() -> None:
    bare = RunResult.of([samples.STARTED, OutcomeSeen(samples.LATE)], samples.REQUIREMENTS)
    assert samples.LATE.message in page(bare)
