"""What can go wrong with a call in a story before it is sent again with its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault as the control API takes it. ``status`` is what is answered, 0 for no answer."""

    kind: str
    moment: str
    status: int = 0

    def asked(self) -> dict[str, object]:
        """Return what the control API is asked for."""
        status = {"status": self.status} if self.status else {}
        return {"kind": self.kind, "moment": self.moment, **status}


TROUBLES: Mapping[str, Trouble] = {
    "the next call is throttled": Trouble("error", "before", 429),
    "the next call fails with a 503": Trouble("error", "before", 503),
    "the next call takes effect, and its answer is a 500": Trouble("error", "after", 500),
    "the next call is lost on its way": Trouble("reset", "before"),
    "the next call takes effect, and its answer is lost": Trouble("reset", "after"),
}
"""By what the story says of it. A call without a key can't be sent again after its effect."""
