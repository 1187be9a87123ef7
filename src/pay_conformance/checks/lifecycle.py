"""Holds states, reasons and moves against the lifecycles: what is no move is illegal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from pay_conformance.checks.history import History, Observed
from pay_conformance.checks.names import ID_OF, look_up
from pay_conformance.checks.registry import Fact, check, held
from pay_conformance.checks.values import moment, stamp
from pay_conformance.checks.view import View
from pay_conformance.contract import Contract
from pay_conformance.contract.model import Lifecycle, Move, State
from pay_conformance.findings import Finding, Held, Outcome

FINAL: Final[Mapping[tuple[str, str], str]] = {
    ("checkout-session", "Completed"): "CS-LIFE-003",
    ("checkout-session", "Canceled"): "CS-LIFE-004",
    ("charge", "Captured"): "CH-LIFE-003",
    ("charge", "Canceled"): "CH-LIFE-003",
    ("charge", "Declined"): "CH-LIFE-003",
    ("charge-permission", "Closed"): "CP-LIFE-005",
    ("refund", "Refunded"): "RF-LIFE-007",
    ("refund", "Declined"): "RF-LIFE-007",
    ("dispute", "Closed"): "DI-LIFE-004",
}
"""Which rule says of each final state that it is never left."""

_STATE: Final = "/statusDetails/state"
_REASON: Final = "/statusDetails/reasonCode"
_REASONS: Final = "/statusDetails/reasons"
_SLACK = timedelta(hours=1)
"""How late a timer may be noticed: the service does not promise the second."""

_SAID_BY_REQUEST: Final[Mapping[str, Callable[[Mapping[str, Any]], bool]]] = {
    "capture now": lambda sent: sent.get("captureNow") is True,
    "no capture now": lambda sent: sent.get("captureNow") is not True,
    "pending authorization allowed": lambda sent: sent.get("canHandlePendingAuthorization") is True,
}
"""Guards whose truth follows from the request of Create Charge alone."""


def _shape_rules(contract: Contract) -> set[str]:
    return {
        rule
        for lifecycle in contract.lifecycles.values()
        for state in lifecycle.states.values()
        for rule in state.rules.values()
    }


def _operation_rules(contract: Contract) -> set[str]:
    return {
        refusal.requirement
        for lifecycle in contract.lifecycles.values()
        for refusal in lifecycle.refused.values()
    }


def _illegal_moves(contract: Contract) -> set[str]:
    return {lifecycle.illegal for lifecycle in contract.lifecycles.values()} | set(FINAL.values())


def _move_rules(contract: Contract) -> set[str]:
    return {
        move.requirement
        for lifecycle in contract.lifecycles.values()
        for move in lifecycle.moves
        if move.on in contract.operations("v2") or _plain_timer(lifecycle, move)
    }


@check(named=_shape_rules, of=ID_OF)
def state_has_its_shape(view: View, _history: History) -> Iterator[Outcome]:
    """What a state requires is there, what it excludes is not, and the reason is one of its own."""
    found = view.life()
    if found is None:
        return
    lifecycle, state = found
    for owner, kind, pointer, kept in _members_of(lifecycle, state.name):
        value = view.at(pointer)
        if (value is not None) if kind == "requires" else (value is None or _is_empty(value)):
            yield kept
        else:
            yield _misshapen(view, owner, kind, pointer, state.name)
    yield from _reasons(view, state)


@check(named=_illegal_moves, of=ID_OF, when=[Fact.SEEN_BEFORE])
def moves_are_legal(view: View, history: History) -> Iterator[Outcome]:
    """Between two observations of an object lies a chain of moves; a final state is never left."""
    found = view.life()
    last = history.before(view)
    if found is None or last is None:
        return
    lifecycle, state = found
    if last.state is None or last.state not in lifecycle.states:
        return
    rule = FINAL.get((view.object, last.state), lifecycle.illegal)
    if state.name in reachable(lifecycle, last.state):
        yield held(rule)
        return
    yield Finding(
        rule,
        f"{view.object} {last.id} went from {last.state} to {state.name}",
        view.pointer(_STATE),
        sorted(reachable(lifecycle, last.state)),
        state.name,
    )


def _moving(contract: Contract) -> set[str]:
    return {move.on for each in contract.lifecycles.values() for move in each.moves if move.on}


def _refusable(contract: Contract) -> set[str]:
    return {name for each in contract.lifecycles.values() for name, _ in each.refused}


@check(named=_move_rules, of=ID_OF, calls=_moving, when=[Fact.ANSWERED, Fact.SUCCEEDED])
def operation_leads_where_it_should(view: View, history: History) -> Iterator[Outcome]:
    """A success leaves the object in a state to which one of the operation's moves leads."""
    found = view.life()
    if found is None or not view.succeeded or view.operation is None or view.status == 202:
        return
    lifecycle, state = found
    by_operation = _moves_on(lifecycle, view.operation.id)
    if not by_operation:
        return
    last = history.before(view)
    moves = [move for move in by_operation if _possible(move, view.sent or {}, last)]
    if not moves or (last is not None and history.is_repeat(view)):
        return
    taken = {move.requirement for move in moves if move.target == state.name}
    if len(taken) == 1:
        yield from (held(rule) for rule in taken if rule)
    elif not taken:
        targets = list(dict.fromkeys(move.target for move in moves))
        yield Finding(
            moves[0].requirement or lifecycle.illegal,
            f"{view.operation.id} succeeded and left the {view.object} {state.name}",
            view.pointer(_STATE),
            targets[0] if len(targets) == 1 else targets,
            state.name,
        )


