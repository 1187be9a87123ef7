"""Servers with a wrong lifecycle: for each state, move, timer, guard and refusal of the contract.

A lifecycle that both versions share is mutated in v2; a part that only v1 has, in v1.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pay_conformance.checks.names import ID_OF
from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api, Lifecycle, Move, Refusal, State, Timer
from pay_conformance.exchange import Request, Response
from pay_conformance.scenario.story import OWN_REQUIREMENT
from tests.mutants.model import Mutant

Change = Callable[[Contract], Contract]

_OWN = {**OWN_REQUIREMENT, "buyer approves": "CS-LIFE-020"}
"""What an operation or act violates that can't be done at all."""

_ASTRAY = "A wrong state is reached by no move, and lacks what belongs to it."
_BORROWED = "A reason that belongs to another move is taken for that move."
_UNDONE = "An operation that makes no move fails before its guards are asked."
_DUE = "Who says how an object comes into a state may say for which reason."
_DATED = "A timer shows in a timestamp, and in what happens when it runs out."


def lifecycle_mutants(contract: Contract) -> Iterator[Mutant]:
    """Yield the mutants of all lifecycles."""
    for (name, api), life in contract.lifecycles.items():
        twin = contract.lifecycles.get((name, "v2")) if api == "v1" else None
        make = _Maker(life, api)
        for state in life.states.values():
            if not (twin and twin.states.get(state.name) == state):
                yield from _states(make, state)
        for move in life.moves:
            if api in move.api and not (twin and move in twin.moves):
                yield from _moves(make, move)
        for timer in life.timers.values():
            if not (twin and timer in twin.timers.values()):
                yield from _timers(make, timer)
        for guard in life.guards.values():
            if guard.refusal and not (twin and guard.name in twin.guards):
                yield from _guards(make, guard.name)
        for key in life.refused:
            if not (twin and twin.refused.get(key) == life.refused[key]):
                yield from _refusals(make, *key)


class _Maker:
    """Makes the mutants of one lifecycle."""

    def __init__(self, life: Lifecycle, api: Api) -> None:
        self.life = life
        self.api = api

    def __call__(
        self, kind: str, title: str, says: str, breaks: set[str], change: Callable[..., Any],
        *, perhaps: set[str] | None = None, either: bool = False, because: str = "",
    ) -> Mutant:  # fmt: skip
        own = frozenset(breaks - {""})
        also = frozenset((perhaps or set()) - {""}) - own
        return Mutant(
            name=f"{self.api} {self.life.object}: {title}",
            says=f"{title.rpartition(':')[0]}: {says}.",
            breaks=frozenset() if either else own,
            either=own if either else frozenset(),
            perhaps=also,
            api=self.api,
            change=change,
            kind=kind,
            because=because if also or (either and len(own) > 1) else "",
        )

    def changed(self, **changes: Any) -> Change:
        """Return the change of a contract to this lifecycle with some parts replaced."""
        key = (self.life.object, self.api)

        def change(contract: Contract) -> Contract:
            changed = replace(self.life, **changes)
            return contract.replaced(lifecycles={**contract.lifecycles, key: changed})

        return change

    def other_move(self, move: Move, **changes: Any) -> Change:
        """Return the change of one move."""
        moves = self.life.moves
        return self.changed(
            moves=tuple(replace(each, **changes) if each == move else each for each in moves)
        )


def _states(make: _Maker, state: State) -> Iterator[Mutant]:
    """Yield a mutant that gives a reason in a state that has none, and one that gives none."""
    life, rule = make.life, {state.rules.get("reasons", "")}
    due = {move.requirement for move in life.moves if move.target == state.name}
    if life.object == "dispute" or rule == {""}:
        return  # the reason of a Dispute may be null in each state
    if state.reasons:
        yield make(
            "reason", f"{state.name}: without a reason", "it gives no reason", rule,
            _with_reason(life.object, state.name, None), perhaps=due, because=_DUE,
        )  # fmt: skip
    else:
        reason = next(iter(life.descriptions), "Expired")
        yield make(
            "reason", f"{state.name}: with a reason", f"it gives the reason {reason}", rule,
            _with_reason(life.object, state.name, reason), perhaps=due, because=_DUE,
        )  # fmt: skip


def _with_reason(name: str, state: str, code: str | None) -> Callable[[Request, Response], Any]:
    member = ID_OF[name]

    def alter(request: Request, response: Response) -> Response:
        body = json.loads(response.body) if response.status < 400 and response.body else None
        if not isinstance(body, dict) or next(iter(body)) != member:
            return response
        status = body.get("statusDetails") or body.get("statusDetail")
        if status["state"] != state:
            return response
        if "reasons" in status:
            reason = {"reasonCode": code, "reasonDescription": "It is so."}
            status["reasons"] = [reason] if code else None
        else:
            status["reasonCode"] = code
            if code is None:
                status["reasonDescription"] = None
        return replace(response, body=json.dumps(body, ensure_ascii=False).encode())

    return alter


