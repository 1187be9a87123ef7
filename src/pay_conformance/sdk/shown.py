"""What one run of a case showed, before it is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pay_conformance.exchange import Exchange, Request
from pay_conformance.sdk.cases import Case
from pay_conformance.sdk.process import FaultKind
from pay_conformance.sdk.protocol import Called, Given

Wrong = Iterator[tuple[str, Any, Any]]
"""What is wrong: message, expected, actual. None at all means that the expectation holds."""


class NotShown(Exception):
    """The case did not come to the point where the expectation could hold or fail."""


@dataclass(frozen=True)
class Shown:
    """All that one run of a case showed."""

    case: Case
    exchanges: tuple[Exchange, ...] = ()
    called: tuple[Called, ...] = ()
    """One for each call side by side."""
    setup_error: Given | None = None
    fault: str = ""
    """What the adapter did instead of answering: a hang, a crash, noise."""
    unsupported: str = ""
    seconds: float = 0.0
    ended: datetime | None = None
    signature: str | None = None
    signed_text: str | None = None
    sign_error: Given | None = None
    sent: tuple[Any, ...] = ()
    """The bodies of the server's answers as JSON, in order."""
    request_ids: tuple[str, ...] = ()
    charges: int = 0
    offers: frozenset[str] = frozenset()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    """Process-wide settings before the SDK did anything."""
    secrets: tuple[str, ...] = ()
    noise: str = ""
    """What the adapter wrote on stderr, and each message of an error."""
    client_printed: str | None = None
    """The SDK's client as a program prints it for its log."""
    in_clear: tuple[str, ...] = ()
    """The first lines of requests that reached the proxy unencrypted."""
    verify: Callable[[Request, datetime | None], str | None] | None = None
    """Says what was wrong with a request's signature when it arrived."""
    verify_button: Callable[[str, str], bool] | None = None

    @property
    def broke(self) -> bool:
        """Say whether the adapter broke down; one that only took too long did not.

        What it had sent until then is a matter of milliseconds, and no evidence.
        """
        return bool(self.fault) and not self.fault.startswith(FaultKind.HANG)

    @property
    def requests(self) -> list[Request]:
        """The requests that arrived, in order."""
        return [each.request for each in self.exchanges if each.request is not None]

    @property
    def given(self) -> tuple[Given, ...]:
        """What each call gave back, in order."""
        if self.setup_error is not None:
            return (self.setup_error,)
        return tuple(given for called in self.called for given in called.given)


def some_requests(shown: Shown) -> list[Request]:
    """Return the requests that arrived.

    Raises:
        NotShown: if there are none.
    """
    if not shown.requests:
        what = shown.fault or next((given.what for given in shown.given), "nothing came back")
        raise NotShown(f"no request arrived: {what}")
    return shown.requests
