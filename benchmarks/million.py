"""What a mock with a million stored sessions costs, beside one with a thousand.

Both live in one process and are asked in turns, so that they meet the same noise. The sessions are
made by the mock's own Create, with an idempotency key each; only its signature is not looked at.
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from statistics import median
from unittest.mock import patch

from benchmarks.wire import Shop
from pay_conformance.contract import Contract
from pay_conformance.exchange import Request
from pay_conformance.mock import Mock, admission
from pay_conformance.mock.clock import manual
from pay_conformance.mock.store import Merchant
from pay_conformance.signing import Signer

FEW = 1000
_URL = "https://pay-api.amazon.com/sandbox/v2/checkoutSessions"
_LIVES = 24 * 60 * 60
_DUE = 1000


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds of a GET, and of moving the clock so that as many sessions expire in each."""

    get: float
    move: float


class Stocked:
    """A mock with so many sessions, ``_DUE`` of which were made in each second but the last."""

    def __init__(self, contract: Contract, count: int) -> None:
        self.clock = _Clock()
        self.mock = Mock(contract, clock=self.clock.read)
        self.merchant, key = self.mock.first_merchant()
        self._signer = Signer(self.merchant.key_id, key)
        shop = Shop(self.merchant.key_id, key, self.merchant.store_id)
        body = shop.body
        with _unsigned(self.merchant):
            for number in range(count):
                self.clock.now += number % _DUE == 0
                headers = (("x-amz-pay-idempotency-key", f"BENCH{number:027d}"),)
                if self.mock.handle(Request("POST", _URL, headers, body)).status != 201:
                    raise RuntimeError("a session could not be made")
        self._names = list(self.merchant.sessions)
        self._chosen = Random(1)

    def reads(self, count: int) -> list[Request]:
        """Return signed GETs of sessions drawn at random."""
        urls = [f"{_URL}/{self._chosen.choice(self._names)}" for _ in range(count)]
        return [Request("GET", url, tuple(self._signer.sign("GET", url, b""))) for url in urls]

    def get(self, requests: list[Request]) -> float:
        """Return the median microseconds of a GET."""
        times = []
        for request in requests:
            began = time.perf_counter()
            answer = self.mock.handle(request)
            times.append(time.perf_counter() - began)
            if answer.status != 200:
                raise RuntimeError(answer.body.decode())
        return median(times) * 1e6

    def to_the_first_expiry(self) -> None:
        """Put the clock right before the first session expires."""
        self.clock.now = self.clock.start + _LIVES

    def expire(self) -> float:
        """Move the clock by a second; return the microseconds of letting what is due happen."""
        self.clock.now += 1
        body = json.dumps({"advance": "PT0S"}).encode()
        path = f"/_control/merchants/{self.merchant.key_id}/clock"
        began = time.perf_counter()
        answer = self.mock.control(Request("POST", path, (), body))
        took = time.perf_counter() - began
        if answer.status != 200:
            raise RuntimeError(answer.body.decode())
        return took * 1e6


class _Clock:
    def __init__(self) -> None:
        self.start = self.now = int(manual()())

    def read(self) -> float:
        return float(self.now)


@contextmanager
def _unsigned(merchant: Merchant) -> Iterator[None]:
    with patch.object(admission, "authenticate", lambda *_: merchant):
        yield


def measure(many: int, rounds: int) -> Iterator[tuple[Cost, Cost]]:
    """Yield, for each round, the cost with a thousand sessions and with many."""
    contract = Contract.load()
    few_read, large = Stocked(contract, FEW), Stocked(contract, many)
    reads = few_read.reads(1000), large.reads(1000)
    gc.collect()
    gets = [(few_read.get(reads[0]), large.get(reads[1])) for _ in range(rounds)]
    large.to_the_first_expiry()
    for small_get, large_get in gets:
        # A second later, the thousand made in the first second are over: in both mocks.
        few = Stocked(contract, FEW)
        few.to_the_first_expiry()
        yield Cost(small_get, few.expire()), Cost(large_get, large.expire())
