"""HTTP as clients speak it to ``serve``, byte by byte where a client's library would tidy it up."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from pay_conformance.mock.bounds import MOST_WAITING
from tests.mock.test_serve import MAIN, serving

Wire = socket.socket


@pytest.fixture(scope="module")
def line() -> Iterator[dict[str, Any]]:
    with serving() as (ready, _):
        yield ready


@pytest.fixture
def wire(line: dict[str, Any]) -> Iterator[Wire]:
    port = int(line["url"].rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as raw:
        yield raw


def get(path: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: x", *headers, "", ""]).encode()


def statuses(wire: Wire) -> list[bytes]:
    """Return the status lines of all answers until the server closes."""
    received = b""
    while part := wire.recv(65536):
        received += part
    return re.findall(rb"HTTP/1\.1 (\d+) ", received)


CLOSE = "Connection: close"


def test_requests_sent_at_once_are_answered_in_their_order(wire: Wire) -> None:
    wire.sendall(get("/v2/charges/x") + get("/_control/nowhere") + get("/nowhere", CLOSE))
    assert statuses(wire) == [b"400", b"403", b"404"]


def test_request_that_arrives_byte_by_byte_is_answered(wire: Wire) -> None:
    for byte in get("/v2/charges/x", CLOSE):
        wire.sendall(bytes([byte]))
    assert statuses(wire) == [b"400"]


def test_offer_of_http2_is_not_taken_up(wire: Wire) -> None:
    offer = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQ")
    wire.sendall(get("/v2/charges/x", *offer) + get("/v2/charges/x", CLOSE))
    assert statuses(wire) == [b"400", b"400"]


def test_body_that_waits_to_be_asked_for_is_asked_for(wire: Wire) -> None:
    wire.sendall(
        b"POST /v2/charges HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
        b"Expect: 100-continue\r\nConnection: close\r\n\r\n"
    )
    assert wire.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    wire.sendall(b"{}")
    assert statuses(wire) == [b"400"]


def test_body_in_chunks_is_read(wire: Wire) -> None:
    wire.sendall(
        b"POST /_control/merchants HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
        b"Connection: close\r\n\r\n"
        b'8\r\n{"region\r\n7\r\n":"eu"}\r\n0\r\n\r\n'
    )
    assert statuses(wire) == [b"201"]


def test_head_has_no_body(wire: Wire) -> None:
    wire.sendall(get("/v2/charges/x").replace(b"GET", b"HEAD") + get("/nowhere", CLOSE))
    assert statuses(wire) == [b"405", b"404"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"this is no request\r\n\r\n", b"400"),
        (get("http://[bad/v2", CLOSE), b"400"),
        (get("/v2/charges/x", "Filler: " + "x" * 70_000), b"431"),
    ],
)
def test_what_is_no_request_is_refused_and_the_connection_closed(
    wire: Wire, sent: bytes, status: bytes
) -> None:
    wire.sendall(sent)
    assert statuses(wire) == [status]


def test_header_that_does_not_end_is_refused(wire: Wire) -> None:
    wire.sendall(b"GET /v2/charges/x HTTP/1.1\r\nFiller: " + b"x" * 140_000)
    assert statuses(wire) == [b"431"]


def test_large_head_behind_another_request_is_refused(wire: Wire) -> None:
    filler = "Filler: " + "x" * 1_000
    wire.sendall(get("/nowhere") + get("/nowhere", *[filler] * 70, CLOSE))
    assert statuses(wire) == [b"404", b"431"]


def test_header_behind_a_body_says_nothing(wire: Wire) -> None:
    wire.sendall(
        b"POST /_control/merchants HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
        b"Connection: close\r\n\r\n"
        b"2\r\n{}\r\n0\r\nOrigin: http://elsewhere.example\r\n\r\n"
    )
    assert statuses(wire) == [b"201"]


def test_request_for_a_whole_url_is_answered_by_its_path(wire: Wire) -> None:
    wire.sendall(get("http://pay-api.amazon.com/nowhere", CLOSE))
    assert statuses(wire) == [b"404"]


def test_answer_behind_a_late_one_waits_for_it(line: dict[str, Any], wire: Wire) -> None:
    key = line["publicKeyId"]
    late = {"kind": "latency", "seconds": 0.3}
    httpx.post(f"{line['control']}/merchants/{key}/faults", json=late).raise_for_status()
    signed = _signed_get(line)
    wire.sendall(signed + get("/nowhere", CLOSE))
    assert statuses(wire) == [b"404", b"404"]


def test_connection_with_too_many_requests_behind_a_late_answer_is_closed(
    line: dict[str, Any], wire: Wire
) -> None:
    faults = f"{line['control']}/merchants/{line['publicKeyId']}/faults"
    httpx.post(faults, json={"kind": "latency", "seconds": 60}).raise_for_status()
    wire.sendall(_signed_get(line))
    assert was_closed(wire, get("/nowhere") * (MOST_WAITING + 1))


def was_closed(wire: Wire, sent: bytes) -> bool:
    """Send, and say whether the server then closes without an answer."""
    try:
        wire.sendall(sent)
        return wire.recv(1) == b""
    except ConnectionError:
        return True


def test_clients_that_come_when_too_many_are_connected_are_sent_away() -> None:
    few = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)); "
    with (
        subprocess.Popen(
            [sys.executable, "-c", few + MAIN, "serve", "--port", "0"],
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
        ExitStack() as open_ones,
    ):
        assert process.stdout is not None
        port = int(json.loads(process.stdout.readline())["url"].rpartition(":")[2])
        wires = [
            open_ones.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
            for _ in range(60)
        ]
        closed = [was_closed(wire, get("/nowhere")) for wire in wires]
        process.terminate()

    assert closed == [False] * 48 + [True] * 12


def _signed_get(line: dict[str, Any]) -> bytes:
    from pathlib import Path

    from pay_conformance.signing import Signer

    key = Path(line["privateKeyFile"]).read_text(encoding="ascii")
    path = "/v2/checkoutSessions/00000000-0000-4000-8000-000000000000"
    headers = Signer(line["publicKeyId"], key).sign("GET", f"https://pay-api.amazon.com{path}", b"")
    return get(path, *(f"{name}: {value}" for name, value in headers))
