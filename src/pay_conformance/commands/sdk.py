"""``pay-conformance sdk``: the client suite against an SDK behind an adapter."""

from __future__ import annotations

import shlex
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pay_conformance.sdk.packages import Installed


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": True},
    epilog="Examples: pay-conformance sdk node --package 2.3.2    "
    "pay-conformance sdk node --package 2.3.2 --package 2.3.4    "
    "pay-conformance sdk --report json=report.json -- php my-adapter.php    "
    "pay-conformance sdk --scaffold ./adapter --language php    "
    "pay-conformance sdk --matrix docs/sdk-matrix.md node.json java.json",
)
@click.argument("subject", nargs=-1)
@click.option(
    "--package",
    multiple=True,
    help="A version, an archive or a folder of the SDK; given twice, the old and the new one.",
)
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
    package: tuple[str, ...],
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
    baseline entry that is no longer true; of two packages, the second has a failure that the first
    has not. 2: wrong call or missing toolchain. 3: the SDK can't be installed, or no call gets
    through. 4: nothing was tested.
    """
    from pay_conformance.contract import Contract
    from pay_conformance.contract.releases import requirement_set
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
    if len(package) > 1:
        return _compare(subject, package, baseline, report, expression, release)
    from pay_conformance.commands.ending import CODE, ended_like_interrupted
    from pay_conformance.commands.sdk_run import SdkRun, write_baseline

    reports = [parse_report_option(text) for text in report]
    if release:
        requirement_set(Contract.load(), release)
    path = Path(baseline)
    known = None
    if baseline and (path.exists() or not update_baseline):
        known = Baseline.read(path)
    named = package[0] if package else None
    run = SdkRun(
        _installed(subject, named),
        _again(subject, named, release),
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
    return CODE if run.interrupted else exit_code(outcome)


def _compare(
    subject: tuple[str, ...],
    packages: tuple[str, ...],
    baseline: str,
    report: tuple[str, ...],
    expression: str,
    release: str,
) -> int:
    """Run the suite against two releases, and tell what changed; reports are of the second."""
    from pay_conformance.commands.ending import CODE, ended_like_interrupted
    from pay_conformance.commands.sdk_compare import compare, comparison_exit, render_comparison
    from pay_conformance.commands.sdk_run import SdkRun
    from pay_conformance.contract import Contract
    from pay_conformance.problems import ConfigurationProblem
    from pay_conformance.report import (
        apply_baseline,
        event_file,
        parse_report_option,
        write_reports,
    )

    if len(packages) > 2:
        raise ConfigurationProblem("--package is given more than twice", "name an old and a new")
    if baseline:
        raise ConfigurationProblem(
            "a comparison has no baseline: what both releases fail is as before",
            "leave --baseline out, or give --package once",
        )
    reports = [parse_report_option(text) for text in report]
    contract = Contract.load()
    installed = [_installed(subject, package) for package in packages]
    results = []
    for each, package in zip(installed, packages, strict=True):
        again = _again(subject, package, release)
        file = event_file(reports) if each is installed[-1] else None
        run = SdkRun(each, again, contract, expression, _progress, file, release)
        with ended_like_interrupted():
            results.append(run.play())
        if run.interrupted:
            return CODE
    old, new = results
    write_reports(apply_baseline(new, None, datetime.now(UTC).date()), reports)
    comparison = compare(old, new)
    click.echo(render_comparison(comparison), nl=False)
    return comparison_exit(comparison)


def _again(subject: tuple[str, ...], package: str | None, release: str) -> str:
    """Return how the subject is named on the command line, the command of an adapter after --."""
    from pay_conformance.sdk.packages import ADAPTERS

    options = [word for name, given in (("--package", package), ("--requirements", release))
               if given for word in (name, given)]  # fmt: skip
    bundled = len(subject) == 1 and subject[0] in ADAPTERS
    return shlex.join([*options, *(subject if bundled else ("--", *subject))])


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
    # Started where the user is, so that paths in the command, and what it reads, are found.
    return Installed(Path(subject[0]).name, subject, folder=Path.cwd())


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        click.echo(f"\r{done} of {total} cases{end}", err=True, nl=False)
