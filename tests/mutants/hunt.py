"""Runs each wrong server through the scenarios that could kill it, and says which of them did.

A mutant meets the scenarios that are marked with what it breaks; where none is, some that have
evidence for it on the right server. It is killed when what it breaks is found violated, and nothing
else.
"""

from __future__ import annotations

import contextlib
import inspect
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import pytest
from _pytest.runner import runtestprotocol

from pay_conformance.contract import Contract
from pay_conformance.exchange import Request, Response
from pay_conformance.plugin import MARKS, STAGE, STORY
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.resources import data_path
from pay_conformance.scenario.proof import PROPERTY, Proof
from pay_conformance.scenario.stage import Live
from pay_conformance.targets import EmbeddedMock
from tests.mutants.crew import side_by_side
from tests.mutants.derived.failures import Kind, failing_mutants, kind_of
from tests.mutants.killing import Killing, is_asked_for
from tests.mutants.model import Mutant
from tests.mutants.reasons import explained

_CPU_SECONDS = 60
"""How long a mutant may compute: one that never ends is an error, not a hunt without an end."""
_BEARING = 8
"""How many scenarios a mutant meets that breaks what no scenario is marked with."""
_SEEING = 6
"""How many scenarios a server meets that fails where those see a refusal."""
_NAMING = 12
"""How many scenarios a wrong refusal meets that name its reason code."""


def hunt(
    mutants: Sequence[Mutant],
    jobs: int = 1,
    tell: Callable[[Killing], None] = lambda _: None,
    *,
    seed: int = 0,
    failures: Sequence[str] | None = None,
) -> list[Killing]:
    """Return what became of each wrong server, in their order; ``tell`` hears it at once.

    ``failures`` asks as well for those that are found by watching the right server: for those of
    these names, or for all if it is empty.
    """
    hunter = _Hunter(mutants, jobs, tell, failures)
    suite = data_path("suites", "server")
    arguments = [
        *(str(path) for path in sorted(suite.glob("test_*.py"))),
        "-c", str(suite / "run.ini"), "--rootdir", str(suite), "--confcutdir", str(suite),
        "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:warnings", "-s",
        "-p", "pay_conformance.plugin", "--seed", str(seed),
    ]  # fmt: skip
    code = pytest.main(arguments, plugins=[hunter])
    if code == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if not hunter.done:
        raise RuntimeError(f"the hunt ended early, with exit code {code}")
    return [killing for _, killing in sorted(hunter.killings.items())]


