"""Hunts the mutants and tells what became of them: what ``pay-conformance mutants`` starts."""

from __future__ import annotations

import argparse
import resource
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

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
    began = time.monotonic()
    progress = _Progress()
    killings = [
        killing for family in FAMILIES for killing in family(asked.name, asked.jobs, progress)
    ]
    progress.end()
    if not killings:
        raise ConfigurationProblem(
            f"no mutant is called {' or '.join(asked.name)}",
            "name a mutant, a requirement or a family (server, bodies, sdk, integration); "
            "* stands for any text",
        )
    seconds = time.monotonic() - began
    if asked.json:
        write_whole(asked.json, as_json(killings, seconds))
    if asked.markdown:
        called = shlex.join(["pay-conformance", "mutants", "-n", str(asked.jobs), *asked.name])
        page = markdown(
            killings, seconds, _processor(), f"{called} --report markdown=docs/mutants.md"
        )
        write_whole(asked.markdown, page)
    sys.stdout.write(text(killings))
    killed = all(killing.verdict == "killed" for killing in killings)
    return ExitCode.HOLDS if killed else ExitCode.FINDINGS


def _processor() -> float:
    """Return the seconds of processor time that this process and those it started have used."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent)


class _Progress:
    def __init__(self) -> None:
        self._done = 0
        self._shown = sys.stderr.isatty()

    def __call__(self, killing: Killing) -> None:
        self._done += 1
        if self._shown:
            sys.stderr.write(f"\r\x1b[K{self._done} mutants, {killing.mutant[:60]}")
            sys.stderr.flush()

    def end(self) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Problem as problem:
        sys.stderr.write(f"pay-conformance: {problem}\n")
        sys.exit(problem.exit_code)
