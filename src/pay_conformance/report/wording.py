"""How values and counts are put into words, the same in every report."""

from __future__ import annotations

import json
from typing import Any

from pay_conformance.contract.model import Level
from pay_conformance.findings import Finding

LONGEST_VALUE = 200


def shown(value: Any) -> str:
    """Return a value as it is read in a report: JSON, cut where it is long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}… ({len(text)} chars)"


def counted(number: int, noun: str) -> str:
    """Return ``1 finding``, ``2 findings``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def place(finding: Finding) -> str:
    """Return where a finding is: the part of the exchange and the JSON Pointer in its body."""
    return f"{finding.part} {finding.pointer}" if finding.pointer else finding.part


def severity(level: Level) -> str:
    """Return how loud a violation is: a violated SHOULD is a warning."""
    return {Level.MUST: "error", Level.SHOULD: "warning", Level.MAY: "note"}[level]
