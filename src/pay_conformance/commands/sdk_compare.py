"""Two releases of one SDK, held to the same cases: what got better, and what got worse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pay_conformance.findings import Finding, State
from pay_conformance.problems import ExitCode
from pay_conformance.report import RunResult
from pay_conformance.report.wording import counted


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a newer release does otherwise than an older one, case by case.

    ``better`` are findings of the old release that the new one does not have, ``worse`` those of
    the new one that are new. What the new one was no longer tested for is neither.
    """

    old: str
    new: str
    better: tuple[Finding, ...]
    worse: tuple[Finding, ...]
    untested: tuple[str, ...]
    """Requirements that held or failed before, and could not be tested now."""
    as_before: int
    """How many failures both releases have."""


def compare(old: RunResult, new: RunResult) -> Comparison:
    """Compare two complete runs of the same cases."""
    before, after = _by_case(old.findings), _by_case(new.findings)
    silent = {each.name for each in new.scenarios if each.state == "not tested"}
    tested = {v.requirement for v in new.verdicts if v.state is not State.NOT_TESTED}
    lost = [
        verdict.requirement
        for verdict in old.verdicts
        if verdict.state is not State.NOT_TESTED and verdict.requirement not in tested
    ]
    gone = [found for key, found in before.items() if key not in after]
    return Comparison(
        str(old.started.subject["name"]),
        str(new.started.subject["name"]),
        tuple(f for f in gone if f.requirement in tested and f.source not in silent),
        tuple(found for key, found in after.items() if key not in before),
        tuple(lost),
        len(before.keys() & after.keys()),
    )


def comparison_exit(comparison: Comparison) -> ExitCode:
    """Return 1 where anything got worse, and 0 otherwise."""
    return ExitCode.FINDINGS if comparison.worse else ExitCode.HOLDS


def render_comparison(comparison: Comparison) -> str:
    """Return the comparison as text for a terminal."""
    return "\n".join(_lines(comparison)) + "\n"


def _by_case(findings: Iterable[Finding]) -> dict[tuple[str, str], Finding]:
    return {(found.requirement, found.source): found for found in findings}


def _lines(comparison: Comparison) -> Iterator[str]:
    yield f"old  {comparison.old}"
    yield f"new  {comparison.new}"
    for word, findings in (("better", comparison.better), ("worse", comparison.worse)):
        for found in findings:
            yield ""
            yield f"{word}  {found.requirement}  {found.source}"
            yield f"        {found.message}"
            if word == "worse":
                yield f"        {found.reproduce}"
    if comparison.untested:
        yield ""
        yield f"no longer tested  {', '.join(comparison.untested)}"
    yield ""
    yield (
        f"{counted(len(comparison.better), 'failure')} mended, {len(comparison.worse)} new, "
        f"{comparison.as_before} as before"
    )