def _moves(make: _Maker, move: Move) -> Iterator[Mutant]:
    life, title, rule = make.life, _title(move), {move.requirement}
    yield make(
        "move", f"{title}: missing", "the move is never made",
        rule | {_OWN.get(move.on, "")},
        make.changed(moves=tuple(each for each in life.moves if each != move)),
        perhaps={life.guards[need].requirement for need in move.needs if need in life.guards},
        either=True, because=_UNDONE,
    )  # fmt: skip
    wrong = _wrong_target(life, move)
    if wrong:
        reasons = life.states[wrong].reasons
        yield make(
            "move", f"{title}: leads to {wrong}", f"it leads to {wrong} instead", rule,
            make.other_move(move, target=wrong, reason=next(iter(reasons), None)),
            perhaps={life.illegal, *life.states[wrong].rules.values()}, because=_ASTRAY,
        )  # fmt: skip
    reasons = life.states[move.target].reasons
    reason = next((each for each in reasons if each != move.reason), None)
    if move.reason and reason:
        lent = {each.requirement for each in life.moves if each.reason == reason}
        yield make(
            "reason", f"{title}: says {reason}", f"the reason is {reason} instead", rule,
            make.other_move(move, reason=reason), perhaps=lent, because=_BORROWED,
        )  # fmt: skip


def _timers(make: _Maker, timer: Timer) -> Iterator[Mutant]:
    life = make.life
    rules = {timer.requirement} | {m.requirement for m in life.moves if m.timer == timer.name}
    rules |= {
        m.requirement for m in life.moves if m.needs and m.needs[0].endswith(f" {timer.name}")
    }
    step = timedelta(seconds=10) if timer.after < timedelta(hours=1) else timedelta(hours=2)
    if timer.months:
        step = timedelta(days=2)
    for word, sign in (("too soon", -1), ("too late", 1)):
        other = replace(timer, after=timer.after + sign * step)
        yield make(
            "timer", f"{timer.name}: {word}", f"it runs out {word}, by {_long(step)}", rules,
            make.changed(timers={**life.timers, timer.name: other}),
            either=True, because=_DATED,
        )  # fmt: skip


def _guards(make: _Maker, name: str) -> Iterator[Mutant]:
    life, guard = make.life, make.life.guards[name]
    moves = tuple(
        replace(move, needs=tuple(need for need in move.needs if need != name))
        for move in life.moves
    )
    yield make(
        "guard", f"{name}: not asked", "it makes no difference", {guard.requirement},
        make.changed(moves=moves),
    )  # fmt: skip
    other = {**life.guards, name: replace(guard, refusal="InvalidRequest")}
    yield make(
        "guard", f"{name}: refused otherwise", "the refusal is InvalidRequest instead",
        {guard.requirement}, make.changed(guards=other),
    )  # fmt: skip


def _refusals(make: _Maker, operation: str, state: str) -> Iterator[Mutant]:
    life, refusal = make.life, make.life.refused[operation, state]
    title, rule = f"{operation} of {state}", {refusal.requirement}
    allowed = {key: value for key, value in life.refused.items() if key != (operation, state)}
    moves = tuple(
        Move(state, move.target, on=operation, reason=move.reason)
        for move in life.moves
        if move.on == operation and move.source is not None
    )[:1]
    yield make(
        "refusal", f"{title}: allowed", f"{operation} works on what is {state}", rule,
        make.changed(refused=allowed, moves=(*life.moves, *moves)),
        perhaps={life.illegal, *_final_rules(life, state)}, because=_ASTRAY,
    )  # fmt: skip
    if refusal.codes[0] != "InvalidRequest":
        refused = {
            **life.refused,
            (operation, state): Refusal(("InvalidRequest",), refusal.requirement),
        }
        yield make(
            "refusal", f"{title}: refused otherwise", "the refusal is InvalidRequest instead", rule,
            make.changed(refused=refused),
        )  # fmt: skip


def _wrong_target(life: Lifecycle, move: Move) -> str:
    """Return a state to which the move does not lead, best one where nothing leads at all.

    A state that the same timer leaves at once for the right one is none: nobody could see it. Nor
    is one that a timer leaves for where the move came from: the two would go round for ever.
    """
    passing = {each.source for each in life.moves if move.timer and each.timer == move.timer}
    passing |= {each.source for each in life.moves if each.timer and each.target == move.source}
    others = [name for name in life.states if name not in {move.target, move.source, *passing}]
    direct = {each.target for each in life.moves if each.source == move.source}
    return next((name for name in others if name not in direct), next(iter(others), ""))


def _final_rules(life: Lifecycle, state: str) -> set[str]:
    from pay_conformance.checks.lifecycle import FINAL

    return {FINAL.get((life.object, state), "")}


def _title(move: Move) -> str:
    title = f"{move.source or 'new'} to {move.target} on {move.on or move.timer}"
    if move.reason:
        title += f" as {move.reason}"
    needs = [need for need in move.needs if need not in _USUAL]
    return f"{title}, {' and '.join(needs)}" if needs else title


_USUAL = (
    "charge permission is chargeable",
    "count within the limit",
    "currency is that of the charge permission",
    "amount within the balance",
    "currency is that of the charge",
    "amount within the authorization",
    "charge is captured",
    "dispute is in the charge's currency",
    "amount within the capture",
)
"""Guards that say nothing about which of several moves is meant."""


def _long(step: timedelta) -> str:
    if step.days:
        return f"{step.days} days"
    return f"{step.seconds // 3600} hours" if step.seconds >= 3600 else f"{step.seconds} seconds"
