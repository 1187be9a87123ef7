"""Moves: looked up in the contract's lifecycles, never known to the mock by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api, Lifecycle, Move, Timer
from pay_conformance.mock.clock import moment
from pay_conformance.mock.records import Record
from pay_conformance.mock.refusals import Refused
from pay_conformance.problems import ConfigurationProblem

Guards = Mapping[str, Callable[[], bool]]
"""The guards that an operation can answer, by the name that the lifecycle gives them."""

GUARDS: Mapping[str, frozenset[str]] = {
    "checkout-session": frozenset({"no constraint remains", "buyer approved", "amounts match"}),
    "charge-permission": frozenset(
        {
            "something is left to charge",
            "open charges take the whole amount",
            "all is captured",
            "one-time",
            "one-time with extended expiration",
            "recurring",
        }
    ),
    "charge": frozenset(
        {
            "capture now",
            "no capture now",
            "decided at once",
            "pending authorization allowed",
            "capture settles later",
            "capture is refused",
            "charge permission is chargeable",
            "currency is that of the charge permission",
            "amount within the balance",
            "count within the limit",
            "currency is that of the charge",
            "amount within the authorization",
        }
    ),
    "refund": frozenset(),
    "dispute": frozenset(
        {
            "merchant has to answer",
            "under review already",
            "charge is captured",
            "dispute is in the charge's currency",
            "amount within the capture",
            "resolved by the request",
            "closed by the request",
        }
    ),
}
"""The guards that this server can judge. A lifecycle that names another one is refused."""


def due_at(timer: Timer, start: int) -> int:
    """Return the second at which a timer runs out that started at ``start``."""
    if not timer.months:
        return start + int(timer.after.total_seconds())
    return int(timer.due(moment(start)).timestamp())


class Moves:
    """The legal moves of all objects in both versions, indexed for looking them up.

    Raises:
        ConfigurationProblem: if a lifecycle has a guard that the mock can't judge.
    """

    def __init__(self, contract: Contract) -> None:
        self._lives: dict[tuple[str, Api], Lifecycle] = {}
        self._on: dict[tuple[str, Api, str | None, str], list[Move]] = {}
        self._timed: dict[tuple[str, Api, str], list[tuple[Move, Timer]]] = {}
        for (name, api), life in contract.lifecycles.items():
            _check_guards(life)
            self._lives[name, api] = life
            for move in life.moves:
                if api not in move.api:
                    continue
                if move.on:
                    self._on.setdefault((name, api, move.source, move.on), []).append(move)
                elif move.source is not None:
                    entry = move, life.timers[move.timer]
                    self._timed.setdefault((name, api, move.source), []).append(entry)

    def life(self, record: Record) -> Lifecycle:
        """Return the lifecycle that a record follows."""
        return self._lives[record.object, record.api]

    @property
    def lives(self) -> Mapping[tuple[str, Api], Lifecycle]:
        """The lifecycles by object and version."""
        return self._lives

    def require(self, record: Record, operation: str) -> None:
        """Let an operation pass in the record's state.

        Raises:
            Refused: with the lifecycle's refusal, if the state doesn't allow the operation.
        """
        codes = self.life(record).refusal(operation, record.state)
        if codes:
            raise Refused(codes[0])

    def choose(
        self,
        record: Record,
        on: str,
        guards: Guards,
        now: int,
        fields: Mapping[str, str] | None = None,
    ) -> Move | None:
        """Return the move that a record makes on an operation or event; ``None`` if it has none.

        A guard without a refusal selects among moves; one with a refusal refuses the move selected.
        ``fields`` fill the message of the refusal.

        Raises:
            Refused: if the move that applies has a guard that doesn't hold.
        """
        life = self.life(record)
        source = record.state or None
        for move in self._on.get((record.object, record.api, source, on), ()):
            if not move.needs:
                return move
            selecting = [need for need in move.needs if not _refusal(life, need)]
            if not all(self._holds(life, record, need, guards, now) for need in selecting):
                continue
            for need in move.needs:
                code = _refusal(life, need)
                if code and not self._holds(life, record, need, guards, now):
                    raise Refused(code, **(fields or {}))
            return move
        return None

    def leads(self, record: Record, state: str, reason: str | None) -> bool:
        """Say whether some move leads from where a record is to a state for a reason."""
        source = record.state or None
        return any(
            move.source == source and move.target == state and move.reason == reason
            for move in self.life(record).moves
            if record.api in move.api
        )

    def timed(self, record: Record, guards: Guards) -> list[tuple[int, Move]]:
        """Return the moves that time will make a record do from its state, with their due times."""
        found = []
        for move, timer in self._timed.get((record.object, record.api, record.state), ()):
            start = record.since(timer.since)
            if start is not None and (not move.needs or all(guards[need]() for need in move.needs)):
                found.append((due_at(timer, start), move))
        return found

    def timer(self, record: Record, name: str) -> int | None:
        """Return when a named timer of a record runs out; ``None`` if the contract has none."""
        timer = self.life(record).timers.get(name)
        start = record.since(timer.since) if timer else None
        return due_at(timer, start) if timer and start is not None else None

    def description(self, record: Record, reason: str | None) -> str | None:
        """Return the ``reasonDescription`` that goes with a reason."""
        return self.life(record).descriptions.get(reason) if reason else None

    def _holds(self, life: Lifecycle, record: Record, need: str, guards: Guards, now: int) -> bool:
        relation, _, name = need.partition(" ")
        if relation in ("before", "after") and name in life.timers:
            due = self.timer(record, name)
            return due is not None and (now <= due) == (relation == "before")
        return guards[need]()


def _refusal(life: Lifecycle, need: str) -> str:
    guard = life.guards.get(need)
    return guard.refusal if guard else ""


def _check_guards(life: Lifecycle) -> None:
    unknown = sorted(life.guards.keys() - GUARDS[life.object])
    if unknown:
        raise ConfigurationProblem(
            f"the lifecycle of {life.object} has a guard {unknown[0]!r} that the mock can't judge",
            f"use one of: {', '.join(sorted(GUARDS[life.object]))}",
        )
