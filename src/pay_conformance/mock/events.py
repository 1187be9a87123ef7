"""Lets something happen to a record that no operation of the API does: the buyer's or Amazon's."""

from __future__ import annotations

from collections.abc import Iterable

from pay_conformance.contract.model import Move
from pay_conformance.mock.buyer_acts import NotPossible
from pay_conformance.mock.life import Life
from pay_conformance.mock.records import Permission, Record
from pay_conformance.mock.store import Merchant


def happen(life: Life, merchant: Merchant, record: Record, event: str, reason: str | None) -> None:
    """Let an event of the record's lifecycle happen to it.

    ``event`` is the name of the event (``buyer closes``) or the reason code that it leaves
    (``BuyerClosed``). ``reason`` chooses among several reasons of one event.

    Raises:
        NotPossible: if the lifecycle has no such event in this state.
    """
    cycle = life.moves.life(record)
    moves = [
        move
        for move in cycle.moves
        if move.source == record.state
        and move.on in cycle.events
        and event in (move.on, move.reason)
        and reason in (None, move.reason)
        and record.api in move.api
    ]
    guards = life.permission_guards(merchant, record) if isinstance(record, Permission) else {}
    for move in moves:
        # What needs more than the record itself, such as an approval, has a control of its own.
        if all(need in guards and guards[need]() for need in move.needs):
            record.plan = None
            life.go(merchant, record, move.target, move.reason)
            return
    raise NotPossible(_why(cycle.events.keys(), moves, record, event))


def _why(known: Iterable[str], moves: list[Move], record: Record, event: str) -> str:
    if moves:
        needs = ", ".join(moves[0].needs)
        return f"{event!r} can't happen to a {record.object} now; it needs: {needs}"
    names = ", ".join(known)
    return f"{event!r} can't happen to a {record.state} {record.object}; events are: {names}"
