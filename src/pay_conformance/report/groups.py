"""Findings as a person takes them in: by requirement, the loudest first, one case after another."""

from __future__ import annotations

from dataclasses import dataclass

from pay_conformance.contract.model import Level, Requirement
from pay_conformance.findings import Finding
from pay_conformance.report.result import RunResult

_LOUDEST = {Level.MUST: 0, Level.SHOULD: 1, Level.MAY: 2}


@dataclass(frozen=True, slots=True)
class Group:
    """A violated requirement and its findings, the one that is easiest to read first."""

    requirement: Requirement
    findings: tuple[Finding, ...]


def by_requirement(result: RunResult) -> tuple[Group, ...]:
    """Return the findings of a run, grouped; MUST before SHOULD, what happens oftest first."""
    found: dict[str, list[Finding]] = {}
    for finding in result.findings:
        found.setdefault(finding.requirement, []).append(finding)
    groups = [Group(result.requirements[name], tuple(findings)) for name, findings in found.items()]
    return tuple(sorted(groups, key=_loudness))


def _loudness(group: Group) -> tuple[int, int, str]:
    return (_LOUDEST[group.requirement.level], -len(group.findings), group.requirement.id)
