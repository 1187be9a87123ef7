"""Small changes to a contract, for mutants that are a line of data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Lifecycle, Move


def with_lifecycle(contract: Contract, name: str, **changes: Any) -> Contract:
    """Return the contract with parts of an object's lifecycle replaced, in both versions."""
    lifecycles = {
        key: replace(life, **changes) if key[0] == name else life
        for key, life in contract.lifecycles.items()
    }
    return contract.replaced(lifecycles=lifecycles)


def life_of(contract: Contract, name: str) -> Lifecycle:
    """Return the lifecycle of an object in v2."""
    return contract.lifecycle(name, "v2")


def with_timer(contract: Contract, name: str, timer: str, after: timedelta) -> Contract:
    """Return the contract with another duration of a timer."""
    timers = dict(life_of(contract, name).timers)
    timers[timer] = replace(timers[timer], after=after, months=0)
    return with_lifecycle(contract, name, timers=timers)


def without_moves(contract: Contract, name: str, **like: Any) -> Contract:
    """Return the contract without the moves whose attributes are those given."""
    moves = tuple(move for move in life_of(contract, name).moves if not _is_like(move, like))
    return with_lifecycle(contract, name, moves=moves)


def with_moves(contract: Contract, name: str, changes: Mapping[str, Any], **like: Any) -> Contract:
    """Return the contract with some moves changed: those whose attributes are those given."""
    moves = tuple(
        replace(move, **changes) if _is_like(move, like) else move
        for move in life_of(contract, name).moves
    )
    return with_lifecycle(contract, name, moves=moves)


def without_needs(contract: Contract, name: str, *needs: str) -> Contract:
    """Return the contract in which no move of an object needs these guards."""
    moves = tuple(
        replace(move, needs=tuple(need for need in move.needs if need not in needs))
        for move in life_of(contract, name).moves
    )
    return with_lifecycle(contract, name, moves=moves)


def with_operation(contract: Contract, name: str, state: str, operation: str) -> Contract:
    """Return the contract in which a state does not refuse an operation."""
    refused = {
        key: refusal
        for key, refusal in life_of(contract, name).refused.items()
        if key != (operation, state)
    }
    return with_lifecycle(contract, name, refused=refused)


def with_move(contract: Contract, name: str, move: Move) -> Contract:
    """Return the contract with one more move."""
    return with_lifecycle(contract, name, moves=(*life_of(contract, name).moves, move))


def with_refusal(contract: Contract, name: str, guard: str, code: str) -> Contract:
    """Return the contract in which a guard refuses with another reason code."""
    guards = dict(life_of(contract, name).guards)
    guards[guard] = replace(guards[guard], refusal=code)
    return with_lifecycle(contract, name, guards=guards)


def with_status(contract: Contract, code: str, status: int) -> Contract:
    """Return the contract in which a reason code comes with another status."""
    errors = dict(contract.errors)
    errors[code] = replace(errors[code], statuses=(status,))
    return contract.replaced(errors=errors)


def with_limit(contract: Contract, name: str, value: str) -> Contract:
    """Return the contract with another number for a limit, in every currency."""
    limits = dict(contract.limits)
    number = Decimal(value)
    currencies = dict.fromkeys(limits[name].by_currency, number)
    limits[name] = replace(limits[name], value=number, by_currency=currencies)
    return contract.replaced(limits=limits)


def without_limit(contract: Contract, name: str) -> Contract:
    """Return the contract without a limit."""
    limits = {key: limit for key, limit in contract.limits.items() if key != name}
    return contract.replaced(limits=limits)


def with_simulation(contract: Contract, operation: str, code: str, **changes: Any) -> Contract:
    """Return the contract in which a simulation code does something else."""
    simulations = tuple(
        replace(entry, **changes) if (entry.operation, entry.code) == (operation, code) else entry
        for entry in contract.simulations
    )
    return contract.replaced(simulations=simulations)


def with_card(contract: Contract, ending: str, **changes: Any) -> Contract:
    """Return the contract in which a test card does something else."""
    cards = tuple(
        replace(card, **changes) if card.ending == ending else card for card in contract.cards
    )
    return contract.replaced(cards=cards)


def _is_like(move: Move, like: Mapping[str, Any]) -> bool:
    return all(getattr(move, name) == value for name, value in like.items())
