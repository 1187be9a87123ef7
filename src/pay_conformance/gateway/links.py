"""The way of requests on to a server: connections that are kept, and bytes that are not touched.

A client library does more than to pass on. aiohttp, the fastest that was tried, asks again by
itself after an answer that got lost, takes what follows an answer for the next one, adds headers
and moves them: an application would be judged by what it did not send.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import urllib.request
from collections import defaultdict
from dataclasses import replace
from functools import cache, lru_cache
from typing import cast
from urllib.parse import urlsplit

import httptools
import httpx

from pay_conformance.exchange import Request, Response
from pay_conformance.gateway import passage

_SECONDS = 120
"""For a connection, and for an answer."""

_IDLE = 5
"""Seconds after which a connection is not used again: its server may be about to close it."""

_FRAMING = {"content-length", "transfer-encoding"}
_HAVE_BODIES = {"POST", "PUT", "PATCH"}
_GONE = "the server closed the connection without a whole answer"

_PARTS = re.compile(r"([A-Za-z]+://[^/?#]*)([^#]*)")
_Origin = tuple[str, str, int]
"""Scheme, host and port."""


class Links:
    """Sends requests on, each over a connection of its own while it lasts.

    A server that is reached through a proxy of this environment, or whose URL names a user, is
    left to a client that knows about them.
    """

    def __init__(self) -> None:
        self._idle: dict[_Origin, list[_Link]] = defaultdict(list)
        self._open: set[_Link] = set()

    async def send(self, request: Request, url: str) -> Response:
        """Return the answer of the server that ``url`` names, its body still coded.

        The URL of the request is not used.

        Raises:
            OSError: if there is none.

        """
        base, target = _taken_apart(url)
        origin = _origin(base)
        if origin is None:
            return await asyncio.to_thread(passage.forward, replace(request, url=url))
        link = self._idle_one(origin) or await self._new_one(origin)
        try:
            response = await link.ask(request, base.partition("://")[2], target)
        except BaseException:
            link.close()
            raise
        if link.usable:
            self._idle[origin].append(link)
        else:
            link.close()
        return response

    async def close(self) -> None:
        """Close all connections."""
        links = tuple(self._open)
        for link in links:
            link.close()
        await asyncio.gather(*(link.closed for link in links))

    def _idle_one(self, origin: _Origin) -> _Link | None:
        idle = self._idle[origin]
        latest = asyncio.get_running_loop().time() - _IDLE
        while idle:
            link = idle.pop()
            if link.usable and link.since > latest:
                return link
            link.close()
        return None

    async def _new_one(self, origin: _Origin) -> _Link:
        scheme, host, port = origin
        loop = asyncio.get_running_loop()
        trust, name = (_trust(), host) if scheme == "https" else (None, None)
        try:
            async with asyncio.timeout(_SECONDS):
                _, link = await loop.create_connection(
                    lambda: _Link(self._open), host, port, ssl=trust, server_hostname=name
                )
        except TimeoutError as error:
            raise TimeoutError(f"no connection within {_SECONDS} seconds") from error
        return link


class _Link(asyncio.Protocol):
    """One connection to a server, which answers one request at a time."""

    def __init__(self, others: set[_Link]) -> None:
        loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[None] = loop.create_future()
        self.usable = False
        self.since = 0.0
        """When the last answer was there, in the time of the event loop."""
        self._loop = loop
        self._others = others
        self._transport: asyncio.Transport
        self._answer: asyncio.Future[Response] | None = None
        self._method = ""

    async def ask(self, request: Request, host: str, target: str) -> Response:
        """Send a request and return what comes back.

        Raises:
            OSError: if that is no whole answer.

        """
        self._method = request.method
        self._parser = httptools.HttpResponseParser(self)
        self._begin()
        self.usable = False
        self._answer = self._loop.create_future()
        if self.closed.done():
            raise ConnectionResetError(_GONE)
        self._transport.write(_serialised(request, host, target))
        timer = self._loop.call_later(_SECONDS, self._late)
        try:
            return await self._answer
        finally:
            timer.cancel()

    def close(self) -> None:
        """Close the connection."""
        self.usable = False
        self._transport.abort()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the way out."""
        self._transport = cast("asyncio.Transport", transport)
        self._others.add(self)

    def data_received(self, data: bytes) -> None:
        """Take what has arrived; more than was asked for spoils the connection."""
        if self._answer is None or self._answer.done():
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.usable = False
            self._fail(ConnectionError(f"the server's answer is no HTTP: {error}"))

    def connection_lost(self, exc: Exception | None) -> None:
        """End an answer that lasts until the end of the connection; any other is not whole."""
        self.usable = False
        self._others.discard(self)
        self.closed.set_result(None)
        if exc is None and self._status >= 200 and self._lasts:
            self._complete()
        reason = str(exc) if exc is not None else ""
        self._fail(ConnectionResetError(reason or _GONE))

    # What the parser calls.

    def on_message_begin(self) -> None:
        """Take note of an answer that nobody asked for: what follows it would be mistaken."""
        if self._answer is not None and self._answer.done():
            self.usable = False
            raise httptools.HttpParserError("there is more than one answer")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; one that follows the body goes no further."""
        if not self._status:
            text = value.strip(b" \t").decode("latin-1")
            self._headers.append((name.decode("latin-1"), text))

    def on_headers_complete(self) -> None:
        """Find out how the end of the body is told."""
        self._status = self._parser.get_status_code()
        if self._status >= 200:
            self._lasts = not any(name.lower() in _FRAMING for name, _ in self._headers)
            if self._method == "HEAD":
                self._complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Give the answer, unless it is one that only precedes it."""
        if self._status < 200:
            self._begin()
            return
        self.usable = self._parser.should_keep_alive() and self._method != "HEAD"
        self._complete()

    def _begin(self) -> None:
        self._status = 0
        self._lasts = False
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []

    def _complete(self) -> None:
        if self._answer is not None and not self._answer.done():
            self.since = self._loop.time()
            self._answer.set_result(
                Response(self._status, tuple(self._headers), b"".join(self._body))
            )

    def _late(self) -> None:
        self._fail(TimeoutError(f"no answer within {_SECONDS} seconds"))

    def _fail(self, error: OSError) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)


