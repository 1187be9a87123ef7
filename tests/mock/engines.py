"""Database servers of a test's own, from Debian's packages, and mocks that share one."""

from __future__ import annotations

import http.client
import itertools
import os
import shutil
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.mock.test_serve import serving

_AT_ONCE = struct.pack("ii", 1, 0)


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Run Redis on a socket in a folder; yield its URL."""
    path = folder / "redis.sock"
    command = ["redis-server", "--port", "0", "--unixsocket", str(path), "--save", "",
               "--dir", str(folder)]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert any("eady to accept connections" in line for line in server.stdout)
        yield f"unix://{path}?db=0"
        server.terminate()


@contextmanager
def postgresql_server(folder: Path) -> Iterator[str]:
    """Run PostgreSQL on a socket in a folder; yield the URL of a database."""
    programs = _postgresql_programs()
    data = folder / "postgresql"
    data.mkdir()
    # It refuses to run as root, as which a container runs everything.
    account = "postgres" if os.geteuid() == 0 else None
    if account is not None:
        shutil.chown(data, account)
        for parent in (folder, *folder.parents):
            parent.chmod(parent.stat().st_mode | 0o011)
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "mock", "-A", "trust", "--no-sync"],
        check=True, stdout=subprocess.DEVNULL, user=account, cwd=data,
    )  # fmt: skip
    command = [programs / "postgres", "-D", data, "-k", data, "-F", "-c", "listen_addresses="]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, user=account, cwd=data
    ) as server:
        assert server.stderr is not None
        assert any("ready to accept connections" in line for line in server.stderr)
        threading.Thread(target=server.stderr.read, daemon=True).start()
        yield f"postgresql://mock@/postgres?host={data}"
        server.terminate()


def _postgresql_programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    assert found, "apt-get install postgresql"
    return found[-1].parent


@contextmanager
def sharing(state: str, workers: int = 2) -> Iterator[list[dict[str, Any]]]:
    """Run mocks that share a state; yield what each of them said when it was ready."""
    with ExitStack() as stack:
        yield [stack.enter_context(serving("--state", state))[0] for _ in range(workers)]


@contextmanager
def alternating(lines: list[dict[str, Any]]) -> Iterator[str]:
    """Forward each request to the next server; yield the URL of the front."""
    ports = itertools.cycle([int(line["url"].rpartition(":")[2]) for line in lines])

    class Front(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            behind = http.client.HTTPConnection("127.0.0.1", next(ports))
            try:
                behind.request(self.command, self.path, body or None, dict(self.headers.items()))
                answer = behind.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException):
                # A fault that was asked for: what the server did to us is done to the client.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
                self.close_connection = True
                return
            finally:
                behind.close()
            lines = [f"HTTP/1.1 {answer.status} {answer.reason}"]
            lines += [f"{name}: {value}" for name, value in answer.getheaders()]
            self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + content)

        def __getattr__(self, name: str) -> Callable[[], None]:
            if name.startswith("do_"):
                return self.forward
            raise AttributeError(name)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Front) as front:
        threading.Thread(target=front.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{front.server_address[1]}"
        front.shutdown()
