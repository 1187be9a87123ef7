"""Turns the events of a run into verdicts, an exit code and reports of several kinds."""

from __future__ import annotations

from pay_conformance.report.baseline import Baseline, BaselineEntry, Excused, apply_baseline
from pay_conformance.report.events import (
    Event,
    ExchangeSeen,
    OutcomeSeen,
    OwnError,
    RunEnded,
    RunStarted,
    ScenarioEnded,
    SubjectDied,
)
from pay_conformance.report.exits import exit_code
from pay_conformance.report.result import RunResult
from pay_conformance.report.writers import KINDS, ReportRequest, parse_report_option, write_reports

__all__ = [
    "KINDS",
    "Baseline",
    "BaselineEntry",
    "Event",
    "ExchangeSeen",
    "Excused",
    "OutcomeSeen",
    "OwnError",
    "ReportRequest",
    "RunEnded",
    "RunResult",
    "RunStarted",
    "ScenarioEnded",
    "SubjectDied",
    "apply_baseline",
    "exit_code",
    "parse_report_option",
    "write_reports",
]
