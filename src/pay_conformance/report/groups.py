"""Findings as a person takes them in: by requirement, the loudest first, one case after another."""

from __future__ import annotations

from collections.abc import Mapping
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


def levels(result: RunResult) -> Mapping[Level, int]:
    """Return how many requirements of each level are violated, those of none left out."""
    named = {finding.requirement for finding in result.findings}
    violated = [result.requirements[name].level for name in sorted(named)]
    return {level: violated.count(level) for level in Level if level in violated}


def _loudness(group: Group) -> tuple[int, int, str]:
    return (_LOUDEST[group.requirement.level], -len(group.findings), group.requirement.id)
