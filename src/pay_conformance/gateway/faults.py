"""What can go wrong with an answer on its way to the client: a closed set, each with its effect."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pay_conformance.exchange import Response

_EMPTY = Response(200, (("content-type", "application/json"),), b"{}")


class FaultKind(StrEnum):
    """One way in which an answer fails to arrive whole."""

    RESET = "reset"
    """The connection is reset; not one byte of an answer was sent."""
    CLOSE = "close"
    """The connection ends in good order; not one byte of an answer was sent."""
    SILENCE = "silence"
    """Nothing comes, until the client gives up."""
    CUT = "cut"
    """Head and half of the body arrive, then the connection ends."""
    GARBAGE = "garbage"
    """Bytes arrive that are no HTTP."""
    DRIP = "drip"
    """The whole answer arrives, a few bytes at a time."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault in place of a plain answer.

    ``response`` is the answer that would have been given; CUT and DRIP send (part of) it. ``pause``
    is the time in seconds between the pieces of DRIP.
    """

    kind: FaultKind
    response: Response = _EMPTY
    pause: float = 0.05
