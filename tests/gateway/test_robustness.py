"""Whatever comes to the port, the gateway stays up, and its memory and descriptors stay bounded."""

from __future__ import annotations

import resource
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import httpx
import pytest
from tests.gateway.waiting import until

from pay_conformance.exchange import Request, Response
from pay_conformance.gateway import IncidentKind, Interception, intercept
from pay_conformance.gateway.wire import Limits
from pay_conformance.problems import SubjectProblem

HOST = "pay-api.amazon.com"
GARBAGE = [
    b"\x00" * 1000,
    b"\x16\x03\x01\x00\x05hello",
    b"\x80\x2e\x01\x00\x02" + b"\x01" * 50,
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"SSH-2.0-OpenSSH_9.2\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nzz",
    b"GET http://[::1 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"CONNECT :99999999 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET http://\xff\xfe/ HTTP/1.1\r\nHost: a\r\n\r\n",
    b"G" * 200_000,
]


def _still_serves(running: Interception) -> bool:
    head = f"GET https://{HOST}/v2/a HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
    with closing(socket.create_connection(running.listener.address, timeout=10)) as sock:
        sock.sendall(head.encode())
        return sock.recv(1000).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_leaves_the_port_serving(
    gateway: Callable[..., Interception], seen: list[Request], garbage: bytes
) -> None:
    running = gateway()
    with closing(socket.create_connection(running.listener.address, timeout=10)) as sock:
        with suppress(OSError):  # the gateway may hang up before all of it was sent
            sock.sendall(garbage)
            sock.shutdown(socket.SHUT_WR)
        _drain(sock)
    assert _still_serves(running)
    assert len(seen) == 1
    assert not running.listener.failures


def test_half_open_connections_are_dropped_and_disturb_nobody(
    gateway: Callable[..., Interception],
) -> None:
    running = gateway(limits=Limits(head=0.5, handshake=0.5))
    with ExitStack() as stack:
        for start in (b"", b"\x16\x03\x01", b"GET / HTT"):
            for _ in range(200):
                sock = socket.create_connection(running.listener.address, timeout=10)
                stack.enter_context(closing(sock))
                sock.sendall(start)
        assert _still_serves(running)
        assert _drain(sock) is not None
    until(lambda: (IncidentKind.TIMED_OUT, "") in running.listener.counts)


def test_client_that_leaves_in_the_middle_of_tls_is_counted(
    gateway: Callable[..., Interception],
) -> None:
    running = gateway()
    with closing(socket.create_connection(running.listener.address, timeout=10)) as sock:
        sock.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    until(lambda: any(kind is IncidentKind.TLS_REFUSED for kind, _ in running.listener.counts))
    assert _still_serves(running)


def test_ten_thousand_connections_cost_no_memory(gateway: Callable[..., Interception]) -> None:
    running = gateway()
    for _ in range(1000):
        socket.create_connection(running.listener.address, timeout=10).close()
    before, descriptors = _resident(), _descriptors()
    for _ in range(9000):
        socket.create_connection(running.listener.address, timeout=10).close()
    assert _still_serves(running)
    assert _resident() - before < 20_000_000
    assert _descriptors() - descriptors < 100


def test_more_connections_than_allowed_wait_for_their_turn(
    gateway: Callable[..., Interception],
) -> None:
    running = gateway(limits=Limits(head=0.3, connections=5))
    with ExitStack() as stack:
        for _ in range(20):
            sock = socket.create_connection(running.listener.address, timeout=10)
            stack.enter_context(closing(sock))
        assert _still_serves(running)


def test_client_that_never_reads_is_dropped(gateway: Callable[..., Interception]) -> None:
    big = Response(200, (), b"x" * 8_000_000)
    running = gateway(answer=big, limits=Limits(write=0.5))
    head = f"GET https://{HOST}/v2/a HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    with closing(socket.create_connection(running.listener.address, timeout=10)) as sock:
        sock.sendall(head)
        until(lambda: (IncidentKind.TIMED_OUT, "") in running.listener.counts)
    assert _still_serves(running)


@pytest.mark.parametrize(
    ("limits", "request_bytes", "status"),
    [
        (Limits(body_bytes=10), b"Content-Length: 11\r\n\r\nabcdefghijk", b"413"),
        (Limits(head_bytes=100), b"X-Long: " + b"a" * 100_000 + b"\r\n\r\n", b"431"),
    ],
)
def test_oversized_request_is_refused(
    gateway: Callable[..., Interception],
    seen: list[Request],
    limits: Limits,
    request_bytes: bytes,
    status: bytes,
) -> None:
    running = gateway(limits=limits)
    head = f"POST https://{HOST}/v2/a HTTP/1.1\r\nHost: {HOST}\r\n".encode()
    with closing(socket.create_connection(running.listener.address, timeout=10)) as sock:
        sock.sendall(head + request_bytes)
        assert sock.recv(1000).startswith(b"HTTP/1.1 " + status)
    assert seen == []


def test_upstream_that_dies_is_an_answer_not_an_end() -> None:
    def upstream(request: Request) -> Response:
        raise ConnectionResetError(request.url)

    with intercept(upstream, "environment") as running:
        host, port = running.listener.address
        answer = httpx.get(
            f"https://{HOST}/v2/a",
            proxy=f"http://{host}:{port}",
            verify=ssl.create_default_context(cafile=str(running.trust.bundle)),
        )
        assert answer.status_code == 502


@pytest.mark.parametrize("via", ["namespace", "environment"])
def test_exit_code_of_the_child_is_passed_on(
    gateway: Callable[..., Interception], via: str
) -> None:
    assert gateway(via).run([sys.executable, "-c", "raise SystemExit(7)"]).returncode == 7


@pytest.mark.parametrize("via", ["namespace", "environment"])
def test_child_sees_its_own_arguments_folder_and_input(
    gateway: Callable[..., Interception], tmp_path: Path, via: str
) -> None:
    script = "import os, sys; print(sys.argv[1:], os.getcwd(), sys.stdin.read())"
    done = gateway(via).run(
        [sys.executable, "-c", script, "a b", "$HOME", "--"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert done.stdout == f"['a b', '$HOME', '--'] {tmp_path} \n"


def test_program_that_does_not_exist_is_a_clear_problem(
    gateway: Callable[..., Interception],
) -> None:
    with pytest.raises(SubjectProblem, match="no-such-program can't be started"):
        gateway("environment").popen(["no-such-program"])


def _drain(sock: socket.socket) -> bytes:
    data = b""
    try:
        while piece := sock.recv(65536):
            data += piece
    except ConnectionResetError:
        pass
    return data


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
