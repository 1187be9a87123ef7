"""Hunts the mutants and tells what became of them: what ``pay-conformance mutants`` starts."""

from __future__ import annotations

import argparse
import resource
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pay_conformance.commands.ending import INTERRUPTED, ended_like_interrupted
from pay_conformance.contract import Contract
from pay_conformance.files import write_whole
from pay_conformance.problems import ConfigurationProblem, ExitCode, Problem
from tests.mutants import server, subjects
from tests.mutants.bodies import judging
from tests.mutants.derived import derived_mutants
from tests.mutants.hunt import hunt
from tests.mutants.killing import Killing, is_asked_for
from tests.mutants.table import as_json, markdown, text


def servers(names: Sequence[str], jobs: int, tell: Callable[[Killing], None]) -> list[Killing]:
    """Hunt the wrong servers that are asked for."""
    every = [*server.MUTANTS, *derived_mutants(Contract.load())]
    mutants = [mutant for mutant in every if is_asked_for(mutant, names)]
    of_failures = not names or any(name.startswith(("refused", "failure", "*")) for name in names)
    failures = list(names) if of_failures or "server" in names else None
    return hunt(mutants, jobs, tell, failures=failures) if mutants or failures is not None else []


_EVERY_SECONDS = 5
_INTERRUPTED = 130
_KILLED = "it was killed, or its machine was, before it could say why"
FAMILIES = (judging.hunt, servers, subjects.shops, subjects.sdks)


def main(arguments: Sequence[str] | None = None) -> int:
    """Hunt the mutants that are named, print the table, write the reports."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument(
        "name", nargs="*", help="a mutant, a family or a requirement; * is any text"
    )
    parser.add_argument("-n", type=int, default=1, dest="jobs", help="processes side by side")
    parser.add_argument("--json", type=Path, help="write what became of each as JSON")
    parser.add_argument("--markdown", type=Path, help="write the page of the documentation")
    asked = parser.parse_args(arguments)
    reports = _Reports(asked)
    with ended_like_interrupted():
        try:
            for family in FAMILIES:
                reports.order(family(asked.name, asked.jobs, reports.take))
        except KeyboardInterrupt:
            reports.end(INTERRUPTED)
            return _INTERRUPTED
    killings = reports.killings
    if not killings:
        raise ConfigurationProblem(
            f"no mutant is called {' or '.join(asked.name)}",
            "name a mutant, a requirement or a family (server, bodies, sdk, integration); "
            "* stands for any text",
        )
    reports.end()
    killed = all(killing.verdict == "killed" for killing in killings)
    return ExitCode.HOLDS if killed else ExitCode.FINDINGS


def _processor() -> float:
    """Return the seconds of processor time that this process and those it started have used."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent)


class _Reports:
    """Tells what becomes of the mutants: on the terminal, and in the files that were asked for.

    The files are written anew every few seconds and say that the hunt was cut short until it is
    over: so they hold what happened however it ends.
    """

    def __init__(self, asked: argparse.Namespace) -> None:
        self.killings: list[Killing] = []
        self._asked = asked
        self._began = self._written = time.monotonic()
        self._ordered = 0
        self._shown = sys.stderr.isatty()

    def take(self, killing: Killing) -> None:
        """Tell of one more."""
        self.killings.append(killing)
        if self._shown:
            sys.stderr.write(f"\r\x1b[K{len(self.killings)} mutants, {killing.mutant[:60]}")
            sys.stderr.flush()
        if time.monotonic() - self._written >= _EVERY_SECONDS:
            self._write(_KILLED)

    def order(self, family: Sequence[Killing]) -> None:
        """Put those of a family that is over into its order."""
        self.killings[self._ordered :] = family
        self._ordered = len(self.killings)

    def end(self, cut_short: str = "") -> None:
        """Tell what all came to."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
        self._write(cut_short)
        sys.stdout.write(text(self.killings))
        if cut_short:
            sys.stdout.write(f"CUT SHORT  {cut_short}\n")

    def _write(self, cut_short: str) -> None:
        seconds = time.monotonic() - self._began
        if self._asked.json:
            write_whole(self._asked.json, as_json(self.killings, seconds, cut_short))
        if self._asked.markdown:
            jobs, names = str(self._asked.jobs), self._asked.name
            called = shlex.join(["pay-conformance", "mutants", "-n", jobs, *names])
            called += " --report markdown=docs/mutants.md"
            page = markdown(self.killings, seconds, _processor(), called, cut_short)
            write_whole(self._asked.markdown, page)
        self._written = time.monotonic()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Problem as problem:
        sys.stderr.write(f"pay-conformance: {problem}\n")
        sys.exit(problem.exit_code)
