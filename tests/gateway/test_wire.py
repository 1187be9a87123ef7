"""The gateway's port speaks HTTP/1.1 as real clients do, by every way in, and acts out faults."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing

import httpx
import pytest
from tests.gateway.waiting import until

from pay_conformance.exchange import Request, Response
from pay_conformance.gateway import Fault, FaultKind, IncidentKind, Interception, intercept
from pay_conformance.gateway.wire import Limits

HOST = "pay-api.amazon.com"
URL = f"https://{HOST}/sandbox/v2/charges"


def _client(gateway: Interception, **options: object) -> httpx.Client:
    host, port = gateway.listener.address
    trust = ssl.create_default_context(cafile=str(gateway.trust.bundle))
    return httpx.Client(proxy=f"http://{host}:{port}", verify=trust, timeout=10, **options)


def _direct(gateway: Interception, name: str = HOST) -> ssl.SSLSocket:
    trust = ssl.create_default_context(cafile=str(gateway.trust.bundle))
    plain = socket.create_connection(gateway.listener.address, timeout=10)
    return trust.wrap_socket(plain, server_hostname=name)


def _answer_to(gateway: Interception, data: bytes) -> bytes:
    with closing(socket.create_connection(gateway.listener.address, timeout=10)) as sock:
        sock.sendall(data)
        return _all_of(sock)


def _all_of(sock: socket.socket) -> bytes:
    return b"".join(iter(lambda: sock.recv(65536), b""))


def test_two_requests_share_a_connection(
    gateway: Callable[..., Interception], seen: list[Request]
) -> None:
    with _client(gateway()) as client:
        bodies = [client.post(URL, content=text).json() for text in ("one", "two")]
    assert bodies == [{"served": "by the gateway"}] * 2
    assert [request.body for request in seen] == [b"one", b"two"]


def test_chunked_body_arrives_whole(
    gateway: Callable[..., Interception], seen: list[Request]
) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"first, "
        yield b"second"

    with _client(gateway()) as client:
        client.post(URL, content=pieces())
    assert seen[0].body == b"first, second"


def test_header_case_order_and_repetition_are_kept(
    gateway: Callable[..., Interception], seen: list[Request]
) -> None:
    head = b"GET /v2/a HTTP/1.1\r\nHost: pay-api.amazon.com\r\nX-Two: 2\r\nx-one: 1\r\nX-Two: 3\r\n"
    with closing(_direct(gateway())) as tls:
        tls.sendall(head + b"Connection: close\r\n\r\n")
        assert b" 200 " in _all_of(tls)
    assert seen[0].headers == (
        ("Host", "pay-api.amazon.com"),
        ("X-Two", "2"),
        ("x-one", "1"),
        ("X-Two", "3"),
        ("Connection", "close"),
    )


def test_client_that_waits_for_100_continue_is_told_to_go_on(
    gateway: Callable[..., Interception], seen: list[Request]
) -> None:
    with closing(_direct(gateway())) as tls:
        tls.sendall(
            b"POST /v2/a HTTP/1.1\r\nHost: pay-api.amazon.com\r\nContent-Length: 2\r\n"
            b"Expect: 100-continue\r\nConnection: close\r\n\r\n"
        )
        assert tls.recv(1000).startswith(b"HTTP/1.1 100 ")
        tls.sendall(b"{}")
        assert _all_of(tls).startswith(b"HTTP/1.1 200 ")
    assert seen[0].body == b"{}"


def test_requests_that_come_at_once_are_answered_in_their_order(
    gateway: Callable[..., Interception], seen: list[Request]
) -> None:
    one, two = (f"POST {URL}/{n} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 1\r\n" for n in "12")
    data = f"{one}\r\nA{two}Connection: close\r\n\r\nB".encode()
    assert _answer_to(gateway(), data).count(b"HTTP/1.1 200 ") == 2
    assert [(request.url[-1], request.body) for request in seen] == [("1", b"A"), ("2", b"B")]


def test_trailer_after_a_chunked_body_is_no_header(
    gateway: Callable[..., Interception], seen: list[Request]
) -> None:
    head = f"POST {URL} HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n"
    _answer_to(gateway(), f"{head}Connection: close\r\n\r\n2\r\n{{}}\r\n0\r\nX: 1\r\n\r\n".encode())
    assert seen[0].body == b"{}"
    assert seen[0].header("x") is None


def test_offer_to_speak_something_else_is_not_taken_up(
    gateway: Callable[..., Interception], seen: list[Request]
) -> None:
    offer = f"GET {URL} HTTP/1.1\r\nHost: {HOST}\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    last = f"GET {URL}/2 HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
    assert _answer_to(gateway(), (offer + last).encode()).count(b"HTTP/1.1 200 ") == 2
    assert len(seen) == 2


@pytest.mark.parametrize("ending", ["HTTP/1.0\r\n", "HTTP/1.1\r\nConnection: close\r\n"])
def test_connection_that_the_client_will_not_use_again_is_closed(
    gateway: Callable[..., Interception], ending: str
) -> None:
    answer = _answer_to(gateway(), f"GET {URL} {ending}Host: {HOST}\r\n\r\n".encode())
    assert b"\r\nconnection: close\r\n" in answer


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /v2/a HTTP/1.1\r\n\r\n",
        b"GET /v2/a HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n",
        b"GET /v2/a HTTP/2.0\r\nHost: a\r\n\r\n",
        b"GET /v2/\xe4 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /v2/a HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n",
        b"POST /v2/a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n{}",
        b"GET /v2/a HTT",
    ],
    ids=["no host", "two hosts", "version", "target", "header", "half a body", "half a head"],
)
def test_what_is_no_http_is_refused_and_noted(
    gateway: Callable[..., Interception], seen: list[Request], request_bytes: bytes
) -> None:
    running = gateway()
    with closing(socket.create_connection(running.listener.address, timeout=10)) as sock:
        sock.sendall(request_bytes)
        sock.shutdown(socket.SHUT_WR)
        assert _all_of(sock).startswith(b"HTTP/1.1 400 ")
    assert [incident.kind for incident in running.listener.incidents] == [IncidentKind.NOT_HTTP]
    assert seen == []


def test_head_without_an_end_is_refused_before_it_fills_the_memory(
    gateway: Callable[..., Interception],
) -> None:
    running = gateway(limits=Limits(head_bytes=1000))
    with closing(socket.create_connection(running.listener.address, timeout=10)) as sock:
        sock.sendall(b"GET /v2/a HTTP/1.1\r\nX: " + b"a" * 1000)
        assert _all_of(sock).startswith(b"HTTP/1.1 431 ")


def test_tls_that_follows_a_connect_at_once_is_taken(
    gateway: Callable[..., Interception], seen: list[Request]
) -> None:
    running = gateway()
    trust = ssl.create_default_context(cafile=str(running.trust.bundle))
    arrived, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = trust.wrap_bio(arrived, leaving, server_hostname=HOST)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    with closing(socket.create_connection(running.listener.address, timeout=10)) as sock:
        sock.sendall(
            f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode() + leaving.read()
        )
        data = sock.recv(65536).partition(b"\r\n\r\n")[2]
        while True:
            arrived.write(data)
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                data = sock.recv(65536)
        tls.write(f"GET /v2/a HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        sock.sendall(leaving.read())
        _all_of(sock)
    assert [request.url for request in seen] == [f"https://{HOST}/v2/a"]


def test_absolute_form_over_plain_http_is_served(
    gateway: Callable[..., Interception], seen: list[Request]
) -> None:
    request = f"GET {URL} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
    assert _answer_to(gateway(), request).endswith(b'{"served": "by the gateway"}')
    assert seen[0].url == URL


@pytest.mark.parametrize("name", ["pay-api.amazon.com", "pay-api.amazon.eu", "pay-api.amazon.jp"])
def test_certificate_follows_the_name_asked_for(
    gateway: Callable[..., Interception], seen: list[Request], name: str
) -> None:
    with closing(_direct(gateway(), name)) as tls:
        tls.sendall(f"GET /v2/a HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        assert b" 200 " in _all_of(tls)
    assert seen[0].url == f"https://{name}/v2/a"


def test_answer_to_head_has_no_body(gateway: Callable[..., Interception]) -> None:
    with _client(gateway()) as client:
        answer = client.head(URL)
    assert (answer.status_code, answer.content) == (200, b"")


def test_request_to_the_port_itself_is_told_what_it_is(
    gateway: Callable[..., Interception], seen: list[Request]
) -> None:
    request = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    answer = _answer_to(gateway(), request)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"this is a proxy" in answer
    assert seen == []


def test_other_host_passes_through_untouched(
    gateway: Callable[..., Interception], seen: list[Request]
) -> None:
    running = gateway()
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        with closing(socket.create_connection(running.listener.address, timeout=10)) as sock:
            sock.sendall(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert sock.recv(1000).startswith(b"HTTP/1.1 200 ")
            far, _ = other.accept()
            sock.sendall(b"\x16 not a byte is changed")
            assert far.recv(1000) == b"\x16 not a byte is changed"
            far.sendall(b"\x00\xff nor on the way back")
            far.close()
            assert _all_of(sock) == b"\x00\xff nor on the way back"
    assert seen == []
    assert running.listener.counts == {(IncidentKind.PASSED, "127.0.0.1"): 1}


@pytest.mark.parametrize(
    "request_line", ["CONNECT shop.example:443", "GET https://shop.example/x", "GET http://a.b/"]
)
def test_strict_gateway_refuses_other_hosts(
    gateway: Callable[..., Interception], request_line: str
) -> None:
    running = gateway(strict=True)
    data = f"{request_line} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n".encode()
    assert _answer_to(running, data).startswith(b"HTTP/1.1 403 ")
    assert [incident.kind for incident in running.listener.incidents] == [IncidentKind.REFUSED]


def test_client_that_distrusts_the_authority_is_noted(
    gateway: Callable[..., Interception],
) -> None:
    running = gateway()
    plain = socket.create_connection(running.listener.address, timeout=10)
    with pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(plain, server_hostname=HOST)
    plain.close()
    until(lambda: (IncidentKind.TLS_REFUSED, HOST) in running.listener.counts)


def test_handler_that_fails_is_answered_and_kept() -> None:
    def broken(request: Request) -> Response:
        raise LookupError(request.path)

    with intercept(broken, "environment") as running, _client(running) as client:
        assert client.get(URL).status_code == 502
        assert [type(failure) for failure in running.listener.failures] == [LookupError]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (FaultKind.RESET, httpx.TransportError),
        (FaultKind.CLOSE, httpx.RemoteProtocolError),
        (FaultKind.CUT, httpx.RemoteProtocolError),
        (FaultKind.GARBAGE, httpx.RemoteProtocolError),
        (FaultKind.SILENCE, httpx.ReadTimeout),
    ],
)
def test_fault_looks_to_the_client_as_it_should(
    gateway: Callable[..., Interception], kind: FaultKind, expected: type[Exception]
) -> None:
    fault = Fault(kind, Response(200, (), b'{"half": "of this arrives"}'))
    with _client(gateway(answer=fault)) as client, pytest.raises(expected):
        client.get(URL, timeout=1)


def test_reset_is_a_reset_on_the_wire(gateway: Callable[..., Interception]) -> None:
    request = f"GET {URL} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    running = gateway(answer=Fault(FaultKind.RESET))
    with pytest.raises(ConnectionResetError):
        _answer_to(running, request)


def test_dripped_answer_arrives_whole_and_late(gateway: Callable[..., Interception]) -> None:
    fault = Fault(FaultKind.DRIP, Response(200, (), b"x" * 160), pause=0.01)
    with _client(gateway(answer=fault)) as client:
        answer = client.get(URL)
    assert answer.content == b"x" * 160
    assert answer.elapsed.total_seconds() >= 0.1
