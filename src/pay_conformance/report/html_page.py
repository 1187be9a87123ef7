"""The HTML report: one page that holds everything, needs nothing, and trusts nothing it shows."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api, Requirement
from pay_conformance.findings import Finding, State
from pay_conformance.report import pretty
from pay_conformance.report.baseline import Excused
from pay_conformance.report.diagram import MoveRow, draw, rows
from pay_conformance.report.exits import exit_code
from pay_conformance.report.groups import by_requirement
from pay_conformance.report.reach import without_buyer
from pay_conformance.report.result import RunResult
from pay_conformance.report.terminal import area
from pay_conformance.report.wording import NOUNS, compared, headline, severity, where

MOST_FINDINGS = 300
MOST_ALIKE = 12
"""Findings of one requirement that are told in full; the others are named."""
MOST_EXCHANGE_TEXT = 250_000
"""Characters of exchanges on a page, so that it stays well under a megabyte."""
LONGEST_EXCHANGE = 12_000
MOST_STEPS = 12
DIAGRAMS = ("checkout-session", "charge-permission", "charge", "refund", "dispute")

_LOOKS = {State.PASSED: "passed", State.FAILED: "failed", State.NOT_TESTED: "untested"}


@dataclass(frozen=True, slots=True)
class _Row:
    requirement: Requirement
    verdict: str
    why: str
    look: str


@dataclass(frozen=True, slots=True)
class _Area:
    name: str
    rows: tuple[_Row, ...]

    @property
    def anchor(self) -> str:
        return f"area-{self.name.lower().replace(' ', '-')}"

    def count(self, verdict: str) -> int:
        return sum(row.verdict == verdict for row in self.rows)


@dataclass(frozen=True, slots=True)
class _Case:
    """A finding, and what a person needs to understand it."""

    finding: Finding
    expected: str
    actual: str
    where: str
    times: int
    story: tuple[str, ...]
    exchange: pretty.Shown | None
    note: str
    before: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Group:
    requirement: Requirement
    severity: str
    cases: tuple[_Case, ...]
    others: tuple[str, ...]
    """Where else it is violated."""


@dataclass(frozen=True, slots=True)
class _Drawing:
    name: str
    api: str
    drawing: Markup
    moves: tuple[MoveRow, ...]


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
    areas = _areas(result)
    groups = _groups(result)
    return environment.get_template("report.html.j2").render(
        outcome=outcome,
        result=result,
        start=result.started,
        good=code == 0,
        headline=headline(outcome),
        noun=NOUNS[result.started.subject["kind"]],
        passed=result.count(State.PASSED),
        failed=result.count(State.FAILED),
        not_tested=result.count(State.NOT_TESTED),
        groups=groups,
        left_out=max(0, len(by_requirement(result)) - len(groups)),
        reasons=_reasons(result),
        reach=without_buyer(result),
        areas=areas,
        diagrams=tuple(_diagrams(result)),
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def _asset(name: str) -> str:
    return files("pay_conformance.report").joinpath("page", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _groups(result: RunResult) -> list[_Group]:
    writer = _CaseWriter(result)
    found = []
    left = MOST_FINDINGS
    for group in by_requirement(result):
        told = group.findings[: min(left, MOST_ALIKE)]
        left -= len(told)
        if told:
            cases = tuple(writer.case(finding) for finding in told)
            others = [finding.source or finding.exchange for finding in group.findings[len(told) :]]
            named = tuple(dict.fromkeys(others))
            loud = severity(group.requirement.level)
            found.append(_Group(group.requirement, loud, cases, named))
    return found


class _CaseWriter:
    """Writes cases as long as there is room for their exchanges on the page."""

    def __init__(self, result: RunResult) -> None:
        self._result = result
        self._kind = str(result.started.subject["kind"])
        self._left = MOST_EXCHANGE_TEXT
        self._stories = {ended.name: ended.story for ended in result.scenarios if ended.story}
        self._told: dict[str, list[str]] = {}
        for exchange in result.exchanges.values():
            self._told.setdefault(exchange.source, []).append(exchange.id)

    def case(self, finding: Finding) -> _Case:
        exchange, note = self._exchange(finding)
        expected, actual = compared(finding.expected, finding.actual)
        return _Case(
            finding=finding,
            expected=expected,
            actual=actual,
            where=where(finding, self._kind),
            times=self._result.occurrences.get(finding.key, 1),
            story=tuple(self._stories.get(finding.source, "").splitlines()),
            exchange=exchange,
            note=note,
            before=self._before(finding),
        )

    def _exchange(self, finding: Finding) -> tuple[pretty.Shown | None, str]:
        seen = self._result.exchanges.get(finding.exchange)
        if seen is None:
            return None, ""
        made = pretty.exchange(seen, finding.part, finding.pointer)
        if made.size > min(self._left, LONGEST_EXCHANGE):
            return None, "left out to keep this page small; the JSON report has it"
        self._left -= made.size
        return made, ""

    def _before(self, finding: Finding) -> tuple[str, ...]:
        """Return the calls of the same story up to the finding's, a line each."""
        seen = self._result.exchanges.get(finding.exchange)
        told = self._told[seen.source] if seen else []
        if len(told) < 2:
            return ()
        upto = told[: told.index(finding.exchange) + 1][-MOST_STEPS:]
        return tuple(pretty.exchange(self._result.exchanges[each]).title for each in upto)


def _areas(result: RunResult) -> tuple[_Area, ...]:
    found: dict[str, list[_Row]] = {}
    for verdict in result.verdicts:
        row = _Row(
            result.requirements[verdict.requirement],
            verdict.state.value,
            verdict.why if verdict.state is State.NOT_TESTED else "",
            _LOOKS[verdict.state],
        )
        found.setdefault(area(verdict.requirement), []).append(row)
    return tuple(_Area(name, tuple(rows)) for name, rows in found.items())


def _reasons(result: RunResult) -> list[tuple[str, list[str]]]:
    """Return why requirements were not tested, and which, the commonest reason first."""
    found: dict[str, list[str]] = {}
    for verdict in result.verdicts:
        if verdict.state is State.NOT_TESTED:
            found.setdefault(verdict.why, []).append(verdict.requirement)
    return sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))


def _diagrams(result: RunResult) -> Iterator[_Drawing]:
    """Yield the lifecycles of the versions that the run was about, if any object moved in it."""
    if not result.moves:
        return
    contract = Contract.load()
    verdicts = {verdict.requirement: verdict.state for verdict in result.verdicts}
    for name in DIAGRAMS:
        for api in sorted(result.started.api, reverse=True):
            version: Api = "v2" if api == "v2" else "v1"
            lifecycle = contract.lifecycles.get((name, version))
            if lifecycle is not None:
                seen = _seen(result, name, version)
                drawing = Markup(draw(lifecycle, verdicts, seen))  # noqa: S704 - escaped by draw
                moves = tuple(rows(lifecycle, verdicts, seen))
                yield _Drawing(name.replace("-", " ").title(), version, drawing, moves)


def _seen(result: RunResult, name: str, api: Api) -> Mapping[tuple[str, str, str], int]:
    return {
        (source, target, by): times
        for (kind, version, source, target, by), times in result.moves.items()
        if (kind, version) == (name, api)
    }
