"""``pay-conformance report``: reports of a run that is over, and the trend of many."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from pay_conformance.problems import ConfigurationProblem, ExitCode


@click.group(
    short_help="render the event file of a run, or the trend of a folder of reports",
    epilog="Example: pay-conformance report render run.jsonl --report html=report.html",
)
def command() -> None:
    """Make reports without a run: of one that was cut short, or of many that are over."""


@command.command(epilog="Example: pay-conformance report render run.jsonl --report html=run.html")
@click.argument("events", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--baseline", default="", help="YAML file of known failures.")
@click.option("--report", multiple=True, metavar="KIND=PATH", help="A report; may be repeated.")
@click.option("-v", "--verbose", is_flag=True, help="Every verdict, and exchanges of findings.")
def render(
    events: tuple[Path, ...], baseline: str, report: tuple[str, ...], *, verbose: bool
) -> int:
    """Render EVENTS, which a run kept by --report events=FILE, also if the run was killed.

    The files of a run that was played in parts, by --shard and with one --seed, become one report;
    it was cut short where a part is missing.

    Exits as the run would have: 1 at best if it was cut short.
    """
    from pay_conformance.contract import Contract
    from pay_conformance.report import (
        EVENTS,
        Baseline,
        apply_baseline,
        exit_code,
        parse_report_option,
        terminal,
        write_reports,
    )
    from pay_conformance.report.stream import read_result

    requests = [parse_report_option(text) for text in report]
    if any(request.kind == EVENTS for request in requests):
        raise ConfigurationProblem("the events are there already", f"leave {EVENTS} out")
    known = Baseline.read(Path(baseline)) if baseline else None
    result = read_result(events[0], Contract.load(), *events[1:])
    outcome = apply_baseline(result, known, datetime.now(UTC).date())
    write_reports(outcome, requests)
    click.echo(terminal.render(outcome, verbose=verbose), nl=False)
    return exit_code(outcome)


@command.command(epilog="Example: pay-conformance report trend reports/ --html trend.html")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--html", default="", metavar="FILE", help="Write a page.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option(
    "--last", type=click.IntRange(min=2), default=60, help="Only the last N of a subject."
)
def trend(folder: Path, html: str, *, as_json: bool, last: int) -> int:
    """Compare the JSON reports in FOLDER: what changed since the one before, since when, how often.

    The reports of one subject and one version of the API are a series, in the order of their times.

    Exits 0, or 1 when a requirement fails in the last report of a series that did not in the one
    before, 2 when there is no report.
    """
    import json

    from pay_conformance.files import write_whole
    from pay_conformance.report.trend import read_folder
    from pay_conformance.report.trend_page import render as page
    from pay_conformance.report.trend_text import as_object, lines

    series = read_folder(folder, last)
    if html:
        write_whole(Path(html), page(series))
    if as_json:
        click.echo(json.dumps(as_object(series), ensure_ascii=False, indent=1))
    else:
        for line in lines(series):
            click.echo(line)
    return ExitCode.FINDINGS if any(one.worse for one in series) else ExitCode.HOLDS
