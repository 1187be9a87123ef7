"""Room for the frames of deep calls, so that a run does not ask the system for it at each call."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Final, TypeVar, cast

_Result = TypeVar("_Result")

_SLOTS: Final = 70_000
"""Pointers that the frame claims to need: half a megabyte, for which a whole one is set aside."""


def with_room(work: Callable[[], _Result]) -> _Result:
    """Return what ``work`` returns; whatever it calls has half a megabyte for its frames.

    CPython keeps the frames of Python functions in pieces of 16 KB, and returns a piece to the
    system as soon as no frame is in it. Where a loop calls across the end of a piece, it asks for
    memory at each turn: under pytest and Hypothesis that was so twice for each request of a run. A
    frame that says it needs more than there is gets a larger piece, the rest of which is for those
    that follow. Elsewhere this is a call as any other.

    Source: CPython, Python/pystate.c: ``push_chunk`` and ``_PyThreadState_PopFrame``
    """
    return cast("Callable[[Callable[[], _Result]], _Result]", _roomy)(work)


def _call(work: Callable[[], _Result]) -> _Result:
    return work()


_roomy: Final = FunctionType(_call.__code__.replace(co_stacksize=_SLOTS), globals())
