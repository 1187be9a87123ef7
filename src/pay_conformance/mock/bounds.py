"""How many of each kind a mock keeps: who asks for more is refused, or the oldest goes.

What a merchant's own signed requests make (sessions, charges, refunds) is not counted: a test may
want a million of them.
"""

from __future__ import annotations

from typing import Final

MOST_MERCHANTS: Final = 50_000
"""That ``serve`` registers unless asked for more; each takes some 8 KB. Beyond, 409."""

MOST_FAULTS: Final = 100
"""That wait for one merchant's requests: each request looks at all of them. Beyond, 409."""

MOST_SIGN_INS: Final = 1000
"""Of one merchant's buyers at a time; a token is good for a day. Beyond, 409."""

MOST_CHARGEBACKS: Final = 1000
"""Disputes of one merchant when the control API files one more. Beyond, 409."""

MOST_SNAPSHOTS: Final = 20
"""Of one merchant; the oldest goes when there are more."""

MOST_NOTIFICATIONS: Final = 1000
"""That are remembered of one merchant; the oldest goes when there are more."""

MOST_FAILURES: Final = 50
"""Signatures that failed, remembered of one merchant; the oldest goes when there are more."""

MOST_CONNECTIONS: Final = 4096
"""That are open at a time, or as many as the system lets a process have; more are closed."""

MOST_WAITING: Final = 256
"""Requests on one connection behind an answer that a fault holds back; more close it."""

LATEST: Final = 366 * 24 * 60 * 60
"""Seconds by which a notification may be late."""

LONGEST_CANONICAL: Final = 64 * 1024
"""Characters of a client's canonical request that are compared: what a request's head may have."""


class Full(Exception):
    """There are as many as a mock keeps; the text says of what, and what makes room."""
