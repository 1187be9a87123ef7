"""The way of all other hosts through the gateway: tunnels and requests that are not for Amazon."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import urllib.request
from functools import cache
from urllib.parse import unquote, urlsplit

import httpx

from pay_conformance.exchange import Headers, Request, Response
from pay_conformance.gateway.stream import CHUNK, Stream

_CONNECT_SECONDS = 15
_REQUEST_SECONDS = 120
ONE_HOP = {"connection", "keep-alive", "proxy-connection", "proxy-authorization", "upgrade"}
"""Headers that are not for the server behind."""


async def open_tunnel(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to a host, through the proxy of the gateway's own environment where it has one.

    Raises:
        OSError: if the host or the proxy can't be reached, or the proxy refuses.

    """
    proxy = _own_proxy(host)
    async with asyncio.timeout(_CONNECT_SECONDS):
        if proxy is None:
            return await asyncio.open_connection(host, port)
        parts = urlsplit(proxy)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
        credentials = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        lines = [f"CONNECT {host}:{port} HTTP/1.1", f"Host: {host}:{port}"]
        if parts.username:
            token = base64.b64encode(credentials.encode()).decode()
            lines.append(f"Proxy-Authorization: Basic {token}")
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            writer.close()
            raise OSError("the proxy of this environment gave no answer") from error
        if head.split(b" ", 2)[1:2] != [b"200"]:
            writer.close()
            status = head.split(b"\r\n", 1)[0].decode("latin-1")
            raise OSError(f"the proxy of this environment refused: {status}")
        return reader, writer


async def carry(stream: Stream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes both ways, untouched, until the far side has ended."""

    async def outward() -> None:
        while data := await stream.read():
            writer.write(data)
            await writer.drain()
        writer.write_eof()

    upload = asyncio.ensure_future(outward())
    try:
        while data := await reader.read(CHUNK):
            await stream.write(data)
    finally:
        upload.cancel()
        await asyncio.gather(upload, return_exceptions=True)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def forward(request: Request) -> Response:
    """Send a request in absolute form on to its host, and return the answer, its body still coded.

    Raises:
        OSError: if the host gives no answer.

    """
    headers = [(name, value) for name, value in request.headers if name.lower() not in ONE_HOP]
    try:
        outgoing = httpx.Request(request.method, request.url, headers=headers, content=request.body)
        answer = _client().send(outgoing, stream=True)
        try:
            body = b"".join(answer.iter_raw())
        finally:
            answer.close()
        return Response(answer.status_code, _readable(answer.headers.raw), body)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OSError(str(error) or type(error).__name__) from error


@cache
def _client() -> httpx.Client:
    """Return the one client of this process: making one takes longer than most requests."""
    return httpx.Client(timeout=_REQUEST_SECONDS)


def _readable(raw: list[tuple[bytes, bytes]]) -> Headers:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in raw)


def _own_proxy(host: str) -> str | None:
    if urllib.request.proxy_bypass(host):
        return None
    return urllib.request.getproxies().get("https")
