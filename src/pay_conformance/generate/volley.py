"""Sends many requests in one story, and says which may be to blame for what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from pay_conformance.findings import Violation
from pay_conformance.generate.examples import Examples, Scene

T = TypeVar("T")


class Range(Protocol[T]):
    """Where requests are sent. ``unread`` are those since its objects were last read."""

    unread: list[T]

    def send(self, request: T) -> None:
        """Send a request, and read the objects now and then.

        Raises:
            Violation: if an answer, or an object that is read, is not as it should be.

        """

    def read(self) -> None:
        """Read the objects again.

        Raises:
            Violation: if one of them changed.

        """


def volley(
    examples: Examples, aimed: Callable[[Scene], tuple[Range[T], Iterable[T]]]
) -> tuple[list[T], list[Violation]]:
    """Send requests in a story until one violates something.

    ``aimed`` returns where requests are sent, and the requests. What comes back are the suspects,
    all requests since the objects were last read, and what was violated; both are empty if nothing
    was.
    """
    suspects: list[T] = []
    seen: list[Violation] = []

    def sent(scene: Scene) -> None:
        range_, requests = aimed(scene)
        for request in requests:
            examples.cases += 1
            try:
                range_.send(request)
            except Violation as violation:
                suspects.extend(range_.unread or [request])
                seen.append(violation)
                return
        try:
            range_.read()
        except Violation as violation:
            suspects.extend(range_.unread)
            seen.append(violation)

    examples.concluded(lambda: examples.told(sent))
    return suspects, seen
