"""Markdown for a pull-request comment or a job summary."""

from __future__ import annotations

from collections.abc import Iterator

from pay_conformance.findings import State
from pay_conformance.report.baseline import Excused
from pay_conformance.report.exits import exit_code
from pay_conformance.report.groups import by_requirement
from pay_conformance.report.reach import without_buyer
from pay_conformance.report.result import RunResult
from pay_conformance.report.terminal import area
from pay_conformance.report.wording import compared, counted, where


def render(outcome: Excused) -> str:
    """Return the report as GitHub-flavoured Markdown; what a subject sent is escaped."""
    return "\n".join(_lines(outcome)) + "\n"


def _lines(outcome: Excused) -> Iterator[str]:
    result = outcome.result
    start = result.started
    sign = "✅" if exit_code(outcome) == 0 else "❌"
    yield f"## {sign} Amazon Pay conformance: {_text(str(start.subject['name']))}"
    yield ""
    yield (
        f"**{result.count(State.PASSED)} passed**, {result.count(State.FAILED)} failed, "
        f"{result.count(State.NOT_TESTED)} not tested, {counted(len(result.findings), 'finding')}, "
        f"{len(outcome.excused)} excused. API {', '.join(start.api)}, seed {start.seed}, "
        f"{result.seconds:.1f} s."
    )
    if start.chosen:
        yield f"\nOnly what was chosen by {_text(start.chosen)}."
    reach = without_buyer(result)
    if reach is not None:
        yield f"\nWithout a buyer, {reach}."
    if result.died:
        yield f"\n> **The subject died:** {_text(result.died)}"
    if result.cut_short:
        yield f"\n> **Cut short:** {_text(result.cut_short)}"
    for error in result.errors:
        yield f"\n> **Error of ours:** {_text(error.where)}: {_text(error.what)}"
    for complaint in outcome.complaints:
        yield f"\n> **Baseline:** {_text(complaint)}"
    if result.findings:
        yield from _findings(result)
    yield ""
    yield from _areas(outcome)
    yield ""
    made = ", ".join(_maker(name, str(value)) for name, value in start.tool.items())
    yield f"<sub>{_text(start.started)}, clock {_text(start.clock)}, made by {_text(made)}</sub>"


def _maker(name: str, value: str) -> str:
    """Return a part of what made the report; of a digest, as much as tells it from another."""
    if name == "name":
        return value
    return f"{name} {value[:12] if name in _DIGESTS else value}"


_DIGESTS = frozenset({"suite", "contract", "mock"})
MOST_ROWS = 50
"""Violated requirements in a comment; a forge cuts what is longer than 65 KB."""


def _findings(result: RunResult) -> Iterator[str]:
    groups = by_requirement(result)
    yield ""
    yield "| requirement | level | where | expected | seen |"
    yield "|---|---|---|---|---|"
    for group in groups[:MOST_ROWS]:
        finding = group.findings[0]
        more = f" (and {len(group.findings) - 1} more)" if len(group.findings) > 1 else ""
        cells = (
            f"**{finding.requirement}** {_text(finding.message)}{more}",
            group.requirement.level.value,
            _text(where(finding, str(result.started.subject["kind"]))),
            *map(_code, compared(finding.expected, finding.actual)),
        )
        yield f"| {' | '.join(cells)} |"
    if len(groups) > MOST_ROWS:
        yield ""
        yield f"{len(groups) - MOST_ROWS} more are violated; the other reports name them."
    yield ""
    yield "<details><summary>See them again</summary>"
    yield ""
    commands: dict[str, list[str]] = {}
    for group in groups[:MOST_ROWS]:
        if group.findings[0].reproduce:
            commands.setdefault(group.findings[0].reproduce, []).append(group.requirement.id)
    yield from (f"- {', '.join(ids)}: {_code(line)}" for line, ids in commands.items())
    yield ""
    yield "</details>"


def _areas(outcome: Excused) -> Iterator[str]:
    rows: dict[str, dict[State, int]] = {}
    for verdict in outcome.result.verdicts:
        row = rows.setdefault(area(verdict.requirement), dict.fromkeys(State, 0))
        row[verdict.state] += 1
    yield "| | passed | failed | not tested |"
    yield "|---|--:|--:|--:|"
    for name, row in rows.items():
        yield f"| {name} | {row[State.PASSED]} | {row[State.FAILED]} | {row[State.NOT_TESTED]} |"


def _text(value: str) -> str:
    escaped = value.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")
    return " ".join(escaped.replace("`", "\\`").replace("[", "\\[").split())


def _code(value: str) -> str:
    flat = " ".join(value.replace("|", "\\|").split())
    return f"`{flat.replace('`', 'ˋ')}`" if flat else ""
