"""Any server behind a URL: an emulator, a stub, the mock run by ``serve``."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from pay_conformance.exchange import Request, Response, as_headers
from pay_conformance.problems import ConfigurationProblem, SubjectProblem
from pay_conformance.signing import REGIONS
from pay_conformance.targets.control import ControlClient
from pay_conformance.targets.merchant import Merchant, read_private_key
from pay_conformance.targets.target import NoAnswer

KEY_ID = "AMAZON_PAY_PUBLIC_KEY_ID"
KEY = "AMAZON_PAY_PRIVATE_KEY"
STORE = "AMAZON_PAY_STORE_ID"
REGION = "AMAZON_PAY_REGION"
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)


def credentials(environment: Mapping[str, str] = os.environ) -> Merchant | None:
    """Return the merchant that the environment names, or ``None`` if it names none at all.

    Raises:
        ConfigurationProblem: if some of the variables are missing, or one has a bad value.

    """
    given = {name: environment.get(name, "").strip() for name in (KEY_ID, KEY, STORE)}
    if not any(given.values()):
        return None
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise ConfigurationProblem(
            f"{', '.join(missing)} not set, although other credentials are",
            f"set {KEY_ID}, {KEY} and {STORE}, or none of them",
        )
    region = environment.get(REGION, "").strip().lower() or "na"
    if region not in REGIONS:
        raise ConfigurationProblem(f"{REGION} is {region!r}", "set it to na, eu or jp")
    key = read_private_key(given[KEY], KEY)
    return Merchant(given[KEY_ID], key, given[STORE], REGIONS[region])


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server and its control API are, and the CA that vouches for them."""

    url: str
    control: str = ""
    ca_file: str = ""


class UrlTarget:
    """A server reached over HTTP or TLS. ``close`` ends its connections."""

    def __init__(self, address: Address, environment: Mapping[str, str] = os.environ) -> None:
        self._address = address
        self.base_url = _checked(address.url, "--target").rstrip("/")
        self.name = self.base_url
        self._verify = _trust(address.ca_file or environment.get("SSL_CERT_FILE", ""))
        self._client = httpx.Client(transport=self.transport(), timeout=_TIMEOUT)
        self._control_url = _checked(address.control, "--control").rstrip("/")
        self._merchant = credentials(environment)
        self._control: ControlClient | None = None
        if self._control_url:
            self._control = ControlClient(self._send_control)
        elif self._merchant is None:
            raise ConfigurationProblem(
                f"there are no credentials for {self.base_url}",
                f"set {KEY_ID}, {KEY} and {STORE}, or give --control URL",
            )
        self._probe()
        self._capabilities = frozenset({"simulation"})
        if self._control is not None:
            self._capabilities = self._control.capabilities()

    @property
    def capabilities(self) -> frozenset[str]:
        """What its control API offers; without one, a sandbox's simulation codes alone."""
        return self._capabilities

    @property
    def control(self) -> ControlClient | None:
        """Its control API, if one was named."""
        return self._control

    @property
    def options(self) -> tuple[str, ...]:
        """The options that name it."""
        control = ("--control", self._control_url) if self._control_url else ()
        ca_file = ("--ca-file", self._address.ca_file) if self._address.ca_file else ()
        return ("--target", self.base_url, *control, *ca_file)

    def merchant(self, region: str | None = None) -> Merchant:
        """Return a new merchant where the control API makes one, else the environment's."""
        if self._control is not None and "merchants" in self._capabilities:
            return self._control.new_merchant(region or "na")
        if self._merchant is None:
            raise ConfigurationProblem(
                "the control API makes no merchants", f"set {KEY_ID}, {KEY} and {STORE}"
            )
        return self._merchant

    def send(self, request: Request) -> Response:
        """Send one request over the network."""
        try:
            answer = self._client.request(
                request.method,
                request.url,
                headers=list(request.headers),
                content=request.body,
                follow_redirects=False,
            )
        except httpx.TransportError as error:
            self._probe()
            raise NoAnswer(f"{type(error).__name__}: {error}") from error
        return Response(
            answer.status_code, as_headers(answer.headers.multi_items()), answer.content
        )

    def transport(self) -> httpx.BaseTransport:
        """Return a transport with a pool of connections."""
        return httpx.HTTPTransport(verify=self._verify, retries=0)

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def _send_control(self, request: Request) -> Response:
        url = self._control_url + request.url
        return self.send(Request(request.method, url, request.headers, request.body))

    def _probe(self) -> None:
        """Find out that nobody listens before the suite does, and once a request had no answer."""
        for url in filter(None, (self.base_url, self._control_url)):
            try:
                self._client.get(url + "/", follow_redirects=False)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                raise SubjectProblem(
                    f"nothing answers at {url}: {_reason(error)}",
                    "start the server, or mend the URL, or its CA (--ca-file)",
                ) from error
            except httpx.TransportError:
                continue  # something listens there, and that is all that was asked


def _reason(error: httpx.TransportError) -> str:
    return str(error) or type(error).__name__


def _checked(url: str, option: str) -> str:
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole:
        raise ConfigurationProblem(
            f"{option} {url!r} is not an http or https URL", "write e.g. http://127.0.0.1:8474"
        )
    return url


def _trust(ca_file: str) -> ssl.SSLContext:
    if not ca_file:
        return ssl.create_default_context()
    if not Path(ca_file).is_file():
        raise ConfigurationProblem(
            f"the CA file {ca_file} is not there", "give --ca-file a PEM file"
        )
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (ssl.SSLError, OSError) as error:
        raise ConfigurationProblem(
            f"the CA file {ca_file} holds no certificate in PEM", "give --ca-file a PEM file"
        ) from error
