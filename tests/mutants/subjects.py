"""Hunts the broken SDKs and the broken shops, each with the cases or the journey that catch it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.gateway import broken_shops
from tests.gateway.test_example_shop import BROKEN, FAULTS, perform
from tests.miniatures import test_caught as miniatures
from tests.mutants.crew import side_by_side
from tests.mutants.killing import Killing, is_asked_for
from tests.mutants.model import Mutant

_WAITING = 4
"""Processes for each that was asked for: an SDK waits between its tries most of the time."""

Tell = Callable[[Killing], None]


def sdks(names: Sequence[str], jobs: int, tell: Tell) -> list[Killing]:
    """Hunt the miniatures: each is caught by the cases of the table, for their reasons alone."""
    says = miniatures.faults()
    chosen = [one for one in _of_sdks(says) if is_asked_for(one, names)]

    def hunted(mutant: Mutant) -> Killing:
        began = time.monotonic()
        table = miniatures.CAUGHT[mutant.name]
        found = miniatures.findings_of(mutant.name, list(table))
        error = "" if found == table else _difference(found, table)
        failed = {each for requirements in found.values() for each in requirements}
        return Killing.of(mutant, failed, len(table), began, error)

    return _all(hunted, chosen, jobs * _WAITING, tell)


def shops(names: Sequence[str], jobs: int, tell: Tell) -> list[Killing]:
    """Hunt the broken copies of the example shop, each on the journey that shows its fault."""
    chosen = [one for one in _of_shops() if is_asked_for(one, names)]
    ways = {name: (journey, arguments) for name, journey, arguments, *_ in FAULTS}

    def hunted(mutant: Mutant) -> Killing:
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            called = perform([*BROKEN, mutant.name], *ways[mutant.name], Path(folder))
        return Killing.of(mutant, called.findings, 1, began)

    return _all(hunted, chosen, jobs, tell)


def _all(
    hunted: Callable[[Mutant], Killing], chosen: Sequence[Mutant], jobs: int, tell: Tell
) -> list[Killing]:
    found: dict[str, Killing] = {}
    by_name = {mutant.name: mutant for mutant in chosen}
    for name, killing in side_by_side(lambda name: hunted(by_name[name]), list(by_name), jobs):
        found[name] = killing
        tell(killing)
    return [found[name] for name in by_name]


def _of_sdks(says: dict[str, str]) -> Iterator[Mutant]:
    for name, table in miniatures.CAUGHT.items():
        rules = {each for requirements in table.values() for each in requirements}
        yield _mutant("sdk", name, says[name], rules)


def _of_shops() -> Iterator[Mutant]:
    for name, _, _, reason, consequences in FAULTS:
        says = (broken_shops.FAULTS[name].__doc__ or "").strip()
        yield _mutant("integration", name, says, {reason}, consequences)


def _mutant(
    family: str, name: str, says: str, breaks: set[str], perhaps: set[str] | None = None
) -> Mutant:
    return Mutant(
        name=name, says=says, breaks=frozenset(breaks), perhaps=frozenset(perhaps or ()),
        api="v2", change=lambda: None, family=family,
    )  # fmt: skip


def _difference(found: dict[str, list[str]], table: dict[str, list[str]]) -> str:
    """Say where the cases found something else than the table has."""
    wrong = [name for name in table if found[name] != table[name]]
    return "; ".join(f"{name} found {', '.join(found[name]) or 'nothing'}" for name in wrong)
