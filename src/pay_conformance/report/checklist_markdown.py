"""The checklist as Markdown, to paste into a certification request."""

from __future__ import annotations

from collections.abc import Iterator

from pay_conformance.report.baseline import Excused
from pay_conformance.report.checklist import Item, checklist
from pay_conformance.report.wording import counted

_MARKS = {"yes": "✅", "no": "❌", "not seen": "➖"}


def render(outcome: Excused) -> str:
    """Return the checklist; what a subject sent is escaped."""
    return "\n".join(_lines(outcome)) + "\n"


def _lines(outcome: Excused) -> Iterator[str]:
    result = outcome.result
    start = result.started
    yield "# Amazon Pay integration checklist"
    yield ""
    yield f"- Application: {_text(str(start.subject['name']))}"
    yield f"- Reached by: {_text(str(start.subject.get('via', '')))}"
    journeys = ", ".join(map(str, start.subject.get("journeys", ()))) or "none"
    yield f"- Journeys played: {_text(journeys)}"
    yield f"- Checked: {start.started}, in {result.seconds:.0f} s"
    named = {name: value for name, value in start.tool.items() if name not in ("name", "version")}
    by = f"{start.tool.get('name', '')} {start.tool.get('version', '')}".strip()
    yield f"- By: {', '.join((by, *(f'{name} {value}' for name, value in named.items())))}"
    yield ""
    yield "✅ seen, and right · ❌ violated · ➖ never seen in this run"
    if result.cut_short:
        yield f"\n> **Cut short:** {_text(result.cut_short)}"
    if result.died:
        yield f"\n> **Ended early:** {_text(result.died)}"
    for section in checklist(outcome):
        yield ""
        yield f"## {section.heading}"
        yield ""
        for item in section.items:
            yield from _item(item)


def _item(item: Item) -> Iterator[str]:
    often = f" Seen {counted(item.times, 'time')}." if item.answer == "yes" else ""
    why = f" *{_text(item.why)}*" if item.why else ""
    yield f"- {_MARKS[item.answer]} {_text(item.says)} `{item.requirement}`{often}{why}"
    for trouble in item.troubles:
        yield f"  - **{_text(trouble.message)}** ({_text(trouble.place)})"
        yield f"    expected: {_text(trouble.expected)}; seen: {_text(trouble.seen)}"


def _text(value: str) -> str:
    flat = " ".join(value.split())
    escaped = flat.replace("&", "&amp;").replace("<", "&lt;").replace("\\", "\\\\")
    for sign in "`*_[]|":
        escaped = escaped.replace(sign, f"\\{sign}")
    return escaped
