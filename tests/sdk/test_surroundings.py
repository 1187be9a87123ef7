"""What an SDK's process finds around it, and what of that is watched."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pay_conformance.exchange import Exchange, Request, Response
from pay_conformance.findings import Finding, Held, Skipped
from pay_conformance.sdk.cases import load_cases
from pay_conformance.sdk.expectations import judge
from pay_conformance.sdk.shown import Shown
from pay_conformance.sdk.surroundings import Proxy, surrounding_variables

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CASES = {case.name: case for case in load_cases()}


@pytest.fixture
def proxy():
    """A proxy whose server answers every connection with one word."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(100)
            connection.sendall(b"hello")

    threading.Thread(target=serve, daemon=True).start()
    with Proxy("127.0.0.1", listener.getsockname()[1]) as running:
        yield running
    listener.close()


def said_to(proxy: Proxy, *lines: bytes) -> bytes:
    host, _, port = proxy.url.removeprefix("http://").partition(":")
    answer = b""
    with socket.create_connection((host, int(port)), 5) as connection:
        for line in lines:
            connection.sendall(line)
            answer = connection.recv(1000)
    return answer


def test_proxy_opens_a_tunnel_and_remembers_nothing(proxy):
    tunnel = b"CONNECT pay-api.amazon.com:443 HTTP/1.1\r\n\r\n"
    assert said_to(proxy, tunnel, b"anything") == b"hello"
    assert proxy.in_clear == ()


def test_proxy_remembers_a_request_that_comes_in_clear(proxy):
    said_to(proxy, b"GET https://pay-api.amazon.com/v2/charges/1 HTTP/1.1\r\nhost: x\r\n\r\n")
    assert proxy.in_clear == ("GET https://pay-api.amazon.com/v2/charges/1 HTTP/1.1",)


def test_surroundings_are_told_by_the_environment(tmp_path):
    thai = surrounding_variables("thai", tmp_path, "")
    assert (thai["LC_ALL"], "-Duser.language=th" in thai["JAVA_TOOL_OPTIONS"]) == (
        "th_TH.UTF-8",
        True,
    )
    assert surrounding_variables("proxy", tmp_path, "http://p")["HTTPS_PROXY"] == "http://p"
    assert surrounding_variables("", tmp_path, "http://p") == {}


def exchange(second: float, length: float = 0.1) -> Exchange:
    begun = NOW + timedelta(seconds=second)
    request = Request("GET", "https://pay-api.amazon.com/v2/refunds/1", (), b"")
    return Exchange(
        request=request, response=Response(200, (), b"{}"), started=begun,
        ended=begun + timedelta(seconds=length),
    )  # fmt: skip


def outcome(shown: Shown) -> type:
    (only,) = {type(each) for each in judge(shown)}
    return only


def used_up(silence: float, made: int) -> Shown:
    case = CASES["answers-that-are-pages-do-not-use-up-the-client"]
    exchanges = tuple(exchange(number) for number in range(made))
    ended = NOW + timedelta(seconds=made - 1 + 0.1 + silence)
    return Shown(case, exchanges=exchanges, fault="hang: no answer", ended=ended)


def test_client_that_falls_silent_after_some_calls_is_used_up():
    assert outcome(used_up(silence=20, made=20)) is Finding


def test_client_that_is_still_calling_when_time_is_over_is_not_blamed():
    assert outcome(used_up(silence=1, made=20)) is Skipped


def test_client_that_makes_all_its_calls_is_not_used_up():
    assert outcome(used_up(silence=60, made=24)) is Held


@pytest.mark.parametrize(("gap", "wanted"), [(0.1, Held), (4.0, Finding)])
def test_calls_wait_for_one_another_where_their_requests_do_not_overlap(gap, wanted):
    shown = Shown(
        CASES["slow-answer-holds-up-nobody-else"],
        exchanges=tuple(exchange(number * gap, 3.0) for number in range(20)),
    )
    assert outcome(shown) is wanted


@pytest.mark.parametrize(("last", "wanted"), [(14, Held), (50, Finding)])
def test_tries_are_judged_by_the_time_between_their_requests(last, wanted):
    case = CASES["trouble-without-end-with-503-is-given-up"]
    only = tuple(e for e in case.expectations if e.requirement == "SDK-RETRY-011")
    shown = Shown(
        replace(case, expectations=only),
        exchanges=tuple(exchange(second) for second in (0, 2, 6, last)),
        seconds=500,
    )
    assert outcome(shown) is wanted
