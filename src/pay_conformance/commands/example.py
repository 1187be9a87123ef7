"""Finds an exchange that keeps a requirement, and one like it that breaks it, on the mock."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import pytest

from pay_conformance.checks import Judge
from pay_conformance.commands.example_changes import (
    changed_answers,
    changed_requests,
    changes,
)
from pay_conformance.commands.run import clean_environment
from pay_conformance.contract import Contract
from pay_conformance.contract.bindings import Binding, Kind
from pay_conformance.contract.model import Api, Party
from pay_conformance.exchange import Exchange, Request, Response
from pay_conformance.findings import Finding, Held
from pay_conformance.plugin import STAGE, STORY
from pay_conformance.resources import data_path
from pay_conformance.scenario import Story
from pay_conformance.scenario.stage import Live
from pay_conformance.targets import EmbeddedMock

_MOST_CHANGES = 400
_MOST_STORIES = 150
_MOST_RETELLINGS = 60
_MOST_TRIED = 4
"""Stories that keep the requirement and were tried to be broken, in vain."""


@dataclass(slots=True)
class Example:
    """What shows a requirement. ``change`` says how the second exchange differs from the first."""

    requirement: str
    story: str = ""
    keeps: Exchange | None = None
    breaks: Exchange | None = None
    change: str = ""
    finding: Finding | None = None


def find_example(contract: Contract, requirement: str, bindings: Sequence[Binding]) -> Example:
    """Play stories on the embedded mock until one keeps the requirement, then break it.

    What can't be shown so, because no exchange of a server's story bears on it, stays empty.
    """
    seeker = _Seeker(contract, requirement)
    suite = data_path("suites", "server")
    named = [binding.name for binding in bindings if binding.kind is Kind.SCENARIO]
    tests = [str(suite.parent.parent / name) for name in named if "/generated/" not in name]
    area = requirement.split("-", 1)[0]
    likely = sorted(suite.glob("test_*.py"), key=lambda path: (area not in path.read_text(), path))
    arguments = [
        *(tests or map(str, likely)),
        "-c", str(suite / "run.ini"), "--rootdir", str(suite), "--confcutdir", str(suite),
        "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:warnings", "-s",
        "-p", "pay_conformance.plugin", "--seed", "1",
    ]  # fmt: skip
    said = io.StringIO()
    with clean_environment(), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        pytest.main(arguments, plugins=[seeker])
    return seeker.example


@dataclass
class _Seeker:
    contract: Contract
    requirement: str
    example: Example = field(init=False)
    story: Story | None = None
    """What the last scenario told."""

    def __post_init__(self) -> None:
        self.example = Example(self.requirement)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = [item for item in session.items if isinstance(item, pytest.Function)]
        newest_first = sorted(items, key=lambda item: item.callspec.params["pay_api"] != "v2")
        tried = 0
        for item in islice(newest_first, _MOST_STORIES):
            story = self._told(item, EmbeddedMock(self.contract))
            number = self._keeping(story) if story else None
            if story is None or number is None:
                continue
            exchanges = list(story.exchanges.values())
            self.example.story = item.name
            self.example.keeps = exchanges[number]
            api = story.setting.api
            tried += 1
            if self._broken_by_a_look(exchanges, number, api) or self._retold(item, number):
                break
            if tried == _MOST_TRIED:
                break
        return True

    def _told(self, item: pytest.Function, target: EmbeddedMock) -> Story | None:
        item.config.stash[STAGE] = Live(target)
        self.story = None
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        return self.story

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        """Take the story while it is there: it is let go once it was told."""
        self.story = item.stash.get(STORY, None)

    def _keeping(self, story: Story) -> int | None:
        """Return the place of the exchange that showed the requirement to hold."""
        told = list(story.exchanges)
        for held in story.evidence:
            if held.requirement == self.requirement and held.exchange in told:
                return told.index(held.exchange)
        judge = Judge(self.contract, frozenset(Party), api=story.setting.api)
        for number, exchange in enumerate(story.exchanges.values()):
            if any(
                isinstance(outcome, Held) and outcome.requirement == self.requirement
                for outcome in judge.judge(exchange)
            ):
                return number
        return None

    def _broken_by_a_look(self, exchanges: list[Exchange], number: int, api: Api) -> bool:
        """Break the exchange itself, where a check alone sees it."""
        kept = exchanges[number]
        variants = [*changed_answers(kept), *changed_requests(kept)][:_MOST_CHANGES]
        for what, variant in variants:
            judge = Judge(self.contract, frozenset(Party), api=api)
            for exchange in exchanges[:number]:
                judge.judge(exchange)
            outcomes = judge.judge(variant)
            if self._settle(what, variant, outcomes, alone=True):
                return True
        return False

    def _retold(self, item: pytest.Function, number: int) -> bool:
        """Tell the story again on a server that answers wrongly in its place."""
        kept = self.example.keeps
        if kept is None or kept.response is None:
            return False
        for what, alter in islice(_wrong(kept.response, number), _MOST_RETELLINGS):
            story = self._told(item, EmbeddedMock(self.contract, alter=alter))
            if story is None:
                continue
            told = list(story.exchanges.values())
            raised = [*story.findings, *(f for f in story.passive if isinstance(f, Finding))]
            report = item.stash.get(_RAISED, None)
            found = [*raised, *([report] if report else [])]
            if len(told) > number and self._settle(what, told[number], found, alone=False):
                return True
        return False

    def _settle(
        self, what: str, variant: Exchange, outcomes: Iterable[object], *, alone: bool
    ) -> bool:
        found = [outcome for outcome in outcomes if isinstance(outcome, Finding)]
        mine = [finding for finding in found if finding.requirement == self.requirement]
        if not mine or (alone and len(mine) != len(found)):
            return False
        self.example.breaks, self.example.finding = variant, mine[0]
        self.example.change = what
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Iterator[None]:
        raised = call.excinfo.value if call.excinfo else None
        if call.when == "call":
            finding = getattr(raised, "finding", None)
            if isinstance(finding, Finding):
                item.stash[_RAISED] = finding
            elif _RAISED in item.stash:
                del item.stash[_RAISED]
        return (yield)


_RAISED = pytest.StashKey[Finding]()

Alter = Callable[[Request, Response], Response]


def _wrong(response: Response, number: int) -> Iterator[tuple[str, Alter]]:
    """Yield ways to answer the call of that number wrongly, and all others right."""
    for change in changes(response):
        yield change.what, _altering(change.answer, number)


def _altering(answer: Callable[[Response], Response], number: int) -> Alter:
    calls = 0

    def alter(_request: Request, right: Response) -> Response:
        nonlocal calls
        calls += 1
        return answer(right) if calls == number + 1 else right

    return alter
