"""How values and counts are put into words, the same in every report."""

from __future__ import annotations

import json
from typing import Any

from pay_conformance.contract.model import Level
from pay_conformance.findings import Finding, State
from pay_conformance.problems import ExitCode
from pay_conformance.report.baseline import Excused
from pay_conformance.report.exits import exit_code

LONGEST_VALUE = 200


def shown(value: Any) -> str:
    """Return a value as it is read in a report: JSON, cut where it is long.

    A text stands there bare, unless it would not be seen: blanks at its ends, control characters.
    """
    return _cut(value if isinstance(value, str) and not _unseen(value) else _json(value))


def compared(expected: Any, actual: Any) -> tuple[str, str]:
    """Return what was expected and what was seen, so that a difference between them is seen too."""
    told = shown(expected), shown(actual)
    alike = told[0] == told[1]
    if alike or any(isinstance(one, str) and _unseen(one) for one in (expected, actual)):
        return _cut(_json(expected)), _cut(_json(actual))
    return told


def _unseen(text: str) -> bool:
    return text != text.strip() or not text or not text.isprintable()


def _json(value: Any) -> str:
    hidden = isinstance(value, str) and not value.isprintable()
    return json.dumps(value, ensure_ascii=hidden, default=str)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}… ({len(text)} chars)"


def counted(number: int, noun: str) -> str:
    """Return ``1 finding``, ``2 findings``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def place(finding: Finding) -> str:
    """Return where a finding is: the part of the exchange and the JSON Pointer in its body."""
    return f"{finding.part} {finding.pointer}" if finding.pointer else finding.part


_SENDERS = {
    "server": ("the request", "the server's answer"),
    "client": ("the request that the SDK sent", "what the SDK gave its caller"),
    "integration": ("the request that the application sent", "what the application did"),
    "document": ("the request", "the body"),
}


NOUNS = {
    "server": "this server",
    "client": "this SDK",
    "integration": "this application",
    "document": "what was checked",
}
"""What a report calls a subject of each kind."""


def headline(outcome: Excused) -> tuple[str, str]:
    """Return the verdict of a run in a few words, and in one sentence."""
    result = outcome.result
    noun = NOUNS[result.started.subject["kind"]]
    failed = {finding.requirement for finding in result.findings}
    passed, untested = result.count(State.PASSED), result.count(State.NOT_TESTED)
    counts = f"{counted(passed, 'requirement')} held, {untested} were not tested."
    match exit_code(outcome):
        case ExitCode.WRONG_CALL:
            return "No verdict", f"Something of ours went wrong, so {noun} is not to blame."
        case ExitCode.SUBJECT_DIED:
            return "No verdict", f"{noun.capitalize()} could not be reached, or died."
        case ExitCode.NOTHING_TESTED:
            return "Nothing tested", "No requirement had any evidence, so this is no pass."
        case ExitCode.HOLDS:
            known = len(outcome.excused)
            excused = (
                f" {counted(known, 'known failure')} excused by the baseline." if known else ""
            )
            return "Holds", f"No requirement that could be tested is violated: {counts}{excused}"
    if not failed and result.cut_short:
        return "Cut short", f"Nothing was violated up to then: {counts}"
    if not failed:
        return "The baseline is out of date", f"Nothing new is violated: {counts}"
    musts = sum(result.requirements[name].level is Level.MUST for name in failed)
    verb = "is" if len(failed) == 1 else "are"
    return "Does not conform", (
        f"{counted(len(failed), 'requirement')} {verb} violated: {musts} MUST, "
        f"{len(failed) - musts} SHOULD. {counts}"
    )


def where(finding: Finding, kind: str) -> str:
    """Return in words where a finding is, for a subject of that kind.

    A pointer is into the body of a request or an answer; what an SDK gave its caller has none.
    """
    request, answer = _SENDERS[kind]
    what = request if finding.part == "request" else answer
    if finding.pointer and finding.part != "request" and kind in ("client", "integration"):
        what = "the answer"
    if kind == "document":
        return f"{finding.pointer} in {what}" if finding.pointer else what
    return f"{finding.pointer} in the body of {what}" if finding.pointer else what


def severity(level: Level) -> str:
    """Return how loud a violation is: a violated SHOULD is a warning."""
    return {Level.MUST: "error", Level.SHOULD: "warning", Level.MAY: "note"}[level]
