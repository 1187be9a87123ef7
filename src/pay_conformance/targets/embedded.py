"""The reference server in this very process: no socket, no thread, no start-up."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from pay_conformance.contract import Contract
from pay_conformance.exchange import Request, Response
from pay_conformance.mock import Mock
from pay_conformance.mock.faults import Disturbed
from pay_conformance.mock.outbox import Delivery, headers
from pay_conformance.targets.control import ControlClient
from pay_conformance.targets.merchant import Merchant
from pay_conformance.targets.target import NoAnswer

if TYPE_CHECKING:  # nothing here goes over a network but a notification, and that is one POST
    import httpx

_PATIENCE: Final = 5.0
"""Seconds that a receiver of notifications, which is on this machine, has to answer."""

Alter = Callable[[Request, Response], Response]
"""Changes an answer on its way: what makes a right server a wrong one."""


class EmbeddedMock:
    """The mock, run on a contract. With another contract, or ``alter``, it is a wrong server."""

    name = "mock"
    base_url = "https://pay-api.amazon.com"
    options: tuple[str, ...] = ("--target", "mock")

    def __init__(
        self, contract: Contract | None = None, *, seed: int = 0, alter: Alter | None = None
    ) -> None:
        self.mock = Mock(contract or Contract.load(), seed=seed)
        self._alter = alter
        self._control = ControlClient(self.mock.control)
        self._capabilities = self._control.capabilities()

    @property
    def capabilities(self) -> frozenset[str]:
        """What the mock's control API says that it can do."""
        return self._capabilities

    @property
    def control(self) -> ControlClient | None:
        """The mock's control API."""
        return self._control

    def merchant(self, region: str | None = None) -> Merchant:
        """Return a new merchant."""
        return self._control.new_merchant(region or "na")

    def send(self, request: Request) -> Response:
        """Let the mock answer.

        Raises:
            NoAnswer: if a fault that was asked for resets the connection.

        """
        response = self.mock.handle(request)
        if isinstance(response, Disturbed) and response.reset:
            raise NoAnswer("the connection was reset")
        return response if self._alter is None else self._alter(request, response)

    def transport(self) -> httpx.BaseTransport:
        """Return a transport whose requests end in the mock."""
        from pay_conformance.targets.direct_transport import DirectTransport

        return DirectTransport(self.send)

    def deliver(self) -> None:
        """Post the notifications that are due: here nothing else does it."""
        for merchant, due in self.mock.notifications_due():
            for delivery in due:
                status = _posted(merchant.outbox.endpoint or "", delivery)
                self.mock.notified(merchant, delivery, status)

    def close(self) -> None:
        """Do nothing: there is nothing open."""


def _posted(endpoint: str, delivery: Delivery) -> int | None:
    """Post a notification over a connection of its own; ``None`` where nothing answers."""
    place = urlsplit(endpoint)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    path = f"{place.path or '/'}{'?' if place.query else ''}{place.query}"
    try:
        connection = kind(place.hostname or "", place.port, timeout=_PATIENCE)
        with contextlib.closing(connection):
            content = json.dumps(delivery.envelope).encode()
            connection.request("POST", path, content, dict(headers(delivery)))
            return connection.getresponse().status
    except (OSError, ValueError, http.client.HTTPException):
        return None
