"""A server behind a URL that fails in ways that need no server: what the client makes of each."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
import respx

from pay_conformance.exchange import Request
from pay_conformance.problems import SubjectProblem
from pay_conformance.targets import NoAnswer
from pay_conformance.targets.merchant import process_key
from pay_conformance.targets.url import Address, UrlTarget

BASE = "https://emulator.example"
CHARGE = f"{BASE}/v2/charges/S01-1234567-1234567-C123456"
ENVIRONMENT = {
    "AMAZON_PAY_PUBLIC_KEY_ID": "SANDBOX-1",
    "AMAZON_PAY_PRIVATE_KEY": process_key()[0],
    "AMAZON_PAY_STORE_ID": "amzn1.application-oa2-client.1",
}


@pytest.fixture
def wire() -> Iterator[respx.MockRouter]:
    with respx.mock(assert_all_called=False) as router:
        router.get(f"{BASE}/").respond(404)
        yield router


@pytest.fixture
def target(wire: respx.MockRouter) -> Iterator[UrlTarget]:
    made = UrlTarget(Address(BASE), ENVIRONMENT)
    yield made
    made.close()


LOST = {
    "the answer never came": httpx.ReadTimeout("timed out"),
    "the connection was reset": httpx.ReadError("connection reset by peer"),
    "the request could not be sent": httpx.WriteError("broken pipe"),
    "what came was no HTTP": httpx.RemoteProtocolError("illegal status line"),
    "no connection was free": httpx.PoolTimeout("no connection"),
}


@pytest.mark.parametrize("what", LOST)
def test_request_that_is_lost_got_no_answer_while_the_server_is_there(
    wire: respx.MockRouter, target: UrlTarget, what: str
) -> None:
    wire.get(CHARGE).mock(side_effect=LOST[what])
    with pytest.raises(NoAnswer, match=type(LOST[what]).__name__):
        target.send(Request("GET", CHARGE))


def test_request_is_sent_once_however_it_fails(wire: respx.MockRouter, target: UrlTarget) -> None:
    route = wire.post(f"{BASE}/v2/charges").mock(side_effect=httpx.ReadTimeout("timed out"))
    with pytest.raises(NoAnswer):
        target.send(Request("POST", f"{BASE}/v2/charges", (), b"{}"))
    assert route.call_count == 1


@pytest.mark.parametrize("error", [httpx.ConnectError("refused"), httpx.ConnectTimeout("late")])
def test_server_that_is_gone_in_the_middle_ends_the_run(
    wire: respx.MockRouter, target: UrlTarget, error: httpx.TransportError
) -> None:
    wire.get(CHARGE).mock(side_effect=error)
    wire.get(f"{BASE}/").mock(side_effect=error)
    with pytest.raises(SubjectProblem, match=f"nothing answers at {BASE}"):
        target.send(Request("GET", CHARGE))


def test_server_that_is_not_there_is_found_out_before_the_run(wire: respx.MockRouter) -> None:
    wire.get(f"{BASE}/").mock(side_effect=httpx.ConnectError("refused"))
    with pytest.raises(SubjectProblem, match="start the server"):
        UrlTarget(Address(BASE), ENVIRONMENT)


def test_redirect_is_an_answer_and_is_not_followed(
    wire: respx.MockRouter, target: UrlTarget
) -> None:
    wire.get(CHARGE).respond(307, headers={"location": "https://elsewhere.example/"})
    elsewhere = wire.get("https://elsewhere.example/").respond(200)
    assert target.send(Request("GET", CHARGE)).status == 307
    assert not elsewhere.called


def test_bytes_go_out_and_come_back_as_they_are(wire: respx.MockRouter, target: UrlTarget) -> None:
    route = wire.post(f"{BASE}/v2/charges").respond(400, content=b"\xff\xfe not JSON")
    answer = target.send(Request("POST", f"{BASE}/v2/charges", (("x-a", "1"),), b'{"\xff": 1 }'))
    assert route.calls.last.request.content == b'{"\xff": 1 }'
    assert (answer.status, answer.body) == (400, b"\xff\xfe not JSON")
