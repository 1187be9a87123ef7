"""The matrix of SDKs: requirement by SDK, drawn from the JSON reports of real runs."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Requirement
from pay_conformance.files import write_whole
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.report import Baseline, BaselineEntry
from pay_conformance.resources import data_path

_MARKS = {"passed": "✓", "failed": "✗", "not tested": "–"}
_THEMES = {
    "API": "Operations", "WIRE": "On the wire", "HDR": "Headers", "SIG": "Signatures",
    "KEY": "Private keys", "SECRET": "Secrets", "TLS": "TLS", "IDEM": "Idempotency keys",
    "RETRY": "Tries", "TIME": "Time", "BACK": "Back to the caller", "ERR": "Errors",
    "OWN": "The caller's own", "CONC": "Side by side",
}  # fmt: skip

_KERNEL = re.compile(r"Linux/[^;)]+")
"""What user agents tell of the machine: no business of a published page."""


@dataclass(frozen=True)
class Column:
    """One SDK: the report of a run without a baseline, and what is known of its failures."""

    report: Mapping[str, Any]
    known: Mapping[str, BaselineEntry]

    @property
    def name(self) -> str:
        """Name and version of the SDK."""
        return str(self.report["subject"]["name"])

    def verdict(self, requirement: str) -> str:
        """Return the verdict on a requirement: passed, failed or not tested."""
        found = (r["verdict"] for r in self.report["requirements"] if r["id"] == requirement)
        return next(found, "not tested")

    def findings(self, requirement: str) -> list[Mapping[str, Any]]:
        """Return what was found against a requirement."""
        listed = [*self.report["findings"], *self.report["excused"]]
        return [finding for finding in listed if finding["requirement"] == requirement]


def write_matrix(target: Path, reports: Iterable[Path]) -> tuple[Path, ...]:
    """Write the matrix as Markdown to ``target``, and as HTML beside it; return both paths.

    Raises:
        ConfigurationProblem: if a report can't be read, or is none of a client.
    """
    columns = [_column(path) for path in reports]
    if not columns:
        raise ConfigurationProblem("--matrix has no reports", "name the JSON reports of SDK runs")
    requirements = {
        name: requirement
        for name, requirement in Contract.load().requirements.items()
        if name.startswith("SDK-")
    }
    text = "\n".join(_lines(columns, requirements)) + "\n"
    page = target.with_suffix(".html")
    write_whole(target, text)
    write_whole(page, "\n".join(_page(columns, requirements)) + "\n")
    return target, page


def _column(path: Path) -> Column:
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        language = {"javascript": "node"}.get(
            report["subject"]["language"], report["subject"]["language"]
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationProblem(
            f"{path} is no JSON report of an SDK", "make one with sdk … --report json=FILE"
        ) from error
    baseline = data_path("suites", "client", "baselines") / f"{language}.yaml"
    entries = Baseline.read(baseline).entries if baseline.exists() else ()
    return Column(report, {entry.id: entry for entry in entries})


def _themes(requirements: Mapping[str, Requirement]) -> Iterator[tuple[str, list[Requirement]]]:
    for key, title in _THEMES.items():
        mine = [each for name, each in requirements.items() if name.split("-")[1] == key]
        if mine:
            yield title, mine


def _lines(columns: list[Column], requirements: Mapping[str, Requirement]) -> Iterator[str]:
    tool = columns[0].report["tool"]
    yield "# The SDKs, requirement by requirement"
    yield ""
    yield (
        "Written by `pay-conformance sdk --matrix` from real runs: each SDK unmodified, at its "
        "pinned version, reached under Amazon's own host names. ✓ holds, ✗ is violated, – was not "
        "tested (most often: the SDK has no way to do it)."
    )
    yield ""
    yield f"Suite {tool['version']}, contract `{str(tool['contract'])[:12]}`."
    yield ""
    yield "| | passed | failed | not tested | run | took |"
    yield "|---|---|---|---|---|---|"
    for column in columns:
        counts = [sum(column.verdict(name) == word for name in requirements) for word in _MARKS]
        took = f"{column.report['seconds']:.0f} s"
        cells = [*map(str, counts), column.report["started"][:10], took]
        yield f"| {column.name} | {' | '.join(cells)} |"
    for title, mine in _themes(requirements):
        yield ""
        yield f"## {title}"
        yield ""
        yield "| requirement | " + " | ".join(_short(column) for column in columns) + " |"
        yield "|---|" + "---|" * len(columns)
        for each in mine:
            cells = [_cell(column, each.id) for column in columns]
            yield f"| **{each.id}** {each.level} {each.says} | {' | '.join(cells)} |"
    for column in columns:
        yield ""
        yield from _failures(column, requirements)


def _short(column: Column) -> str:
    return str(column.report["subject"]["language"])


def _anchor(column: Column, requirement: str) -> str:
    return f"{requirement.lower()}-in-{_short(column)}"


def _cell(column: Column, requirement: str) -> str:
    verdict = column.verdict(requirement)
    mark = _MARKS[verdict]
    return f"[{mark}](#{_anchor(column, requirement)})" if verdict == "failed" else mark


def _failures(column: Column, requirements: Mapping[str, Requirement]) -> Iterator[str]:
    yield f"## What fails: {column.name}"
    for name, requirement in requirements.items():
        findings = column.findings(name)
        if not findings:
            continue
        yield ""
        # The anchor that this heading gets is _anchor.
        yield f"### {name} in {_short(column)}"
        yield ""
        yield f"**{requirement.says}**"
        yield ""
        known = column.known.get(name)
        if known:
            yield f"{known.reason} ([where]({_from_docs(known.link)}))"
            yield ""
        for finding in findings[:3]:
            yield f"- `{finding['source']}`: {_inline(finding['message'])}"
        if len(findings) > 3:
            yield f"- and {len(findings) - 3} more cases"
        yield from _proof(column, findings)


def _from_docs(link: str) -> str:
    return link.removeprefix("docs/")


def _inline(text: str) -> str:
    return re.sub(r"([|\[\]*_<])", r"\\\1", " ".join(text.split()))


def _proof(column: Column, findings: list[Mapping[str, Any]]) -> Iterator[str]:
    exchanges = column.report["exchanges"]
    shown = next((exchanges[f["exchange"]] for f in findings if f["exchange"] in exchanges), None)
    if shown is None or shown["request"] is None:
        return
    request, response = shown["request"], shown["response"]
    yield ""
    yield "```text"
    yield f"{request['method']} {request['url']}"
    for name, value in request["headers"]:
        if _telling(name):
            yield f"{name}: {_KERNEL.sub('Linux', value)}"
    if request["body"]:
        yield from ("", request["body"][:300])
    yield ""
    if response is None:
        yield f"({shown['failure']})"
    else:
        yield f"HTTP/1.1 {response['status']}"
        yield from (f"{name}: {value}" for name, value in response["headers"])
        if response["body"]:
            yield from ("", response["body"][:300])
    yield "```"


def _telling(name: str) -> bool:
    return name.lower().startswith("x-amz-pay") or name.lower() in ("content-type", "user-agent")


def _page(columns: list[Column], requirements: Mapping[str, Requirement]) -> Iterator[str]:
    yield "<!doctype html><html lang=en><meta charset=utf-8><title>The SDKs, by requirement</title>"
    yield (
        "<style>body{font:15px/1.5 system-ui;margin:2rem auto;max-width:72rem;padding:0 1rem}"
        "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ddd;padding:.3rem"
        " .5rem;text-align:left;vertical-align:top}td+td{text-align:center}.failed{color:#b00020;"
        "font-weight:600}.passed{color:#126b2f}details{text-align:left}</style>"
    )
    yield "<h1>The SDKs, requirement by requirement</h1><table><tr><th>"
    yield from (f"<th>{html.escape(column.name)}" for column in columns)
    for title, mine in _themes(requirements):
        yield f"<tr><th colspan={len(columns) + 1}><h2>{title}</h2>"
        for each in mine:
            yield f"<tr><td><b>{each.id}</b> {each.level} {html.escape(each.says)}"
            yield from (_page_cell(column, each.id) for column in columns)
    yield "</table></html>"


def _page_cell(column: Column, requirement: str) -> str:
    verdict = column.verdict(requirement)
    word = f"<td class={verdict.split()[0]}>{_MARKS[verdict]} {verdict}"
    findings = column.findings(requirement)
    if not findings:
        return word
    known = column.known.get(requirement)
    reason = html.escape(known.reason) if known else ""
    items = "".join(
        f"<li><code>{html.escape(f['source'])}</code>: {html.escape(f['message'])}"
        for f in findings[:5]
    )
    proof = html.escape("\n".join(_proof(column, findings)).strip("`\n"))
    inside = f"<p>{reason}<ul>{items}</ul><pre>{proof}</pre>"
    return f"{word}<details><summary>why</summary>{inside}</details>"
