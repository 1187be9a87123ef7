"""Puts a Mock on the network: a bare ASGI application, the API and the control API behind it."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from ipaddress import ip_address
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pay_conformance.exchange import Headers, Request, Response, find_header
from pay_conformance.mock.admission import LARGEST_BODY
from pay_conformance.mock.control import PREFIX
from pay_conformance.mock.faults import Disturbed
from pay_conformance.mock.server import Admitted, Mock
from pay_conformance.problems import Problem

Scope = Mapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_Asked = TypeVar("_Asked")
_Result = TypeVar("_Result")

_log = logging.getLogger("pay_conformance.mock")

Connections = dict[tuple[str, int], asyncio.Transport]
"""The open connections by the client's address, so that a fault can reset one."""

_CONTROL = f"{PREFIX}/"
_LINGER_NOT = struct.pack("ii", 1, 0)
_FATAL = b"\x15\x03\x03\x00\x02\x02\x50"
_HEAD_START = 0.05
_DRIPS = 20

_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class App:
    """Serves a mock. The control API answers to loopback only, or to who has the token.

    A page in a browser must not reach the control API by a name that was pointed at loopback, so
    that without a token the Host header has to name loopback, and a request with an Origin is
    refused.
    """

    def __init__(
        self, mock: Mock, *, token: str = "", connections: Connections | None = None
    ) -> None:
        self._mock = mock
        self._token = token
        self._connections = {} if connections is None else connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        body = await _body(receive)
        if body is None:
            return
        client = scope.get("client")
        response = self.answer(_request(scope, body), None if client is None else str(client[0]))
        if isinstance(response, Disturbed):
            await self.disturbed(send, receive, response, scope)
        else:
            await _answer(send, response, close=len(body) > LARGEST_BODY)

    def admit(self, request: Request) -> Admitted | Response | None:
        """Return what :meth:`answer` may be told of a request to the API, or of others ``None``.

        It changes nothing but what is remembered of signatures that fail.
        """
        if self._other(request.path):
            return None
        return self._safely(self._mock.admit, request, request)

    def answer(
        self, request: Request, client: str | None, admitted: Admitted | Response | None = None
    ) -> Response:
        """Return the answer to a request that came from a client's address, if that is known.

        A :class:`~.faults.Disturbed` one has to be sent by :meth:`disturbed`.
        """
        if admitted is None:
            serve = self._other(request.path)
            if serve is not None:
                return serve(request, client)
            admitted = self._safely(self._mock.admit, request, request)
        if isinstance(admitted, Response):
            return admitted
        return self._safely(self._mock.serve, admitted, request)

    def _other(self, path: str) -> Callable[[Request, str | None], Response] | None:
        """Return what answers on a path that is none of the API."""
        if path == PREFIX or path.startswith(_CONTROL):
            return self._control
        if self._mock.hosted.serves(path):
            return self._page
        return self._certificate if path == self._mock.notifications.authority.path else None

    def _control(self, request: Request, client: str | None) -> Response:
        refusal = self._guard(request, client)
        if refusal is not None:
            return refusal
        return self._safely(self._mock.control, request, request)

    def _page(self, request: Request, client: str | None) -> Response:
        return self._safely(self._mock.page, request, request)

    def _certificate(self, request: Request, client: str | None) -> Response:
        """Return the certificate of the notifications, for who leads the SNS host name here."""
        certificate = self._mock.notifications.authority.certificate
        return Response(200, (("content-type", "application/x-x509-ca-cert"),), certificate)

    async def disturbed(
        self, send: Send, receive: Receive, response: Disturbed, scope: Scope
    ) -> None:
        """Answer late, slowly, in part or not at all."""
        await asyncio.sleep(response.delay)
        connection = self._connections.get(scope.get("client") or ("", 0))
        if response.reset == "alert" and connection is not None:
            _alert(connection)
        if response.reset in ("before", "alert") and connection is not None:
            await _reset(connection, receive)
            return
        await send(_start(response))
        body, size = response.body, len(response.body)
        if response.reset == "middle" and connection is not None:
            await send(_part(body[: size // 2], more=True))
            # What was sent has to leave before the reset overtakes it.
            await asyncio.sleep(_HEAD_START)
            await _reset(connection, receive)
            return
        if response.drip:
            step = max(1, size // _DRIPS)
            for start in range(0, size, step):
                await asyncio.sleep(response.drip / _DRIPS)
                await send(_part(body[start : start + step], more=True))
            body = b""
        await send(_part(body, more=False))

    def _safely(
        self, act: Callable[[_Asked], _Result], asked: _Asked, request: Request
    ) -> _Result | Response:
        try:
            return act(asked)
        except Problem as problem:
            _log.error("%s %s: %s", request.method, request.path, problem)
        except Exception:
            # A fault of ours: the client is told as the service would, the log has the rest.
            _log.exception("the mock failed on %s %s", request.method, request.path)
        error = self._mock.contract.errors["InternalServerError"]
        return _json(error.status, {"reasonCode": error.code, "message": error.message})

    def _guard(self, request: Request, client: str | None) -> Response | None:
        """Return a refusal for who may not use the control API."""
        if self._token:
            given = request.header("authorization") or ""
            if hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
                return None
            return _json(401, {"error": "send the token: Authorization: Bearer TOKEN"})
        if client is not None and not is_loopback(client):
            return _json(403, {"error": "without a token, control is for loopback only"})
        if not _names_loopback(request.headers):
            return _json(403, {"error": "the Host header names another host than loopback"})
        if request.header("origin") is not None:
            return _json(403, {"error": "web pages may not use the control API"})
        return None


def is_loopback(host: str) -> bool:
    """Say whether a host, by name or number, is this machine alone."""
    if host in _LOCAL_NAMES:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _names_loopback(headers: Headers) -> bool:
    try:
        host = urlsplit(f"//{find_header(headers, 'host') or ''}").hostname
    except ValueError:
        return False
    return host is not None and is_loopback(host)


async def _body(receive: Receive) -> bytes | None:
    """Return the body, or its first bytes if it is too large; ``None`` if the client is gone."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part: bytes = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > LARGEST_BODY or not message.get("more_body", False):
            return b"".join(parts)


def _request(scope: Scope, body: bytes) -> Request:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    # The host is not used: a path may begin with two slashes, and a Host header may be anything.
    url = f"http://mock{raw.split(b'?')[0].decode('latin-1')}"
    if scope["query_string"]:
        url += f"?{scope['query_string'].decode('latin-1')}"
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
    )
    return Request(scope["method"], url, headers, body)


async def _answer(send: Send, response: Response, *, close: bool) -> None:
    await send(_start(response, *([(b"connection", b"close")] if close else [])))
    await send(_part(response.body, more=False))


def _start(response: Response, *more: tuple[bytes, bytes]) -> Message:
    headers = [
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers
    ]
    headers.append((b"content-length", b"%d" % len(response.body)))
    headers.extend(more)
    return {"type": "http.response.start", "status": response.status, "headers": headers}


def _part(body: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


def _alert(connection: asyncio.Transport) -> None:
    """Send a fatal TLS alert, internal_error, in the clear: no client's TLS goes on after it."""
    endpoint = connection.get_extra_info("socket")
    if connection.get_extra_info("ssl_object") is not None and endpoint is not None:
        # The event loop lends its own socket for little more than its number.
        with socket.socket(fileno=os.dup(endpoint.fileno())) as own:
            own.send(_FATAL)
            own.shutdown(socket.SHUT_WR)


async def _reset(connection: asyncio.Transport, receive: Receive) -> None:
    """Reset a connection: the client sees neither an answer nor an orderly end."""
    endpoint = connection.get_extra_info("socket")
    if endpoint is not None:
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    connection.abort()
    while (await receive())["type"] != "http.disconnect":
        pass


def _json(status: int, value: Mapping[str, str]) -> Response:
    return Response(status, (("content-type", "application/json"),), json.dumps(value).encode())
