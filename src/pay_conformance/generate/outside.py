"""What can happen to an object that no call does: the events of its lifecycle."""

from __future__ import annotations

from pay_conformance.generate.model import Thing, World

_DERIVED = frozenset(
    {
        "open charges hold the whole amount",
        "an open charge ends",
        "the whole amount is captured",
        "a charge is hard declined",
        "a charge is rejected by Amazon",
        "buyer approves",
    }
)
"""Events that follow from others, so that nobody can make them happen."""


def possible_events(world: World, thing: Thing) -> list[str]:
    """Return the events that can be made to happen to an object in its state, in their order."""
    life = world.contract.lifecycle(thing.kind, world.api)
    return [
        move.on
        for move in life.moves
        if move.source == thing.state
        and move.on in life.events
        and move.on not in _DERIVED
        and world.api in move.api
    ]
