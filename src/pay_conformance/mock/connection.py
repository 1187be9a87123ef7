"""HTTP/1.1 from a server's side: reads requests off a connection and answers them in their order.

Answers are made without a task of their own: that is what makes a small server fast. Only what a
fault disturbs takes time, and what follows it on the connection waits. Requests that arrive
together are read first, then verified, then served: what one step needs is still in the caches of
the processor for the next request, which saves a third of the time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from typing import Final

import httptools

from pay_conformance.exchange import Request, Response
from pay_conformance.mock.admission import LARGEST_BODY
from pay_conformance.mock.asgi import App, Message, Scope
from pay_conformance.mock.bounds import MOST_WAITING
from pay_conformance.mock.faults import Disturbed
from pay_conformance.mock.server import Admitted

LARGEST_HEAD: Final = 64 * 1024
"""Bytes of a request's target and headers that are read."""

IDLE: Final = 75.0
"""Seconds after which a connection is closed on which nothing happens."""

_LINGER: Final = 1.0
"""Seconds in which a client that is still sending can read why it is refused."""

_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_KNOWN: Final = frozenset(HTTPStatus)
_CLOSE: Final = b"connection: close\r\n"
_TEXT: Final = (("content-type", "text/plain"),)


@dataclass(slots=True)
class Connections:
    """The open connections of a server, and those by their client's address that a fault needs."""

    most: int
    """How many may be open; a client that comes when there are more finds its own closed."""
    soon: Callable[[Callable[[], None]], object]
    """Lets something be done after what has arrived was read: ``call_soon`` of an event loop."""
    every: set[Connection] = field(default_factory=set)
    by_client: dict[tuple[str, int], asyncio.Transport] = field(default_factory=dict)
    asking: list[Connection] = field(default_factory=list)
    """Those whose requests have been read in this round of the event loop."""

    def ask(self, connection: Connection) -> None:
        """Let a connection's requests be answered when all has been read that has arrived."""
        self.asking.append(connection)
        if len(self.asking) == 1:
            self.soon(self._answer)

    def _answer(self) -> None:
        asking, self.asking = self.asking, []
        for connection in asking:
            connection.admit()
        for connection in asking:
            connection.serve()

    def close_idle(self, before: float) -> None:
        """Close those on which nothing has happened since a time of the event loop."""
        for connection in tuple(self.every):
            if not connection.busy and connection.heard < before:
                connection.close()


