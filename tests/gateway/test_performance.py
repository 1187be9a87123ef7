"""A call is answered first and judged then, in order, and what it takes of the gateway is counted.

A limit is a tenth above what was counted when it was set, as in ``tests/speed``.
"""

from __future__ import annotations

import gzip
import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from cProfile import Profile
from typing import cast

import pytest
from tests.gateway.answering import Server
from tests.gateway.loops import awaited
from tests.gateway.test_wire import _client

from pay_conformance.contract import Contract
from pay_conformance.exchange import Exchange, Request, Response
from pay_conformance.gateway import Attendant, Fault, IncidentKind, intercept
from pay_conformance.gateway.journey import WILLING
from pay_conformance.gateway.links import Links
from pay_conformance.gateway.performance import Heard, Performance, Setting
from pay_conformance.gateway.stream import Stream
from pay_conformance.gateway.upstream import Elsewhere, open_upstream
from pay_conformance.gateway.wire import Conversation, Limits, _Reading
from pay_conformance.signing import Signer

URL = "https://pay-api.amazon.com/v2/checkoutSessions"
UNKNOWN = f"{URL}/00000000-0000-4000-8000-000000000000"

CALLS_TO_READ = 79
CALLS_TO_ANSWER = 360
CALLS_TO_JUDGE = 200
CALLS_TO_WRITE = 16
CALLS_TO_PASS_ON = 60
CALLS_TO_ASK_ELSEWHERE = 73


@pytest.fixture
def perform() -> Iterator[Callable[[Heard | None], Performance]]:
    """Return a function that starts a performance against the mock in this process."""
    started: list[Performance] = []

    def start(heard: Heard | None = None) -> Performance:
        setting = Setting(Contract.load())
        performance = Performance(setting, WILLING, open_upstream("mock"), heard)
        started.append(performance)
        return performance

    yield start
    for performance in started:
        performance.end()


@pytest.fixture
def elsewhere() -> Iterator[Callable[..., Server]]:
    """Return a function that starts another server."""
    with ExitStack() as stack:
        yield lambda *answers: stack.enter_context(closing(Server(*answers)))


def signed(performance: Performance, url: str = UNKNOWN) -> Request:
    merchant = performance.keys.merchant
    assert merchant is not None
    signer = Signer(merchant.public_key_id, merchant.private_key)
    return Request("GET", url, tuple(signer.sign("GET", url, b"")))


def answered(performance: Performance, request: Request) -> Response:
    """Return an answer for which nothing had to be waited."""
    with pytest.raises(StopIteration) as ended:
        performance.handle(request).send(None)
    assert isinstance(ended.value.value, Response)
    return ended.value.value


def test_answer_is_there_before_it_is_judged(perform: Callable[..., Performance]) -> None:
    performance = perform()
    urls = [f"{URL}/{number:08}-0000-4000-8000-000000000000" for number in range(5)]
    for url in urls:
        assert answered(performance, signed(performance, url)).status == 404
    assert performance.exchanges == []
    assert [call.url for call in performance.timeline.calls()] == urls
    performance.catch_up()
    judged = [exchange.request.url for exchange in performance.exchanges if exchange.request]
    assert judged == urls


def test_who_listens_is_told_before_the_answer_is_there(
    perform: Callable[..., Performance],
) -> None:
    told: list[Exchange] = []
    performance = perform(lambda exchange, outcomes: told.append(exchange))
    answered(performance, signed(performance))
    assert len(told) == 1
    performance.catch_up()
    assert len(told) == 1


def test_call_that_is_not_judged_when_the_run_ends_is_judged_then(
    perform: Callable[..., Performance],
) -> None:
    performance = perform()
    answered(performance, signed(performance, f"{URL}?live=1"))
    with intercept(performance, "environment"):
        pass
    assert len(performance.exchanges) == 1


def test_every_call_is_judged_once_however_fast_they_come(
    perform: Callable[..., Performance],
) -> None:
    performance = perform()
    with intercept(performance, "environment") as running, _client(running) as client:
        request = signed(performance)
        for _ in range(50):
            assert client.get(UNKNOWN, headers=list(request.headers)).status_code == 404
    assert len(performance.exchanges) == len(list(performance.timeline.calls())) == 50
    assert len({exchange.id for exchange in performance.exchanges}) == 50


