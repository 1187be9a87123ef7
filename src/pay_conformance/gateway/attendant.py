"""Who answers the requests that arrive at the gateway's port."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable

from pay_conformance.exchange import Request, Response
from pay_conformance.gateway.faults import Fault

Handler = Callable[[Request], Response | Fault]
"""What answers a request for Amazon. Its URL is absolute; it is called from several threads."""


class Attendant(ABC):
    """Answers requests in the thread of the port, in which it may wait but not block."""

    @abstractmethod
    async def handle(self, request: Request) -> Response | Fault:
        """Return the answer to a request, whose URL is absolute."""

    @abstractmethod
    def catch_up(self) -> None:
        """Do what could wait for an answer to be on its way; called after each, and at the end."""

    @abstractmethod
    async def leave(self) -> None:
        """Let go of connections; called as the last of all."""


class InThreads(Attendant):
    """Answers with a handler that may block, so that it is called in threads."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def handle(self, request: Request) -> Response | Fault:
        """Return what the handler answers."""
        return await asyncio.to_thread(self._handler, request)

    def catch_up(self) -> None:
        """Do nothing: the handler has done it all."""

    async def leave(self) -> None:
        """Do nothing: there is nothing to let go of."""
