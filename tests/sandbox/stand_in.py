"""A stand-in for Amazon's sandbox: the mock with no control API, throttling, in another time."""

from __future__ import annotations

import threading
import time
from collections import deque
from datetime import datetime, timedelta
from typing import Any

import pytest

from pay_conformance.contract import Contract
from pay_conformance.exchange import Request, Response
from pay_conformance.mock import Mock, admission
from pay_conformance.scenario import Buyer
from pay_conformance.targets import ControlClient, Merchant
from pay_conformance.targets.direct_transport import DirectTransport
from pay_conformance.targets.sandbox import Sandbox

NOT_FOUND = Response(404, (("content-type", "application/json"),), b"{}")


class StandIn:
    """Answers what arrives under Amazon's host names, and remembers when it arrived.

    ``rate`` is the number of calls that it bears in a second, and whatever the rate, it throttles
    one call in ``every``; ``ahead`` is by how much its clock is ahead of ours. ``control`` is for
    the tests, which play the buyer: the target can't reach it.
    """

    def __init__(
        self, *, rate: float = 1e9, every: int = 10**9, ahead: timedelta = timedelta(0)
    ) -> None:
        self._ahead = ahead
        self._mock = Mock(Contract.load(), clock=lambda: time.time() + ahead.total_seconds())
        self.control = ControlClient(self._mock.control)
        self.merchant: Merchant = self.control.new_merchant()
        self.seen: list[Request] = []
        self.arrived: list[float] = []
        self.throttled = 0
        self.answers: deque[Response | Exception] = deque()
        self._rate = rate
        self._every = every
        self._lock = threading.Lock()

    def also_known_as(self, key_id: str) -> None:
        """Let the merchant have a second public key id."""
        by_key = self._mock.merchants.by_key
        by_key[key_id] = by_key[self.merchant.public_key_id]

    def live_in_its_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Judge the dates of requests by the clock of the stand-in."""
        ahead = self._ahead

        class Shifted(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:
                return datetime.now(tz) + ahead

        monkeypatch.setattr(admission, "datetime", Shifted)

    def handle(self, request: Request) -> Response:
        with self._lock:
            now = time.monotonic()
            self.seen.append(request)
            if self.answers:
                answer = self.answers.popleft()
                if isinstance(answer, Exception):
                    raise answer
                return answer
            if request.path.startswith("/_control"):
                return NOT_FOUND
            crowded = sum(now - moment < 1 for moment in self.arrived[-1000:]) >= self._rate
            if crowded or len(self.seen) % self._every == 0:
                self.throttled += 1
                return throttled("1")
            self.arrived.append(now)
        return self._mock.handle(request)

    def page(self, request: Request) -> Response:
        """Answer a buyer's browser."""
        return self._mock.page(request)

    def environment(self, folder: Any, **more: str) -> dict[str, str]:
        """Return the variables that a user would set, with a rate that does not slow tests down."""
        return {
            "AMAZON_PAY_PUBLIC_KEY_ID": self.merchant.public_key_id,
            "AMAZON_PAY_PRIVATE_KEY": self.merchant.private_key,
            "AMAZON_PAY_STORE_ID": self.merchant.store_id,
            "PAY_CONFORMANCE_RATE": "1000",
            "PAY_CONFORMANCE_STATE": str(folder),
            **more,
        }

    def open(self, folder: Any, **more: Any) -> Sandbox:
        """Return the target on a wire to here; names in capitals go to its environment."""
        variables = {name: str(value) for name, value in more.items() if name.isupper()}
        options = {name: value for name, value in more.items() if not name.isupper()}
        wire = DirectTransport(self.handle)
        return Sandbox(self.environment(folder, **variables), inner=wire, **options)

    def buyer(self) -> Buyer:
        return Buyer(self.control, self.merchant)


def throttled(retry_after: str = "") -> Response:
    headers = [("content-type", "application/json")]
    headers += [("retry-after", retry_after)] if retry_after else []
    return Response(429, tuple(headers), b'{"reasonCode":"TooManyRequests","message":"Slow down"}')
