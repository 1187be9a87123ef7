"""The parsers of foreign input, each as a function of bytes that raises if it breaks its promise.

A target lets through the errors that the parser documents. Every other exception, and an answer
that it must not give, is a failure.
"""

from __future__ import annotations

import contextlib
import json
import socket
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from pay_conformance import reading
from pay_conformance.checks import Judge
from pay_conformance.checks.values import moment, price
from pay_conformance.contract import Contract
from pay_conformance.contract.model import Party
from pay_conformance.contract.values import duration
from pay_conformance.exchange import Exchange, Request, Response, http_date
from pay_conformance.gateway.authority import Authority
from pay_conformance.gateway.listener import Listener
from pay_conformance.gateway.wire import Limits
from pay_conformance.mock import Mock
from pay_conformance.mock.codec import RECORDS, decoded
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.record import cassette
from pay_conformance.record.discretion import discreet
from pay_conformance.record.redaction import Redactor
from pay_conformance.sdk.protocol import ProtocolError, called, decode, hello
from pay_conformance.signing import (
    Refusal,
    Signer,
    load_private_key,
    load_public_key,
    new_private_pem,
    parse_authorization,
    parse_pay_date,
    public_pem,
    verify,
)
from pay_conformance.signing.raw_request import parse_raw_request
from pay_conformance.stream.lines import Reader
from pay_conformance.stream.split import Links
from pay_conformance.targets.rate_limit import retry_after

NOW = datetime(2026, 1, 31, 9, 44, 1, tzinfo=UTC)
URL = "https://pay-api.amazon.com/v2/charges"
_PARTIES = frozenset(Party)
_MOST_MERCHANTS = 50


@cache
def contract() -> Contract:
    """The contract, loaded once."""
    return Contract.load()


@cache
def pem() -> str:
    """A private key, made once."""
    return new_private_pem()


@cache
def public() -> Any:
    """Its public half."""
    return load_public_key(public_pem(load_private_key(pem())))


def signature_header(data: bytes) -> None:
    """The ``authorization`` header: nothing that was not signed is ever taken for signed."""
    value = data.decode("latin-1")
    parse_authorization(value)
    headers = (
        ("accept", "application/json"),
        ("content-type", "application/json"),
        ("x-amz-pay-date", "20260131T094401Z"),
        ("x-amz-pay-host", "pay-api.amazon.com"),
        ("x-amz-pay-region", "na"),
        ("authorization", value),
    )
    assert isinstance(verify(Request("GET", URL, headers), lambda _: public(), NOW), Refusal)


def signed_headers(data: bytes) -> None:
    """All headers of a request, one a line, before and after the signature is looked at."""
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    headers = tuple((name, value) for name, _, value in (line.partition(":") for line in lines))
    found = verify(Request("POST", URL, headers, data), lambda _: public(), NOW)
    assert isinstance(found, Refusal)


def raw_request(data: bytes) -> None:
    """A request in a file, as ``verify`` reads it."""
    with contextlib.suppress(ConfigurationProblem):
        request = parse_raw_request(data)
        assert isinstance(verify(request, lambda _: public(), NOW), Refusal)


def timestamps(data: bytes) -> None:
    """Every form of a time or an amount: what is read is a moment with an offset, or nothing."""
    text = data.decode("utf-8", "replace")
    for found in (parse_pay_date(text), moment(text), http_date(text)):
        assert found is None or found.tzinfo is not None
    waited = retry_after(text, NOW)
    assert waited is None or waited >= 0
    with contextlib.suppress(ValueError):
        duration(text)
    with contextlib.suppress(ValueError):
        value = json.loads(text)
        moment(value)
        price({"amount": value, "currencyCode": "USD"})
    price({"amount": text, "currencyCode": text})


def recording(data: bytes) -> None:
    """A file for ``check``: body, cassette, or HAR; what is read can be judged and redacted."""
    path = _scratch() / "recording"
    path.write_bytes(data)
    try:
        found = reading.read("recording", contract(), at=path)
    except ConfigurationProblem:
        return
    judge = Judge(contract(), _PARTIES)
    redactor = Redactor(frozenset({pem()}))
    outcomes = [said for exchange in found.exchanges[:20] for said in judge.judge(exchange)]
    clean = [redactor.redact(exchange) for exchange in found.exchanges[:20]]
    for exchange in clean:
        redactor.redact_again(exchange)
    for outcome in outcomes:
        discreet(outcome, redactor)


def stored_cassette(data: bytes) -> None:
    """A cassette from disk, read as replay and drift read it, and written again."""
    path = _scratch() / "cassette.yaml"
    path.write_bytes(data)
    try:
        found = cassette.read(path)
    except ConfigurationProblem:
        return
    redactor = Redactor(frozenset())
    for exchange in found.exchanges[:20]:
        redactor.redact(exchange)


def line(data: bytes) -> None:
    """A JSON line: what it is linked with, and the exchange or body, which is then judged."""
    Links().add(data)
    try:
        exchange = Reader("lines", contract()).exchange(data, 1)
    except ConfigurationProblem:
        return
    if exchange is not None:
        judge = Judge(contract(), _PARTIES)
        judge.judge(exchange)
        judge.judge(exchange)


def answer(data: bytes) -> None:
    """A body that a subject answers with, judged as each object in turn by its first byte."""
    names = ("checkout-session", "charge", "charge-permission", "refund", "buyer", "error")
    name = names[data[0] % len(names)] if data else names[0]
    judge = Judge(contract(), _PARTIES)
    headers = (("content-type", "application/json"), ("date", data[:30].decode("latin-1")))
    said = Exchange(None, Response(200, headers, data[1:]), NOW, NOW, object=name, api="v2")
    judge.judge(said)


