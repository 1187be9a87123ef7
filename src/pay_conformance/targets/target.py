"""What a server subject is to the suite, wherever it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pay_conformance.exchange import Request, Response
from pay_conformance.targets.control import ControlClient
from pay_conformance.targets.merchant import Merchant

if TYPE_CHECKING:
    import httpx

CAPABILITIES = {
    "clock": "clock control",
    "buyer": "buyer control",
    "merchants": "way to make merchants",
    "faults": "fault injection",
    "notifications": "notifications",
    "simulation": "simulation codes",
}
"""What a subject may let us do, and how a report says that it doesn't: ``subject has no …``."""


class NoAnswer(Exception):
    """One request got no answer, although the subject is still there."""


class Target(Protocol):
    """A server under test. Requests and responses are absolute and unsigned as given."""

    @property
    def name(self) -> str:
        """How reports call it, and what ``--target`` takes to reach it again."""

    @property
    def base_url(self) -> str:
        """The URL before ``/v2``, with no slash at its end."""

    @property
    def capabilities(self) -> frozenset[str]:
        """Which of :data:`CAPABILITIES` it has."""

    @property
    def control(self) -> ControlClient | None:
        """Its control API, if it offers one."""

    @property
    def options(self) -> tuple[str, ...]:
        """The command line options that reach it again."""

    def merchant(self, region: str | None = None) -> Merchant:
        """Return a merchant: a new one where the target can make one."""

    def send(self, request: Request) -> Response:
        """Send one request as it is.

        Raises:
            SubjectProblem: if the subject can't be reached (any more).
            NoAnswer: if it did not answer this request.

        """

    def transport(self) -> httpx.BaseTransport:
        """Return the way to it for an HTTP client of one's own."""

    def close(self) -> None:
        """Let go of its connections."""
