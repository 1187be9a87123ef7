"""The report on a terminal: what was violated, what was not tested, and the count by object."""

from __future__ import annotations

from collections.abc import Iterator

import click

from pay_conformance.contract.model import Level
from pay_conformance.findings import Finding, State, Verdict
from pay_conformance.report.baseline import Excused
from pay_conformance.report.events import ExchangeSeen
from pay_conformance.report.exits import exit_code
from pay_conformance.report.groups import Group, by_requirement
from pay_conformance.report.reach import without_buyer
from pay_conformance.report.result import RunResult
from pay_conformance.report.wording import compared, counted, severity, where

AREAS = {
    "CS": "Checkout Session",
    "CP": "Charge Permission",
    "CH": "Charge",
    "RF": "Refund",
    "BU": "Buyer",
    "DI": "Dispute",
    "DT": "Delivery tracker",
    "NT": "Notification",
    "ERR": "Errors",
    "OP": "Operations",
    "IDEM": "Idempotency",
    "SIG": "Signing",
    "HDR": "Headers",
    "FMT": "Formats",
    "LIM": "Limits",
    "SIM": "Simulation",
    "SDK": "SDK",
    "INT": "Integration",
}
"""Prefix of a requirement's id to the words under which reports list it."""

_COLOURS = {State.PASSED: "green", State.FAILED: "red", State.NOT_TESTED: "yellow"}


def area(requirement: str) -> str:
    """Return the words for the area of a requirement's id."""
    prefix = requirement.split("-", 1)[0]
    return AREAS.get(prefix, prefix)


def render(outcome: Excused, *, verbose: bool = False) -> str:
    """Return the report; colours are click's, which drops them where there is no terminal."""
    return "\n".join(_lines(outcome, verbose=verbose)) + "\n"


def _lines(outcome: Excused, *, verbose: bool) -> Iterator[str]:
    result = outcome.result
    for error in result.errors:
        yield click.style(f"ERROR OF OURS  {error.where}: {error.what}", fg="magenta", bold=True)
    for group in by_requirement(result):
        yield ""
        yield from _group(group, result, verbose=verbose)
    yield from _not_tested(result, verbose=verbose)
    yield ""
    yield from _table(result, verbose=verbose)
    yield ""
    yield from _drift(result)
    for complaint in outcome.complaints:
        yield click.style(f"BASELINE  {complaint}", fg="red")
    yield from _closing(outcome)


def _group(group: Group, result: RunResult, *, verbose: bool) -> Iterator[str]:
    """Yield the lines of a violated requirement: its sentence, one finding, and how many more."""
    requirement = group.requirement
    word = severity(requirement.level).upper()
    colour = "red" if requirement.level is Level.MUST else "yellow"
    yield click.style(f"{word}  {requirement.id}  {requirement.says}", fg=colour, bold=True)
    told = group.findings if verbose else group.findings[:1]
    for number, finding in enumerate(told):
        if number:
            yield ""
        yield from finding_lines(finding, result, verbose=verbose)
    left = group.findings[len(told) :]
    if left:
        names = list(dict.fromkeys(finding.source or finding.pointer for finding in left))
        more = [*names[:3], "…"] if len(names) > 3 else names
        yield f"  and {counted(len(left), 'more finding')}: {', '.join(more)}"


def finding_lines(finding: Finding, result: RunResult, *, verbose: bool = False) -> Iterator[str]:
    """Yield the lines that explain one finding: what, where, expected, seen, reproduction."""
    yield f"  {finding.message}"
    place = where(finding, str(result.started.subject["kind"]))
    yield f"  where     {place}" + (f" ({finding.exchange})" if finding.exchange else "")
    expected, actual = compared(finding.expected, finding.actual)
    if finding.expected is not None:
        yield f"  expected  {expected}"
    yield f"  seen      {actual}"
    times = result.occurrences.get(finding.key, 1)
    if finding.source:
        yield f"  in        {finding.source}" + (f" ({times} times)" if times > 1 else "")
    if finding.reproduce:
        yield f"  again     {finding.reproduce}"
    if verbose and finding.exchange in result.exchanges:
        yield from exchange_lines(result.exchanges[finding.exchange])


