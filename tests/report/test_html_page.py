"""The HTML page shows everything, escapes everything and needs nothing."""

from __future__ import annotations

import re
from datetime import date

import pytest

from pay_conformance.contract import Contract
from pay_conformance.findings import Finding, State
from pay_conformance.report import (
    Baseline,
    BaselineEntry,
    ExchangeSeen,
    MovesSeen,
    OutcomeSeen,
    RunResult,
    ScenarioEnded,
    apply_baseline,
    html_page,
)
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
    drawing = draw(lifecycle, {}, {})
    assert drawing.count('class="name"') == len(lifecycle.states)
    assert drawing.count('class="move untested"') == len(
        {(move.source, move.target) for move in lifecycle.moves}
    )


def test_diagram_shows_a_broken_move_louder_than_a_kept_one() -> None:
    lifecycle = Contract.load().lifecycle("checkout-session", "v2")
    (move, *_) = [move for move in lifecycle.moves if move.reason == "Expired"]
    verdicts = dict.fromkeys({m.requirement for m in lifecycle.moves}, State.PASSED)
    verdicts[move.requirement] = State.FAILED
    seen = {("", "Open", "createCheckoutSession"): 3, ("Open", "Canceled", "after expiry"): 1}
    drawing = draw(lifecycle, verdicts, seen)
    assert drawing.count('class="move failed"') == 1
    assert drawing.count('class="move passed"') == 1
    looks = {(row.target, row.trigger): row.look for row in rows(lifecycle, verdicts, seen)}
    assert looks["Open", "createCheckoutSession"] == "passed"
    assert looks["Canceled", "after expiry (Expired)"] == "failed"
    assert looks["Completed", "completeCheckoutSession"] == "untested"


def test_diagram_draws_a_move_that_no_lifecycle_has_as_wrong() -> None:
    lifecycle = Contract.load().lifecycle("checkout-session", "v2")
    seen = {("Canceled", "Completed", "getCheckoutSession"): 1}
    assert draw(lifecycle, {}, seen).count('class="move failed"') == 1
    assert rows(lifecycle, {}, seen)[-1].verdict == "illegal"


def test_page_colours_the_moves_that_the_run_made() -> None:
    moved = MovesSeen("checkout-session", "v2", "", "Open", "createCheckoutSession", 4)
    text = page(RunResult.of([*samples.events(), moved], samples.REQUIREMENTS))
    assert text.count('class="move passed"') == 1
    assert "Lifecycles" not in page(samples.GOOD)


def test_page_marks_the_place_of_a_finding_in_the_body() -> None:
    text = page(
        samples.result(
            samples.LATE.__class__(
                "CS-TIME-002", "late", pointer="/a", exchange="one#1", source="test_one[v2]"
            )
        )
    )
    assert "<mark>  &#34;a&#34;: &#34;&lt;script&gt;&#34;</mark>" in text


def test_page_tells_the_calls_that_led_to_a_finding() -> None:
    before = ExchangeSeen(
        "one#0",
        "test_one[v2]",
        {"method": "POST", "url": "/v2/checkoutSessions", "headers": [], "body": ""},
        None,
        "reset",
    )
    told = [samples.STARTED, before, *samples.events(samples.LATE)[1:]]
    text = page(RunResult.of(told, samples.REQUIREMENTS))
    assert "POST /v2/checkoutSessions → no answer (reset)" in text


def test_page_tells_what_was_done_in_a_case() -> None:
    story = ScenarioEnded("test_one[v2]", "failed", 0.1, "A program calls <createCharge>.")
    told = [*samples.events(samples.LATE), story]
    assert "A program calls &lt;createCharge&gt;." in page(RunResult.of(told, samples.REQUIREMENTS))


def test_page_groups_the_findings_of_a_requirement() -> None:
    other = samples.LATE.__class__("CS-TIME-002", "late again", source="test_two[v2]")
    text = page(samples.result(samples.LATE, other))
    assert text.count("<article") == 1
    assert text.count('<details class="case">') == 1


def test_page_names_what_it_does_not_tell_in_full() -> None:
    many = [
        samples.LATE.__class__("CS-TIME-002", "late", source=f"test_{number}[v2]")
        for number in range(40)
    ]
    text = page(samples.result(*many))
    assert text.count('<p class="what">late</p>') == html_page.MOST_ALIKE
    assert "28 more places" in text
    assert "<code>test_39[v2]</code>" in text


def test_page_shows_what_a_baseline_excuses() -> None:
    entry = BaselineEntry("CS-TIME-002", "known", "https://example.org", date(2030, 1, 1))
    text = html_page.render(apply_baseline(samples.BAD, Baseline((entry,)), date(2026, 1, 2)))
    assert "Known failures, excused by the baseline" in text
    assert samples.LATE.message in text


def test_page_says_who_made_it() -> None:
    text = page(samples.BAD)
    for what in ("<dt>suite</dt>", "<dt>contract</dt>", "<dt>seed</dt>", "<dt>clock</dt>"):
        assert what in text


def test_report_of_outcomes_only_is_a_page_too() -> None:
    bare = RunResult.of([samples.STARTED, OutcomeSeen(samples.LATE)], samples.REQUIREMENTS)
    assert samples.LATE.message in page(bare)
