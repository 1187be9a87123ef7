"""The reference server in this very process: no socket, no thread, no start-up."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

import httpx

from pay_conformance.contract import Contract
from pay_conformance.exchange import Request, Response, as_headers
from pay_conformance.mock import Mock
from pay_conformance.mock.faults import Disturbed
from pay_conformance.mock.outbox import Delivery, headers
from pay_conformance.targets.control import ControlClient
from pay_conformance.targets.merchant import Merchant
from pay_conformance.targets.target import NoAnswer

_PATIENCE: Final = 5.0
"""Seconds that a receiver of notifications, which is on this machine, has to answer."""

_ONE_EACH: Final = httpx.Limits(max_keepalive_connections=0)
"""Each notification comes over a connection of its own."""

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
        self._post: httpx.Client | None = None
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
        return _Direct(self.send)

    def deliver(self) -> None:
        """Post the notifications that are due: here nothing else does it."""
        for merchant, due in self.mock.notifications_due():
            for delivery in due:
                status = self._posted(merchant.outbox.endpoint or "", delivery)
                self.mock.notified(merchant, delivery, status)

    def close(self) -> None:
        """Close what notifications were posted with."""
        if self._post is not None:
            self._post.close()
            self._post = None

    def _posted(self, endpoint: str, delivery: Delivery) -> int | None:
        if self._post is None:  # to make one takes longer than to post
            self._post = httpx.Client(trust_env=False, timeout=_PATIENCE, limits=_ONE_EACH)
        content = json.dumps(delivery.envelope).encode()
        try:
            return self._post.post(endpoint, content=content, headers=headers(delivery)).status_code
        except httpx.HTTPError:
            return None


class _Direct(httpx.BaseTransport):
    def __init__(self, send: Callable[[Request], Response]) -> None:
        self._send = send

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._send(
            Request(
                request.method,
                str(request.url),
                as_headers(request.headers.multi_items()),
                request.read(),
            )
        )
        return httpx.Response(
            response.status, headers=list(response.headers), content=response.body
        )
