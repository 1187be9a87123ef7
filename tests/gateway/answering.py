"""A server that answers with bytes, whatever they are."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import closing


class Server:
    """Answers each request on its connections with the next of some bytes; ``b""`` is no answer.

    ``ends`` closes a connection after each answer.
    """

    def __init__(
        self, *answers: bytes, ends: bool = False, tls: ssl.SSLContext | None = None
    ) -> None:
        self.seen: list[bytes] = []
        self.connections = 0
        self._answers = list(answers)
        self._ends = ends
        self._tls = tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while self._answers:
            sock, _ = self._listening.accept()
            self.connections += 1
            if self._tls is not None:
                try:
                    sock = self._tls.wrap_socket(sock, server_side=True)
                except OSError:
                    return
            with closing(sock):
                while self._answers and (request := self._request(sock)):
                    self.seen.append(request)
                    sock.sendall(self._answers.pop(0))
                    if self._ends:
                        break

    def _request(self, sock: socket.socket) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data or not data.endswith((b"\r\n\r\n", b"!")):
            piece = sock.recv(65536)
            if not piece:
                return b""
            data += piece
        return data

    def close(self) -> None:
        self._thread.join(10)
        self._listening.close()
