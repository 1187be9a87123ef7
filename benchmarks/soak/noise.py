"""What comes to an open port besides customers: scanners, half requests, people who leave."""

from __future__ import annotations

import contextlib
import socket
import struct
from random import Random
from typing import Final

_HEAD: Final = b"POST /v2/charges HTTP/1.1\r\nHost: pay-api.amazon.com\r\n"
NOISE: Final[tuple[bytes, ...]] = (
    b"",
    b"\x00" * 1000,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"SSH-2.0-OpenSSH_9.2\r\n",
    b"CONNECT pay-api.amazon.com:443 HTTP/1.1\r\nHost: pay-api.amazon.com\r\n\r\nno TLS",
    b"CONNECT :99999999 HTTP/1.1\r\n\r\n",
    _HEAD + b"Content-Length: -1\r\n\r\n",
    _HEAD + b"Content-Length: 100\r\n\r\n{",
    _HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    _HEAD + b"X-Long: " + b"a" * 100_000 + b"\r\n\r\n",
    _HEAD + b"Content-Length: 20000000\r\n\r\n" + b" " * 2_000_000,
    _HEAD + b"Content-Length: 60000\r\n\r\n" + b"[" * 60_000,
)
_ABORT: Final = struct.pack("ii", 1, 0)


def disturb(address: tuple[str, int], random: Random) -> None:
    """Send one piece of noise, and leave: in good order, with a reset, or after the answer."""
    with contextlib.suppress(OSError), socket.create_connection(address, timeout=5) as sock:
        sock.sendall(random.choice(NOISE))
        ending = random.randrange(3)
        if ending == 0:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        elif ending == 1:
            sock.shutdown(socket.SHUT_WR)
            sock.recv(65536)
