"""HTTP/1.1 over a stream, from the server's side: requests in, answers and faults out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import h11

from pay_conformance.exchange import Headers, Response
from pay_conformance.gateway.faults import Fault, FaultKind
from pay_conformance.gateway.stream import Stream

_FRAMING = {"connection", "keep-alive", "transfer-encoding", "content-length", "upgrade", "te"}
"""Headers that describe one hop; this side writes its own."""

_BODILESS = {204, 304}


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
    """A request as the parser saw it: ``target`` in origin, absolute or authority form."""

    method: str
    target: str
    headers: Headers
    body: bytes

    @property
    def host(self) -> str:
        """The ``Host`` header, or ``""``."""
        return next((value for name, value in self.headers if name.lower() == "host"), "")


class TooLarge(Exception):
    """A request body went past the limit."""


class Conversation:
    """The requests and answers of one connection, one after the other."""

    def __init__(self, stream: Stream, limits: Limits, first: bytes = b"") -> None:
        self.stream = stream
        self._limits = limits
        self._parser = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.head_bytes)
        self._method = b""
        if first:
            self._parser.receive_data(first)

    async def next_request(self) -> Incoming | None:
        """Return the next request, or ``None`` when the client is done.

        Raises:
            h11.RemoteProtocolError: if what came is no HTTP/1.1.
            TooLarge: if the body is larger than allowed.
            TimeoutError: if the client took too long.

        """
        self._method = b""  # what is refused next may be no request at all
        async with asyncio.timeout(self._limits.head):
            head = await self._next_event()
        if not isinstance(head, h11.Request):
            return None
        self._method = head.method
        async with asyncio.timeout(self._limits.body):
            body = await self._body()
        return Incoming(
            head.method.decode("latin-1"),
            head.target.decode("latin-1"),
            tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in head.headers.raw_items()),
            body,
        )

    async def answer(self, answer: Response | Fault) -> bool:
        """Send an answer, or act out a fault; say whether the connection can be used again."""
        if isinstance(answer, Response):
            await self._send(*self._events(answer))
            return self._ready_again()
        await _act_out(self, answer)
        return False

    async def refuse(self, status: int, message: str) -> None:
        """Answer with an error of the gateway's own, where an answer is still possible."""
        if self._parser.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            headers = (("content-type", "text/plain; charset=utf-8"), ("connection", "close"))
            await self.answer(Response(status, headers, f"pay-conformance: {message}\n".encode()))

    async def accept_tunnel(self) -> bytes:
        """Say yes to a ``CONNECT``; return what the client already sent into the tunnel."""
        await self._send(
            h11.Response(status_code=200, headers=[], reason=b"Connection established")
        )
        return self._parser.trailing_data[0]

    async def send_raw(self, data: bytes) -> None:
        """Send bytes as they are, within the time that a client has to read them."""
        async with asyncio.timeout(self._limits.write):
            await self.stream.write(data)

    def serialised(self, response: Response) -> bytes:
        """Return the whole answer as bytes, for faults that send a part of it."""
        return b"".join(self._parser.send(event) or b"" for event in self._events(response))

    async def until_the_client_leaves(self) -> None:
        """Read and forget, until the client closes its side."""
        while await self.stream.read():
            pass

    def _events(self, response: Response) -> tuple[h11.Event, ...]:
        headers = [pair for pair in response.headers if pair[0].lower() not in _FRAMING]
        headers.append(("content-length", str(len(response.body))))
        if "close" in (response.header("connection") or "").lower():
            headers.append(("connection", "close"))
        head = h11.Response(
            status_code=response.status,
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        )
        if self._method == b"HEAD" or response.status in _BODILESS:
            return (head, h11.EndOfMessage())
        return (head, h11.Data(response.body), h11.EndOfMessage())

    async def _next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        while (event := self._parser.next_event()) is h11.NEED_DATA:
            if self._parser.they_are_waiting_for_100_continue:
                await self._send(h11.InformationalResponse(status_code=100, headers=[]))
            self._parser.receive_data(await self.stream.read())
        return event

    async def _body(self) -> bytes:
        body = bytearray()
        while isinstance(event := await self._next_event(), h11.Data):
            body += event.data
            if len(body) > self._limits.body_bytes:
                raise TooLarge
        return bytes(body)

    async def _send(self, *events: h11.Event) -> None:
        data = b"".join(self._parser.send(event) or b"" for event in events)
        await self.send_raw(data)

    def _ready_again(self) -> bool:
        if self._parser.our_state is not h11.DONE or self._parser.their_state is not h11.DONE:
            return False
        self._parser.start_next_cycle()
        return True


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
