"""Servers with a wrong lifecycle: for each move, timer, guard and refusal of the contract.

A lifecycle that both versions share is mutated in v2; a part that only v1 has, in v1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api, Lifecycle, Move, Refusal, Timer
from tests.mutants.model import Mutant

Change = Callable[[Contract], Contract]


def lifecycle_mutants(contract: Contract) -> Iterator[Mutant]:
    """Yield the mutants of all lifecycles."""
    for (name, api), life in contract.lifecycles.items():
        twin = contract.lifecycles.get((name, "v2"))
        shared = api == "v1" and twin is not None
        for move in life.moves:
            if not (shared and twin is not None and move in twin.moves):
                yield from _moves(life, api, move)
        for timer in life.timers.values():
            if not (shared and twin is not None and timer in twin.timers.values()):
                yield from _timers(life, api, timer)
        for guard in life.guards.values():
            if guard.refusal and not (shared and twin is not None and guard.name in twin.guards):
                yield from _guards(life, api, guard.name)
        for operation, state in life.refused:
            key = (operation, state)
            if not (shared and twin is not None and twin.refused.get(key) == life.refused[key]):
                yield from _refusals(contract, life, api, *key)


def _moves(life: Lifecycle, api: Api, move: Move) -> Iterator[Mutant]:
    title = f"{move.source or 'new'} to {move.target} on {move.on or move.timer}" + (
        f" as {move.reason}" if move.reason else ""
    )
    if move.needs:
        title += f", {' and '.join(_told(need) for need in move.needs)}"
    rules = frozenset({move.requirement} - {""})
    make = _Maker(life, api)

    def changed(**changes: Any) -> Change:
        moves = tuple(replace(each, **changes) if each == move else each for each in life.moves)
        return _with(life, api, moves=moves)

    without = _with(life, api, moves=tuple(each for each in life.moves if each != move))
    yield make("move", f"{title}: missing", "the move is never made", rules, without)
    wrong = _wrong_target(life, move)
    if wrong:
        yield make(
            "move", f"{title}: leads to {wrong}", f"it leads to {wrong} instead", rules,
            changed(target=wrong, reason=next(iter(life.states[wrong].reasons), None)),
        )  # fmt: skip
    state = life.states[move.target]
    reason = next((each for each in state.reasons if each != move.reason), None)
    if reason is not None:
        yield make(
            "reason", f"{title}: says {reason}", f"the reason is {reason} instead", rules,
            changed(reason=reason),
        )  # fmt: skip
    elif not state.reasons:
        own = frozenset({state.rules.get("reasons", "")} - {""})
        other = next((each for each in life.descriptions), "Expired")
        yield make(
            "reason", f"{title}: says {other}", f"it gives the reason {other}, where none belongs",
            own, changed(reason=other),
        )  # fmt: skip


def _timers(life: Lifecycle, api: Api, timer: Timer) -> Iterator[Mutant]:
    rules = {timer.requirement} | {m.requirement for m in life.moves if m.timer == timer.name}
    make = _Maker(life, api)

    def lasting(after: timedelta, months: int) -> Change:
        other = replace(timer, after=after, months=months)
        return _with(life, api, timers={**life.timers, timer.name: other})

    step = timedelta(seconds=10) if timer.after < timedelta(hours=1) else timedelta(hours=2)
    if timer.months:
        step = timedelta(days=2)
    for word, sign in (("too soon", -1), ("too late", 1)):
        yield make(
            "timer", f"{timer.name}: {word}", f"{timer.name} runs out {word}, by {step}",
            frozenset(rules - {""}), lasting(timer.after + sign * step, timer.months),
        )  # fmt: skip


def _guards(life: Lifecycle, api: Api, name: str) -> Iterator[Mutant]:
    guard = life.guards[name]
    rules = frozenset({guard.requirement} - {""})
    make = _Maker(life, api)
    moves = tuple(
        replace(move, needs=tuple(need for need in move.needs if need != name))
        for move in life.moves
    )
    yield make(
        "guard", f"{name}: not asked", f"it does not matter whether {name}", rules,
        _with(life, api, moves=moves),
    )  # fmt: skip
    other = {**life.guards, name: replace(guard, refusal="InvalidRequest")}
    yield make(
        "guard", f"{name}: refused otherwise", "the refusal is InvalidRequest instead", rules,
        _with(life, api, guards=other),
    )  # fmt: skip


def _refusals(
    contract: Contract, life: Lifecycle, api: Api, operation: str, state: str
) -> Iterator[Mutant]:
    refusal = life.refused[operation, state]
    rules = frozenset({refusal.requirement})
    make = _Maker(life, api)
    title = f"{operation} of {state}"
    allowed = {key: value for key, value in life.refused.items() if key != (operation, state)}
    moves = tuple(
        Move(state, move.target, on=operation, reason=move.reason)
        for move in life.moves
        if move.on == operation and move.source is not None
    )[:1]
    yield make(
        "refusal", f"{title}: allowed", f"{operation} works on what is {state}", rules,
        _with(life, api, refused=allowed, moves=(*life.moves, *moves)),
    )  # fmt: skip
    codes = ("InvalidRequest", *refusal.codes)
    refused = {**life.refused, (operation, state): Refusal(codes, refusal.requirement)}
    yield make(
        "refusal", f"{title}: refused otherwise", "the refusal is InvalidRequest instead", rules,
        _with(life, api, refused=refused),
    )  # fmt: skip


class _Maker:
    def __init__(self, life: Lifecycle, api: Api) -> None:
        self._life = life
        self._api = api

    def __call__(
        self, kind: str, title: str, says: str, breaks: frozenset[str], change: Change
    ) -> Mutant:
        name = f"{self._api} {self._life.object}: {title}"
        return Mutant(
            name=name,
            says=f"{title.partition(':')[0]}: {says}.",
            breaks=breaks,
            api=self._api,
            change=change,
            kind=kind,
        )


def _with(life: Lifecycle, api: Api, **changes: Any) -> Change:
    def change(contract: Contract) -> Contract:
        changed = replace(life, **changes)
        return contract.replaced(lifecycles={**contract.lifecycles, (life.object, api): changed})

    return change


def _wrong_target(life: Lifecycle, move: Move) -> str:
    """Return a state to which the move does not lead, best one where nothing leads at all."""
    others = [name for name in life.states if name not in (move.target, move.source)]
    direct = {each.target for each in life.moves if each.source == move.source}
    return next((name for name in others if name not in direct), next(iter(others), ""))


def _told(need: str) -> str:
    return need if need.startswith(("before ", "after ")) else need.replace(" is ", " ")
