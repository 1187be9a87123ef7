"""``serve`` as users start it: a process, a port, TLS, signals, and wrong calls."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from pay_conformance.contract import Contract
from pay_conformance.exchange import Request, Response, as_headers
from tests.mock.shop import Shop, usd

MAIN = "from pay_conformance.cli import main; main()"
SERVE = [sys.executable, "-c", MAIN, "serve", "--port", "0"]


@contextmanager
def serving(*options: str) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    with subprocess.Popen([*SERVE, *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline()), process
        finally:
            process.terminate()
            process.wait(10)


def over(client: httpx.Client, base: str, request: Request) -> Response:
    path = request.url.removeprefix("https://pay-api.amazon.com")
    got = client.request(
        request.method, base + path, headers=list(request.headers), content=request.body
    )
    return Response(got.status_code, as_headers(got.headers.multi_items()), got.content)


@contextmanager
def shop_at(line: dict[str, Any], contract: Contract, api: str = "v2") -> Iterator[Shop]:
    limits = httpx.Limits(max_connections=300)
    trusted = ssl.create_default_context(cafile=line["caFile"])
    with httpx.Client(verify=trusted, limits=limits, timeout=60) as client:
        send = partial(over, client, line["url"])
        yield Shop(send, send, contract=contract, api=api)


@pytest.fixture(scope="module")
def plain() -> Iterator[dict[str, Any]]:
    with serving() as (line, _):
        yield line


@pytest.fixture
def remote(plain: dict[str, Any], contract: Contract) -> Iterator[Shop]:
    with shop_at(plain, contract) as shop:
        yield shop


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_checkout_works_over_tls(contract: Contract, api: str) -> None:
    with serving("--tls") as (line, _), shop_at(line, contract, api) as shop:
        assert line["url"].startswith("https://127.0.0.1:")
        charge = shop.bought(usd("20.00"))["chargeId"]
        captured = shop.send("POST", f"/charges/{charge}/capture", {"captureAmount": usd(20)})
        assert shop.state(captured.body) == "Captured"


def test_200_clients_complete_one_session_once(remote: Shop) -> None:
    session = remote.ready()
    remote.buyer(session, "approve")
    with ThreadPoolExecutor(200) as clients:
        answers = list(clients.map(remote.complete, [session] * 200))
    assert sorted({answer.status for answer in answers}) == [200, 422]
    assert [answer.status for answer in answers].count(200) == 1


def test_100_equal_requests_with_one_key_make_one_session(remote: Shop) -> None:
    body = {
        "webCheckoutDetails": {"checkoutReviewReturnUrl": "https://shop.example/r"},
        "storeId": remote.store_id,
    }
    create = partial(remote.send, "POST", "/checkoutSessions", body, key="once")
    with ThreadPoolExecutor(100) as clients:
        answers = [future.result() for future in [clients.submit(create) for _ in range(100)]]
    assert {answer.status for answer in answers} == {201}
    assert len({answer.response.body for answer in answers}) == 1


def test_key_file_is_private_and_gone_after_the_end() -> None:
    with serving() as (line, process):
        key = Path(line["privateKeyFile"])
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert not key.exists()


def test_port_in_use_is_said_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [*SERVE, "--port", port], check=False, capture_output=True, text=True
        )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr == (
        f"pay-conformance: port {port} of 127.0.0.1 is in use; "
        "choose another with --port, or 0 for any that is free\n"
    )


@pytest.mark.parametrize(
    "options", [["--host", "0.0.0.0"], ["--api", "v3"], ["--clock", "sundial"], ["--port", "70000"]]
)
def test_wrong_call_ends_with_exit_code_2(options: list[str]) -> None:
    ended = subprocess.run([*SERVE, *options], check=False, capture_output=True, text=True)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "headers",
    [{"host": "evil.example"}, {"origin": "https://evil.example"}, {"host": "[bad"}],
)
def test_control_refuses_pages_and_foreign_names(
    plain: dict[str, Any], headers: dict[str, str]
) -> None:
    answer = httpx.get(f"{plain['control']}/", headers=headers)
    assert answer.status_code in (400, 403)


def test_control_with_a_token_asks_for_it() -> None:
    with serving("--token", "secret") as (line, _):
        url = f"{line['control']}/"
        assert httpx.get(url).status_code == 401
        assert httpx.get(url, headers={"authorization": "Bearer secret"}).status_code == 200


def test_oversize_body_is_refused_without_being_read(plain: dict[str, Any]) -> None:
    answer = httpx.post(f"{plain['url']}/v2/charges", content=b" " * 1_000_000)
    assert (answer.status_code, answer.json()["reasonCode"]) == (400, "InvalidRequest")


def test_path_with_two_slashes_is_not_taken_for_a_host(plain: dict[str, Any]) -> None:
    with socket.create_connection(("127.0.0.1", int(plain["url"].rpartition(":")[2]))) as raw:
        raw.sendall(b"GET //v2/charges/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert raw.makefile("rb").readline().startswith(b"HTTP/1.1 404")
