"""SARIF 2.1.0, for findings that code-scanning views show: each has its rule and its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pay_conformance.findings import Finding, State
from pay_conformance.report.baseline import Excused
from pay_conformance.report.lines import line_of
from pay_conformance.report.result import RunResult
from pay_conformance.report.wording import place, severity, shown


def render(outcome: Excused) -> str:
    """Return the report as a SARIF log.

    A finding whose source is a file has a physical location, any other one a logical location.
    """
    result = outcome.result
    named = sorted({finding.requirement for finding in (*result.findings, *outcome.excused)})
    run = {
        "tool": {
            "driver": {
                "name": "amazon-pay-conformance",
                "version": str(result.started.tool.get("version", "")),
                "rules": [_rule(identifier, result) for identifier in named],
            }
        },
        "invocations": [
            {
                "commandLine": result.started.command,
                "startTimeUtc": result.started.started,
                "executionSuccessful": not (result.errors or result.died or result.cut_short),
                "toolExecutionNotifications": [
                    {"level": "error", "message": {"text": f"{error.where}: {error.what}"}}
                    for error in result.errors
                ],
            }
        ],
        "properties": {
            **{name: value for name, value in result.started.tool.items() if name != "name"},
            "subject": result.started.subject["name"],
            "seed": result.started.seed,
            "clock": result.started.clock,
            "notTested": result.count(State.NOT_TESTED),
            "cutShort": result.cut_short or None,
        },
        "results": [
            *(_result(finding, result, excused=False) for finding in result.findings),
            *(_result(finding, result, excused=True) for finding in outcome.excused),
        ],
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(log, ensure_ascii=False, indent=1) + "\n"


def _rule(identifier: str, result: RunResult) -> dict[str, Any]:
    requirement = result.requirements[identifier]
    return {
        "id": identifier,
        "shortDescription": {"text": requirement.says},
        "fullDescription": {"text": requirement.why or requirement.says},
        "properties": {
            "level": requirement.level.value,
            "evidence": requirement.evidence.value,
            "sources": list(requirement.sources),
        },
    }


def _result(finding: Finding, result: RunResult, *, excused: bool) -> dict[str, Any]:
    level = severity(result.requirements[finding.requirement].level)
    text = (
        f"{finding.message} ({place(finding)}; expected {shown(finding.expected)}, "
        f"seen {shown(finding.actual)})"
    )
    entry: dict[str, Any] = {
        "ruleId": finding.requirement,
        "level": level,
        "message": {"text": text},
        "locations": [_location(finding)],
        "partialFingerprints": {"finding/v1": "\n".join(finding.key)},
    }
    if excused:
        entry["suppressions"] = [{"kind": "external"}]
    return entry


def _location(finding: Finding) -> dict[str, Any]:
    if finding.source and Path(finding.source).is_file():
        path = Path(finding.source)
        region = {"startLine": line_of(path, finding.pointer)}
        return {
            "physicalLocation": {"artifactLocation": {"uri": path.as_posix()}, "region": region}
        }
    name = finding.source or finding.exchange or "run"
    return {"logicalLocations": [{"fullyQualifiedName": name}]}
