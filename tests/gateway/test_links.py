"""What goes on to another server goes as it came, and what comes back is not touched either."""

from __future__ import annotations

import gzip
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
import trustme
from tests.gateway.answering import Server
from tests.gateway.loops import awaited

from pay_conformance.exchange import Request, Response
from pay_conformance.gateway import links
from pay_conformance.gateway.links import Links

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CLOSED = "closed the connection without a whole answer"


@pytest.fixture
def server() -> Iterator[Callable[..., Server]]:
    with ExitStack() as stack:

        def start(*answers: bytes, ends: bool = False, tls: ssl.SSLContext | None = None) -> Server:
            return stack.enter_context(closing(Server(*answers, ends=ends, tls=tls)))

        yield start


def answers(*requests: Request) -> list[Response]:
    """Send requests one after the other over the same links."""

    async def ask() -> list[Response]:
        ways = Links()
        try:
            return [await ways.send(request, request.url) for request in requests]
        finally:
            await ways.close()

    return awaited(ask)


def get(server: Server, method: str = "GET") -> Request:
    return Request(method, f"{server.url}/a", (("Host", "pay-api.amazon.com"),), b"")


def test_request_keeps_target_headers_their_case_and_order(server: Callable[..., Server]) -> None:
    upstream = server(OK)
    headers = (
        ("X-Two", "2"),
        ("HOST", "pay-api.amazon.com"),
        ("x-one", "1 "),
        ("content-LENGTH", "5"),
        ("X-Two", "3"),
        ("Connection", "keep-alive"),
        ("Transfer-Encoding", "chunked"),
    )
    answers(Request("POST", f"{upstream.url}/v2/%7Ea//b?c=%20&d#e", headers, b"\xff\r\n\x00!"))
    (seen,) = upstream.seen
    assert seen == (
        b"POST /v2/%7Ea//b?c=%20&d HTTP/1.1\r\nX-Two: 2\r\nHOST: pay-api.amazon.com\r\n"
        b"x-one: 1 \r\ncontent-LENGTH: 5\r\nX-Two: 3\r\n\r\n\xff\r\n\x00!"
    )


@pytest.mark.parametrize(
    ("method", "body", "added"),
    [
        ("GET", b"", b""),
        ("DELETE", b"", b""),
        ("POST", b"", b"Content-Length: 0\r\n"),
        ("PATCH", b"{}!", b"Content-Length: 3\r\n"),
        ("DELETE", b"{}!", b"Content-Length: 3\r\n"),
    ],
)
def test_request_without_host_or_length_gets_them(
    server: Callable[..., Server], method: str, body: bytes, added: bytes
) -> None:
    upstream = server(OK)
    answers(Request(method, upstream.url, (), body))
    host = upstream.url.removeprefix("http://").encode()
    assert upstream.seen == [
        method.encode() + b" / HTTP/1.1\r\nHost: " + host + b"\r\n" + added + b"\r\n" + body
    ]


def test_answer_keeps_headers_and_coding(server: Callable[..., Server]) -> None:
    packed = gzip.compress(b'{"a": 1}')
    head = (
        b"HTTP/1.1 201 Made\r\nX-B: 1\r\nx-a:  2 \r\nX-B: 3\r\nContent-Encoding: gzip\r\n"
        b"Content-Length: %d\r\n\r\n" % len(packed)
    )
    (answer,) = answers(get(server(head + packed)))
    assert (answer.status, answer.body) == (201, packed)
    assert answer.headers[:4] == (
        ("X-B", "1"), ("x-a", "2"), ("X-B", "3"), ("Content-Encoding", "gzip")
    )  # fmt: skip


@pytest.mark.parametrize(
    ("bytes_sent", "method", "expected"),
    [
        (
            CHUNKED + b"2\r\nab\r\n1\r\nc\r\n0\r\nX: 1\r\n\r\n",
            "GET",
            (200, b"abc"),
        ),
        (b"HTTP/1.1 100 Go on\r\nX: 1\r\n\r\n" + OK, "GET", (200, b"{}")),
        (b"HTTP/1.1 204 None\r\n\r\n", "GET", (204, b"")),
        (b"HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n", "GET", (304, b"")),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HEAD", (200, b"")),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", "GET", (200, b"until the end")),
    ],
    ids=["chunked", "after a 100", "204", "304", "head", "until the end"],
)
def test_end_of_a_body_is_found(
    server: Callable[..., Server], bytes_sent: bytes, method: str, expected: tuple[int, bytes]
) -> None:
    (answer,) = answers(get(server(bytes_sent, ends=True), method))
    assert (answer.status, answer.body) == expected
    assert ("X", "1") not in answer.headers