class _Hunter:
    def __init__(
        self,
        mutants: Sequence[Mutant],
        jobs: int,
        tell: Callable[[Killing], None],
        failures: Sequence[str] | None,
    ) -> None:
        self._mutants = list(mutants)
        self._failures = failures is not None
        self._names = failures or ()
        self._jobs = jobs
        self.done = False
        self._tell = tell
        self._contract = Contract.load()
        self._items: list[pytest.Function] = []
        self.killings: dict[int, Killing] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        apis = {mutant.api for mutant in self._mutants} | ({"v2"} if self._failures else set())
        self._items = [
            item
            for item in session.items
            if isinstance(item, pytest.Function) and item.callspec.params["pay_api"] in apis
        ]
        choice = _Choice(self._items, self._evidence)
        tasks = [(place, choice.of(mutant)) for place, mutant in enumerate(self._mutants)]
        if self._failures:
            tasks += self._failing()
        # The longest first, so that no process is left with one at the end.
        tasks.sort(key=lambda task: -len(task[1]))
        for (place, _), killing in side_by_side(self._hunted, tasks, self._jobs):
            self.killings[place] = killing
            self._tell(killing)
        self.done = True
        return True

    def _failing(self) -> list[tuple[int, list[int]]]:
        """Add the mutants of each kind of refusal that is seen on the right server."""
        fitting = [
            place
            for place, item in enumerate(self._items)
            if item.callspec.params["pay_api"] == "v2"
        ]
        seen: dict[Kind, list[int]] = {}
        for place, kinds in sorted(side_by_side(self._refusals, fitting, self._jobs)):
            for kind in kinds:
                seen.setdefault(kind, []).append(place)
        about = {
            kind: {name for place in places[:_SEEING] for name in _marks(self._items[place])}
            for kind, places in seen.items()
        }
        tasks = []
        for mutant, kind in failing_mutants(self._contract, about):
            told = explained(mutant)
            if told is not None and is_asked_for(told, self._names):
                tasks.append((len(self._mutants), seen[kind][:_SEEING]))
                self._mutants.append(told)
        return tasks

    def _refusals(self, place: int) -> list[Kind]:
        """Return the kinds of refusals that a scenario sees on the right server."""
        found: set[Kind] = set()

        def watch(request: Request, response: Response) -> Response:
            kind = kind_of(self._contract, request, response)
            if kind is not None:
                found.add(kind)
            return response

        self._played(self._items[place], EmbeddedMock(self._contract, alter=watch))
        return sorted(found)

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
        mutant = self._about(self._mutants[place], chosen)
        began = time.monotonic()
        with _at_most(_CPU_SECONDS):
            failed, error = self._met(mutant, [self._items[each] for each in chosen])
        return Killing.of(mutant, failed, len(chosen), began, error)

    def _about(self, mutant: Mutant, chosen: Sequence[int]) -> Mutant:
        """Return a mutant with what it violates, if that is what its scenarios are about."""
        if not mutant.word:
            return mutant
        marked = {name for place in chosen for name in _marks(self._items[place])}
        return replace(mutant, either=mutant.either | frozenset(marked))

    def _met(self, mutant: Mutant, items: Iterable[pytest.Function]) -> tuple[set[str], str]:
        failed: set[str] = set()
        error = ""
        try:
            target = mutant.target(self._contract)
        except ConfigurationProblem as problem:
            return failed, f"there can be no such server: {problem}"
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


@contextlib.contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in what takes more time of the processor than that."""

    def give_up(*_: object) -> None:
        raise TimeoutError(f"it took more than {seconds} seconds")

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


class _Choice:
    """Chooses the scenarios that a mutant meets: those marked with what it breaks.

    Where none is, some are chosen that have evidence for it on the right server.
    """

    def __init__(
        self, items: Sequence[pytest.Function], evidence: Callable[[int], frozenset[str]]
    ) -> None:
        self._items = items
        self._evidence = evidence
        self._seen: list[frozenset[str]] = []

    def of(self, mutant: Mutant) -> list[int]:
        """Return the places of the scenarios."""
        own = mutant.breaks | mutant.either
        fitting = [
            place
            for place, item in enumerate(self._items)
            if item.callspec.params["pay_api"] == mutant.api
        ]
        if mutant.word:
            naming = [place for place in fitting if _names(self._items[place], mutant.word)]
            return naming[:_NAMING]
        marked = [place for place in fitting if own & _marks(self._items[place])]
        return marked or self._bearing(own, fitting)

    def _bearing(self, own: frozenset[str], fitting: Sequence[int]) -> list[int]:
        found: list[int] = []
        for place in fitting:
            while len(self._seen) <= place:
                self._seen.append(self._evidence(len(self._seen)))
            if own & self._seen[place]:
                found.append(place)
            if len(found) == _BEARING:
                break
        return found


def _marks(item: pytest.Function) -> set[str]:
    return set(item.stash[MARKS].requirements)


def _names(item: pytest.Function, word: str) -> bool:
    """Say whether a scenario has a word in its text, or in a table that it reads."""
    function = item.function
    tables = [function.__globals__.get(name) for name in function.__code__.co_names]
    told = [repr(table) for table in tables if isinstance(table, tuple | dict)]
    return any(
        f"{mark}{word}{mark}" in text
        for text in (inspect.getsource(function), *told)
        for mark in "\"'"
    )
