"""Turns the events of a run into verdicts, an exit code and reports of several kinds."""

from __future__ import annotations

from pay_conformance.report.baseline import Baseline, BaselineEntry, Excused, apply_baseline
from pay_conformance.report.events import (
    Event,
    ExchangeSeen,
    MovesSeen,
    OutcomeSeen,
    OwnError,
    RunEnded,
    RunStarted,
    ScenarioEnded,
    StoryTold,
    SubjectDied,
    ToldSoFar,
)
from pay_conformance.report.exits import exit_code
from pay_conformance.report.result import RunResult
from pay_conformance.report.stream import EventFile
from pay_conformance.report.writers import (
    EVENTS,
    KINDS,
    ReportRequest,
    event_file,
    parse_report_option,
    write_reports,
)

__all__ = [
    "EVENTS",
    "KINDS",
    "Baseline",
    "BaselineEntry",
    "Event",
    "EventFile",
    "ExchangeSeen",
    "Excused",
    "MovesSeen",
    "OutcomeSeen",
    "OwnError",
    "ReportRequest",
    "RunEnded",
    "RunResult",
    "RunStarted",
    "ScenarioEnded",
    "StoryTold",
    "SubjectDied",
    "ToldSoFar",
    "apply_baseline",
    "event_file",
    "exit_code",
    "parse_report_option",
    "write_reports",
]
