"""What an SDK's process finds around it: a login, a proxy, another language of the machine."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Self

_LANGUAGES = {"thai": ("th", "TH"), "turkish": ("tr", "TR")}
_SECONDS = 60


def surrounding_variables(kind: str, folder: Path, proxy: str) -> Mapping[str, str]:
    """Return the environment variables of ``kind``: ``netrc``, ``proxy``, ``thai``, ``turkish``.

    ``proxy`` is the URL of the proxy, where there is one; ``""`` for ``kind`` means no variables.
    """
    if kind == "netrc":
        logins = folder / "netrc"
        logins.touch(mode=0o600)
        logins.write_text("default login nobody password nothing\n", encoding="utf-8")
        return {"NETRC": str(logins)}
    if kind == "proxy":
        return {"HTTPS_PROXY": proxy, "https_proxy": proxy, "NO_PROXY": "", "no_proxy": ""}
    if kind in _LANGUAGES:
        language, country = _LANGUAGES[kind]
        name = f"{language}_{country}.UTF-8"
        options = f"-Duser.language={language} -Duser.country={country}"
        return {"LANG": name, "LC_ALL": name, "JAVA_TOOL_OPTIONS": options}
    return {}


class Proxy:
    """A proxy that opens tunnels to one server, and remembers what reached it in clear."""

    def __init__(self, address: str, port: int = 443) -> None:
        self._target = (address, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._in_clear: list[str] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    @property
    def url(self) -> str:
        """What HTTPS_PROXY has to say."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def in_clear(self) -> tuple[str, ...]:
        """The first line of each request that came without a tunnel."""
        with self._lock:
            return tuple(self._in_clear)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        client.settimeout(_SECONDS)
        with client, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head and (more := client.recv(65536)):
                head += more
            line = head.partition(b"\r\n")[0].decode("latin-1")
            if not line.startswith("CONNECT "):
                with self._lock:
                    self._in_clear.append(line)
                client.sendall(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n")
                return
            with socket.create_connection(self._target, _SECONDS) as server:
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                back = threading.Thread(target=_pump, args=(server, client), daemon=True)
                back.start()
                _pump(client, server)
                back.join(_SECONDS)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
