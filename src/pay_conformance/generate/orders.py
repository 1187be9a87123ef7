"""Searches for an order of concurrent calls that the model allows: one legal history, or none.

After Wing and Gong (1993), "Testing and Verifying Concurrent Objects": a history is legal if its
calls can be put one after the other, none before another that had ended when it began, so that
each got the answer that it gets there.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pay_conformance.generate.model import Deed, Illegal, World, accept
from pay_conformance.scenario import Answer


@dataclass(frozen=True, slots=True)
class Event:
    """One of several things that happened at once.

    ``until`` is set, and ``answer`` is not, where it was time that passed. ``after`` are the places
    (in the sequence of events) of those that had ended before this one began.
    """

    deed: Deed
    answer: Answer | None = None
    until: datetime | None = None
    after: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class History:
    """A legal order: the places of the events in it, and the world at its end."""

    order: tuple[int, ...]
    world: World


def find_order(
    world: World, events: Sequence[Event], readings: Sequence[tuple[Deed, Answer]] = ()
) -> History | None:
    """Return a legal order of events after which all readings are what the model says.

    ``None`` if there is none. Events that are equal but for their key are tried once at each step.
    """
    search = _Search(events, readings)
    return search.from_(world, (), frozenset(range(len(events))))


class _Search:
    def __init__(self, events: Sequence[Event], readings: Sequence[tuple[Deed, Answer]]) -> None:
        self._events = events
        self._readings = readings
        self._kinds = [_kind(event) for event in events]
        self._dead: set[Hashable] = set()

    def from_(self, world: World, order: tuple[int, ...], left: frozenset[int]) -> History | None:
        if not left:
            return History(order, world) if self._reads(world) else None
        state = (left_kinds(self._kinds, left), _fingerprint(world))
        if state in self._dead:
            return None
        tried: set[Hashable] = set()
        for place in sorted(left):
            event = self._events[place]
            if self._kinds[place] in tried or event.after & left:
                continue
            tried.add(self._kinds[place])
            after = _after(world, event)
            if after is not None:
                found = self.from_(after, (*order, place), left - {place})
                if found is not None:
                    return found
        self._dead.add(state)
        return None

    def _reads(self, world: World) -> bool:
        try:
            for deed, answer in self._readings:
                world = accept(world, deed, answer).world
        except Illegal:
            return False
        return True


def left_kinds(kinds: Sequence[Hashable], left: frozenset[int]) -> Hashable:
    """Return how many events of each kind are left, as something to compare."""
    counts: dict[Hashable, int] = {}
    for place in left:
        counts[kinds[place]] = counts.get(kinds[place], 0) + 1
    return frozenset(counts.items())


def _after(world: World, event: Event) -> World | None:
    if event.until is not None:
        return world.at(event.until)
    assert event.answer is not None
    try:
        return accept(world, event.deed, event.answer).world
    except Illegal:
        return None


def _kind(event: Event) -> Hashable:
    answer = event.answer
    seen = (answer.status, answer.reason, answer.state) if answer else ()
    return replace(event.deed, key=""), seen, event.until, event.after


def _fingerprint(world: World) -> Hashable:
    """Return what matters of a world; objects made in it are told apart by what they are."""
    things = [replace(thing, id="", plan=None, why="") for thing in world.things.values()]
    counts: dict[Hashable, int] = {}
    for thing in things:
        counts[thing] = counts.get(thing, 0) + 1
    return frozenset(counts.items()), world.now
