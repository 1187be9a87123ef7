"""The JSON report: one object, described by ``report.schema.json`` beside this module."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from pay_conformance.findings import Finding, State
from pay_conformance.report.baseline import Excused
from pay_conformance.report.exits import exit_code
from pay_conformance.report.reach import without_buyer
from pay_conformance.report.result import RunResult


def render(outcome: Excused) -> str:
    """Return the report as a JSON text that ends in a newline."""
    return json.dumps(as_object(outcome), ensure_ascii=False, indent=1) + "\n"


def as_object(outcome: Excused) -> dict[str, Any]:
    """Return the report as a JSON object."""
    result = outcome.result
    start = result.started
    return {
        "tool": dict(start.tool),
        "subject": dict(start.subject),
        "api": list(start.api),
        "seed": start.seed,
        "clock": start.clock,
        "command": start.command,
        "started": start.started,
        "ended": result.ended or None,
        "seconds": round(result.seconds, 3),
        "cutShort": result.cut_short or None,
        "chosen": start.chosen or None,
        "requirements": [
            {
                "id": verdict.requirement,
                "level": result.requirements[verdict.requirement].level.value,
                "verdict": verdict.state.value,
                "why": verdict.why,
                "evidence": verdict.evidence,
            }
            for verdict in result.verdicts
        ],
        "findings": [_finding(finding, result) for finding in result.findings],
        "excused": [_finding(finding, result) for finding in outcome.excused],
        "baseline": list(outcome.complaints),
        "drift": [asdict(item) for item in result.drift],
        "errors": [asdict(error) for error in result.errors],
        "exchanges": {
            key: asdict(result.exchanges[key])
            for key in sorted({finding.exchange for finding in result.findings})
            if key in result.exchanges
        },
        "summary": summary(outcome),
    }


def summary(outcome: Excused) -> dict[str, Any]:
    """Return the counts of a run, its exit code, and how far it came where nobody was a buyer."""
    result = outcome.result
    reach = without_buyer(result)
    return {
        "passed": result.count(State.PASSED),
        "failed": result.count(State.FAILED),
        "notTested": result.count(State.NOT_TESTED),
        "findings": len(result.findings),
        "excused": len(outcome.excused),
        "drift": len(result.drift),
        "scenarios": len(result.scenarios),
        "withoutBuyer": reach
        and {
            "reached": reach.reached,
            "of": reach.of,
            "needing": list(reach.needing),
            "untouched": list(reach.untouched),
        },
        "subjectDied": result.died or None,
        "exitCode": int(exit_code(outcome)),
    }


def _finding(finding: Finding, result: RunResult) -> dict[str, Any]:
    level = result.requirements[finding.requirement].level.value
    return {
        "requirement": finding.requirement,
        "level": level,
        "message": finding.message,
        "pointer": finding.pointer,
        "part": finding.part,
        "expected": finding.expected,
        "actual": finding.actual,
        "exchange": finding.exchange,
        "source": finding.source,
        "occurrences": result.occurrences.get(finding.key, 1),
        "reproduce": finding.reproduce,
    }
