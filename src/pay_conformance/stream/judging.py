"""Judges the lines of a file: split among processes, and put together in the order of the file."""

from __future__ import annotations

import gc
import multiprocessing
import os
from array import array
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from pay_conformance.checks import READ_AHEAD, Judge, View, view
from pay_conformance.checks.schema import ask_ahead
from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api, Party
from pay_conformance.findings import Drift, Finding, Held
from pay_conformance.findings import Outcome as Judged
from pay_conformance.garbage import rare_collections
from pay_conformance.problems import ConfigurationProblem, Problem
from pay_conformance.record.discretion import discreet_about
from pay_conformance.stream.lines import LONGEST_LINE, Reader
from pay_conformance.stream.open_groups import OpenGroups
from pay_conformance.stream.split import links, shared_out

REMEMBERED: Final = 20_000
"""Objects and idempotency keys that a process remembers at a time, of what is still to come up in
the file: of more, the oldest are forgotten."""

MOST_ALIKE: Final = 100
"""Findings of one requirement at one place that are kept; further ones are counted."""

_WORTH_A_PROCESS: Final = 1024 * 1024
"""Bytes of a file for which a further process begins to pay."""


@dataclass(slots=True)
class Outcome:
    """What the lines of a file came to.

    ``findings`` holds at most ``MOST_ALIKE`` of each requirement and place, in the order of the
    file; ``more`` counts the rest. ``drift`` names each new member once, where it was first seen.
    """

    exchanges: int = 0
    ignored: int = 0
    held: set[str] = field(default_factory=set)
    findings: list[tuple[int, Finding]] = field(default_factory=list)
    more: int = 0
    drift: dict[tuple[str, str], tuple[int, Drift]] = field(default_factory=dict)
    problem: tuple[int, Problem] | None = None


@dataclass(frozen=True, slots=True)
class _Task:
    """What each process has to know."""

    path: Path
    shown_as: str
    root: Path
    name: str
    api: Api | None
    stripped: bool


