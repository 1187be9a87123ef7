"""A client's TCP connection as bytes in and out, with TLS laid over it when it is asked for."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from typing import cast

CHUNK = 64 * 1024
_MOST_UNREAD = 4 * CHUNK
"""Bytes that may have arrived and not been read before the client is told to wait."""

_RECORD = 16 * 1024
"""What one record of TLS holds at most."""


class Stream(asyncio.Protocol):
    """One accepted connection. All reads and writes go through it, plain or encrypted.

    TLS is run over memory buffers, so that it can start at any byte: on the first one that a client
    sends, or after a ``CONNECT``.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._tls: ssl.SSLObject | None = None
        self._secured = False
        self._unread = bytearray()
        self._arrived = ssl.MemoryBIO()
        self._leaving = ssl.MemoryBIO()
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._full = self._ended = self._gone = self._held = False
        self._error: Exception | None = None
        self._until = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._rings = 0.0
        self._closed = self._loop.create_future()

    @classmethod
    async def open(cls, sock: socket.socket) -> Stream:
        """Return the stream of a socket that was accepted, which from then on is the stream's.

        Raises:
            OSError: if the client is gone already.

        """
        loop = asyncio.get_running_loop()
        _, stream = await loop.connect_accepted_socket(lambda: cls(sock), sock)
        return stream

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the way out, which is full as soon as the system takes no more."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(0)

    def data_received(self, data: bytes) -> None:
        """Keep what has arrived until it is read."""
        if self._secured:
            self._arrived.write(data)
        else:
            self._unread += data
        if len(self._unread) + self._arrived.pending > _MOST_UNREAD:
            self._held = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        """Take note that the client says no more; it may still listen."""
        self._ended = True
        if self._secured:
            self._arrived.write_eof()
        self._wake()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note that the client is gone."""
        self._error = exc
        self._gone = True
        if not self._ended:
            self.eof_received()
        if self._timer is not None:
            self._timer.cancel()
        self.resume_writing()
        self._closed.set_result(None)

    def pause_writing(self) -> None:
        """Take note that the client does not read."""
        self._full = True

    def resume_writing(self) -> None:
        """Go on with what waits for the client to read."""
        self._full = False
        if self._writer is not None and not self._writer.done():
            self._writer.set_result(None)

    # What the gateway calls.

    def give(self, seconds: float | None) -> None:
        """Let the reads from now on take so long in all; ``None`` is as long as they like."""
        self._until = 0.0 if seconds is None else self._loop.time() + seconds
        if self._timer is not None and self._until and self._rings > self._until:
            self._timer.cancel()
            self._timer = None

    async def read(self) -> bytes:
        """Return the next bytes, or ``b""`` at the end of the stream.

        Raises:
            OSError: if the connection was lost.
            TimeoutError: if nothing came in the time given.

        """
        while (data := self._taken()) is None:
            await self._more()
        return data

    def send(self, data: bytes) -> bool:
        """Send ``data``; say whether the client has kept up with reading.

        Raises:
            OSError: if the connection was lost.

        """
        if self._gone:
            raise self._error or ConnectionResetError("the client went away")
        if self._tls is None:
            self._transport.write(data)
        else:
            self._tls.write(data)
            self._flush()
        return not self._full

    async def write(self, data: bytes) -> None:
        """Send all of ``data``; waits for as long as the client does not read."""
        for start in range(0, len(data), CHUNK):
            if not self.send(data[start : start + CHUNK]):
                await self.drained()

    async def drained(self) -> None:
        """Wait until the client has read what was sent, or is gone."""
        while self._full:
            self._writer = self._loop.create_future()
            await self._writer

    async def secure(self, context: ssl.SSLContext, first: bytes = b"") -> None:
        """Do the server's side of a TLS handshake; ``first`` is what was already read of it.

        Raises:
            ssl.SSLError: if the client refuses the certificate, or does not speak TLS.

        """
        self._arrived.write(first)
        self._arrived.write(self._unread)
        self._unread.clear()
        self._secured = True
        if self._ended:
            self._arrived.write_eof()
        tls = context.wrap_bio(self._arrived, self._leaving, server_side=True)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self._flush()
                if self._ended:
                    raise self._error or ssl.SSLEOFError(
                        "the client left in the middle of the TLS handshake"
                    ) from None
                await self._more()
        self._tls = tls
        self._flush()

    async def close(self) -> None:
        """End the connection in good order, as far as the client goes along with it."""
        if not self._transport.is_closing():
            if self._tls is not None:
                with contextlib.suppress(ssl.SSLError):
                    self._tls.unwrap()
            self._flush()
            if self._full:  # nobody waits for a client that does not read
                self._transport.abort()
            else:
                self._transport.close()
        await self._closed

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        with contextlib.suppress(OSError):
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def _taken(self) -> bytes | None:
        """Return what has arrived, ``b""`` at the end, or ``None`` if there is to be more."""
        if self._tls is not None:
            if not self._arrived.pending and not self._tls.pending() and not self._ended:
                return None
            try:
                return self._tls.read(_RECORD)
            except ssl.SSLWantReadError:
                self._flush()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return self._end()
        elif self._unread:
            data = bytes(self._unread)
            self._unread.clear()
            return data
        elif self._ended:
            return self._end()
        return None

    def _end(self) -> bytes:
        if self._error is not None:
            raise self._error
        return b""

    async def _more(self) -> None:
        """Wait until something has arrived, or the stream has ended."""
        if self._held:
            self._held = False
            self._transport.resume_reading()
        if self._until and self._timer is None:
            self._ring_at(self._until)
        self._reader = self._loop.create_future()
        await self._reader

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def _ring_at(self, when: float) -> None:
        self._rings = when
        self._timer = self._loop.call_at(when, self._ring)

    def _ring(self) -> None:
        """End a read that takes too long: one timer, which is seldom set, serves all reads."""
        self._timer = None
        if self._reader is None or self._reader.done() or not self._until:
            return
        if self._loop.time() < self._until:
            self._ring_at(self._until)
        else:
            self._reader.set_exception(TimeoutError())

    def _flush(self) -> None:
        data = self._leaving.read()
        if data:
            self._transport.write(data)
