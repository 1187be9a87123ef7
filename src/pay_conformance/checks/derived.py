"""Keeps what follows from the contract alone: worked out once, not for each exchange."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

_P = ParamSpec("_P")
_Owner = TypeVar("_Owner")
_Result = TypeVar("_Result")

_MOST: Final = 4096


def once_for_each(
    work: Callable[Concatenate[_Owner, _P], _Result],
) -> Callable[Concatenate[_Owner, _P], _Result]:
    """Remember the results of a function by the identity of its first argument, and the others.

    A contract and its lifecycles are never changed, and comparing them would cost more than most
    of what is derived from them. Only positional arguments are taken.
    """
    known: dict[tuple[Any, ...], tuple[_Owner, _Result]] = {}

    @wraps(work)
    def result(owner: _Owner, /, *rest: _P.args, **named: _P.kwargs) -> _Result:
        key = (id(owner), *rest)
        entry = known.get(key)
        if entry is None or entry[0] is not owner:
            if len(known) >= _MOST:
                known.clear()
            entry = known[key] = (owner, work(owner, *rest, **named))
        return entry[1]

    return result
