"""HTTP as clients speak it to ``serve``, byte by byte where a client's library would tidy it up."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from benchmarks.wire import Shop, raw

from pay_conformance.contract import Contract
from pay_conformance.mock import Mock
from pay_conformance.mock.bounds import MOST_WAITING
from pay_conformance.mock.connection import Connections
from pay_conformance.signing import parse_pay_date
from tests.mock.test_cost import Client
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
    """Return the statuses of all answers until the server closes."""
    return re.findall(rb"HTTP/1\.1 (\d+) ", everything(wire))


def everything(wire: Wire) -> bytes:
    """Return what is received until the server closes."""
    received = b""
    while part := wire.recv(65536):
        received += part
    return received


CLOSE = "Connection: close"


def test_requests_sent_at_once_are_answered_in_their_order(wire: Wire) -> None:
    wire.sendall(get("/v2/charges/x") + get("/_control/nowhere") + get("/nowhere", CLOSE))
    assert statuses(wire) == [b"400", b"403", b"404"]


def test_requests_sent_at_once_have_their_effects_in_their_order(
    line: dict[str, Any], wire: Wire
) -> None:
    shop = Shop(line["publicKeyId"], _key(line), line["storeId"])
    clock = f"/_control/merchants/{line['publicKeyId']}/clock"
    move = raw("POST", clock, [], b'{"advance": "PT1H"}').replace(
        b"pay-api.amazon.com", b"localhost"
    )
    before, after = shop.creates(0, 2)
    wire.sendall(before + move + after + get("/nowhere", CLOSE))
    created = re.findall(rb'"creationTimestamp":"(\w+)"', everything(wire))
    first, second = (parse_pay_date(each.decode()) for each in created)
    assert first is not None
    assert second is not None
    assert timedelta(minutes=59) < second - first < timedelta(minutes=61)


def test_what_is_no_request_is_refused_behind_the_answer_to_what_is(wire: Wire) -> None:
    wire.sendall(get("/nowhere") + b"this is no request\r\n\r\n")
    assert statuses(wire) == [b"404", b"400"]


def test_requests_of_several_clients_at_once_are_each_answered(line: dict[str, Any]) -> None:
    port = int(line["url"].rpartition(":")[2])
    with ExitStack() as open_ones:
        wires = [
            open_ones.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
            for _ in range(20)
        ]
        for number, wire in enumerate(wires):
            wire.sendall(get("/nowhere" if number % 2 else "/v2/charges/x", CLOSE))
        assert [statuses(wire) for wire in wires] == [[b"400"], [b"404"]] * 10


def test_client_that_has_sent_all_is_answered_before_its_connection_closes(
    contract: Contract,
) -> None:
    later: list[object] = []
    client = Client(Mock(contract), Connections(most=10, soon=later.append))
    client.send(get("/nowhere"))
    assert client.answers == []
    client.has_sent_all()
    assert client.answers[0].startswith(b"HTTP/1.1 404 ")


def test_client_that_has_sent_all_is_still_answered(wire: Wire) -> None:
    wire.sendall(get("/nowhere") * 3)
    wire.shutdown(socket.SHUT_WR)
    assert statuses(wire) == [b"404"] * 3


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


def test_body_behind_another_request_is_asked_for_behind_its_answer(wire: Wire) -> None:
    wire.sendall(
        get("/nowhere") + b"POST /v2/charges HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
        b"Expect: 100-continue\r\nConnection: close\r\n\r\n"
    )
    received = b""
    while b" 100 " not in received:
        received += wire.recv(65536)
    wire.sendall(b"{}")
    assert re.findall(rb"HTTP/1\.1 (\d+) ", received) == [b"404", b"100"]
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


def test_body_that_is_too_large_is_refused_before_it_has_arrived(wire: Wire) -> None:
    head = b"POST /v2/charges HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n"
    wire.sendall(head + b" " * 270_000)
    assert statuses(wire) == [b"400"]


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


@pytest.mark.parametrize("first", [0, 1], ids=["together", "one by one"])
def test_connection_with_too_many_requests_behind_a_late_answer_is_closed(
    line: dict[str, Any], wire: Wire, first: int
) -> None:
    faults = f"{line['control']}/merchants/{line['publicKeyId']}/faults"
    httpx.post(faults, json={"kind": "latency", "seconds": 60}).raise_for_status()
    late, behind = _signed_get(line), get("/nowhere") * (MOST_WAITING + 1)
    wire.sendall(late * first)
    assert was_closed(wire, late * (1 - first) + behind)


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


def _key(line: dict[str, Any]) -> str:
    return Path(line["privateKeyFile"]).read_text(encoding="ascii")


def _signed_get(line: dict[str, Any]) -> bytes:
    shop = Shop(line["publicKeyId"], _key(line), line["storeId"])
    return shop.reads(["00000000-0000-4000-8000-000000000000"])[0]
