"""A client's TCP connection as bytes in and out, with TLS laid over it when it is asked for."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct

CHUNK = 64 * 1024


class Stream:
    """One accepted connection. All reads and writes go through it, plain or encrypted.

    TLS is run over memory buffers, so that it can start at any byte: on the first one that a client
    sends, or after a ``CONNECT``.
    """

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(0)
        with contextlib.suppress(OSError):  # a client that is gone is found out by the first read
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._tls: ssl.SSLObject | None = None
        self._arrived = ssl.MemoryBIO()
        self._leaving = ssl.MemoryBIO()

    async def read(self) -> bytes:
        """Return the next bytes, or ``b""`` at the end of the stream."""
        if self._tls is None:
            return await self._loop.sock_recv(self._sock, CHUNK)
        while True:
            try:
                return self._tls.read(CHUNK)
            except ssl.SSLWantReadError:
                await self._exchange()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""

    async def write(self, data: bytes) -> None:
        """Send all of ``data``; waits for as long as the client does not read."""
        if self._tls is None:
            await self._loop.sock_sendall(self._sock, data)
            return
        for start in range(0, len(data), CHUNK):
            self._tls.write(data[start : start + CHUNK])
            await self._flush()

    async def secure(self, context: ssl.SSLContext, first: bytes = b"") -> None:
        """Do the server's side of a TLS handshake; ``first`` is what was already read of it.

        Raises:
            ssl.SSLError: if the client refuses the certificate, or does not speak TLS.

        """
        self._arrived.write(first)
        tls = context.wrap_bio(self._arrived, self._leaving, server_side=True)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                await self._exchange(tls)
        self._tls = tls
        await self._flush()

    async def close(self) -> None:
        """End the connection in good order, as far as the client goes along with it."""
        if self._tls is not None:
            with contextlib.suppress(ssl.SSLError, OSError):
                self._tls.unwrap()
        with contextlib.suppress(OSError):
            data = self._leaving.read()
            if data:
                self._sock.send(data)  # whether it fits or not: nobody waits for it
            self._sock.shutdown(socket.SHUT_WR)
        self._sock.close()

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        with contextlib.suppress(OSError):
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()

    async def _exchange(self, tls: ssl.SSLObject | None = None) -> None:
        """Send what TLS has to say, then wait for what the client says."""
        await self._flush()
        data = await self._loop.sock_recv(self._sock, CHUNK)
        if data:
            self._arrived.write(data)
        elif tls is not None:
            raise ssl.SSLEOFError("the client left in the middle of the TLS handshake")
        else:
            self._arrived.write_eof()

    async def _flush(self) -> None:
        data = self._leaving.read()
        if data:
            await self._loop.sock_sendall(self._sock, data)