class Connection(asyncio.Protocol):
    """One client's connection to an application."""

    def __init__(self, app: App, connections: Connections, clock: Callable[[], float]) -> None:
        self.heard = clock()
        self._app = app
        self._connections = connections
        self._clock = clock
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport
        self._client: tuple[str, int] | None = None
        self._gone = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._waiting: deque[tuple[Request | Response, bool]] = deque()
        """Requests, or answers to what is none, and whether the connection stays open after it."""
        self._asks = False
        self._admitted: Admitted | Response | None = None
        self._closing = False
        self._lingers = False
        self._chunk = 0
        self._begin()

    @property
    def busy(self) -> bool:
        """Say whether an answer is on its way."""
        return self._task is not None or bool(self._waiting)

    def close(self) -> None:
        """Close the connection after what has been written."""
        self._closing = True
        self._waiting.clear()
        self._transport.close()

    def abort(self) -> None:
        """Close the connection at once."""
        self._closing = True
        self._waiting.clear()
        self._transport.abort()

    # What the connections call, of all that have asked at the same time: first one, then the other.

    def admit(self) -> None:
        """Verify the first of the requests that wait; what follows it may depend on its effect."""
        request = self._waiting[0][0] if self._waiting else None
        if isinstance(request, Request) and self._task is None:
            self._admitted = self._app.admit(request)

    def serve(self) -> None:
        """Answer the requests that wait, until one takes time."""
        self._asks = False
        client = self._client[0] if self._client else None
        while self._waiting and self._task is None:
            admitted, self._admitted = self._admitted, None
            asked, keep = self._waiting.popleft()
            if isinstance(asked, Response):
                self._write(asked, keep=keep, bodiless=False)
                continue
            response = self._app.answer(asked, client, admitted)
            if isinstance(response, Disturbed):
                self._task = asyncio.ensure_future(self._disturb(response, keep=keep))
                self._hold_back()
            else:
                self._write(response, keep=keep, bodiless=asked.method == "HEAD")
        if self._head_is_whole:
            self._ask_for_body()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Remember the connection."""
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self._connections.every.add(self)
        if len(self._connections.every) > self._connections.most:
            self.abort()
        if peer is not None:
            self._client = (str(peer[0]), int(peer[1]))
            self._connections.by_client[self._client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._closing = True
        self._waiting.clear()
        self._gone.set()
        self._connections.every.discard(self)
        if self._client is not None:
            self._connections.by_client.pop(self._client, None)

    def eof_received(self) -> None:
        """Answer what has been asked before the transport closes: the client may still read."""
        self.serve()

    def pause_writing(self) -> None:
        """Read no more from a client that doesn't read itself."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Read on."""
        self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Take what has arrived."""
        self.heard = self._clock()
        self._chunk = len(data)
        self._arrived += self._chunk
        while data and not self._closing:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                # An offer to speak something else, such as HTTP/2, need not be taken up.
                data = data[upgrade.args[0] :]
            except httptools.HttpParserError:
                self._refuse(400, b"this is no HTTP request")
                return
            else:
                break
        if self._head_is_whole:
            self._ask_for_body()
        # A header that does not end is not told of, however much of it has arrived.
        elif self._arrived > 2 * LARGEST_HEAD:
            self._refuse_head()

    # What the parser calls.

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; what comes behind a body says nothing that is asked for."""
        if not self._head_is_whole:
            self._headers.append((_lower(name), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """Refuse a head that is too large."""
        self._head_is_whole = True
        # Where no more than this has arrived, the head can't be larger.
        if self._arrived > LARGEST_HEAD:
            size = len(self._target) + sum(len(name) + len(value) for name, value in self._headers)
            if size > LARGEST_HEAD:
                self._refuse_head()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body; one that is too large is answered before it is read."""
        if self._closing:
            return
        self._body.append(body)
        self._size += len(body)
        if self._size > LARGEST_BODY:
            self._complete(keep=False)
            self._closing = self._lingers = True

    def on_message_complete(self) -> None:
        """Answer."""
        if not self._closing:
            self._complete(keep=self._parser.should_keep_alive())

    def _begin(self) -> None:
        self._target = b""
        self._headers: list[tuple[str, str]] = []
        self._head_is_whole = False
        self._asked = False
        self._arrived = self._chunk
        self._body: list[bytes] = []
        self._size = 0

    def _ask_for_body(self) -> None:
        """Ask for a body that is still to come, if the client waits to be asked."""
        if self._asked or self._closing or self.busy:
            return
        self._asked = True
        for name, value in self._headers:
            if name == "expect" and value.lower() == "100-continue":
                self._transport.write(_CONTINUE)

    def _refuse_head(self) -> None:
        if not self._closing:
            self._refuse(431, b"the headers are too large")

    def _complete(self, *, keep: bool) -> None:
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        url = _url(self._target)
        if url is None:
            self._refuse(400, b"the target is no URL")
            return
        request = _Arrived(self._parser.get_method().decode(), url, tuple(self._headers), body)
        self._begin()
        self._wait(request, keep=keep)

    def _wait(self, asked: Request | Response, *, keep: bool) -> None:
        self._waiting.append((asked, keep))
        if self._task is not None:
            self._hold_back()
        elif not self._asks:
            self._asks = True
            self._connections.ask(self)

    def _hold_back(self) -> None:
        """Keep requests behind an answer that takes time, if they are not too many."""
        if len(self._waiting) > MOST_WAITING:
            self.abort()

    def _write(self, response: Response, *, keep: bool, bodiless: bool) -> None:
        self._transport.write(_serialised(response, keep=keep, bodiless=bodiless))
        if keep:
            return
        if self._lingers:
            self._linger()
        else:
            self.close()

    async def _disturb(self, response: Disturbed, *, keep: bool) -> None:
        scope: Scope = {"client": self._client}
        await self._app.disturbed(self._send, self._until_gone, response, scope)
        self._task = None
        if not keep:
            self.close()
        self.serve()

    async def _send(self, message: Message) -> None:
        if self._closing:
            return
        if message["type"] == "http.response.start":
            lines = [name + b": " + value + b"\r\n" for name, value in message["headers"]]
            self._transport.write(b"".join([_status_line(message["status"]), *lines, b"\r\n"]))
        else:
            self._transport.write(message["body"])

    async def _until_gone(self) -> Message:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    def _refuse(self, status: int, text: bytes) -> None:
        self._closing = self._lingers = True
        self._wait(Response(status, _TEXT, text + b"\n"), keep=False)

    def _linger(self) -> None:
        """Close soon: to close at once, with bytes unread, would reset what was just written."""
        self._waiting.clear()
        asyncio.get_running_loop().call_later(_LINGER, self._transport.close)


_HOST: Final = "http://mock"


class _Arrived(Request):
    """A request that came here: its URL is one that was put together here."""

    __slots__ = ()

    @property
    def path(self) -> str:
        """The path as sent, still percent-encoded."""
        return self.url[len(_HOST) :].partition("?")[0]

    @property
    def query(self) -> str:
        """The query string as sent, without the question mark."""
        return self.url.partition("?")[2]


@lru_cache(maxsize=128)
def _lower(name: bytes) -> str:
    return name.decode("latin-1").lower()


@lru_cache(maxsize=64)
def _status_line(status: int) -> bytes:
    phrase = HTTPStatus(status).phrase if status in _KNOWN else "Unknown"
    return f"HTTP/1.1 {status} {phrase}\r\n".encode()


def _url(target: bytes) -> str | None:
    """Return a target as the URL of a request, or ``None`` if it is none.

    The host is not used: a path may begin with two slashes, and a Host header may be anything.
    """
    if not target.startswith(b"/") or b"#" in target:
        try:
            parts = httptools.parse_url(target)
        except httptools.HttpParserInvalidURLError:
            return None
        target = (parts.path or b"/") + (b"?" + parts.query if parts.query else b"")
    return _HOST + target.decode("latin-1")


def _serialised(response: Response, *, keep: bool, bodiless: bool) -> bytes:
    lines = "".join([f"{name}: {value}\r\n" for name, value in response.headers])
    return b"%s%scontent-length: %d\r\n%s\r\n%s" % (
        _status_line(response.status),
        lines.encode("latin-1"),
        len(response.body),
        b"" if keep else _CLOSE,
        b"" if bodiless else response.body,
    )