def test_connection_is_kept_for_the_next_request(server: Callable[..., Server]) -> None:
    upstream = server(OK, OK, OK)
    assert [answer.status for answer in answers(*[get(upstream)] * 3)] == [200] * 3
    assert upstream.connections == 1


@pytest.mark.parametrize(
    "first",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        OK + b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
        OK + b"HTTP/1.1 500 N",
        OK + b"rubbish",
    ],
    ids=["close", "1.0", "second answer", "part of a second answer", "rubbish"],
)
def test_connection_that_can_not_be_trusted_is_not_used_again(
    server: Callable[..., Server], first: bytes
) -> None:
    upstream = server(first, OK)
    assert [answer.status for answer in answers(*[get(upstream)] * 2)] == [200, 200]
    assert upstream.connections == 2


def test_connection_that_was_idle_for_long_is_not_used_again(
    server: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "_IDLE", 0)
    upstream = server(OK, OK)
    assert [answer.status for answer in answers(*[get(upstream)] * 2)] == [200, 200]
    assert upstream.connections == 2


@pytest.mark.parametrize(
    ("bytes_sent", "says"),
    [
        (b"", CLOSED),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", CLOSED),
        (CHUNKED + b"9\r\nhalf", CLOSED),
        (b"HTTP/1.1 200 O", CLOSED),
        (b"\x00\xff this is no HTTP\r\n\r\n", "no HTTP"),
        (b"HTTP/1.1 101 Other\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "no HTTP"),
    ],
    ids=["nothing", "half a body", "half a chunk", "half a head", "rubbish", "another protocol"],
)
def test_answer_that_is_not_whole_is_none(
    server: Callable[..., Server], bytes_sent: bytes, says: str
) -> None:
    upstream = server(bytes_sent, ends=True)
    with pytest.raises(OSError, match=says):
        answers(get(upstream))


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[trustme.CA]:
    """The one authority that is trusted."""
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    links._trust.cache_clear()
    yield made
    links._trust.cache_clear()


def _shown(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_requests_over_tls_share_a_connection(
    server: Callable[..., Server], authority: trustme.CA
) -> None:
    upstream = server(OK, OK, tls=_shown(authority, "127.0.0.1"))
    assert [answer.status for answer in answers(*[get(upstream)] * 2)] == [200, 200]
    assert upstream.connections == 1


def test_certificate_of_another_name_or_authority_is_refused(
    server: Callable[..., Server], authority: trustme.CA
) -> None:
    for shown in (_shown(authority, "127.0.0.2"), _shown(trustme.CA(), "127.0.0.1")):
        upstream = server(OK, tls=shown)
        with pytest.raises(ssl.SSLCertVerificationError):
            answers(get(upstream))
        assert upstream.seen == []


def test_server_that_is_not_there_is_said_to_be() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/a"
    with pytest.raises(OSError, match=r"refused|Connect call failed"):
        answers(Request("GET", url))


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/", "pay-api.amazon.com/v2", "http://[/"])
def test_url_that_is_none_is_said_to_be(url: str) -> None:
    with pytest.raises(OSError, match="is no URL of a server"):
        answers(Request("GET", url))


def test_silence_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/a"
        with pytest.raises(TimeoutError, match="no answer within"):
            answers(Request("GET", url))


@pytest.mark.parametrize("variable", ["http_proxy", "all_proxy"])
def test_proxy_of_this_environment_is_used(
    server: Callable[..., Server], monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    proxy = server(OK)
    monkeypatch.setenv(variable, proxy.url)
    monkeypatch.setenv("no_proxy", "")
    links._origin.cache_clear()
    links.passage._client.cache_clear()
    try:
        answers(Request("GET", "http://shop.example/a"))
    finally:
        links._origin.cache_clear()
        links.passage._client().close()
        links.passage._client.cache_clear()
    assert proxy.seen[0].startswith(b"GET http://shop.example/a HTTP/1.1\r\n")
