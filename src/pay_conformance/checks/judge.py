"""The Judge: puts every exchange, wherever it comes from, through the same checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import compress, islice
from typing import Final

from pay_conformance.checks.history import History
from pay_conformance.checks.learning import learn
from pay_conformance.checks.registry import CHECKS, Check, Fact, Run, Side, facts_of
from pay_conformance.checks.schema import ask_ahead
from pay_conformance.checks.view import View, view
from pay_conformance.contract import Contract
from pay_conformance.contract.model import APIS, Api, Party
from pay_conformance.exchange import Exchange
from pay_conformance.findings import Drift, Finding, Held, Outcome, Skipped

READ_AHEAD: Final = 32
"""Exchanges that are read, and whose bodies are validated, before the first of them is judged: each
step finds what it needs near at hand from the second one on."""

_CLIENTS = frozenset({Party.CLIENT, Party.INTEGRATION})


@dataclass(frozen=True, slots=True)
class _Duty:
    """A check, and the requirements for which its outcomes count in this run.

    ``is_shape`` marks the checks against the schemas, which come first: what has the wrong form is
    reported for that, once, and no further sense is made of it.
    """

    check: Check
    run: Run
    side: Side
    binding: frozenset[str]
    is_shape: bool


_Plan = tuple[tuple[Run, frozenset[str], bool, Side], ...]
"""The checks of some exchanges: of each Duty what is asked for every exchange."""


class Judge:
    """Judges exchanges in the order in which they are given, and remembers what they showed.

    ``parties`` says whose behaviour counts: a finding about a request is the client's or the
    integration's, one about a response the server's. ``keys`` maps public key ids to public keys in
    PEM, so that signatures can be verified. ``api`` overrides what an exchange says of itself.
    ``remembers`` bounds how many objects, and how many idempotency keys, are remembered at a time;
    of more, those are forgotten that were not seen for longest.
    """

    def __init__(
        self,
        contract: Contract,
        parties: frozenset[Party],
        *,
        keys: Mapping[str, str] | None = None,
        api: Api | None = None,
        remembers: int | None = None,
    ) -> None:
        self._contract = contract
        self._parties = parties
        self._api = api
        self._plans: dict[tuple[Api, str, str, tuple[bool, ...]], _Plan] = {}
        for version in APIS:
            _duties(contract, parties, version)  # what is wrong with the contract is said at once
        self._history = History(public_keys=dict(keys or {}), most=remembers)

    def seek_less(self, other: Judge) -> None:
        """Seek no evidence for what another judge has seen a body keep: of each rule one is enough.

        Whether bodies keep the rule is judged all the same.
        """
        self._history.seek_less(other._history)

    def apart(self) -> Judge:
        """Return a judge of exchanges that have nothing to do with those that this one judges.

        It has the same duties, and remembers for itself what its exchanges show. What was evidence
        for one of the two is not sought by the other.
        """
        other = copy(self)
        other._history = self._history.apart()
        return other

    @property
    def remembered(self) -> int:
        """How many objects or idempotency keys are remembered, whichever are more."""
        return max(len(self._history.objects), len(self._history.attempts))

    def judge(self, exchange: Exchange) -> list[Outcome]:
        """Return all outcomes for one exchange, each finding once, and learn from it."""
        return self.judge_view(view(exchange, self._contract, self._api))

    def judge_each(self, exchanges: Iterable[Exchange]) -> Iterator[list[Outcome]]:
        """Yield the same for each of many exchanges, some of which are read ahead; it is faster."""
        waiting = iter(exchanges)
        while ahead := [
            view(one, self._contract, self._api) for one in islice(waiting, READ_AHEAD)
        ]:
            ask_ahead(ahead)
            yield from map(self.judge_view, ahead)

    def judge_view(self, seen: View) -> list[Outcome]:
        """Do the same for an exchange that was parsed already."""
        history = self._history
        history.consider(seen)
        outcomes: list[Outcome] = []
        reported: set[tuple[str, str, str]] = set()
        failed: set[str] = set()
        shaped: set[str] = set()
        of_shapes = 0
        for run, binding, is_shape, side in self._plan_for(seen):
            for outcome in run(seen, history):
                if type(outcome) is Held:  # nearly always, and the cheapest way to ask
                    if outcome.requirement in binding:
                        outcomes.append(outcome)
                elif isinstance(outcome, Drift):
                    outcomes.append(replace(outcome, exchange=seen.exchange.id))
                elif outcome.requirement not in binding:
                    continue
                elif not isinstance(outcome, Finding):
                    outcomes.append(outcome)
                elif not is_shape and (
                    outcome.requirement in shaped or seen.is_broken(outcome.pointer)
                ):
                    failed.add(outcome.requirement)
                else:
                    found = _placed(outcome, side, seen.exchange)
                    place = (found.requirement, found.pointer, found.part)
                    failed.add(found.requirement)
                    if place not in reported:
                        reported.add(place)
                        outcomes.append(found)
                    if is_shape:
                        shaped.add(found.requirement)
                        seen.broken.add(found.pointer)
            if is_shape:
                of_shapes = len(outcomes)
        learn(seen, history)
        history.evidence(seen, outcomes[:of_shapes], failed)  # the shapes come first
        return [found for found in outcomes if _counts(found, failed)] if failed else outcomes

    def _plan_for(self, seen: View) -> _Plan:
        """Return the checks that can have anything to say on an exchange."""
        operation = seen.operation.id if seen.operation is not None else ""
        kind = (seen.api, seen.object, operation, facts_of(seen, self._history))
        plan = self._plans.get(kind)
        if plan is None:
            plan = self._plans[kind] = _plan(self._contract, self._parties, *kind)
        return plan


def proved_by(contract: Contract) -> Mapping[str, tuple[str, ...]]:
    """Return for each requirement that some check can decide the names of those checks."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in CHECKS:
        for requirement in sorted(entry.requirements(contract)):
            found[requirement] = (*found.get(requirement, ()), entry.name)
    return dict(sorted(found.items()))


