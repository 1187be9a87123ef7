"""The gateway's port: direct TLS, CONNECT and absolute-form requests, told apart and answered."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import resource
import socket
import ssl
import threading
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from urllib.parse import urlsplit

from pay_conformance.exchange import Request, Response
from pay_conformance.gateway import passage
from pay_conformance.gateway.attendant import Attendant, Handler, InThreads
from pay_conformance.gateway.authority import Authority
from pay_conformance.gateway.faults import Fault
from pay_conformance.gateway.stream import Stream
from pay_conformance.gateway.wire import Conversation, Incoming, Limits, NotHttp, TooLarge
from pay_conformance.mock.event_loop import new_event_loop

AMAZON_HOSTS = frozenset({"pay-api.amazon.com", "pay-api.amazon.eu", "pay-api.amazon.jp"})
"""The API's hosts for North America, Europe and Japan."""

_TLS_HANDSHAKE = b"\x16"
_THREADS = 64
_PAUSE = 0.1
"""Seconds until the next try where the system has no descriptors left."""


class IncidentKind(StrEnum):
    """What happened on the port besides a request that was answered."""

    TLS_REFUSED = "tls refused"
    """The client broke off the TLS handshake: mostly, it does not trust the run's authority."""
    NOT_HTTP = "not http"
    TOO_LARGE = "too large"
    TIMED_OUT = "timed out"
    LEFT = "left"
    """The client went away in the middle."""
    PASSED = "passed through"
    """For another host, and carried there."""
    REFUSED = "refused"
    """For another host, and refused because the gateway is strict."""
    UNREACHABLE = "unreachable"
    """For another host, which could not be reached."""
    HANDLER_FAILED = "handler failed"
    """The handler raised: an error of ours, kept in :attr:`Listener.failures`."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One such happening, and the host that it was about, where one is known."""

    kind: IncidentKind
    host: str
    detail: str = ""


