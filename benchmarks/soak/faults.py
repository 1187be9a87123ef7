"""Which faults are asked for, and what an answer under each may look like."""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import Any, Final

_STATUSES: Final = (400, 408, 425, 429, 500, 502, 503, 504)
_BROKEN: Final = ("reset", "cut", "tls alert")
_SPOILT: Final = ("truncated", "html", "content type")
_LATE: Final = ("latency", "slow body")
_SHARE: Final = 0.25
_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Asked:
    """A fault that the next call shall meet."""

    kind: str
    moment: str
    status: int

    def wanted(self) -> dict[str, Any]:
        """Return it as the control API takes it."""
        return {
            "kind": self.kind,
            "moment": self.moment,
            "status": self.status,
            "seconds": _SECONDS,
            "count": 1,
        }

    @property
    def may_have_worked(self) -> bool:
        """Whether the request has its effect, although its answer does not say so."""
        return self.moment == "after" or self.kind not in ("error", "reset", "tls alert")

    def explains(self, got: Got, *, gateway: bool) -> bool:
        """Say whether an answer is the one that was asked for."""
        if self.kind == "error":
            return got.status == self.status
        if self.kind in _BROKEN:
            # What a gateway's upstream breaks off, the gateway answers with 503.
            return got.status == (503 if gateway else 0)
        if self.kind in _SPOILT:
            return got.status > 0 and not got.whole
        return got.good


@dataclass(frozen=True, slots=True)
class Got:
    """What came back: ``status`` is 0 where nothing did."""

    status: int
    kind: str = ""
    body: bytes = b""

    @property
    def whole(self) -> bool:
        """Whether it is JSON that says that it is."""
        try:
            json.loads(self.body)
        except ValueError:
            return False
        return self.kind.startswith("application/json")

    @property
    def good(self) -> bool:
        """Whether it is a success that can be read."""
        return 200 <= self.status < 300 and self.whole

    @property
    def refused(self) -> bool:
        """Whether it is a refusal that says why."""
        return self.status in (400, 422) and self.whole


def choose(random: Random) -> Asked | None:
    """Return a fault for one call in four."""
    if random.random() >= _SHARE:
        return None
    kind = random.choice(("error", "error", "error", *_BROKEN, *_SPOILT, *_LATE))
    moment = random.choice(("before", "after")) if kind in ("error", "reset", "tls alert") else ""
    return Asked(kind, moment or "before", random.choice(_STATUSES))
