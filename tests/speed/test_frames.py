"""Deep calls have room: what the system is asked for is counted in the pages that it gives."""

from __future__ import annotations

import resource
from collections.abc import Callable

import pytest

from pay_conformance.frames import with_room

DEPTHS = 300
TURNS = 20


def _deep(calls: int) -> int:
    return 1 + _deep(calls - 1) if calls else 0


def _across() -> int:
    """Call to each depth again and again, and so across each end of a piece of memory."""
    return sum(_deep(depth) for depth in range(DEPTHS) for _ in range(TURNS))


def _pages(work: Callable[[], int]) -> int:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    assert work() == TURNS * DEPTHS * (DEPTHS - 1) // 2
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def test_deep_calls_ask_for_no_memory_at_each_turn() -> None:
    # Python as it is asks again for at least every call that is deeper than one piece has room for.
    assert _pages(lambda: with_room(_across)) < DEPTHS < TURNS * DEPTHS / 4 < _pages(_across)


def test_result_and_error_come_through() -> None:
    assert with_room(lambda: "done") == "done"
    with pytest.raises(ZeroDivisionError) as raised:
        with_room(lambda: 1 // 0)
    assert raised.traceback
