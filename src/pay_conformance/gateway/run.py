"""One run of the gateway: the command, once for each journey, and what all of it came to."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pay_conformance.exchange import Exchange
from pay_conformance.findings import Finding, Held, Outcome, Skipped, State
from pay_conformance.gateway.ending import Ended, ending
from pay_conformance.gateway.interception import Interception, Via, Way, intercept
from pay_conformance.gateway.journey import UNATTENDED, WILLING, Journey, bundled, read_journey
from pay_conformance.gateway.listener import AMAZON_HOSTS, IncidentKind
from pay_conformance.gateway.notifier import SNS_HOSTS
from pay_conformance.gateway.performance import Performance, Setting
from pay_conformance.gateway.upstream import BUYER_HOSTS, open_upstream
from pay_conformance.problems import ConfigurationProblem

_LEAVE_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run and how."""

    command: tuple[str, ...]
    setting: Setting
    journeys: tuple[Journey, ...] = ()
    upstream: str = "mock"
    control: str = ""
    via: Via = "auto"
    strict: bool = False
    seed: int = 0
    plays_buyer: bool = True


@dataclass(frozen=True, slots=True)
class Played:
    """A journey that was played: ``state`` is passed, failed or not tested."""

    journey: str
    state: State
    seconds: float


@dataclass(slots=True)
class Ran:
    """What a run came to. ``code`` is the child's first exit code that is not 0."""

    code: int = 0
    via: Way | None = None
    why_not: str = ""
    calls: int = 0
    interrupted: str = ""
    """What ended the run before its time, and by which signal."""
    ended_by: int = 0
    died: str = ""
    played: list[Played] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    incidents: Counter[tuple[IncidentKind, str]] = field(default_factory=Counter)
    failures: list[Exception] = field(default_factory=list)


class Audience(Protocol):
    """Who is told of a run while it goes on, so that what happened is known if it is killed."""

    @property
    def listens(self) -> bool:
        """Whether it makes anything of single calls: if not, their judgement can wait a little."""

    def hears(self, exchange: Exchange, outcomes: Sequence[Outcome]) -> None:
        """Take note of a call, on any thread, and of what was found of it."""

    def played(self, ran: Ran) -> None:
        """Take note that a journey is over."""


def run(plan: Plan, audience: Audience | None = None) -> Ran:
    """Run the command under each journey in turn; ``audience`` is told of all that happens.

    Raises:
        ConfigurationProblem: if the plan can't be carried out.
        SubjectProblem: if the upstream or the command can't be started.

    """
    _check(plan.journeys, plan)
    ran = Ran()
    for journey in plan.journeys or (WILLING if plan.plays_buyer else UNATTENDED,):
        began = time.monotonic()
        upstream = open_upstream(plan.upstream, plan.control, plan.seed)
        performance = Performance(
            plan.setting,
            journey,
            upstream,
            audience.hears if audience and audience.listens else None,
        )
        hosts = AMAZON_HOSTS | (SNS_HOSTS if performance.notifier else frozenset())
        if not plan.plays_buyer and upstream.target is not None:
            hosts |= BUYER_HOSTS
        with intercept(performance, plan.via, hosts=hosts, strict=plan.strict) as gateway:
            _perform(plan, performance, gateway, ran)
        _note(gateway, performance, ran)
        outcomes = performance.end()
        ran.outcomes += outcomes
        if journey.requirement:
            state = _state(journey, outcomes)
            ran.played.append(Played(journey.name, state, time.monotonic() - began))
        if audience is not None:
            audience.played(ran)
        if ran.interrupted:
            break
    ran.outcomes += _not_played(plan.journeys)
    return ran


def _perform(plan: Plan, performance: Performance, gateway: Interception, ran: Ran) -> None:
    inherited = {**os.environ, **performance.keys.variables(gateway.folder)}
    apart = bool(plan.setting.shop)
    with (
        ending() as wish,
        gateway.popen(plan.command, env=inherited, start_new_session=apart) as child,
    ):
        try:
            wish.heed()
            if apart:
                for _ in range(performance.journey.visits):
                    performance.browser.start_shopping()
                    performance.settle()
            else:
                ran.code = ran.code or child.wait()
                performance.stop()
        except Ended:
            pass  # it is noted below, with those that come while the program leaves
        finally:
            wish.defer()
            code = _leave(child, apart=apart)
            ran.code = ran.code or code
            ran.interrupted, ran.ended_by = wish.why, wish.by or 0


def _leave(child: subprocess.Popen[Any], *, apart: bool) -> int:
    """End the child where it has not ended by itself; return its code if that was its own doing."""
    if child.poll() is not None:
        return child.returncode
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            if apart:
                os.killpg(child.pid, number)
            else:
                child.send_signal(number)
        try:
            child.wait(_LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        break
    return 0


def _note(gateway: Interception, performance: Performance, ran: Ran) -> None:
    ran.via, ran.why_not = gateway.via, gateway.why_not
    ran.calls += len(performance.timeline.moments)
    ran.died = ran.died or performance.died
    ran.exchanges += performance.exchanges
    ran.incidents += gateway.listener.counts
    ran.failures += gateway.listener.failures
    if performance.keys.merchant is not None:
        ran.secrets.add(performance.keys.merchant.private_key)


def _state(journey: Journey, outcomes: Iterable[Outcome]) -> State:
    for outcome in outcomes:
        if isinstance(outcome, Held) and outcome.requirement == journey.requirement:
            return State.PASSED
        if isinstance(outcome, Finding) and outcome.requirement == journey.requirement:
            return State.FAILED
    return State.NOT_TESTED


def _check(journeys: Iterable[Journey], plan: Plan) -> None:
    contract = plan.setting.contract
    for journey in journeys:
        if journey.requirement not in contract.requirements:
            raise ConfigurationProblem(
                f"the journey {journey.name} names no known requirement: {journey.requirement}",
                "choose one of: pay-conformance requirements",
            )
        for fault in journey.faults:
            if fault.answer and fault.answer not in {*contract.errors, "lost", "unsent", "silence"}:
                raise ConfigurationProblem(
                    f"the journey {journey.name} has a fault with the answer {fault.answer!r}",
                    "write lost, unsent, silence, or a reason code",
                )


def _not_played(journeys: Iterable[Journey]) -> list[Outcome]:
    played = {journey.requirement for journey in journeys}
    others = {read_journey(path).requirement for path in bundled().values()}
    why = "its journey was not played (--journey all plays every one)"
    return [Skipped(requirement, why) for requirement in sorted(others - played)]
