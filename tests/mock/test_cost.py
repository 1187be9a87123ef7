"""What a request costs, counted rather than timed: calls, bytes, and what has to be loaded.

The bounds are a tenth above what was counted when they were set (CPython 3.11), so that a change
that makes requests dearer is seen. Who makes them cheaper lowers the bound.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from benchmarks.wire import Shop

from pay_conformance.contract import Contract
from pay_conformance.exchange import Request
from pay_conformance.mock import Mock
from pay_conformance.mock.asgi import App
from pay_conformance.mock.clock import manual
from pay_conformance.mock.connection import Connection, Connections

CALLS_OF_A_CREATE = 420
CALLS_OF_A_GET = 270
BYTES_OF_A_SESSION = 1380


class Client(asyncio.Transport):
    """A client whose requests arrive at once, and whose answers are kept."""

    def __init__(self, mock: Mock, connections: Connections | None = None) -> None:
        super().__init__()
        merchant, key = mock.first_merchant()
        self.shop = Shop(merchant.key_id, key, merchant.store_id)
        self.key_id = merchant.key_id
        self.answers: list[bytes] = []
        self._mock = mock
        if connections is None:
            connections = Connections(most=10, soon=lambda answer: answer())
        app = App(mock, connections=connections.by_client)
        self._connection = Connection(app, connections, lambda: 0.0)
        self._connection.connection_made(self)

    def write(self, data: Any) -> None:
        self.answers.append(bytes(data))

    def send(self, request: bytes) -> None:
        self._connection.data_received(request)

    def has_sent_all(self) -> None:
        self._connection.eof_received()

    def create(self, first: int, count: int) -> list[str]:
        """Make sessions, and return their ids."""
        requests = self.shop.creates(first, count)
        self.answers.clear()
        for request in requests:
            self.send(request)
        bodies = [answer.partition(b"\r\n\r\n")[2] for answer in self.answers]
        return [json.loads(body)["checkoutSessionId"] for body in bodies]

    def move_clock(self, by: str) -> None:
        path = f"/_control/merchants/{self.key_id}/clock"
        body = json.dumps({"advance": by}).encode()
        assert self._mock.control(Request("POST", path, (), body)).status == 200


def calls(act: Callable[[], object]) -> int:
    """Return how many functions are called, those of C included."""
    count = 0

    def note(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(before)
    return count


@pytest.fixture
def client(contract: Contract) -> Client:
    return Client(Mock(contract, clock=manual()))


def test_create_calls_no_more_than_it_did(client: Client) -> None:
    client.create(0, 20)  # what is looked up once is looked up now
    request = client.shop.creates(20, 1)[0]
    assert calls(lambda: client.send(request)) <= CALLS_OF_A_CREATE
    assert client.answers[-1].startswith(b"HTTP/1.1 201 ")


def test_get_calls_no_more_than_it_did(client: Client) -> None:
    session = client.create(0, 1)[0]
    first, second = client.shop.reads([session, session])
    client.send(first)
    assert calls(lambda: client.send(second)) <= CALLS_OF_A_GET
    assert client.answers[-1].startswith(b"HTTP/1.1 200 ")


def test_get_calls_as_much_with_many_sessions_as_with_few(client: Client) -> None:
    session = client.create(0, 1)[0]
    reads = client.shop.reads([session] * 3)
    client.send(reads[0])
    few = calls(lambda: client.send(reads[1]))
    client.create(1, 500)
    assert calls(lambda: client.send(reads[2])) == few


def test_requests_that_arrive_together_are_all_verified_before_one_is_served(
    contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    mock, later, steps = Mock(contract, clock=manual()), [], []
    for name in ("admit", "serve"):
        act = getattr(mock, name)
        monkeypatch.setattr(mock, name, lambda asked, n=name, a=act: (steps.append(n), a(asked))[1])
    connections = Connections(most=10, soon=later.append)
    clients = [Client(mock, connections) for _ in range(3)]
    for number, client in enumerate(clients):
        client.send(client.shop.creates(number, 1)[0])
    assert len(later) == 1
    later[0]()
    assert steps == ["admit"] * 3 + ["serve"] * 3
    assert [client.answers[0][:12] for client in clients] == [b"HTTP/1.1 201"] * 3


def test_session_takes_no_more_memory_than_it_did(client: Client) -> None:
    client.create(0, 50)
    requests = client.shop.creates(50, 1000)
    client.answers.clear()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for request in requests:
            client.send(request)
            client.answers.clear()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (after - before) / 1000 <= BYTES_OF_A_SESSION


def test_clock_move_costs_what_falls_due(contract: Contract) -> None:
    counts = []
    for later in (0, 600):
        client = Client(Mock(contract, clock=manual()))
        client.create(0, 20)
        client.move_clock("PT1H")
        client.create(20, later)
        client.move_clock("PT22H30M")
        counts.append(calls(partial(client.move_clock, "PT45M")))
    assert counts[1] <= 1.1 * counts[0]


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The modules that are loaded when a server is ready."""
    program = (
        "import sys\n"
        "from pay_conformance.commands import serve\n"
        "from pay_conformance.contract import Contract\n"
        "from pay_conformance.mock import Mock, serving\n"
        "Mock(Contract.load()).first_merchant()\n"
        "print(*sys.modules)"
    )
    return set(subprocess.check_output([sys.executable, "-c", program], text=True).split())


UNNEEDED = (
    "cryptography.x509", "httpx", "hypothesis", "importlib.metadata", "jinja2", "jsonschema",
    "pytest", "schemathesis", "sqlite3", "trustme",
)  # fmt: skip


@pytest.mark.parametrize("module", UNNEEDED)
def test_server_starts_without_what_only_some_requests_need(loaded: set[str], module: str) -> None:
    assert module not in loaded
