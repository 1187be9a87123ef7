"""HTTP/1.1 over a stream, from the server's side: requests in, answers and faults out."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

import httptools

from pay_conformance.exchange import Headers, Response
from pay_conformance.gateway.faults import Fault, FaultKind
from pay_conformance.gateway.stream import CHUNK, Stream

_FRAMING = {"connection", "keep-alive", "transfer-encoding", "content-length", "upgrade", "te"}
"""Headers that describe one hop; this side writes its own."""

_BODILESS = {204, 304}
_CONTINUE = b"HTTP/1.1 100 \r\n\r\n"
_TUNNEL = b"HTTP/1.1 200 Connection established\r\n\r\n"
_TARGET = re.compile(rb"[\x21-\x7e]+")
_SPACE = b" \t"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a client may send and how long it may take; times in seconds, sizes in bytes."""

    head: float = 30
    """For the first byte, a whole request head, or the next request on an open connection."""
    body: float = 60
    handshake: float = 15
    write: float = 30
    """For the client to read what was sent; one that never reads is dropped."""
    head_bytes: int = 64 * 1024
    body_bytes: int = 8 * 1024 * 1024
    connections: int = 4096


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as the parser saw it: ``target`` in origin, absolute or authority form.

    ``keep`` says whether the client goes on with the connection.
    """

    method: str
    target: str
    headers: Headers
    body: bytes
    keep: bool = False


class NotHttp(Exception):
    """What came is no HTTP/1.1, or too much of it; ``status`` is how it is answered."""

    def __init__(self, says: str, status: int = 400) -> None:
        super().__init__(says)
        self.status = status


class TooLarge(Exception):
    """A request body went past the limit."""


def _too_large_a_head() -> NotHttp:
    return NotHttp("the headers are too large", 431)


class _Reading:
    """The requests in what arrives on one connection; its methods are what the parser calls."""

    def __init__(self, limits: Limits) -> None:
        self.whole: deque[Incoming] = deque()
        self.problem: NotHttp | TooLarge | None = None
        self.trailing = b""
        """What came after a ``CONNECT``: it is for somebody else."""
        self._limits = limits
        self._parser = httptools.HttpRequestParser(self)
        self._target: bytes
        self._hosts: int
        self._head: int
        self._headers: list[tuple[str, str]]
        self._body: list[bytes]
        self._begin()

    def feed(self, data: bytes) -> None:
        """Take what has arrived."""
        if not self.in_body:
            self._of_head += len(data)
        while data and self.problem is None:
            try:
                self._parser.feed_data(data)
                break
            except httptools.HttpParserUpgrade as upgrade:
                # An offer to speak something else, such as HTTP/2, need not be taken up.
                data = data[upgrade.args[0] :]
                if self.whole and self.whole[-1].method == "CONNECT":
                    self.trailing = data
                    return
            except httptools.HttpParserError as error:
                self.problem = self.problem or NotHttp(str(error))
        if not self.in_body and self._of_head > self._limits.head_bytes:
            self.problem = self.problem or _too_large_a_head()

    def end(self) -> None:
        """Take note that nothing more comes.

        Raises:
            NotHttp: if it ends in the middle of a request.

        """
        if self._begun:
            raise NotHttp("the client left in the middle of a request")

    # What the parser calls.

    def on_message_begin(self) -> None:
        """Take note that a request has begun."""
        self._begun = True

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        self._target += url
        self._head += len(url)
        if self._head > self._limits.head_bytes:
            self._refuse(_too_large_a_head())

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; one that follows the body is counted and dropped."""
        self._head += len(name) + len(value)
        if self._head > self._limits.head_bytes:
            self._refuse(_too_large_a_head())
        if self.in_body:
            return
        value = value.strip(_SPACE)
        lower = name.lower()
        if lower == b"host":
            self._hosts += 1
        elif lower == b"expect":
            self.asks_to_go_on = value.lower() == b"100-continue"
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """Look at what has to be known before the body is read."""
        self.in_body = True
        version = self._parser.get_http_version()
        if version not in ("1.0", "1.1"):
            self._refuse(NotHttp(f"this is HTTP/{version}"))
        if _TARGET.fullmatch(self._target) is None:
            self._refuse(NotHttp("the target holds what no target may hold"))
        if self._hosts > 1 or (not self._hosts and version == "1.1"):
            self._refuse(NotHttp("there is not one Host header"))
        self._lasts = version == "1.1"
        self.asks_to_go_on = self.asks_to_go_on and self._lasts

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self.asks_to_go_on = False
        self._body.append(body)
        self._size += len(body)
        if self._size > self._limits.body_bytes:
            self._refuse(TooLarge())

    def on_message_complete(self) -> None:
        """Put the request by until its turn comes."""
        parser = self._parser
        method = parser.get_method().decode("latin-1")
        keep = self._lasts and parser.should_keep_alive()
        self.whole.append(
            Incoming(
                method,
                self._target.decode("latin-1"),
                tuple(self._headers),
                b"".join(self._body),
                keep and method != "CONNECT",
            )
        )
        self._begin()

    def _begin(self) -> None:
        self.in_body = False
        self.asks_to_go_on = False
        self._begun = False
        self._target = b""
        self._headers = []
        self._hosts = 0
        self._head = 0
        self._of_head = 0
        self._lasts = False
        self._body = []
        self._size = 0

    def _refuse(self, problem: NotHttp | TooLarge) -> NoReturn:
        """Let the parser stop."""
        self.problem = problem
        raise problem


