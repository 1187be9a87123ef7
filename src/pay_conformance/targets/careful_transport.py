"""The way to the sandbox: guarded, counted, paced, patient when throttled, aware of its time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import httpx

from pay_conformance.exchange import http_date
from pay_conformance.targets.rate_limit import TokenBucket, retry_after
from pay_conformance.targets.sandbox_only import refuse_live_answer, refuse_live_request

TRIES = 5
LONGEST_PAUSE = 60.0
"""Seconds. A longer one would make the signature too old, and the run too long."""
_JUMP = timedelta(seconds=10)


class ServerClock:
    """Learns from ``Date`` headers by how much this machine's clock is ahead of the server's."""

    def __init__(self, wall: Callable[[], datetime]) -> None:
        self._wall = wall
        self._known = False
        self.ahead = timedelta(0)

    def learn(self, date: str | None) -> None:
        """Take in the ``Date`` of an answer that has just arrived; without one nothing is learnt.

        The header has whole seconds and is some time old, so that what is learnt is never less than
        what is true: a request that is dated with it is never in the server's future.
        """
        moment = http_date(date or "")
        if moment is None:
            return
        ahead = self._wall() - moment
        if not self._known or ahead < self.ahead or ahead > self.ahead + _JUMP:
            self.ahead, self._known = ahead, True


class CarefulTransport(httpx.BaseTransport):
    """Sends what may be sent, when it may be sent.

    ``spend`` counts a call, or raises if there may be no more. Whatever the ``inner`` transport is,
    nothing reaches it that might reach the live environment.
    """

    def __init__(
        self,
        inner: httpx.BaseTransport,
        bucket: TokenBucket,
        spend: Callable[[], None],
        clock: ServerClock,
    ) -> None:
        self._inner = inner
        self._bucket = bucket
        self._spend = spend
        self._clock = clock

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; one that is throttled is sent again, after the time that was asked for.

        The answer is the last one where that goes on for five tries, or would take over a minute.

        Raises:
            NotSent: if the request might reach the live environment.
            BudgetSpent: if there may be no more calls.
            SubjectProblem: if the answer is from the live environment.

        """
        request.read()
        for attempt in range(1, TRIES + 1):
            refuse_live_request(str(request.url), request.headers.get("authorization", ""))
            self._spend()
            self._bucket.take()
            answer = self._inner.handle_request(request)
            answer.read()
            self._clock.learn(answer.headers.get("date"))
            refuse_live_answer(answer.content)
            pause = _pause(answer, attempt)
            if pause is None or pause > LONGEST_PAUSE or attempt == TRIES:
                break
            self._bucket.pause(pause)
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


def _pause(answer: httpx.Response, attempt: int) -> float | None:
    """Return the seconds to wait before a request is sent again, or ``None`` if it is not to be."""
    asked = retry_after(
        answer.headers.get("retry-after"), http_date(answer.headers.get("date", ""))
    )
    if answer.status_code == 429:
        return float(2 ** (attempt - 1)) if asked is None else asked
    return asked if answer.status_code == 503 else None