def judge(
    path: Path,
    contract: Contract,
    *,
    shown_as: str = "",
    name: str = "",
    api: Api | None = None,
    workers: int = 0,
) -> Outcome:
    """Judge a file of JSON lines; memory grows with what is wrong in it, not with its length.

    ``shown_as`` is what the file is called in findings. ``name`` and ``api`` say what bare bodies
    are. ``workers`` is the number of processes; 0 lets the size of the file and the processors
    decide. What an object or key showed is remembered until the last line that has to do with it,
    or until ``REMEMBERED`` others came after it.

    Raises:
        ConfigurationProblem: if the file can't be read, or at the first line that is neither an
            exchange nor a known body.
    """
    size = _size(path, shown_as or str(path))
    most = workers or min(len(os.sched_getaffinity(0)), 1 + size // _WORTH_A_PROCESS)
    shown_as = shown_as or str(path)
    if most == 1:
        found = links(path, 0, size)
        task = _Task(path, shown_as, contract.root, name, api, not found.authorized)
        plan = shared_out([found], 1)
        del found
        return _whole([_judged(contract, task, plan.owners, plan.groups[0], 0)])
    _warm(contract)
    context = multiprocessing.get_context(_way())
    with ProcessPoolExecutor(most, mp_context=context) as pool:
        parts = list(pool.map(links, *zip(*_ranges(path, size, most), strict=True)))
        stripped = not any(part.authorized for part in parts)
        task = _Task(path, shown_as, contract.root, name, api, stripped)
        plan = shared_out(parts, most)
        del parts
        results = [
            pool.submit(_in_process, task, plan.owners, groups, worker)
            for worker, groups in enumerate(plan.groups)
        ]
        return _whole([result.result() for result in results])


def _size(path: Path, shown_as: str) -> int:
    try:
        with path.open("rb") as file:
            return file.seek(0, os.SEEK_END)
    except OSError as error:
        raise ConfigurationProblem(
            f"{shown_as} can't be read: {error.strerror}", "check the path"
        ) from error


def _way() -> str:
    """Name the way to start processes: a copy of this one is the fastest, where there is such."""
    return "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"


def _warm(contract: Contract) -> None:
    """Read the contract before processes are copied, so that each of them has it at once."""
    Judge(contract, frozenset(Party))
    gc.collect()
    gc.freeze()


def _ranges(path: Path, size: int, count: int) -> Iterator[tuple[Path, int, int]]:
    """Yield parts of a file of about the same size, each beginning where a line does."""
    with path.open("rb") as file:
        start = 0
        for number in range(1, count + 1):
            file.seek(max(start, size * number // count))
            file.readline()
            end = file.tell() if number < count else size
            yield path, start, end
            start = end


def _in_process(task: _Task, owners: bytes, groups: array[int], worker: int) -> Outcome:
    return _judged(Contract.load(task.root), task, owners, groups, worker)


def _judged(
    contract: Contract, task: _Task, owners: bytes, groups: array[int], worker: int
) -> Outcome:
    """Judge the lines of one worker."""
    reader = Reader(task.shown_as, contract, task.name, task.api, task.stripped)
    court = Judge(contract, frozenset(Party), api=task.api, remembers=REMEMBERED)
    open_groups = OpenGroups(court, REMEMBERED)
    outcome = Outcome()
    alike: dict[tuple[str, str], int] = {}
    known: set[tuple[str, str]] = set()
    lines = _own_lines(task.path, owners, groups, worker)
    number = 0
    try:
        with rare_collections():
            while ahead := list(islice(lines, READ_AHEAD)):
                seen: list[tuple[int, int, View | None]] = []
                for number, line, group in ahead:
                    exchange = reader.exchange(_short(line, number, task.shown_as), number + 1)
                    about = None if exchange is None else view(exchange, contract, task.api)
                    seen.append((number, group, about))
                ask_ahead(about for _, _, about in seen if about is not None)
                for number, group, about in seen:
                    if about is None:
                        outcome.ignored += 1
                        open_groups.leave(group)
                        continue
                    outcome.exchanges += 1
                    found = open_groups.judge(about, group)
                    _take_in(outcome, number, about, found, alike, known)
    except Problem as problem:
        outcome.problem = (number, problem)
    return outcome


def _own_lines(
    path: Path, owners: bytes, groups: array[int], worker: int
) -> Iterator[tuple[int, bytes, int]]:
    """Yield the lines of one worker that are not empty, each with its number, from 0, and group."""
    own = iter(groups)
    with path.open("rb") as file:
        for number, line in enumerate(file):
            if owners[number] == worker:
                group = next(own)
                if not line.isspace():
                    yield number, line, group


def _short(line: bytes, number: int, shown_as: str) -> bytes:
    if len(line) > LONGEST_LINE:
        raise ConfigurationProblem(
            f"{shown_as}, line {number + 1} has {len(line):,} bytes",
            f"no line may have more than {LONGEST_LINE:,}",
        )
    return line


def _take_in(
    outcome: Outcome,
    number: int,
    about: View,
    outcomes: list[Judged],
    alike: dict[tuple[str, str], int],
    known: set[tuple[str, str]],
) -> None:
    """Add to the whole what is new in the outcomes of one line."""
    held = outcome.held
    new = [each for each in outcomes if type(each) is not Held or each.requirement not in held]
    if not new:  # nearly always
        return
    if _is_kept(new, alike, known):
        new = discreet_about([about.exchange], new)
    for found in new:
        if isinstance(found, Held):
            held.add(found.requirement)
        elif isinstance(found, Finding):
            _keep(outcome, number, found, alike)
        elif isinstance(found, Drift):
            outcome.drift.setdefault((found.pointer, found.what), (number, found))


def _is_kept(
    outcomes: list[Judged], alike: dict[tuple[str, str], int], known: set[tuple[str, str]]
) -> bool:
    """Say whether anything of what is said of an exchange will be shown, and not only counted."""
    kept = False
    for found in outcomes:
        if isinstance(found, Finding):
            kept |= alike.get((found.requirement, found.pointer), 0) < MOST_ALIKE
        elif isinstance(found, Drift):
            kept |= (found.pointer, found.what) not in known
            known.add((found.pointer, found.what))
    return kept


def _keep(outcome: Outcome, number: int, found: Finding, alike: dict[tuple[str, str], int]) -> None:
    key = (found.requirement, found.pointer)
    alike[key] = alike.get(key, 0) + 1
    if alike[key] > MOST_ALIKE:
        outcome.more += 1
    else:
        outcome.findings.append((number, found))


def _whole(parts: list[Outcome]) -> Outcome:
    """Put the outcomes of all workers together."""
    problems = [part.problem for part in parts if part.problem is not None]
    if problems:
        raise min(problems, key=lambda entry: entry[0])[1]
    whole = Outcome()
    alike: dict[tuple[str, str], int] = {}
    for number, found in sorted(
        (entry for part in parts for entry in part.findings), key=lambda entry: entry[0]
    ):
        _keep(whole, number, found, alike)
    for part in parts:
        whole.exchanges += part.exchanges
        whole.ignored += part.ignored
        whole.held |= part.held
        whole.more += part.more
        for key, entry in part.drift.items():
            known = whole.drift.get(key)
            if known is None or entry[0] < known[0]:
                whole.drift[key] = entry
    whole.drift = dict(sorted(whole.drift.items(), key=lambda entry: entry[1][0]))
    return whole
