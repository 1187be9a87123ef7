"""Writes the reports that were asked for, each whole or not at all."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from pay_conformance.files import write_whole
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.report.baseline import Excused
from pay_conformance.report.stream import EventFile

KINDS = {
    "badge": "badge",
    "checklist": "checklist_page",
    "checklist-md": "checklist_markdown",
    "html": "html_page",
    "json": "json_report",
    "junit": "junit",
    "markdown": "markdown",
    "sarif": "sarif",
    "shields": "shields",
}
"""Report kind to the module of this package whose ``render`` makes it."""
EVENTS = "events"
"""The kind that is written as the run goes, by :class:`.EventFile`."""


class _Renderer(Protocol):
    def render(self, outcome: Excused) -> str: ...


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """A ``--report KIND=PATH`` of the command line."""

    kind: str
    path: Path


def parse_report_option(text: str) -> ReportRequest:
    """Read ``KIND=PATH``.

    Raises:
        ConfigurationProblem: if the kind is unknown, the path is missing, or its folder is not
            there or can't be written: found out before the run, not after it.

    """
    kind, equals, path = text.partition("=")
    known = ", ".join(sorted((*KINDS, EVENTS)))
    if not equals or not path:
        raise ConfigurationProblem(
            f"--report {text!r} is not KIND=PATH", f"write e.g. --report json=report.json ({known})"
        )
    if kind not in KINDS and kind != EVENTS:
        raise ConfigurationProblem(f"--report knows no kind {kind!r}", f"choose one of {known}")
    target = Path(path)
    if target.is_dir():
        raise ConfigurationProblem(f"the report path {path} is a folder", "name a file in it")
    folder = target.parent
    if not folder.is_dir():
        raise ConfigurationProblem(f"the folder {folder} is not there", "make it first")
    if not os.access(folder, os.W_OK):
        raise ConfigurationProblem(f"the folder {folder} can't be written", "choose another one")
    return ReportRequest(kind, target)


def event_file(requests: Iterable[ReportRequest]) -> EventFile | None:
    """Begin the event file that was asked for, if one was.

    Raises:
        ConfigurationProblem: if it can't be written, or two were asked for.
    """
    asked = [request.path for request in requests if request.kind == EVENTS]
    if len(asked) > 1:
        raise ConfigurationProblem("--report events is there twice", "leave one of them out")
    return EventFile(asked[0]) if asked else None


def write_reports(outcome: Excused, requests: Iterable[ReportRequest]) -> None:
    """Render and write each report.

    Raises:
        ConfigurationProblem: if a file can't be written; what was there before stays.

    """
    for request in requests:
        if request.kind == EVENTS:
            continue
        module = importlib.import_module(f"pay_conformance.report.{KINDS[request.kind]}")
        write_whole(request.path, cast("_Renderer", module).render(outcome))
