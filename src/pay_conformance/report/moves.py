"""Which moves of the lifecycles were made in some traffic, read from nothing but the answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pay_conformance.checks.body import parse
from pay_conformance.checks.names import ID_OF
from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api, Lifecycle, Move
from pay_conformance.exchange import Exchange
from pay_conformance.report.events import MovesSeen

_MOST_SPECIAL_FIRST = ("dispute", "refund", "checkout-session", "charge", "charge-permission")
"""Objects name one another; the first of these whose id an answer has is the one it shows."""
_MAKES = {
    "checkout-session": "createCheckoutSession",
    "charge": "createCharge",
    "refund": "createRefund",
    "dispute": "createDispute",
}
"""The operation that makes an object; a permission is a consequence of one on another object."""
_KEY = "x-amz-pay-idempotency-key"


def moves_made(exchanges: Iterable[Exchange], contract: Contract) -> list[MovesSeen]:
    """Return the changes of state that the answers of one story show, and how often each came.

    A change is told as the move of the lifecycle that fits it. Where none does, its trigger is the
    operation that showed it, and no lifecycle has it.
    """
    last: dict[tuple[str, str], tuple[str, str | None]] = {}
    made: Counter[tuple[str, str, str, str, str]] = Counter()
    makers: dict[tuple[str, str], str] = {}
    """The operation whose answer named an object first: a session's completion names a charge."""
    keys: set[str] = set()
    for exchange in exchanges:
        key = (exchange.request and exchange.request.header(_KEY)) or ""
        if key in keys:
            continue  # a saved answer shows an object as it was long ago
        api, operation, answer = _answered(exchange, contract)
        if operation:
            keys |= {key} - {""}
        for kind, name in _named(answer):
            makers.setdefault((kind, name), operation)
        for kind, name, state, reason in _states(answer):
            lifecycle = contract.lifecycles.get((kind, api))
            if lifecycle is None:
                continue
            before, reason_before = last.get((kind, name), (None, None))
            last[kind, name] = (state, reason)
            stays = (before, reason_before) == (state, reason)
            by = makers[kind, name] if before is None else operation
            move = _fitting(lifecycle, before, state, by, reason, stays=stays)
            if move is not None:
                made[kind, api, before or "", state, trigger(move)] += 1
            elif before not in (None, state):
                made[kind, api, str(before), state, operation] += 1
    return [MovesSeen(*change, times) for change, times in sorted(made.items())]


def trigger(move: Move) -> str:
    """Return what brings a move about, in words."""
    return move.on or f"after {move.timer}"


def _answered(exchange: Exchange, contract: Contract) -> tuple[Api, str, Any]:
    """Return the version and operation that were called, and what a success answered."""
    request, response = exchange.request, exchange.response
    if request is None or response is None or not 200 <= response.status < 300:
        return "v2", "", None
    match = contract.match(request.method, request.path)
    if match is None:
        return "v2", "", None
    body = parse(response.body)
    if body.problem or body.empty:
        return "v2", "", None
    return match.operation.api, match.operation.id, body.value


def _states(answer: Any) -> Iterator[tuple[str, str, str, str | None]]:
    """Yield the kind, id, state and reason of the object that an answer shows, if it has a life."""
    if not isinstance(answer, dict):
        return
    status = answer.get("statusDetails", answer.get("statusDetail"))
    state = status.get("state") if isinstance(status, dict) else None
    if not isinstance(status, dict) or not isinstance(state, str):
        return
    for kind in _MOST_SPECIAL_FIRST:
        name = answer.get(ID_OF[kind])
        if isinstance(name, str):
            yield kind, name, state, _reason(status)
            return


def _named(answer: Any) -> Iterator[tuple[str, str]]:
    """Yield the kind and id of each object that an answer names."""
    if isinstance(answer, dict):
        for kind, member in ID_OF.items():
            if isinstance(answer.get(member), str):
                yield kind, answer[member]


def _reason(status: Mapping[str, Any]) -> str | None:
    listed = status.get("reasons")
    if isinstance(listed, list) and listed and isinstance(listed[0], dict):
        status = listed[0]
    reason = status.get("reasonCode")
    return reason if isinstance(reason, str) else None


def _fitting(
    lifecycle: Lifecycle,
    before: str | None,
    state: str,
    operation: str,
    reason: str | None,
    *,
    stays: bool,
) -> Move | None:
    """Return the move that a change is: the operation's own, else one that just happens."""
    between = [move for move in lifecycle.moves if (move.source, move.target) == (before, state)]
    own = next((move for move in between if move.on == operation), None)
    if own is not None or stays:
        return own
    if before is None and (state not in lifecycle.states or lifecycle.states[state].final):
        return None
    if before is None and any(move.on == _MAKES.get(lifecycle.object) for move in between):
        return None  # it was there before; who makes one is not merely seen to have one
    happens = [move for move in between if move.reason == reason] or between
    return happens[0] if happens else None