@lru_cache(maxsize=4096)
def _plan(
    contract: Contract,
    parties: frozenset[Party],
    api: Api,
    kind: str,
    operation: str,
    facts: tuple[bool, ...],
) -> _Plan:
    """Return the checks that can have anything to say on what was answered to what."""
    so = frozenset(compress(Fact, facts))
    return tuple(
        (duty.run, duty.binding, duty.is_shape, duty.side)
        for duty in _duties(contract, parties, api)
        if duty.check.concerns(kind, operation, so, contract)
    )


@lru_cache(maxsize=32)
def _duties(contract: Contract, parties: frozenset[Party], api: Api) -> tuple[_Duty, ...]:
    sides: dict[Side, frozenset[Party]] = {
        "response": parties & {Party.SERVER},
        "request": parties & _CLIENTS,
    }
    binding = {
        side: frozenset(
            entry.id
            for entry in contract.requirements.values()
            if entry.binds & whose and api in entry.api
        )
        for side, whose in sides.items()
    }
    return tuple(
        _Duty(entry, entry.run, entry.side, binding[entry.side], entry.is_shape)
        for entry in sorted(CHECKS, key=lambda entry: not entry.is_shape)
        if sides[entry.side] and _matters(entry, contract, binding[entry.side])
    )


def _matters(entry: Check, contract: Contract, binding: frozenset[str]) -> bool:
    """Say whether a check can have an outcome that counts; one that names no rule yields drift."""
    if not entry.proves and entry.named is None:
        return True
    return bool(entry.requirements(contract) & binding)


def _placed(finding: Finding, side: Side, exchange: Exchange) -> Finding:
    part = finding.part if finding.part.startswith(side) else side
    return replace(
        finding, part=part, exchange=exchange.id, source=finding.source or exchange.source
    )


def _counts(outcome: Outcome, failed: set[str]) -> bool:
    """What failed once in an exchange did not hold in it."""
    return isinstance(outcome, Finding | Drift | Skipped) or outcome.requirement not in failed