class Conversation:
    """The requests and answers of one connection, one after the other."""

    def __init__(self, stream: Stream, limits: Limits, first: bytes = b"") -> None:
        self.stream = stream
        self._limits = limits
        self._reading = _Reading(limits)
        self._method = ""
        self._keep = False
        if first:
            self._reading.feed(first)

    async def next_request(self) -> Incoming | None:
        """Return the next request, or ``None`` when the client is done.

        Raises:
            NotHttp: if what came is no HTTP/1.1.
            TooLarge: if the body is larger than allowed.
            TimeoutError: if the client took too long.

        """
        reading = self._reading
        self._method = ""  # what is refused next may be no request at all
        self._keep = False
        self.stream.give(self._limits.head)
        in_body = False
        while not reading.whole:
            if reading.problem is not None:
                raise reading.problem
            if reading.in_body and not in_body:
                in_body = True
                self.stream.give(self._limits.body)
            if reading.asks_to_go_on:
                reading.asks_to_go_on = False
                await self.send_raw(_CONTINUE)
            data = await self.stream.read()
            if not data:
                reading.end()
                return None
            reading.feed(data)
        self.stream.give(None)
        incoming = reading.whole.popleft()
        self._method, self._keep = incoming.method, incoming.keep
        return incoming

    async def answer(self, answer: Response | Fault) -> bool:
        """Send an answer, or act out a fault; say whether the connection can be used again."""
        if isinstance(answer, Response):
            await self.send_raw(self.serialised(answer))
            return self._keep
        await _act_out(self, answer)
        return False

    async def refuse(self, status: int, message: str) -> None:
        """Answer with an error of the gateway's own, and end the connection."""
        self._keep = False
        headers = (("content-type", "text/plain; charset=utf-8"),)
        await self.answer(Response(status, headers, f"pay-conformance: {message}\n".encode()))

    async def accept_tunnel(self) -> bytes:
        """Say yes to a ``CONNECT``; return what the client already sent into the tunnel."""
        await self.send_raw(_TUNNEL)
        return self._reading.trailing

    async def send_raw(self, data: bytes) -> None:
        """Send bytes as they are, within the time that a client has to read them."""
        rest = data[CHUNK:]
        if not self.stream.send(data[:CHUNK]) or rest:
            async with asyncio.timeout(self._limits.write):
                await self.stream.drained()
                await self.stream.write(rest)

    def serialised(self, response: Response) -> bytes:
        """Return the whole answer as bytes, also for faults that send a part of it."""
        lines = [_status_line(response.status)]
        for name, value in response.headers:
            lower = name.lower()
            if lower not in _FRAMING:
                lines.append(f"{name}: {value}\r\n")
            elif lower == "connection" and "close" in value.lower():
                self._keep = False
        lines.append(f"content-length: {len(response.body)}\r\n")
        lines.append("\r\n" if self._keep else "connection: close\r\n\r\n")
        head = "".join(lines).encode("latin-1")
        if self._method == "HEAD" or response.status in _BODILESS:
            return head
        return head + response.body

    async def until_the_client_leaves(self) -> None:
        """Read and forget, until the client closes its side."""
        while await self.stream.read():
            pass


@lru_cache(maxsize=64)
def _status_line(status: int) -> str:
    return f"HTTP/1.1 {status} \r\n"


async def _act_out(conversation: Conversation, fault: Fault) -> None:
    match fault.kind:
        case FaultKind.RESET:
            conversation.stream.reset()
        case FaultKind.CLOSE:
            pass
        case FaultKind.SILENCE:
            await conversation.until_the_client_leaves()
        case FaultKind.CUT:
            whole = conversation.serialised(fault.response)
            await conversation.send_raw(whole[: len(whole) - (len(fault.response.body) + 1) // 2])
        case FaultKind.GARBAGE:
            await conversation.send_raw(b"\x00\xff this is no HTTP \r\n\r\n")
        case FaultKind.DRIP:
            whole = conversation.serialised(fault.response)
            for start in range(0, len(whole), 16):
                await conversation.send_raw(whole[start : start + 16])
                await asyncio.sleep(fault.pause)
