"""Hunts the wrong servers with generated tests alone, and counts the cases until each is caught.

A case is one generated request, story or race. Every mutant meets the same properties in the same
order, again and again with another seed, until one of them has a finding or the cases run out.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.database import InMemoryExampleDatabase

from pay_conformance.contract import Contract
from pay_conformance.exchange import Request, Response
from pay_conformance.findings import Unmet, Violation
from pay_conformance.generate.accepting import accept_valid
from pay_conformance.generate.amounts import any_amounts, offer
from pay_conformance.generate.bodies import WITH_BODY
from pay_conformance.generate.every_state import do_everything_everywhere
from pay_conformance.generate.examples import Examples, Scene
from pay_conformance.generate.idempotency import KEYED, TURNS, crowd, first_use
from pay_conformance.generate.ledger import keep_books, transactions
from pay_conformance.generate.machine import play_stories
from pay_conformance.generate.refusing import refuse_all
from pay_conformance.scenario import Story
from pay_conformance.scenario.story import Setting
from pay_conformance.targets import EmbeddedMock
from tests.mutants.model import Mutant
from tests.mutants.server import MUTANTS

_MOST_REQUESTS = 6_000
Property = Callable[[Examples], None]


@dataclass(frozen=True)
class Catch:
    """How a mutant was caught: by which requirement and property, after how much. Empty if not."""

    mutant: str
    breaks: tuple[str, ...]
    caught_by: str
    in_property: str
    cases: int
    requests: int
    seconds: float

    @property
    def is_own(self) -> bool:
        """Whether the requirement is one that the mutant says it violates."""
        return self.caught_by in self.breaks


class _Counting(EmbeddedMock):
    """Lets a wrong server answer, and counts."""

    def __init__(self, wrong: EmbeddedMock) -> None:
        self.__dict__.update(wrong.__dict__)
        self.requests = 0

    def send(self, request: Request) -> Response:
        self.requests += 1
        return super().send(request)


def properties(contract: Contract, api: str) -> Iterator[tuple[str, Property]]:
    """Yield the generated tests of the suite, the quick ones first."""
    known = contract.operations(api)  # type: ignore[arg-type]
    yield "stories", lambda examples: play_stories(examples, 6, 20)
    yield "every state", _every_state
    for operation in WITH_BODY:
        if operation in known:
            yield f"acceptance of {operation}", _accepting(operation)
    yield "money", _money
    for operation in KEYED:
        if operation in known:
            yield f"keys of {operation}", _keys(operation)
    yield "amounts", _amounts
    for operation in WITH_BODY:
        if operation in known:
            yield f"refusals of {operation}", _refusing(operation)


def hunt(mutant: Mutant, contract: Contract, seed: int = 0) -> Catch:
    """Return how a mutant was caught."""
    target = _Counting(mutant.target(contract))
    began = time.monotonic()
    cases = turn = 0
    while target.requests < _MOST_REQUESTS:
        for name, run in properties(contract, mutant.api):
            setting = Setting(
                target=target, contract=contract, api=mutant.api, name=f"{name} {turn}", seed=seed,
                reproduce="", marked=frozenset(),
            )  # fmt: skip
            story = Story(setting)
            examples = Examples(
                story, database=InMemoryExampleDatabase(), shrink=False, print_=lambda _: None
            )
            caught = _own(_caught(run, examples), mutant)
            cases += examples.cases
            if caught:
                seconds = round(time.monotonic() - began, 2)
                breaks = tuple(sorted(mutant.breaks))
                return Catch(mutant.name, breaks, caught, name, cases, target.requests, seconds)
        turn += 1
    seconds = round(time.monotonic() - began, 2)
    return Catch(mutant.name, tuple(sorted(mutant.breaks)), "", "", cases, target.requests, seconds)


def _caught(run: Property, examples: Examples) -> list[str]:
    """Return the requirements that a property found violated."""
    found = []
    try:
        run(examples)
    except Violation as violation:
        found.append(violation.finding.requirement)
    except Unmet:
        pass  # the operation that failed has violated its own requirement
    return [*found, *(finding.requirement for finding in examples.story.findings)]


def _own(found: list[str], mutant: Mutant) -> str:
    """Return the requirement to report: one that the mutant breaks, if it is among those found."""
    own = [requirement for requirement in found if requirement in mutant.breaks]
    return next(iter([*own, *found]), "")


def _every_state(examples: Examples) -> None:
    do_everything_everywhere(examples)


def _accepting(operation: str) -> Property:
    return lambda examples: accept_valid(examples, operation, 5)


def _refusing(operation: str) -> Property:
    return lambda examples: refuse_all(examples, operation)


def _keys(operation: str) -> Property:
    def run(examples: Examples) -> None:
        for turn in TURNS.values():

            @examples.each(1, number=st.integers(0, 999))
            def keeps(scene: Scene, number: int, turn: Callable[..., None] = turn) -> None:
                turn(first_use(operation, scene), random.Random(number))

        examples.concluded(lambda: examples.told(lambda scene: crowd(operation, scene)))

    return run


def _money(examples: Examples) -> None:
    @examples.each(3, region=st.sampled_from(["na", "eu", "jp"]), plan=transactions())
    def adds_up(scene: Scene, region: str, plan: list[tuple[int, int, list[int]]]) -> None:
        keep_books(examples, scene, region, plan)


def _amounts(examples: Examples) -> None:
    offers = st.lists(st.tuples(any_amounts(), st.sampled_from(["USD", "JPY"])), max_size=10)

    @examples.each(5, offers=offers)
    def judged(scene: Scene, offers: list[tuple[object, str]]) -> None:
        for amount, currency in offers:
            offer(scene, amount, currency)


def table(catches: Sequence[Catch]) -> str:
    """Return the catches as a Markdown table, with what they come to."""
    lines = [
        "| mutant | violates | caught by | in | cases | requests |",
        "|---|---|---|---|---:|---:|",
    ]
    lines += [
        f"| {c.mutant} | {', '.join(c.breaks)} | {c.caught_by or '**survived**'} | {c.in_property} "
        f"| {c.cases} | {c.requests} |"
        for c in catches
    ]
    caught = [c for c in catches if c.caught_by]
    own = [c for c in caught if c.is_own]
    lines.append("")
    lines.append(
        f"{len(caught)} of {len(catches)} caught, {len(own)} of them by a requirement that they "
        f"violate by their own account; the median is {statistics.median(c.cases for c in caught)} "
        f"cases and {statistics.median(c.requests for c in caught)} requests."
    )
    return "\n".join(lines)


def main() -> None:
    """Hunt all mutants, or those whose names begin with a word, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="names that begin so")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, default=None)
    asked = parser.parse_args()
    contract = Contract.load()
    chosen = [mutant for mutant in MUTANTS if mutant.name.startswith(asked.only)]
    catches = []
    for mutant in chosen:
        catches.append(hunt(mutant, contract, asked.seed))
        print(catches[-1], flush=True)
    print(table(catches))
    if asked.json is not None:
        asked.json.write_text(json.dumps([asdict(catch) for catch in catches], indent=1))


if __name__ == "__main__":
    main()
