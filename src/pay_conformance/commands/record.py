"""``pay-conformance record``: run the server suite's stories and keep them as cassettes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pay_conformance.report import RunResult


@click.command(
    short_help="run the stories and store them, redacted, as cassettes",
    epilog="Example: pay-conformance record --target sandbox --to recordings/today",
)
@click.option("--target", default="mock", show_default=True, help="mock, sandbox, or a URL.")
@click.option("--to", "folder", default="", metavar="DIR", help="default: cassettes/ORIGIN")
@click.option("--control", default="", help="URL of the control API of a URL target.")
@click.option("--ca-file", default="", help="PEM file of the CA that vouches for a URL target.")
@click.option(
    "--buyer",
    type=click.Choice(["playwright"]),
    help="Lets a browser play the buyer, with --target sandbox.",
)
@click.option("--api", default="v1,v2", show_default=True, help="v1, v2 or both.")
@click.option("-k", "expression", default="", help="Only scenarios whose names match.")
@click.option("--seed", type=click.IntRange(min=0), help="Replays a run; new each time otherwise.")
@click.option(
    "--like",
    default="",
    metavar="DIR",
    help="Record the scenarios of this recording again, with its seed.",
)
@click.option("-n", "jobs", type=click.IntRange(min=1), default=1, help="Processes side by side.")
@click.option("--report", multiple=True, metavar="KIND=PATH", help="A report; may be repeated.")
def command(
    target: str,
    folder: str,
    control: str,
    ca_file: str,
    buyer: str | None,
    api: str,
    expression: str,
    seed: int | None,
    like: str,
    jobs: int,
    report: tuple[str, ...],
) -> int:
    """Run the stories against a target and keep each as a redacted cassette.

    A cassette that would still hold a secret or a buyer's data is not written, and the run then
    ends with exit code 2. Otherwise the exit codes are those of run. A recording that was
    interrupted says that it is not whole.
    """
    from datetime import UTC, datetime

    from pay_conformance.commands.ending import CODE, ended_like_interrupted
    from pay_conformance.commands.run import play
    from pay_conformance.problems import ConfigurationProblem
    from pay_conformance.record.recording import read_index
    from pay_conformance.report import (
        apply_baseline,
        exit_code,
        parse_report_option,
        write_reports,
    )
    from pay_conformance.report.terminal import render
    from pay_conformance.scenario.run import Options, new_seed, origin_of, parse_apis

    reports = [parse_report_option(text) for text in report]
    if target == "replay":
        raise ConfigurationProblem("a recording can't be recorded", "choose another --target")
    to = Path(folder or f"cassettes/{origin_of(target)}")
    if to.is_dir() and any(to.iterdir()):
        raise ConfigurationProblem(f"{to} is not empty", "name a new folder with --to")
    apis = parse_apis(api)
    if like:
        if expression or seed is not None:
            raise ConfigurationProblem(
                "--like brings its scenarios and seed", "leave -k and --seed"
            )
        index = read_index(Path(like))
        apis, seed, expression = index.api, index.seed, index.expression
    options = Options(
        target=target,
        control=control,
        ca_file=ca_file,
        buyer=buyer or "",
        apis=apis,
        seed=new_seed() if seed is None else seed,
        record=str(to.absolute()),
    ).settled()
    recorder = options.begin_recording()
    with ended_like_interrupted():
        collector, interrupted = play(options, expression, jobs)
    result = collector.result(interrupted)
    if not result.cut_short and not result.died and not result.errors:
        recorder.finish(expression, _verdicts(result))
    outcome = apply_baseline(result, None, datetime.now(UTC).date())
    write_reports(outcome, reports)
    click.echo(render(outcome), nl=False)
    kept = len(list(to.glob("*.yaml"))) - 1
    click.echo(f"{kept} stories kept in {to}")
    return CODE if interrupted else exit_code(outcome)


def _verdicts(result: RunResult) -> dict[str, tuple[str, ...]]:
    """Return the requirements that were tested, by their verdict."""
    return {
        verdict: names
        for verdict in ("passed", "failed")
        if (
            names := tuple(one.requirement for one in result.verdicts if one.state.value == verdict)
        )
    }
