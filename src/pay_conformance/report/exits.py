"""The exit code of a run, as a pure function of what it came to."""

from __future__ import annotations

from pay_conformance.findings import State
from pay_conformance.problems import ExitCode
from pay_conformance.report.baseline import Excused


def exit_code(outcome: Excused) -> ExitCode:
    """Return the exit code: an error of ours outranks a dead subject, which outranks findings.

    A run without a single passed or failed requirement is never green, nor one that was cut short.
    """
    result = outcome.result
    if result.errors:
        return ExitCode.WRONG_CALL
    if result.died:
        return ExitCode.SUBJECT_DIED
    if result.findings or outcome.complaints or result.cut_short:
        return ExitCode.FINDINGS
    if result.count(State.PASSED) + result.count(State.FAILED) == 0:
        return ExitCode.NOTHING_TESTED
    return ExitCode.HOLDS
