"""The cases' server keeps each request that arrived, whether its answer did or not."""

from __future__ import annotations

import socket
import ssl
from contextlib import closing

from pay_conformance.exchange import Response
from pay_conformance.sdk.server import Authority, CaseServer, Reply
from tests.gateway.waiting import until

HOST = "pay-api.amazon.com"


def test_request_counts_before_its_answer_is_given():
    authority = Authority()
    slow = Reply(Response(200, (), b"{}"), delay=60)
    trust = ssl.create_default_context(cadata=authority.pem.decode())

    with CaseServer(authority, lambda request: slow, port=0) as server:
        plain = socket.create_connection((server.address, server.port), timeout=10)
        with closing(trust.wrap_socket(plain, server_hostname=HOST)) as client:
            client.sendall(f"GET /v2/a HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
            until(lambda: len(server.exchanges) == 1)
        (exchange,) = server.exchanges

    assert exchange.request is not None
    assert exchange.request.url == f"https://{HOST}/v2/a"
    assert (exchange.response, exchange.ended) == (None, None)
    assert exchange.failure == "the server's answer: not given yet"


def test_answer_takes_the_place_of_its_request():
    authority = Authority()
    answer = Response(200, (), b"{}")
    trust = ssl.create_default_context(cadata=authority.pem.decode())

    with CaseServer(authority, lambda request: Reply(answer), port=0) as server:
        plain = socket.create_connection((server.address, server.port), timeout=10)
        with closing(trust.wrap_socket(plain, server_hostname=HOST)) as client:
            for _ in range(2):
                client.sendall(f"GET /v2/a HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
                assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
        exchanges = server.exchanges

    assert [exchange.response for exchange in exchanges] == [answer, answer]
    assert all(exchange.ended and not exchange.failure for exchange in exchanges)