def _serialised(request: Request, host: str, target: str) -> bytes:
    lines = [f"{request.method} {target} HTTP/1.1\r\n"]
    named = False
    measured = not request.body and request.method not in _HAVE_BODIES
    for name, value in request.headers:
        lower = name.lower()
        if lower == "content-length":
            measured = True
        elif lower == "host":
            named = True
        if lower not in passage.ONE_HOP and lower != "transfer-encoding":
            lines.append(f"{name}: {value}\r\n")
    if not named:
        lines.insert(1, f"Host: {host}\r\n")
    if not measured:
        lines.append(f"Content-Length: {len(request.body)}\r\n")
    return "".join(lines).encode("latin-1") + b"\r\n" + request.body


@lru_cache(maxsize=64)
def _origin(base: str) -> _Origin | None:
    """Return where to connect for a URL, or ``None`` if it takes more than to connect.

    Raises:
        OSError: if it is no URL.

    """
    try:
        parts = urlsplit(base)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise OSError(f"{base} is no URL of a server: {error}") from error
    if not host or parts.username is not None or parts.scheme not in ("http", "https"):
        return None
    proxies = urllib.request.getproxies()
    proxied = parts.scheme in proxies or "all" in proxies
    if proxied and not urllib.request.proxy_bypass(host):
        return None
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80)


def _taken_apart(url: str) -> tuple[str, str]:
    """Return scheme and authority of a URL, and the target for its server, as it is written."""
    parts = _PARTS.match(url)
    if parts is None:
        raise OSError(f"{url} is no URL of a server")
    base, target = parts.groups()
    return base, target if target.startswith("/") else f"/{target}"


@cache
def _trust() -> ssl.SSLContext:
    trust = httpx.create_ssl_context()
    trust.set_alpn_protocols(["http/1.1"])
    return trust
