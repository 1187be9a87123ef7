"""Processes that share work: each begins as a copy of this one, with all that it has loaded."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from typing import Any

_WORK: list[Callable[[Any], Any]] = []
"""What a process of the crew does with a task; empty in the one that employs it."""


def side_by_side(
    work: Callable[[Any], Any], tasks: Sequence[Any], jobs: int
) -> Iterator[tuple[Any, Any]]:
    """Yield each task and what ``work`` made of it, as they are done.

    ``work`` may be any function, for it is not sent: only tasks and results are.
    """
    if jobs == 1 or len(tasks) < 2:
        yield from ((task, work(task)) for task in tasks)
        return
    context = multiprocessing.get_context("fork")
    with context.Pool(jobs, initializer=_begin, initargs=(work,)) as pool:
        yield from pool.imap_unordered(_done, tasks)


def _begin(work: Callable[[Any], Any]) -> None:
    """Leave it to the employer to end the crew: what ends that one comes here, too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _WORK.append(work)


def _done(task: Any) -> tuple[Any, Any]:
    return task, _WORK[-1](task)
