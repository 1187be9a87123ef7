"""Where the application's requests go: the mock, Amazon's sandbox, or any URL."""

from __future__ import annotations

import asyncio
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
            SubjectProblem: if the server can't be reached any more.

        """

    async def page(self, request: Request) -> Response:
        """Return what a buyer's browser gets: a hosted page, or the script that draws buttons.

        Raises:
            OSError: if there is no answer.
            SubjectProblem: if the server can't be reached any more.

        """

    async def close(self) -> None:
        """Let go of the connections of the event loop."""


@dataclass(frozen=True, slots=True)
class Controlled:
    """A server whose buyer, clock and merchants are ours to play."""

    name: str
    target: Target

    @property
    def is_inside(self) -> bool:
        """Whether it is the mock in this process."""
        return isinstance(self.target, EmbeddedMock)

    async def send(self, request: Request) -> Response:
        """Return the server's answer."""
        return self._ask(request) if self.is_inside else await asyncio.to_thread(self._ask, request)

    async def page(self, request: Request) -> Response:
        """Return a page of the server, which has its pages beside its API."""
        if isinstance(self.target, EmbeddedMock):
            return self.target.mock.page(request)
        return await self.send(request)

    async def close(self) -> None:
        """Do nothing: its connections are those of its target, which others use, too."""

    def _ask(self, request: Request) -> Response:
        url = _moved(request, self.target.base_url)
        try:
            return self.target.send(request if url == request.url else replace(request, url=url))
        except NoAnswer as error:
            raise OSError(str(error)) from error


@dataclass(frozen=True, slots=True)
class Plain:
    """A server that is used as it is: ``base`` is its URL, or ``""`` for the host asked for."""

    name: str
    base: str
    target: None = None
    is_inside: bool = False
    _links: Links = field(default_factory=Links, repr=False)

    async def send(self, request: Request) -> Response:
        """Return the server's answer."""
        return await self._links.send(replace(request, url=_moved(request, self.base)))

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
        return Plain("sandbox", "")
    if "://" in chosen and not control:
        if urlsplit(chosen).scheme not in {"http", "https"} or not urlsplit(chosen).hostname:
            raise ConfigurationProblem(
                f"--upstream {chosen!r} is no http or https URL", "write e.g. http://127.0.0.1:8474"
            )
        return Plain(chosen, chosen.rstrip("/"))
    if chosen != "mock" and "://" not in chosen:
        raise ConfigurationProblem(
            f"there is no upstream {chosen!r}", "choose mock, sandbox or a URL"
        )
    return Controlled(chosen, open_target(chosen, control=control, seed=seed, environment={}))


def _moved(request: Request, base: str) -> str:
    if not base:
        return request.url
    parts = urlsplit(request.url)
    return f"{base}{parts.path}{'?' if parts.query else ''}{parts.query}"
