"""The server of a case: real TLS under Amazon's names, and every way of failing."""

from __future__ import annotations

import contextlib
import random
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Self

import h11
import trustme

from pay_conformance.exchange import Exchange, Request, Response
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.sdk.interception import HOSTS, OWN_HOST

_IDLE_SECONDS = 120


class Fault(StrEnum):
    """A way of not answering well, on the wire. A closed set."""

    RESET = "reset"
    """The request is read, then the connection is reset."""
    CLOSED = "closed"
    """The request is read, then the connection is closed in order, without an answer."""
    TRUNCATED = "truncated"
    """Half of the announced body is sent, then the connection is closed."""
    GARBAGE = "garbage"
    """What is sent is not HTTP."""
    HANG = "hang"
    """Nothing is ever sent."""
    STALL = "stall"
    """Half of the announced body is sent, then nothing more."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server does with a request: an answer, whole or spoilt by a fault."""

    response: Response | None = None
    fault: Fault | None = None
    delay: float = 0.0
    """Seconds before the answer is sent."""
    closes: bool = False
    """The connection is closed after the answer, and the answer does not say so."""


class Certificate(StrEnum):
    """The certificate that the server shows. A closed set."""

    GOOD = "good"
    UNTRUSTED = "untrusted"
    WRONG_HOST = "wrong host"
    EXPIRED = "expired"


Answerer = Callable[[Request], Reply]
"""Called on many threads at once; must not raise."""


class Authority:
    """The certificate authority of one run; its certificates name Amazon Pay's API hosts."""

    def __init__(self) -> None:
        self._own = trustme.CA()
        self._other = trustme.CA()

    @property
    def pem(self) -> bytes:
        """The certificate to trust."""
        return self._own.cert_pem.bytes()

    def context(self, kind: Certificate) -> ssl.SSLContext:
        """Return the TLS settings of a server that shows that kind of certificate."""
        ended = datetime.now(UTC) - timedelta(days=1)
        match kind:
            case Certificate.GOOD:
                leaf = self._own.issue_cert(*HOSTS, OWN_HOST)
            case Certificate.UNTRUSTED:
                leaf = self._other.issue_cert(*HOSTS)
            case Certificate.WRONG_HOST:
                leaf = self._own.issue_cert("pay-api.example.com")
            case Certificate.EXPIRED:
                leaf = self._own.issue_cert(*HOSTS, not_after=ended)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        leaf.configure_cert(context)
        return context


class CaseServer:
    """Listens on a loopback address of its own at port 443, and keeps each exchange."""

    def __init__(
        self,
        authority: Authority,
        answer: Answerer,
        *,
        certificate: Certificate = Certificate.GOOD,
        port: int = 443,
    ) -> None:
        self._answer = answer
        self._context = authority.context(certificate)
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._exchanges: list[Exchange] = []
        self.refused_handshakes = 0
        self._listener, self.address = _listen(port)
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            still_open = list(self._open)
        for connection in still_open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All exchanges so far, in the order in which their requests arrived.

        A request is there once it has arrived, without an answer while that is on its way.
        """
        with self._lock:
            return tuple(sorted(self._exchanges, key=_begin))

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        plain.settimeout(_IDLE_SECONDS)
        with self._lock:
            self._open.add(plain)
        try:
            connection = self._context.wrap_socket(plain, server_side=True)
        except OSError:
            with self._lock:
                self._open.discard(plain)
                self.refused_handshakes += 1
            plain.close()
            return
        with self._lock:
            self._open.discard(plain)
            self._open.add(connection)
        try:
            while self._one_exchange(connection):
                pass
        except (OSError, h11.ProtocolError):
            pass  # the client went away, or spoke no HTTP: what came before is recorded
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _one_exchange(self, connection: ssl.SSLSocket) -> bool:
        http = h11.Connection(h11.SERVER)
        request = _read(http, connection)
        if request is None:
            return False
        arrived = Exchange(
            request, None, datetime.now(UTC), failure="the server's answer: not given yet"
        )
        with self._lock:  # who gives up before the answer has made the request all the same
            place = len(self._exchanges)
            self._exchanges.append(arrived)
        reply = self._answer(request)
        if reply.delay:
            self._stopped.wait(reply.delay)
        exchange = replace(
            arrived,
            response=reply.response if reply.fault is None else None,
            ended=datetime.now(UTC),
            failure=f"the server's answer: {reply.fault}" if reply.fault else "",
        )
        with self._lock:
            self._exchanges[place] = exchange
        if reply.fault is not None:
            self._spoil(connection, reply)
            return False
        assert reply.response is not None
        return _send(http, connection, reply.response) and not reply.closes

    def _spoil(self, connection: ssl.SSLSocket, reply: Reply) -> None:
        match reply.fault:
            case Fault.RESET:
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            case Fault.GARBAGE:
                connection.sendall(b"\x00\x01not http\r\n\r\n")
            case Fault.TRUNCATED | Fault.STALL:
                whole = reply.response or Response(200, (), b"{}" * 50)
                lines = [f"HTTP/1.1 {whole.status} OK"]
                lines += [f"{name}: {value}" for name, value in whole.headers]
                head = "\r\n".join([*lines, f"content-length: {len(whole.body)}", "", ""])
                connection.sendall(head.encode() + whole.body[: len(whole.body) // 2])
                if reply.fault is Fault.STALL:
                    self._stopped.wait(_IDLE_SECONDS)
            case Fault.HANG:
                self._stopped.wait(_IDLE_SECONDS)


def _begin(exchange: Exchange) -> float:
    return exchange.started.timestamp() if exchange.started else 0.0


def _listen(port: int) -> tuple[socket.socket, str]:
    for _ in range(50):
        address = f"127.{random.randint(64, 250)}.{random.randint(0, 255)}.{random.randint(2, 254)}"
        listener = socket.socket()
        try:
            listener.bind((address, port))
        except PermissionError as error:
            listener.close()
            raise ConfigurationProblem(
                f"port {port} can't be listened on: {error.strerror}",
                "run as root, or lower net.ipv4.ip_unprivileged_port_start",
            ) from error
        except OSError:
            listener.close()
            continue
        listener.listen(256)
        return listener, address
    raise ConfigurationProblem(f"no loopback address has port {port} free", "end what holds it")


def _read(http: h11.Connection, connection: ssl.SSLSocket) -> Request | None:
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            if http.they_are_waiting_for_100_continue:
                go_on = http.send(h11.InformationalResponse(status_code=100, headers=[]))
                connection.sendall(go_on or b"")
            http.receive_data(connection.recv(65536))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            raw = head.headers.raw_items()
            pairs = tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in raw)
            host = next((value for name, value in pairs if name.lower() == "host"), "")
            target = head.target.decode("latin-1")
            url = target if "://" in target else f"https://{host}{target}"
            return Request(head.method.decode("ascii"), url, pairs, bytes(body))
        else:
            return None


def _send(http: h11.Connection, connection: ssl.SSLSocket, response: Response) -> bool:
    headers = [(name.encode(), value.encode("utf-8")) for name, value in response.headers]
    bodiless = response.status in (204, 304)
    if not bodiless and response.header("content-length") is None:
        headers.append((b"content-length", str(len(response.body)).encode()))
    events: list[h11.Event] = [h11.Response(status_code=response.status, headers=headers)]
    if response.body and not bodiless:
        events.append(h11.Data(data=response.body))
    events.append(h11.EndOfMessage())
    connection.sendall(b"".join(http.send(event) or b"" for event in events))
    return http.our_state is not h11.MUST_CLOSE
