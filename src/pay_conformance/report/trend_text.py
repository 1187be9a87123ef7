"""The trend as a table for a terminal, and as a JSON object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import click

from pay_conformance.findings import State
from pay_conformance.report.trend import History, Series

MARKS = {State.PASSED: "✓", State.FAILED: "✗", State.NOT_TESTED: "·", None: " "}
_LONGEST_ROW = 30
_WORDS = {
    "broken": ("fails now", "red"),
    "mended": ("passes again", "green"),
    "new": ("is new", "cyan"),
    "other": ("changed", "yellow"),
}


def lines(series: Iterable[Series]) -> Iterator[str]:
    """Yield the table: for each series its last report, what changed, what fails since when."""
    for one in series:
        yield from _told(one)


def _told(series: Series) -> Iterator[str]:
    last = series.reports[-1]
    yield click.style(f"{series.subject}  api {' '.join(series.api)}", bold=True)
    yield (
        f"  {len(series.reports)} reports, {series.reports[0].started} to {last.started}; now "
        f"{last.count(State.PASSED)} passed, {last.count(State.FAILED)} failed, "
        f"{last.count(State.NOT_TESTED)} not tested"
    )
    if last.cut_short:
        yield click.style(f"  the last one was cut short: {last.cut_short}", fg="magenta")
    if len(series.reports) < 2:
        yield "  nothing to compare it with yet"
    elif not series.changed:
        yield f"  nothing changed since {series.reports[-2].started}"
    for history in series.changed:
        word, colour = _WORDS[history.change]
        yield f"  {click.style(f'{word:12}', fg=colour)}  {_row(history)}"
    for history in series.failing:
        if not history.change:
            yield f"  {'still fails':12}  {_row(history)}"
    for history in series.flaky:
        yield f"  {click.style('flaky'.ljust(12), fg='yellow')}  {_row(history)}"
    yield ""


def _row(history: History) -> str:
    row = "".join(MARKS[state] for state in history.states[-_LONGEST_ROW:])
    since = f"  since {history.since}"
    first = (
        f", first seen {history.first_failed}"
        if history.failing and history.first_failed != history.since
        else ""
    )
    return f"{history.requirement:14}  {row}{since}{first}"


def as_object(series: Iterable[Series]) -> dict[str, Any]:
    """Return the trend as a JSON object."""
    return {"series": [_object(one) for one in series]}


def _object(series: Series) -> dict[str, Any]:
    return {
        "subject": series.subject,
        "api": list(series.api),
        "reports": [
            {
                "file": report.path,
                "name": report.name,
                "started": report.started,
                "cutShort": report.cut_short or None,
                "passed": report.count(State.PASSED),
                "failed": report.count(State.FAILED),
                "notTested": report.count(State.NOT_TESTED),
                "exitCode": report.exit_code,
            }
            for report in series.reports
        ],
        "requirements": [
            {
                "id": history.requirement,
                "verdict": history.now,
                "change": history.change or None,
                "since": history.since,
                "firstFailed": history.first_failed or None,
                "flaky": history.flaky,
            }
            for history in series.histories
        ],
    }
