"""The HTML report: one page that holds everything, needs nothing, and trusts nothing it shows."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api
from pay_conformance.findings import Finding, State, Verdict
from pay_conformance.report.baseline import Excused
from pay_conformance.report.diagram import MoveRow, draw, rows
from pay_conformance.report.exits import exit_code
from pay_conformance.report.result import RunResult
from pay_conformance.report.terminal import area, exchange_lines
from pay_conformance.report.wording import place, severity, shown

MOST_FINDINGS = 300
MOST_EXCHANGE_TEXT = 400_000
"""Characters of exchanges on a page, so that it stays well under a megabyte."""
LONGEST_EXCHANGE = 12_000
DIAGRAMS = ("checkout-session", "charge-permission", "charge", "refund")


@dataclass(frozen=True, slots=True)
class _Row:
    verdict: Verdict
    level: str
    says: str
    look: str


@dataclass(frozen=True, slots=True)
class _Item:
    finding: Finding
    severity: str
    says: str
    expected: str
    actual: str
    place: str
    times: int
    exchange: str


def render(outcome: Excused) -> str:
    """Return the page. Everything that a subject sent is escaped, and no script of its can run."""
    result = outcome.result
    environment = Environment(
        loader=PackageLoader("pay_conformance.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = _asset("report.css"), _asset("report.js")
    code = exit_code(outcome)
    return environment.get_template("report.html.j2").render(
        outcome=outcome,
        result=result,
        start=result.started,
        code=code,
        word=_word(code),
        passed=result.count(State.PASSED),
        failed=result.count(State.FAILED),
        not_tested=result.count(State.NOT_TESTED),
        findings=_items(result),
        areas=_areas(result),
        diagrams=_diagrams(result),
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def _word(code: int) -> str:
    words = ("holds", "findings", "error of ours", "subject died", "nothing tested")
    return words[code]


def _asset(name: str) -> str:
    return files("pay_conformance.report").joinpath("page", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _items(result: RunResult) -> list[_Item]:
    left = MOST_EXCHANGE_TEXT
    items = []
    loudest = sorted(
        result.findings, key=lambda finding: result.requirements[finding.requirement].level.value
    )
    for finding in loudest[:MOST_FINDINGS]:
        requirement = result.requirements[finding.requirement]
        text = _exchange(finding, result)
        if len(text) > left:
            text = "left out to keep this page small; the JSON report has it"
        left -= len(text)
        items.append(
            _Item(
                finding=finding,
                severity=severity(requirement.level),
                says=requirement.says,
                expected=shown(finding.expected),
                actual=shown(finding.actual),
                place=place(finding),
                times=result.occurrences.get(finding.key, 1),
                exchange=text,
            )
        )
    return items


def _exchange(finding: Finding, result: RunResult) -> str:
    seen = result.exchanges.get(finding.exchange)
    if seen is None:
        return ""
    text = "\n".join(line.removeprefix("  ") for line in exchange_lines(seen))
    if len(text) <= LONGEST_EXCHANGE:
        return text
    return f"{text[:LONGEST_EXCHANGE]}…\n({len(text)} characters in all)"


def _areas(result: RunResult) -> list[tuple[str, list[_Row]]]:
    areas: dict[str, list[_Row]] = {}
    looks = {State.PASSED: "passed", State.FAILED: "failed", State.NOT_TESTED: "untested"}
    for verdict in result.verdicts:
        requirement = result.requirements[verdict.requirement]
        row = _Row(verdict, requirement.level.value, requirement.says, looks[verdict.state])
        areas.setdefault(area(verdict.requirement), []).append(row)
    return list(areas.items())


def _diagrams(result: RunResult) -> list[tuple[str, Markup, list[MoveRow]]]:
    if result.started.subject["kind"] != "server":
        return []
    contract = Contract.load()
    api: Api = "v2" if "v2" in result.started.api else "v1"
    verdicts = {verdict.requirement: verdict.state for verdict in result.verdicts}
    drawings = []
    for name in DIAGRAMS:
        lifecycle = contract.lifecycle(name, api)
        drawing = Markup(draw(lifecycle, verdicts))  # noqa: S704 - drawn from the contract alone
        drawings.append((f"{name} ({api})", drawing, rows(lifecycle, verdicts)))
    return drawings