@check(named=_operation_rules, calls=_refusable)
def operation_suits_the_state(view: View, history: History) -> Iterator[Outcome]:
    """An operation that no state from here on allows is refused, with the refusal of that state."""
    subject = _subject(view)
    if subject is None or view.operation is None or history.is_repeat(view):
        return
    last = history.before(view, *subject)
    if last is None:
        return
    lifecycle = view.contract.lifecycle(last.object, view.api)
    if last.state is None or last.state not in lifecycle.states:
        return
    operation = view.operation.id
    refusal = lifecycle.refused.get((operation, last.state))
    if refusal is None or any(
        operation in lifecycle.states[name].operations for name in reachable(lifecycle, last.state)
    ):
        return
    if view.succeeded:
        yield Finding(
            refusal.requirement,
            f"{operation} succeeded on a {last.object} that is {last.state}",
            "",
            f"refused with {' or '.join(refusal.codes)}",
            f"status {view.status}",
        )
    elif view.error is not None and view.error.get("reasonCode") in refusal.codes:
        yield held(refusal.requirement)


@check(named=_move_rules, of=ID_OF)
def timers_run_out_in_time(view: View, history: History) -> Iterator[Outcome]:
    """A state does not outlive its timer, and a timer's reason does not come before its time."""
    found = view.life()
    # A saved answer that is given again shows the state of long ago.
    if found is None or history.is_repeat(view):
        return
    lifecycle, state = found
    for move in _timed_moves(lifecycle, state.name):
        is_source = state.name == move.source
        if not is_source and view.at(_REASON) != move.reason:
            continue
        timer = lifecycle.timers[move.timer]
        start = moment(view.at(timer.since))
        if start is None:
            continue
        due, now = timer.due(start), view.time
        if is_source:
            if now is not None and now > due + _SLACK:
                yield _outlived(view, move, due)
        else:
            changed = moment(view.at("/statusDetails/lastUpdatedTimestamp"))
            if changed is not None and not _may_be_told(lifecycle, move):
                yield _not_before(view, move, due, early=changed < due)


def _may_be_told(lifecycle: Lifecycle, timed: Move) -> bool:
    """Say whether a caller may give the reason of a timed move, so that it proves nothing.

    A move on an operation that names no reason takes that of the request.
    """
    reasons = lifecycle.states[timed.target].reasons
    return timed.reason in reasons and any(
        move.on and move.target == timed.target and move.reason is None and not move.timer
        for move in lifecycle.moves
    )


def reachable(lifecycle: Lifecycle, source: str) -> frozenset[str]:
    """Return the states that a chain of moves can lead to from a state, itself included."""
    return _reachable(lifecycle, source)


@lru_cache(maxsize=1024)
def _reachable(lifecycle: Lifecycle, source: str) -> frozenset[str]:
    found = {source}
    waiting = [source]
    while waiting:
        here = waiting.pop()
        for move in lifecycle.moves:
            if move.source == here and move.target not in found:
                found.add(move.target)
                waiting.append(move.target)
    return frozenset(found)


def _is_empty(value: Any) -> bool:
    return value in ([], [None])


