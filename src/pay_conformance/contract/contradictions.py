"""Finds two rules that demand incompatible outcomes of the same state and request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from pay_conformance.contract.model import Api, Lifecycle, Move


def of_lifecycle(life: Lifecycle, api: Api) -> Iterator[tuple[str, str]]:
    """Yield what contradicts itself in a lifecycle: what is wrong, and what to do about it.

    Two moves contradict each other that begin in one state, on one trigger, under the same
    conditions, and lead to different states. To one state they may lead for several reasons, but if
    time alone decides. A move contradicts a refusal of its operation where it begins.
    """
    for one, other in combinations(life.moves, 2):
        differ = one.target != other.target or (one.timer and one.reason != other.reason)
        if differ and api in one.api & other.api and _same_case(life, one, other):
            start = f"on {one.on or one.timer} a {life.object} that is {one.source or 'new'}"
            what = f"{start} goes to {_end(one)} and to {_end(other)}"
            yield what, "tell the two apart by 'needs', or remove one"
    for move in life.moves:
        if move.source and (move.on, move.source) in life.refused:
            what = f"{move.on} moves a {life.object} that is {move.source}, and is refused there"
            yield what, f"add {move.on} to the operations of {move.source}, or remove the move"


def between(one: Any, other: Any, place: str = "") -> str:
    """Return the first place at which two expectations can't both hold; empty if they can.

    Expectations are values, or mappings of which each says only what it names. Two numbers or two
    truths that differ can't both hold; whether two texts can, depends on what they mean.
    """
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        shared = sorted(one.keys() & other.keys())
        places = (between(one[key], other[key], f"{place}/{key}") for key in shared)
        return next(filter(None, places), "")
    plain = isinstance(one, int | float) and isinstance(other, int | float)
    return place or "/" if plain and one != other else ""


def _same_case(life: Lifecycle, one: Move, other: Move) -> bool:
    if (one.source, one.on, one.timer) != (other.source, other.on, other.timer):
        return False
    return _conditions(life, one) == _conditions(life, other)


def _conditions(life: Lifecycle, move: Move) -> frozenset[str]:
    """Return what selects a move: a guard with a refusal does not, it refuses the move selected."""
    return frozenset(
        need for need in move.needs if need not in life.guards or not life.guards[need].refusal
    )


def _end(move: Move) -> str:
    return f"{move.target} ({move.reason})" if move.reason else move.target
