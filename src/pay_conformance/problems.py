"""The ways in which a command can fail before there is a verdict, each with its exit code."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command's exit status means; fixed for all commands."""

    HOLDS = 0
    FINDINGS = 1
    WRONG_CALL = 2
    SUBJECT_DIED = 3
    NOTHING_TESTED = 4


class Problem(Exception):
    """A failure that a person can mend: what is wrong, and what to do about it."""

    exit_code = ExitCode.WRONG_CALL

    def __init__(self, what: str, what_to_do: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.what_to_do = what_to_do

    def __str__(self) -> str:
        return f"{self.what}; {self.what_to_do}" if self.what_to_do else self.what


class ConfigurationProblem(Problem):
    """The call, a file or the environment is wrong: exit code 2."""


class SubjectProblem(Problem):
    """The subject could not be reached, or died: exit code 3."""

    exit_code = ExitCode.SUBJECT_DIED


class NothingTested(Problem):
    """The run ended without evidence for any requirement: exit code 4."""

    exit_code = ExitCode.NOTHING_TESTED
