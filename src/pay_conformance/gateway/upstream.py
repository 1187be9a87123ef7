"""Where the application's requests go: the mock, Amazon's sandbox, or any URL."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import urlsplit

from pay_conformance.exchange import Request, Response
from pay_conformance.gateway.links import Links
from pay_conformance.mock.wallet import PAGES, SCRIPT_HOST
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.targets import EmbeddedMock
from pay_conformance.targets.choice import open_target
from pay_conformance.targets.target import NoAnswer, Target

BUYER_HOSTS = frozenset(
    {*SCRIPT_HOST.values(), *(urlsplit(url).hostname or "" for url in PAGES.values())}
)
"""Where a buyer's browser finds the script that draws buttons, and Amazon's pages."""


class Upstream(Protocol):
    """What answers the application's requests."""

    @property
    def name(self) -> str:
        """How reports call it."""

    @property
    def target(self) -> Target | None:
        """The server with its control API, or ``None`` where there is no control."""

    @property
    def is_inside(self) -> bool:
        """Whether it and its control API are in this process, and nothing waits for a network."""

    async def send(self, request: Request) -> Response:
        """Return the answer to a request.

        Raises:
            OSError: if there is none.

        """

    async def page(self, request: Request) -> Response:
        """Return what a buyer's browser gets: a hosted page, or the script that draws buttons.

        Raises:
            OSError: if there is no answer.

        """

    async def close(self) -> None:
        """Let go of the connections of the event loop."""


@dataclass(frozen=True, slots=True)
class Inside:
    """The mock in this process, whose buyer, clock and merchants are ours to play."""

    target: EmbeddedMock
    name: str = "mock"
    is_inside: bool = True

    async def send(self, request: Request) -> Response:
        """Return the mock's answer."""
        url = _moved(request, self.target.base_url)
        try:
            return self.target.send(request if url == request.url else replace(request, url=url))
        except NoAnswer as error:
            raise OSError(str(error)) from error

    async def page(self, request: Request) -> Response:
        """Return a page of the mock, which are apart from its API."""
        return self.target.mock.page(request)

    async def close(self) -> None:
        """Do nothing: there are no connections."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another server: ``base`` is its URL, or ``""`` for the host asked for.

    With a ``target``, its buyer, clock and merchants are ours to play.
    """

    name: str
    base: str
    target: Target | None = None
    is_inside: bool = False
    _links: Links = field(default_factory=Links, repr=False)

    async def send(self, request: Request) -> Response:
        """Return the server's answer."""
        return await self._links.send(request, _moved(request, self.base))

    async def page(self, request: Request) -> Response:
        """Return a page of the server."""
        return await self.send(request)

    async def close(self) -> None:
        """Close the connections to it."""
        await self._links.close()


def open_upstream(chosen: str, control: str = "", seed: int = 0) -> Upstream:
    """Return what ``--upstream`` names: ``mock``, ``sandbox`` or a URL (``control`` is its own).

    Raises:
        ConfigurationProblem: if it names nothing of the kind.
        SubjectProblem: if nothing answers there.

    """
    if chosen == "sandbox":
        return Elsewhere("sandbox", "")
    if "://" in chosen and not control:
        if urlsplit(chosen).scheme not in {"http", "https"} or not urlsplit(chosen).hostname:
            raise ConfigurationProblem(
                f"--upstream {chosen!r} is no http or https URL", "write e.g. http://127.0.0.1:8474"
            )
        return Elsewhere(chosen, chosen.rstrip("/"))
    if chosen != "mock" and "://" not in chosen:
        raise ConfigurationProblem(
            f"there is no upstream {chosen!r}", "choose mock, sandbox or a URL"
        )
    target = open_target(chosen, control=control, seed=seed, environment={})
    if isinstance(target, EmbeddedMock):
        return Inside(target)
    return Elsewhere(chosen, target.base_url, target)


def _moved(request: Request, base: str) -> str:
    if not base:
        return request.url
    query = request.query
    return f"{base}{request.path}?{query}" if query else base + request.path