def adapter_line(data: bytes) -> None:
    """A line from an SDK's adapter: what is accepted can be read to its end."""
    try:
        found = decode(data)
    except ProtocolError:
        return
    if found["did"] == "start":
        hello(found)
    if found["did"] == "call":
        called(found)


class _Proxy:
    """A gateway's port without a port: one connection at a time, over a pair of sockets."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.listener = Listener(
            self._listening, self._handle, Authority(), strict=True, limits=Limits(head=2, body=2)
        )
        self.loop = self.listener._loop
        # A thread of its own: this one may have a running loop already, as a browser's driver does.
        self._thread = ThreadPoolExecutor(1)

    def _handle(self, request: Request) -> Response:
        assert request.url.startswith(("https://", "http://"))
        return Response(200, (("content-type", "application/json"),), b"{}")

    def serve(self, data: bytes) -> None:
        near, far = socket.socketpair()
        with near, far:
            near.setblocking(False)
            near.sendall(data)
            near.shutdown(socket.SHUT_WR)
            self._thread.submit(self._serve, far).result()
        assert not self.listener.failures, self.listener.failures

    def _serve(self, far: socket.socket) -> None:
        self.loop.run_until_complete(self.listener._serve(far))


@cache
def _proxy() -> _Proxy:
    return _Proxy()


def proxy_request(data: bytes) -> None:
    """What arrives at the gateway's port: TLS, CONNECT, requests in any form."""
    _proxy().serve(data[:60_000])


class _Shop:
    """A mock with one merchant, made anew when it has grown."""

    def __init__(self) -> None:
        self.fresh()

    def fresh(self) -> None:
        self.mock = Mock(contract())
        made = self.control("POST", "/merchants", json.dumps({"publicKey": _public_pem()}).encode())
        self.key = json.loads(made.body)["publicKeyId"]
        self.signer = Signer(self.key, pem())
        session = {
            "webCheckoutDetails": {"checkoutReviewReturnUrl": "https://shop.example/r"},
            "storeId": json.loads(made.body)["storeId"],
        }
        answered = self.api("POST", "/v2/checkoutSessions", json.dumps(session).encode())
        self.session = json.loads(answered.body)["checkoutSessionId"]

    def control(self, method: str, path: str, body: bytes) -> Response:
        return self.mock.control(Request(method, f"http://mock/_control{path}", (), body))

    def api(self, method: str, path: str, body: bytes) -> Response:
        url = f"https://pay-api.amazon.com{path}"
        headers = self.signer.sign(method, url, body, idempotency_key="k")
        return self.mock.handle(Request(method, url, tuple(headers), body))

    def tidy(self) -> None:
        if len(self.mock.merchants.by_key) > _MOST_MERCHANTS:
            self.fresh()


@cache
def _shop() -> _Shop:
    return _Shop()


@cache
def _public_pem() -> str:
    return public_pem(load_private_key(pem()))


def _asked(data: bytes, shop: _Shop) -> tuple[str, str, bytes]:
    """Take ``METHOD PATH`` and a body apart; KEY and SESSION stand for ids that exist."""
    named = data.replace(b"KEY", shop.key.encode()).replace(b"SESSION", shop.session.encode())
    first, _, body = named.partition(b"\n")
    method, _, path = first.decode("latin-1").partition(" ")
    return method, path, body


def control_request(data: bytes) -> None:
    """A request to the control API: always JSON, and never a failure of the server."""
    shop = _shop()
    response = shop.control(*_asked(data, shop))
    json.loads(response.body)
    assert response.status in {200, 201, 400, 404, 405, 409}, response
    shop.tidy()


def api_request(data: bytes) -> None:
    """A signed request to the API: an answer of the contract, and never a failure."""
    shop = _shop()
    method, path, body = _asked(data, shop)
    if not path.startswith("/") or not path.isprintable() or not path.isascii():
        return
    response = shop.api(method, path, body)
    json.loads(response.body)
    assert response.status < 500 or b"InternalServerError" not in response.body, response
    shop.tidy()


def page_request(data: bytes) -> None:
    """A browser's request to the buyer's pages: a page, and nothing of the request as markup."""
    shop = _shop()
    method, path, body = _asked(data, shop)
    request = Request(method, f"http://mock/{path.lstrip('/')}", (("content-type", _FORM),), body)
    if shop.mock.hosted.serves(request.path):
        found = shop.mock.page(request)
        assert found.status < 500, found
        assert b"<script>alert" not in found.body


_FORM = "application/x-www-form-urlencoded"


def stored_record(data: bytes) -> None:
    """A record in a state file: a record of a known kind, or a refusal; nothing is executed."""
    kinds = sorted(RECORDS)
    kind = kinds[data[0] % len(kinds)] if data else kinds[0]
    with contextlib.suppress(ValueError, RecursionError):
        value = json.loads(data[1:])
        if isinstance(value, dict):
            assert type(decoded(kind, value)) is RECORDS[kind]


@cache
def _scratch() -> Path:
    """A folder of this process, in memory where the system has such a place."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="fuzz-", dir=memory if memory.is_dir() else None))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "signature-header": signature_header,
    "signed-headers": signed_headers,
    "raw-request": raw_request,
    "timestamps": timestamps,
    "recording": recording,
    "cassette": stored_cassette,
    "line": line,
    "answer": answer,
    "adapter-line": adapter_line,
    "proxy-request": proxy_request,
    "control-request": control_request,
    "api-request": api_request,
    "page-request": page_request,
    "stored-record": stored_record,
}
"""Every target by its name, which is also the name of its folder under ``corpus/``."""