def exchange_lines(exchange: ExchangeSeen) -> Iterator[str]:
    """Yield a redacted exchange as it went over the wire, each line behind ``>`` or ``<``."""
    if exchange.request is not None:
        yield f"  > {exchange.request['method']} {exchange.request['url']}"
        yield from (f"  > {name}: {value}" for name, value in exchange.request["headers"])
        yield from (f"  > {line}" for line in str(exchange.request["body"]).splitlines())
    if exchange.response is not None:
        yield f"  < {exchange.response['status']}"
        yield from (f"  < {name}: {value}" for name, value in exchange.response["headers"])
        yield from (f"  < {line}" for line in str(exchange.response["body"]).splitlines())
    if exchange.failure:
        yield f"  < (no answer: {exchange.failure})"


def _not_tested(result: RunResult, *, verbose: bool) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for verdict in result.verdicts:
        if verdict.state is State.NOT_TESTED:
            reasons.setdefault(verdict.why, []).append(verdict.requirement)
    if not reasons:
        return
    yield ""
    for why, ids in sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0])):
        names = ids if verbose or len(ids) <= 6 else [*ids[:5], f"and {len(ids) - 5} more"]
        yield click.style("not tested", fg="yellow") + f"  {why}: {', '.join(names)}"
    reach = without_buyer(result)
    if reach is not None:
        yield f"without a buyer  {reach}"


def _table(result: RunResult, *, verbose: bool) -> Iterator[str]:
    if verbose:
        yield from (_row(verdict, result) for verdict in result.verdicts)
        yield ""
    counts: dict[str, dict[State, int]] = {}
    for verdict in result.verdicts:
        row = counts.setdefault(area(verdict.requirement), dict.fromkeys(State, 0))
        row[verdict.state] += 1
    width = max((len(name) for name in counts), default=0)
    yield click.style(f"{'':{width}}  passed  failed  not tested", bold=True)
    for name, row in counts.items():
        cells = (
            _cell(row[State.PASSED], 6, State.PASSED),
            _cell(row[State.FAILED], 6, State.FAILED),
            _cell(row[State.NOT_TESTED], 10, State.NOT_TESTED),
        )
        yield f"{name:{width}}  {'  '.join(cells)}"


def _cell(number: int, width: int, state: State) -> str:
    text = f"{number or '·':>{width}}"
    return click.style(text, fg=_COLOURS[state]) if number else text


def _row(verdict: Verdict, result: RunResult) -> str:
    word = click.style(f"{verdict.state.value:10}", fg=_COLOURS[verdict.state])
    requirement = result.requirements[verdict.requirement]
    why = f" ({verdict.why})" if verdict.state is State.NOT_TESTED else ""
    return f"{word}  {verdict.requirement:14}  {requirement.level:6}  {requirement.says}{why}"


def _drift(result: RunResult) -> Iterator[str]:
    for item in result.drift[:10]:
        yield click.style("drift", fg="cyan") + f"  {item.pointer}: {item.what}"
    if len(result.drift) > 10:
        yield f"drift  and {len(result.drift) - 10} more"


def _closing(outcome: Excused) -> Iterator[str]:
    result = outcome.result
    start = result.started
    if result.died:
        yield click.style(f"SUBJECT DIED  {result.died}", fg="red", bold=True)
    if result.cut_short:
        yield click.style(f"CUT SHORT  {result.cut_short}", fg="magenta", bold=True)
    code = exit_code(outcome)
    parts = [
        f"{result.count(State.PASSED)} passed",
        f"{result.count(State.FAILED)} failed",
        f"{result.count(State.NOT_TESTED)} not tested",
        counted(len(result.findings), "finding"),
    ]
    if outcome.excused:
        parts.append(f"{len(outcome.excused)} excused by the baseline")
    if start.chosen:
        yield f"only what was chosen by {start.chosen}"
    yield from _made_by(result)
    yield click.style(", ".join(parts), fg="green" if code == 0 else "red", bold=True)
    yield (
        f"{start.subject['name']}  api {' '.join(start.api)}  seed {start.seed}  "
        f"clock {start.clock}  {counted(len(result.scenarios), 'scenario')} in "
        f"{result.seconds:.1f} s  {'cut short' if result.cut_short else f'exit {int(code)}'}"
    )


def _made_by(result: RunResult) -> Iterator[str]:
    start = result.started
    digests = "  ".join(
        f"{name} {str(start.tool[name])[:12]}"
        for name in ("suite", "contract", "mock")
        if name in start.tool
    )
    yield f"{start.started}  version {start.tool.get('version', '')}  {digests}"
