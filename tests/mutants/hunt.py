"""Runs each wrong server through the scenarios that could kill it, and says which of them did.

Scenarios are collected once, and played once against the right server, which shows what each of
them has evidence for. A mutant then meets the scenarios that are marked with what it breaks, and a
few more that bear on it. It is killed when exactly the requirements that it breaks are violated.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

import pytest
from _pytest.runner import runtestprotocol

from pay_conformance.contract import Contract
from pay_conformance.plugin import MARKS, STAGE, STORY
from pay_conformance.resources import data_path
from pay_conformance.scenario.proof import PROPERTY, Proof
from pay_conformance.scenario.stage import Live
from pay_conformance.targets import EmbeddedMock
from tests.mutants.crew import side_by_side
from tests.mutants.killing import Killing
from tests.mutants.model import Mutant

_MORE = 3
"""Scenarios that a mutant meets besides those marked with what it breaks."""


def hunt(
    mutants: Sequence[Mutant],
    jobs: int = 1,
    tell: Callable[[Killing], None] = lambda _: None,
    seed: int = 0,
) -> list[Killing]:
    """Return what became of each wrong server, in their order; ``tell`` hears it at once."""
    hunter = _Hunter(mutants, jobs, tell)
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
    return [hunter.killings[place] for place in range(len(mutants))]


class _Hunter:
    def __init__(
        self, mutants: Sequence[Mutant], jobs: int, tell: Callable[[Killing], None]
    ) -> None:
        self._mutants = mutants
        self._jobs = jobs
        self._tell = tell
        self._contract = Contract.load()
        self._items: list[pytest.Function] = []
        self.killings: dict[int, Killing] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        apis = {mutant.api for mutant in self._mutants}
        self._items = [
            item
            for item in session.items
            if isinstance(item, pytest.Function) and item.callspec.params["pay_api"] in apis
        ]
        places = range(len(self._items))
        evidence = dict(side_by_side(self._evidence, places, self._jobs))
        tasks = [
            (place, _chosen(mutant, self._items, evidence))
            for place, mutant in enumerate(self._mutants)
        ]
        # The longest first, so that no process is left with one at the end.
        tasks.sort(key=lambda task: -len(task[1]))
        for (place, _), killing in side_by_side(self._hunted, tasks, self._jobs):
            self.killings[place] = killing
            self._tell(killing)
        return True

    def _evidence(self, place: int) -> frozenset[str]:
        """Return what a scenario has evidence for when the server is right."""
        item = self._items[place]
        proof = self._played(item, EmbeddedMock(self._contract))
        if proof.state != "passed":
            why = proof.error or ", ".join(f.message for f in proof.findings)
            raise RuntimeError(f"{item.name} does not pass on the right server: {why}")
        return frozenset(proof.held)

    def _hunted(self, task: tuple[int, Sequence[int]]) -> Killing:
        place, chosen = task
        mutant = self._mutants[place]
        began = time.monotonic()
        failed, error = self._met(mutant, [self._items[each] for each in chosen])
        return Killing(
            family=mutant.family,
            kind=mutant.kind,
            mutant=mutant.name,
            says=mutant.says,
            breaks=tuple(sorted(mutant.breaks)),
            failed=tuple(sorted(failed - mutant.perhaps)),
            tests=len(chosen),
            seconds=round(time.monotonic() - began, 3),
            error=error,
            because=mutant.because,
        )

    def _met(self, mutant: Mutant, items: Iterable[pytest.Function]) -> tuple[set[str], str]:
        failed: set[str] = set()
        error = ""
        target = mutant.target(self._contract)
        for item in items:
            proof = self._played(item, target)
            failed.update(finding.requirement for finding in proof.findings)
            error = error or (f"{item.name}: {proof.error}" if proof.error else "")
        return failed, error

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
    mutant: Mutant, items: Sequence[pytest.Function], evidence: dict[int, frozenset[str]]
) -> list[int]:
    marked, bearing = [], []
    for place, item in enumerate(items):
        if item.callspec.params["pay_api"] != mutant.api:
            continue
        if mutant.breaks & set(item.stash[MARKS].requirements):
            marked.append(place)
        elif mutant.breaks & evidence[place]:
            bearing.append(place)
    return [*marked, *bearing[:_MORE]]