class Failing(Attendant):
    """Answers, and fails to judge."""

    async def handle(self, request: Request) -> Response:
        return Response(200)

    def catch_up(self) -> None:
        raise LookupError("what was answered")

    async def leave(self) -> None:
        pass


def test_failure_after_an_answer_is_kept() -> None:
    with intercept(Failing(), "environment") as running, _client(running) as client:
        assert [client.get(UNKNOWN).status_code for _ in range(2)] == [200, 200]
    assert {type(failure) for failure in running.listener.failures} == {LookupError}
    assert running.listener.counts[IncidentKind.HANDLER_FAILED, ""] >= 2


def calls(work: Callable[[], object]) -> int:
    profile = Profile()
    profile.runcall(work)
    return sum(entry.callcount for entry in profile.getstats())


def wire(request: Request) -> bytes:
    lines = [f"{request.method} {request.path} HTTP/1.1", "Host: pay-api.amazon.com"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    return "\r\n".join([*lines, "", ""]).encode()


def test_request_takes_few_calls(perform: Callable[..., Performance]) -> None:
    performance = perform()
    request = signed(performance)
    reading, data = _Reading(Limits()), wire(request)
    answer = answered(performance, request)  # what is worked out once is worked out before
    performance.catch_up()
    reading.feed(data)
    assert calls(lambda: reading.feed(data)) <= CALLS_TO_READ
    assert calls(lambda: answered(performance, request)) <= CALLS_TO_ANSWER
    assert calls(performance.catch_up) <= CALLS_TO_JUDGE
    writing = Conversation(cast("Stream", None), Limits())  # which only sends through it
    assert calls(lambda: writing.serialised(answer)) <= CALLS_TO_WRITE


class _AtOnce(Elsewhere):
    """Another server, without the way to it."""

    async def send(self, request: Request) -> Response:
        return Response(404)


def test_request_that_is_passed_on_takes_few_calls_until_its_answer(
    perform: Callable[..., Performance],
) -> None:
    request = signed(perform())
    performance = Performance(Setting(Contract.load()), WILLING, _AtOnce("x", "http://x"))
    answered(performance, request)
    performance.catch_up()
    assert calls(lambda: answered(performance, request)) <= CALLS_TO_PASS_ON
    assert [call.url for call in performance.timeline.calls()] == [UNKNOWN]
    performance.end()
    assert [call.url for call in performance.timeline.calls()] == [UNKNOWN] * 2
    assert len(performance.exchanges) == 2


class _Answering(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_request_to_another_server_takes_few_calls_more(
    perform: Callable[..., Performance],
) -> None:
    headers = signed(perform()).headers
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        request = Request("GET", f"http://127.0.0.1:{server.server_port}/v2/a", headers)

        async def ask() -> int:
            links, profile = Links(), Profile()
            await links.send(request, request.url)
            with profile:
                for _ in range(10):
                    await links.send(request, request.url)
            await links.close()
            return sum(entry.callcount for entry in profile.getstats()) // 10

        counted = awaited(ask)
        server.shutdown()
    assert counted <= CALLS_TO_ASK_ELSEWHERE


def test_compressed_answer_goes_on_as_it_came_and_is_judged_as_it_reads(
    elsewhere: Callable[..., Server],
) -> None:
    packed = gzip.compress(b'{"reasonCode": "ResourceNotFound"}')
    head = f"HTTP/1.1 404 No\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    upstream = open_upstream(elsewhere(head.encode() + packed).url)
    performance = Performance(Setting(Contract.load()), WILLING, upstream)

    async def ask() -> Response | Fault:
        try:
            return await performance.handle(Request("GET", UNKNOWN))
        finally:
            await performance.leave()

    answer = awaited(ask)
    performance.end()
    assert isinstance(answer, Response)
    assert (answer.body, answer.header("content-encoding")) == (packed, "gzip")
    assert [call.reason for call in performance.timeline.calls()] == ["ResourceNotFound"]
