"""The way to a server in this process for an HTTP client, which thinks that it goes out."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from pay_conformance.exchange import Request, Response, as_headers


class DirectTransport(httpx.BaseTransport):
    """Lets ``send`` answer each request."""

    def __init__(self, send: Callable[[Request], Response]) -> None:
        self._send = send

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to a request."""
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
