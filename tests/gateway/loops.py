"""An event loop for a test that has to wait for something."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from pay_conformance.mock.event_loop import new_event_loop

Result = TypeVar("Result")


def awaited(work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Return what ``work`` comes to, in the gateway's kind of loop and a thread of its own.

    A browser that tests of the same process share has a loop running in the main thread.
    """

    def run() -> Result:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            return runner.run(work())

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()
