"""``pay-conformance sdk``: the client suite against an SDK behind an adapter."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pay_conformance.sdk.packages import Installed

_INTERRUPTED = 130


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": True},
    epilog="Examples: pay-conformance sdk node --package 2.3.2    "
    "pay-conformance sdk --report json=report.json -- php my-adapter.php    "
    "pay-conformance sdk --scaffold ./adapter --language php    "
    "pay-conformance sdk --matrix docs/sdk-matrix.md node.json java.json",
)
@click.argument("subject", nargs=-1)
@click.option("--package", default=None, help="A version, an archive or a folder of the SDK.")
@click.option("--baseline", default="", help="YAML file of known failures.")
@click.option("--update-baseline", is_flag=True, help="Write the failures into that file.")
@click.option("--report", multiple=True, metavar="KIND=PATH", help="A report; may be repeated.")
@click.option("--requirements", "release", default="", metavar="RELEASE", help="The set of then.")
@click.option("-k", "expression", default="", help="Only cases or requirements whose names match.")
@click.option("--scaffold", default="", metavar="FOLDER", help="Write the start of an adapter.")
@click.option("--language", default="php", help="Language of --scaffold: php, ruby, csharp.")
@click.option("--matrix", default="", metavar="FILE", help="Write the matrix of JSON reports.")
@click.option("-v", "--verbose", is_flag=True, help="Every verdict, and exchanges of findings.")
def command(
    subject: tuple[str, ...],
    *,
    package: str | None,
    baseline: str,
    update_baseline: bool,
    report: tuple[str, ...],
    expression: str,
    release: str,
    scaffold: str,
    language: str,
    matrix: str,
    verbose: bool,
) -> int:
    """Run the client suite against SUBJECT: node, python, java, go, or the command of an adapter.

    An SDK is reached by its own host names, region mapping and TLS settings: nothing of it is
    changed. Exit code 0: all that could be tested holds. 1: findings outside the baseline, or a
    baseline entry that is no longer true. 2: wrong call or missing toolchain. 3: the SDK can't be
    installed, or no call gets through. 4: nothing was tested.
    """
    from pay_conformance.contract import Contract
    from pay_conformance.problems import ConfigurationProblem
    from pay_conformance.report import (
        Baseline,
        apply_baseline,
        event_file,
        exit_code,
        parse_report_option,
        write_reports,
    )
    from pay_conformance.report.terminal import render

    if scaffold:
        from pay_conformance.sdk.scaffold import write_scaffold

        for path in write_scaffold(Path(scaffold), language):
            click.echo(path)
        return 0
    if matrix:
        from pay_conformance.commands.sdk_matrix import write_matrix

        for path in write_matrix(Path(matrix), [Path(name) for name in subject]):
            click.echo(path)
        return 0
    if not subject:
        raise ConfigurationProblem(
            "no SDK is named", "say node, python, java, go, or the command of an adapter"
        )
    if update_baseline and not baseline:
        raise ConfigurationProblem("--update-baseline has no file", "name it with --baseline")
    from pay_conformance.commands.ending import ended_like_interrupted
    from pay_conformance.commands.sdk_run import SdkRun, write_baseline

    reports = [parse_report_option(text) for text in report]
    path = Path(baseline)
    known = None
    if baseline and (path.exists() or not update_baseline):
        known = Baseline.read(path)
    run = SdkRun(
        _installed(subject, package),
        " ".join(subject),
        Contract.load(),
        expression,
        _progress,
        event_file(reports),
        release,
    )
    with ended_like_interrupted():
        result = run.play()
    today = datetime.now(UTC).date()
    if update_baseline and not run.interrupted:
        new = write_baseline(path, result, known, today)
        known = Baseline.read(path)
        click.echo(f"{path}: {len(known.entries)} entries, {new} of them new", err=True)
    outcome = apply_baseline(result, known, today)
    write_reports(outcome, reports)
    click.echo(render(outcome, verbose=verbose), nl=False)
    return _INTERRUPTED if run.interrupted else exit_code(outcome)


def _installed(subject: tuple[str, ...], package: str | None) -> Installed:
    from pay_conformance.problems import ConfigurationProblem
    from pay_conformance.sdk.packages import ADAPTERS, Installed, install

    if len(subject) == 1 and subject[0] in ADAPTERS:
        return install(subject[0], package)
    if package is not None:
        raise ConfigurationProblem(
            "--package is for the bundled adapters", f"name one of {', '.join(ADAPTERS)}"
        )
    if shutil.which(subject[0]) is None:
        raise ConfigurationProblem(
            f"{subject[0]} is neither a bundled SDK nor a program that can be started",
            f"say {', '.join(ADAPTERS)}, or the command of an adapter",
        )
    return Installed(Path(subject[0]).name, subject)


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        click.echo(f"\r{done} of {total} cases{end}", err=True, nl=False)
