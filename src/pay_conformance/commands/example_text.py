"""Shows an example of a requirement on a terminal: what keeps it, and what breaks it."""

from __future__ import annotations

from collections.abc import Iterator

from pay_conformance.commands.example import Example
from pay_conformance.exchange import Exchange
from pay_conformance.record.redaction import Redactor
from pay_conformance.report import pretty
from pay_conformance.report.wording import shown
from pay_conformance.scenario.proof import shown as seen
from pay_conformance.sdk.cases import Case

_MOST_LINES = 24
_AROUND = 2
_BLANK = " " * 10


def lines(example: Example) -> Iterator[str]:
    """Yield an exchange that keeps the requirement, and the change that breaks it."""
    if example.keeps is None:
        return
    finding = example.finding
    part, pointer = (finding.part, finding.pointer) if finding else ("", "")
    redactor = Redactor()
    yield f"{'keeps':10}{_title(example.keeps, redactor)}  ({example.story})"
    if part != "request":
        yield from _body(example.keeps, "request", "", redactor, _MOST_LINES // 2)
    yield from _body(example.keeps, part, pointer, redactor, _MOST_LINES)
    if example.breaks is None or finding is None:
        yield f"{'breaks':10}no single change of this exchange; its mutants show what does"
        return
    yield f"{'breaks':10}the same, {example.change}: {finding.message}"
    if finding.expected is not None:
        yield f"{_BLANK}expected {shown(finding.expected)}"
    yield f"{_BLANK}seen     {shown(finding.actual)}"
    yield from _body(example.breaks, part, pointer, redactor, 1 + 2 * _AROUND)


def _title(exchange: Exchange, redactor: Redactor) -> str:
    return pretty.exchange(seen(exchange, redactor)).title.replace("https://pay-api.amazon.com", "")


def _body(
    exchange: Exchange, part: str, pointer: str, redactor: Redactor, most: int
) -> Iterator[str]:
    """Yield the lines of a body, around the place that matters where there are too many."""
    made = pretty.exchange(seen(exchange, redactor), part or "response", pointer)
    side = made.request if part == "request" else made.answer
    if side is None:
        return
    body = side.body
    middle = next((number for number, line in enumerate(body) if line.marked), 0)
    first = max(0, min(middle - most // 2, len(body) - most))
    if first:
        yield f"{_BLANK}  …"
    for line in body[first : first + most]:
        yield f"{_BLANK}{'> ' if line.marked else '  '}{line.text[:110]}"
    if first + most < len(body):
        yield f"{_BLANK}  …"


def case_lines(case: Case, requirement: str) -> Iterator[str]:
    """Yield what is done with an SDK to see whether it keeps the requirement."""
    yield f"{'example':10}{case.says}  ({case.name})"
    if case.plan is not None:
        times = f", {case.plan.times} times" if case.plan.times > 1 else ""
        yield f"{_BLANK}the program calls {case.plan.operation}{times}"
        answers = ", then ".join(
            str(step.fault.value if step.fault else step.status) for step in case.server
        )
        yield f"{_BLANK}the server answers {answers}"
    for expectation in case.expectations:
        if expectation.requirement == requirement:
            yield f"{_BLANK}keeps it: {expectation.kind} {shown(expectation.value)}"