class Listener:
    """Serves a listening socket in a thread of its own until it is closed.

    Connections for ``hosts`` are decrypted and their requests given to ``handler``, an attendant,
    or a function that is called in threads; all others pass through untouched, or are refused when
    ``strict``. Incidents are counted for ever; the last thousand are kept.
    """

    def __init__(
        self,
        sock: socket.socket,
        handler: Handler | Attendant,
        authority: Authority,
        *,
        hosts: frozenset[str] = AMAZON_HOSTS,
        strict: bool = False,
        limits: Limits | None = None,
    ) -> None:
        sock.settimeout(0)
        self.address: tuple[str, int] = sock.getsockname()[:2]
        self.incidents: deque[Incident] = deque(maxlen=1000)
        self.counts: Counter[tuple[IncidentKind, str]] = Counter()
        self.failures: deque[Exception] = deque(maxlen=10)
        self._sock = sock
        self._attendant = handler if isinstance(handler, Attendant) else InThreads(handler)
        self._authority = authority
        self._hosts = hosts
        self._strict = strict
        self._limits = limits or Limits()
        self._loop = new_event_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(_THREADS, "gateway-handler"))
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._most = min(self._limits.connections, _descriptors() // 3)
        self._thread = threading.Thread(target=self._run, name="gateway", daemon=True)

    def __enter__(self) -> Listener:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._accept_until_stopped())
        finally:
            self._loop.close()  # this waits for no handler that still waits for others

    async def _accept_until_stopped(self) -> None:
        self._loop.add_reader(self._sock, self._accept)
        await self._stopping.wait()
        self._loop.remove_reader(self._sock)
        self._sock.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._catch_up()
        await self._attendant.leave()

    def _accept(self) -> None:
        try:
            sock, _ = self._sock.accept()
        except OSError as error:
            if error.errno in {errno.EMFILE, errno.ENFILE, errno.ENOMEM}:
                self._loop.remove_reader(self._sock)  # others have to end first
                self._loop.call_later(_PAUSE, self._go_on)
            return
        task = self._loop.create_task(self._serve(sock))
        self._tasks.add(task)
        task.add_done_callback(lambda _: self._ended(task, sock))
        if len(self._tasks) >= self._most:
            self._loop.remove_reader(self._sock)

    def _ended(self, task: asyncio.Task[None], sock: socket.socket) -> None:
        self._tasks.discard(task)
        sock.close()  # nobody has, where it came to nothing
        self._go_on()

    def _go_on(self) -> None:
        if not self._stopping.is_set():
            self._loop.add_reader(self._sock, self._accept)

    async def _serve(self, sock: socket.socket) -> None:
        try:
            stream = await Stream.open(sock)
        except OSError:
            return
        try:
            async with asyncio.timeout(self._limits.head):
                first = await stream.read()
            if first.startswith(_TLS_HANDSHAKE):
                await self._decrypt(stream, first, "")
            elif first:
                await self._converse(Conversation(stream, self._limits, first))
        except TimeoutError:
            self._note(IncidentKind.TIMED_OUT)
        except OSError as error:
            self._note(IncidentKind.LEFT, detail=str(error))
        finally:
            await stream.close()

    async def _decrypt(self, stream: Stream, first: bytes, host: str) -> None:
        """Serve a TLS connection: ``host`` is what a CONNECT named, or ``""`` to go by SNI."""
        asked = host

        def choose(tls: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            nonlocal asked
            asked = (name or host).lower()
            if asked in self._hosts:
                tls.context = self._authority.context(asked)

        fallback = self._authority.context(host or min(self._hosts))
        fallback.sni_callback = choose
        try:
            async with asyncio.timeout(self._limits.handshake):
                await stream.secure(fallback, first)
        except ssl.SSLError as error:
            # Only an error that OpenSSL itself made has a reason.
            self._note(IncidentKind.TLS_REFUSED, asked, getattr(error, "reason", "") or str(error))
            return
        await self._converse(Conversation(stream, self._limits), asked or min(self._hosts))

    async def _converse(self, conversation: Conversation, secured: str = "") -> None:
        """Answer the requests of a connection; ``secured`` is the host that TLS was made for."""
        again = True
        while again:
            try:
                incoming = await conversation.next_request()
            except NotHttp as error:
                self._note(IncidentKind.NOT_HTTP, secured, str(error))
                await conversation.refuse(error.status, str(error))
                return
            except TooLarge:
                self._note(IncidentKind.TOO_LARGE, secured)
                await conversation.refuse(413, "the request body is too large")
                return
            if incoming is None:
                return
            if incoming.method == "CONNECT" and not secured:
                await self._connect(conversation, incoming)
                return
            answer = await self._respond(incoming, secured)
            try:
                again = await conversation.answer(answer)
            finally:
                self._loop.call_soon(self._catch_up)

    async def _connect(self, conversation: Conversation, incoming: Incoming) -> None:
        host, port = _host_and_port(f"//{incoming.target}")
        if not host:
            await conversation.refuse(400, "CONNECT takes HOST:PORT")
        elif host in self._hosts:
            first = await conversation.accept_tunnel()
            await self._decrypt(conversation.stream, first, host)
        elif self._strict:
            self._note(IncidentKind.REFUSED, host)
            await conversation.refuse(403, f"{host} is not Amazon Pay, and the gateway is strict")
        else:
            try:
                reader, writer = await passage.open_tunnel(host, port)
            except (OSError, TimeoutError) as error:
                self._note(IncidentKind.UNREACHABLE, host, str(error))
                await conversation.refuse(502, f"{host} can't be reached: {error}")
                return
            self._note(IncidentKind.PASSED, host)
            writer.write(await conversation.accept_tunnel())
            await passage.carry(conversation.stream, reader, writer)

    async def _respond(self, incoming: Incoming, secured: str) -> Response | Fault:
        if secured and incoming.target.startswith("/"):
            url, host = f"https://{secured}{incoming.target}", secured
        else:
            absolute = "://" in incoming.target.partition("?")[0]
            if not absolute and not secured:
                return _text(
                    400, "this is a proxy; it takes CONNECT, TLS or requests in absolute form"
                )
            url = incoming.target if absolute else f"https://{secured}{incoming.target}"
            host, _ = _host_and_port(url)
            if not host:
                return _text(400, "the request names no host")
            scheme = urlsplit(url).scheme  # in lower case, however it was sent
            if scheme not in ("http", "https"):
                return _text(400, "the URL is neither http nor https")
            url = scheme + url[len(scheme) :]
        request = Request(incoming.method, url, incoming.headers, incoming.body)
        if host not in self._hosts:
            return await self._forward(request, host)
        try:
            return await self._attendant.handle(request)
        except Exception as error:
            self._failed(error, host)
            return _text(502, "the gateway's own side failed; its report says how")

    def _catch_up(self) -> None:
        try:
            self._attendant.catch_up()
        except Exception as error:
            self._failed(error)

    def _failed(self, error: Exception, host: str = "") -> None:
        self.failures.append(error)
        self._note(IncidentKind.HANDLER_FAILED, host, repr(error))

    async def _forward(self, request: Request, host: str) -> Response:
        if self._strict:
            self._note(IncidentKind.REFUSED, host)
            return _text(403, f"{host} is not Amazon Pay, and the gateway is strict")
        try:
            response = await asyncio.to_thread(passage.forward, request)
        except OSError as error:
            self._note(IncidentKind.UNREACHABLE, host, str(error))
            return _text(502, f"{host} can't be reached: {error}")
        self._note(IncidentKind.PASSED, host)
        return response

    def _note(self, kind: IncidentKind, host: str = "", detail: str = "") -> None:
        self.incidents.append(Incident(kind, host, detail))
        if len(self.counts) < 1000 or (kind, host) in self.counts:
            self.counts[kind, host] += 1


def _text(status: int, message: str) -> Response:
    headers = (("content-type", "text/plain; charset=utf-8"),)
    return Response(status, headers, f"pay-conformance: {message}\n".encode())


def _host_and_port(url: str) -> tuple[str, int]:
    """Return host and port of a URL; the host is ``""`` where it is no URL."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").lower(), parts.port or 443
    except ValueError:
        return "", 0


def _descriptors() -> int:
    with contextlib.suppress(OSError, ValueError):
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY:
            return max(soft, 30)
    return 3 * 4096
