"""Runs each mutant through the scenarios that could kill it, and says which of them did.

Scenarios are collected once, and played once against the right server, which shows what each of
them has evidence for. A mutant then meets the scenarios that are marked with what it breaks, and a
few more that bear on it. It is killed when exactly the requirements that it breaks are violated.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

from pay_conformance.contract import Contract
from pay_conformance.plugin import MARKS, STAGE, STORY
from pay_conformance.resources import data_path
from pay_conformance.scenario.proof import PROPERTY, Proof
from pay_conformance.scenario.stage import Live
from pay_conformance.targets import EmbeddedMock
from tests.mutants.model import Mutant

_MORE = 3
"""Scenarios that a mutant meets besides those marked with what it breaks."""


@dataclass(frozen=True)
class Killing:
    """What became of a mutant: ``killed``, ``survived``, or killed for the ``wrong reason``."""

    mutant: str
    breaks: tuple[str, ...]
    failed: tuple[str, ...]
    scenarios: int
    seconds: float
    error: str = ""

    @property
    def verdict(self) -> str:
        """The one word for it."""
        if self.error:
            return "error"
        if not set(self.breaks) & set(self.failed):
            return "wrong reason" if self.failed else "survived"
        return "killed" if set(self.failed) == set(self.breaks) else "wrong reason"


def hunt(mutants: Sequence[Mutant], seed: int = 0) -> list[Killing]:
    """Run the mutants in this process, and return what became of each, in their order."""
    hunter = _Hunter(mutants)
    suite = data_path("suites", "server")
    arguments = [
        *(str(path) for path in sorted(suite.glob("test_*.py"))),
        "-c", str(suite / "run.ini"), "--rootdir", str(suite), "--confcutdir", str(suite),
        "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:warnings", "-s",
        "-p", "pay_conformance.plugin", "--seed", str(seed),
    ]  # fmt: skip
    code = pytest.main(arguments, plugins=[hunter])
    if len(hunter.killings) != len(mutants):
        raise RuntimeError(f"the hunt ended early, with exit code {code}")
    return hunter.killings


class _Hunter:
    def __init__(self, mutants: Sequence[Mutant]) -> None:
        self._mutants = mutants
        self._contract = Contract.load()
        self._proof: Proof | None = None
        self.killings: list[Killing] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = [item for item in session.items if isinstance(item, pytest.Function)]
        evidence = self._evidence(items)
        for mutant in self._mutants:
            chosen = _chosen(mutant, items, evidence)
            self.killings.append(self._hunted(mutant, chosen))
        return True

    def _evidence(self, items: Sequence[pytest.Function]) -> dict[str, frozenset[str]]:
        """Return what each scenario has evidence for when the server is right."""
        right = EmbeddedMock(self._contract)
        apis = {mutant.api for mutant in self._mutants}
        found: dict[str, frozenset[str]] = {}
        for item in items:
            if item.callspec.params["pay_api"] in apis:
                proof = self._played(item, right)
                if proof.state != "passed":
                    why = proof.error or ", ".join(f.message for f in proof.findings)
                    raise RuntimeError(f"{item.name} does not pass on the right server: {why}")
                found[item.nodeid] = frozenset(proof.held)
        return found

    def _hunted(self, mutant: Mutant, items: Iterable[pytest.Function]) -> Killing:
        began = time.monotonic()
        failed: set[str] = set()
        played = 0
        error = ""
        target = mutant.target(self._contract)
        for item in items:
            proof = self._played(item, target)
            played += 1
            failed.update(finding.requirement for finding in proof.findings)
            error = error or (f"{item.name}: {proof.error}" if proof.error else "")
        breaks = tuple(sorted(mutant.breaks))
        seconds = round(time.monotonic() - began, 3)
        return Killing(
            mutant.name, breaks, tuple(sorted(failed - mutant.perhaps)), played, seconds, error
        )

    def _played(self, item: pytest.Function, target: EmbeddedMock) -> Proof:
        item.config.stash[STAGE] = Live(target)
        if STORY in item.stash:
            del item.stash[STORY]
        for report in runtestprotocol(item, log=False, nextitem=None):
            data = dict(report.user_properties).get(PROPERTY)
            if isinstance(data, dict):
                return Proof.from_json(data)
        raise RuntimeError(f"{item.name} left no proof")


def _chosen(
    mutant: Mutant, items: Sequence[pytest.Function], evidence: dict[str, frozenset[str]]
) -> list[pytest.Function]:
    marked, bearing = [], []
    for item in items:
        if item.callspec.params["pay_api"] != mutant.api:
            continue
        if mutant.breaks & set(item.stash[MARKS].requirements):
            marked.append(item)
        elif mutant.breaks & evidence[item.nodeid]:
            bearing.append(item)
    return [*marked, *bearing[:_MORE]]


def main() -> int:
    """Hunt the mutants named on the command line, or all, and print what became of each."""
    from tests.mutants import server

    parser = argparse.ArgumentParser(prog="python -m tests.mutants.hunt", description=main.__doc__)
    parser.add_argument("name", nargs="*")
    parser.add_argument("--shard", default="1/1", help="I/N: only the I-th of N parts")
    parser.add_argument("--json", type=Path, help="write the killings to a file")
    asked = parser.parse_args()
    part, parts = map(int, asked.shard.split("/"))
    mutants = [
        entry
        for place, entry in enumerate(server.MUTANTS, 1)
        if place % parts == part % parts and (not asked.name or entry.name in asked.name)
    ]
    killings = hunt(mutants)
    for killing in killings:
        print(
            f"{killing.verdict:12}  {killing.mutant}  breaks {' '.join(killing.breaks)}"
            f"  found {' '.join(killing.failed) or '-'}  {killing.error}"
        )
    killed = sum(killing.verdict == "killed" for killing in killings)
    print(f"{killed} of {len(killings)} killed in {sum(k.seconds for k in killings):.1f} s")
    if asked.json:
        asked.json.write_text(
            json.dumps([{**asdict(k), "verdict": k.verdict} for k in killings], indent=1)
        )
    return 0 if killed == len(killings) else 1


if __name__ == "__main__":
    sys.exit(main())