@lru_cache(maxsize=1024)
def _members_of(lifecycle: Lifecycle, name: str) -> tuple[tuple[State, str, str, Held], ...]:
    """Return what a state says of members: which state says it, how, and of which (v2 pointer).

    The last is what is said where that is so.
    """
    state = lifecycle.states[name]
    said = (
        *((state, "requires", pointer) for pointer in state.requires),
        *((state, "nulls", pointer) for pointer in state.nulls),
        *(
            (shower, "shows", pointer)
            for shower in lifecycle.states.values()
            for pointer in shower.shows
            if pointer not in state.shows and pointer not in state.nulls
        ),
    )
    return tuple((owner, kind, pointer, held(owner.rules[kind])) for owner, kind, pointer in said)


def _misshapen(view: View, owner: State, kind: str, pointer: str, state: str) -> Finding:
    name = pointer.rpartition("/")[2]
    message = {
        "requires": f"a {view.object} that is {state} has {name}",
        "nulls": f"a {view.object} that is {state} has no {name}",
        "shows": f"{name} is shown by a {view.object} that is {owner.name} only, not {state}",
    }[kind]
    expected = "a value" if kind == "requires" else None
    return Finding(owner.rules[kind], message, view.pointer(pointer), expected, view.at(pointer))


def _reasons(view: View, state: State) -> Iterator[Outcome]:
    rule = state.rules.get("reasons", "")
    if not rule:
        return
    expected = list(state.reasons) or None
    for pointer, reason in _shown_reasons(view):
        if (reason in state.reasons) if state.reasons else (reason is None):
            yield held(rule)
        else:
            yield Finding(
                rule,
                f"a {view.object} that is {state.name} does not have the reason {reason!r}"
                if reason is not None
                else f"a {view.object} that is {state.name} says why",
                pointer,
                expected,
                reason,
            )


def _shown_reasons(view: View) -> Iterator[tuple[str, Any]]:
    """Yield pointer and value of each reason; a Charge Permission may list several."""
    if view.object != "charge-permission":
        yield view.pointer(_REASON), view.at(_REASON)
        return
    pointer, listed = view.pointer(_REASONS), view.at(_REASONS)
    if not listed:
        yield pointer, None
    elif isinstance(listed, list):
        for index, entry in enumerate(listed):
            place = f"{pointer}/{index}/reasonCode"
            yield place, look_up(entry, "/reasonCode")


@lru_cache(maxsize=1024)
def _moves_on(lifecycle: Lifecycle, operation: str) -> tuple[Move, ...]:
    return tuple(move for move in lifecycle.moves if move.on == operation)


@lru_cache(maxsize=1024)
def _timed_moves(lifecycle: Lifecycle, state: str) -> tuple[Move, ...]:
    """Return the moves that a plain timer makes out of a state, or into it."""
    return tuple(
        move
        for move in lifecycle.moves
        if _plain_timer(lifecycle, move)
        and move.requirement
        and state in (move.source, move.target)
    )


def _possible(move: Move, sent: Mapping[str, Any], last: Observed | None) -> bool:
    if move.source is not None and last is not None and last.state is None:
        return False
    return all(_SAID_BY_REQUEST[need](sent) for need in move.needs if need in _SAID_BY_REQUEST)


def _subject(view: View) -> tuple[str, str] | None:
    """Return object and id of what an operation is called on, where the request says it."""
    operation = view.operation
    if operation is None:
        return None
    sent = view.sent or {}
    if operation.id == "createCharge":
        kind, name = "charge-permission", sent.get("chargePermissionId")
    elif operation.id == "createRefund":
        kind, name = "charge", sent.get("chargeId")
    else:
        kind, name = operation.object, view.parameters.get(ID_OF.get(operation.object, ""))
    return (kind, name) if isinstance(name, str) else None


def _plain_timer(lifecycle: Lifecycle, move: Move) -> bool:
    """Whether a move's timer can be judged from a body alone: no guards, kept everywhere."""
    if not move.timer or move.needs:
        return False
    return not lifecycle.timers[move.timer].environment


def _outlived(view: View, move: Move, due: datetime) -> Outcome:
    return Finding(
        move.requirement,
        f"the {view.object} is still {move.source} although its time ran out at {stamp(due)}",
        view.pointer(_STATE),
        move.target,
        move.source,
    )


def _not_before(view: View, move: Move, due: datetime, *, early: bool) -> Outcome:
    if not early:
        return held(move.requirement)
    pointer = view.pointer("/statusDetails/lastUpdatedTimestamp")
    return Finding(
        move.requirement,
        f"the {view.object} is {move.target} for the reason {move.reason} before its time",
        pointer,
        f"{stamp(due)} or later",
        look_up(view.answer, pointer),
    )
