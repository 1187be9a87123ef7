"""Runs a mock on a socket until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import json
import signal
import socket
import ssl
import tempfile
from collections.abc import Callable, Generator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from pay_conformance.files import filling
from pay_conformance.mock.asgi import App, is_loopback
from pay_conformance.mock.bounds import MOST_CONNECTIONS
from pay_conformance.mock.connection import IDLE, Connection, Connections
from pay_conformance.mock.delivery import deliver
from pay_conformance.mock.event_loop import new_event_loop
from pay_conformance.mock.server import Mock
from pay_conformance.mock.sns import REGIONS
from pay_conformance.mock.wallet import API_HOST, PAGES, SCRIPT_HOST
from pay_conformance.problems import ConfigurationProblem

HERE = "here"
"""Stands for the mock's own address, which is known only once it listens."""

_GRACE = 2
"""Seconds that open requests get to end after a signal."""

_TICK = 0.02
_YOUNG = 10_000
"""Objects that are made until the young ones are looked through for garbage."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mock is served, and to whom. Port 0 takes any that is free.

    ``pages`` is where amazonPayRedirectUrl sends buyers: :data:`HERE`, another base URL, or ``""``
    for Amazon's own hosts.
    """

    host: str = "127.0.0.1"
    port: int = 8474
    tls: bool = False
    token: str = ""
    pages: str = ""


def serve(mock: Mock, place: Place, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT. ``ready`` gets one JSON line when requests are answered.

    Raises:
        ConfigurationProblem: if the place can't be had, or is open to others without a token.
    """
    if not is_loopback(place.host) and not place.token:
        raise ConfigurationProblem(
            f"{place.host} can be reached from other machines",
            "give a --token that the control API will ask for, or serve on 127.0.0.1",
        )
    with _listening(place) as listener, tempfile.TemporaryDirectory(prefix="pay-mock-") as name:
        folder = Path(name)
        with filling(folder):
            line = json.dumps(_introduction(mock, place, listener.getsockname()[1], folder))
        secret = _context(folder / "server.pem") if place.tls else None
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(_run(mock, place, listener, secret, lambda: ready(line)))


def _context(chain: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context


async def _run(
    mock: Mock,
    place: Place,
    listener: socket.socket,
    secret: ssl.SSLContext | None,
    ready: Callable[[], None],
) -> None:
    loop = asyncio.get_running_loop()
    told_to_stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told_to_stop.set)
    connections = Connections(_most_connections(), loop.call_soon)
    app = App(mock, token=place.token, connections=connections.by_client)
    server = await loop.create_server(
        lambda: Connection(app, connections, loop.time), sock=listener, ssl=secret
    )
    # The contract stays: it need not be looked through for garbage again and again.
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)
    tasks = [loop.create_task(deliver(mock)), loop.create_task(_close_idle(connections))]
    ready()
    await told_to_stop.wait()
    for task in tasks:
        task.cancel()
    server.close()
    await _drain(connections)


def _most_connections() -> int:
    """Return how many connections may be open, so that descriptors are left for all else."""
    try:
        import resource
    except ImportError:  # a system without such limits
        return MOST_CONNECTIONS
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CONNECTIONS if soft < 0 else min(MOST_CONNECTIONS, soft * 3 // 4)


async def _close_idle(connections: Connections) -> None:
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(IDLE / 4)
        connections.close_idle(loop.time() - IDLE)


async def _drain(connections: Connections) -> None:
    """Let answers that are on their way arrive, for as long as the grace lasts."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _GRACE
    while connections.every and loop.time() < until:
        connections.close_idle(until)
        await asyncio.sleep(_TICK)
    for connection in tuple(connections.every):
        connection.abort()


@contextlib.contextmanager
def _listening(place: Place) -> Generator[socket.socket, None, None]:
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    # asyncio sends small parts without delay only on sockets that say that they are TCP.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((place.host, place.port))
            listener.listen(1024)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise ConfigurationProblem(
                    f"port {place.port} of {place.host} is in use",
                    "choose another with --port, or 0 for any that is free",
                ) from error
            raise ConfigurationProblem(
                f"{place.host}:{place.port} can't be listened on: {error.strerror or error}",
                "choose another --host or --port",
            ) from error
        except OverflowError as error:
            raise ConfigurationProblem(
                f"{place.port} is no port", "choose one from 0 to 65535"
            ) from error
        yield listener


def _introduction(mock: Mock, place: Place, port: int, folder: Path) -> dict[str, str | None]:
    """Return what a user needs to know, and make the files that it names."""
    merchant, private_key = mock.first_merchant()
    key_file = folder / "private-key.pem"
    key_file.touch(mode=0o600)
    key_file.write_text(private_key, encoding="ascii")
    ca_file = _certify(place.host, folder) if place.tls else None
    six = ":" in place.host
    host = ("::1" if six else "127.0.0.1") if _is_any(place.host) else place.host
    url = f"{'https' if place.tls else 'http'}://{f'[{host}]' if six else host}:{port}"
    if place.pages:
        mock.send_buyers_to(url if place.pages == HERE else place.pages)
    return {
        "url": url,
        "control": f"{url}/_control",
        "checkoutScript": f"{url}{mock.hosted.script_path}",
        "merchantId": merchant.id,
        "publicKeyId": merchant.key_id,
        "privateKeyFile": str(key_file),
        "storeId": merchant.store_id,
        "caFile": ca_file,
    }


def _is_any(host: str) -> bool:
    """Say whether an address stands for all of this machine's addresses."""
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


def _certify(host: str, folder: Path) -> str:
    """Make a CA of this run's own and a certificate; return the CA's file."""
    import trustme

    authority = trustme.CA()
    pages = (urlsplit(url).hostname or "" for url in PAGES.values())
    notifying = (f"sns.{region}.amazonaws.com" for region in REGIONS.values())
    local = ("localhost", "127.0.0.1", "::1")
    names = {*local, *API_HOST.values(), *SCRIPT_HOST.values(), *pages, *notifying}
    if not _is_any(host):
        names.add(host)
    certificate = authority.issue_cert(*sorted(names))
    chain = folder / "server.pem"
    chain.touch(mode=0o600)
    certificate.private_key_and_cert_chain_pem.write_to_path(chain)
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    return str(ca_file)
