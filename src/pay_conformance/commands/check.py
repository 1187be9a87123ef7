"""``pay-conformance check``: judges bodies, cassettes and HAR files offline."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from pay_conformance import __version__
from pay_conformance.problems import ConfigurationProblem, ExitCode

if TYPE_CHECKING:
    from pay_conformance.contract import Contract
    from pay_conformance.contract.model import Api
    from pay_conformance.findings import Drift, Finding
    from pay_conformance.reading import Reading
    from pay_conformance.stream import Outcome

_MOST_DRIFT = 20
"""How many new members are named one by one on a terminal."""


@dataclass(slots=True)
class Judged:
    """What one file came to. ``problem`` says why it could not be judged, else it is empty."""

    file: str
    object: str = ""
    api: str = ""
    kind: str = ""
    exchanges: int = 0
    ignored: int = 0
    held: int = 0
    findings: tuple[Finding, ...] = ()
    drift: tuple[Drift, ...] = ()
    more: int = 0
    """Findings like those listed that are counted only."""
    problem: str = ""
    held_ids: frozenset[str] = frozenset()

    @property
    def verdict(self) -> str:
        """One of ``passed``, ``failed``, ``not tested`` and ``unreadable``."""
        if self.problem:
            return "unreadable"
        if self.findings:
            return "failed"
        return "passed" if self.held else "not tested"


@click.command(
    short_help="judge bodies, cassettes and HAR files offline",
    epilog="Example: pay-conformance check --object charge answer.json",
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--object",
    "name",
    default="",
    metavar="NAME",
    help="What a bare body is, e.g. charge, checkout-session, create-charge-request. "
    "Recognised by its members if not given.",
)
@click.option("--api", type=click.Choice(["v1", "v2"]), help="The version of the API.")
@click.option("--requirements", "release", default="", metavar="RELEASE", help="The set of then.")
@click.option("--report", multiple=True, metavar="KIND=PATH", help="A report; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def command(
    files: tuple[str, ...],
    name: str,
    api: Api | None,
    release: str,
    report: tuple[str, ...],
    *,
    as_json: bool,
) -> int:
    """Judge recorded bodies and traffic by the contract, with no network.

    FILE is a JSON body, a cassette (YAML or JSON), a HAR file, JSON lines (an exchange or a body
    on each), or - for standard input. The exchanges of one file are judged together, each object
    through its history. JSON lines may be of any length; all processors judge them.

    Exits 0 when every requirement that could be tested holds, 1 when there are findings, 2 when a
    file can't be read or is not recognised, 4 when nothing could be tested.
    """
    from pay_conformance.contract import Contract
    from pay_conformance.contract.releases import requirement_set
    from pay_conformance.reading import known_names

    contract = Contract.load()
    if release:
        contract = contract.replaced(requirements=requirement_set(contract, release))
    if name and name not in known_names(contract):
        raise ConfigurationProblem(
            f"--object knows no {name!r}", f"choose one of: {', '.join(known_names(contract))}"
        )
    again = _again(name, api, release)
    judged = (
        _reproducible(_held_to(contract, _judged(file, contract, name, api)), again)
        for file in files
    )
    results = _reported(judged, contract, release, files, report) if report else list(judged)
    if as_json:
        click.echo(json.dumps(_report(results, contract), ensure_ascii=False, indent=1))
    else:
        for line in _lines(results, contract):
            click.echo(line)
    for result in results:
        if result.problem:
            click.echo(f"pay-conformance: {result.problem}", err=True)
    return _exit_code(results)


def _held_to(contract: Contract, judged: Judged) -> Judged:
    """Leave out what is about no requirement of the contract: lines are judged by all of today."""
    known = contract.requirements
    return replace(
        judged,
        findings=tuple(found for found in judged.findings if found.requirement in known),
        held_ids=judged.held_ids & set(known),
        held=len(judged.held_ids & set(known)),
    )


def _again(name: str, api: Api | None, release: str) -> list[str]:
    """Return the words of a call that judges a file as this one does; the file is to follow."""
    options = {"--object": name, "--api": api, "--requirements": release}
    given = [word for option in options.items() if option[1] for word in option]
    return ["pay-conformance", "check", *map(str, given)]


def _reproducible(judged: Judged, again: Sequence[str]) -> Judged:
    """Say in each finding where it was found, and what shows it again."""
    call = shlex.join([*again, judged.file])
    return replace(
        judged,
        findings=tuple(
            replace(found, source=judged.file, reproduce=call) for found in judged.findings
        ),
    )


def _reported(
    judged: Iterable[Judged],
    contract: Contract,
    release: str,
    files: Sequence[str],
    report: Iterable[str],
) -> list[Judged]:
    """Return what was judged, once the reports of it are written."""
    from pay_conformance.commands.check_report import Telling
    from pay_conformance.report import Excused, event_file, parse_report_option, write_reports

    requests = [parse_report_option(text) for text in report]
    telling = Telling(contract, release, files, event_file(requests))
    results = []
    for result in judged:
        results.append(result)
        telling.take(result)
    write_reports(Excused(telling.end(), (), ()), requests)
    return results


def _judged(file: str, contract: Contract, name: str, api: Api | None) -> Judged:
    from pay_conformance.reading import read
    from pay_conformance.stream import is_stream, judge, stored

    shown = "standard input" if file == "-" else file
    try:
        with stored(file) as path:
            if is_stream(path):
                outcome = judge(path, contract, shown_as=shown, name=name, api=api)
                return _lined(shown, outcome, name, api)
            reading = read(file, contract, name=name, api=api, at=path)
    except ConfigurationProblem as problem:
        return Judged(file, problem=str(problem))
    return _judge(reading, contract)


def _lined(file: str, outcome: Outcome, name: str, api: Api | None) -> Judged:
    return Judged(
        file,
        name,
        api or "",
        "lines",
        outcome.exchanges,
        outcome.ignored,
        len(outcome.held),
        tuple(found for _, found in outcome.findings),
        tuple(found for _, found in outcome.drift.values()),
        outcome.more,
        held_ids=frozenset(outcome.held),
    )


def _judge(reading: Reading, contract: Contract) -> Judged:
    from pay_conformance.checks import Judge
    from pay_conformance.contract.model import Party
    from pay_conformance.findings import Ledger
    from pay_conformance.record.discretion import discreet_about

    judge = Judge(contract, frozenset(Party), api=reading.api)
    ledger = Ledger()
    outcomes = [found for each in judge.judge_each(reading.exchanges) for found in each]
    ledger.add(discreet_about(reading.exchanges, outcomes))
    return Judged(
        reading.file,
        reading.object,
        reading.api or "",
        reading.kind,
        len(reading.exchanges),
        reading.ignored,
        len(ledger.held),
        tuple(ledger.findings),
        tuple(ledger.drift),
        held_ids=frozenset(ledger.held),
    )


def _exit_code(results: Iterable[Judged]) -> ExitCode:
    verdicts = {result.verdict for result in results}
    if "unreadable" in verdicts:
        return ExitCode.WRONG_CALL
    if "failed" in verdicts:
        return ExitCode.FINDINGS
    return ExitCode.HOLDS if "passed" in verdicts else ExitCode.NOTHING_TESTED


def _report(results: list[Judged], contract: Contract) -> dict[str, Any]:
    return {
        "tool": {
            "name": "amazon-pay-conformance",
            "version": __version__,
            "contract": contract.digest,
        },
        "files": [
            {
                "file": result.file,
                "kind": result.kind or None,
                "object": result.object or None,
                "api": result.api or None,
                "verdict": result.verdict,
                "problem": result.problem or None,
                "exchanges": result.exchanges,
                "ignored": result.ignored,
                "more": result.more,
                "findings": [_finding(finding, contract) for finding in result.findings],
                "drift": [asdict(item) for item in result.drift],
            }
            for result in results
        ],
        "summary": {
            "files": len(results),
            "passed": sum(result.verdict == "passed" for result in results),
            "failed": sum(result.verdict == "failed" for result in results),
            "notTested": sum(result.verdict == "not tested" for result in results),
            "unreadable": sum(result.verdict == "unreadable" for result in results),
            "findings": sum(len(result.findings) + result.more for result in results),
            "drift": sum(len(result.drift) for result in results),
            "exitCode": int(_exit_code(results)),
        },
    }


def _finding(finding: Finding, contract: Contract) -> dict[str, Any]:
    return {
        "requirement": finding.requirement,
        "level": contract.requirements[finding.requirement].level.value,
        "message": finding.message,
        "pointer": finding.pointer,
        "part": finding.part,
        "expected": finding.expected,
        "actual": finding.actual,
        "exchange": finding.exchange,
        "source": finding.source,
        "reproduce": finding.reproduce,
    }


def _lines(results: list[Judged], contract: Contract) -> Iterator[str]:
    for result in results:
        if result.problem:
            continue
        yield _heading(result)
        for finding in result.findings:
            yield from _told(finding, contract)
        if result.more:
            yield f"  and {result.more} more findings of the same requirements at the same places"
        for item in result.drift[:_MOST_DRIFT]:
            yield f"  drift {item.pointer}: {item.what}"
        if len(result.drift) > _MOST_DRIFT:
            yield f"  drift: {len(result.drift) - _MOST_DRIFT} more that the contract doesn't know"


def _heading(result: Judged) -> str:
    what = " ".join(filter(None, (result.object, result.api)))
    if not what or result.kind == "lines":
        what = f"{result.kind}, {result.exchanges} calls"
        if result.ignored:
            what += f" ({result.ignored} other exchanges left aside)"
    if result.findings:
        count = len(result.findings) + result.more
        verdict = click.style(f"{count} finding{'s' if count > 1 else ''}", fg="red")
    elif result.held:
        verdict = click.style("OK", fg="green") + f", {result.held} requirements held"
    else:
        verdict = click.style("nothing to test", fg="yellow")
    return f"{result.file}: {what}: {verdict}"


def _told(finding: Finding, contract: Contract) -> Iterator[str]:
    requirement = contract.requirements[finding.requirement]
    place = " ".join(filter(None, (finding.exchange, finding.part, finding.pointer)))
    yield f"  {click.style(finding.requirement, bold=True)} {requirement.level}: {requirement.says}"
    yield f"    at       {place or 'the body'}: {finding.message}"
    yield f"    expected {_shown(finding.expected)}"
    yield f"    seen     {_shown(finding.actual)}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 120 else f"{text[:117]}..."
