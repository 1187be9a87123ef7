"""Plays random stories against a server and the model at once, for as long as there is time."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.soak.shop import Count
from pay_conformance.contract import Contract
from pay_conformance.exchange import Request, Response
from pay_conformance.findings import Violation
from pay_conformance.generate.examples import Examples
from pay_conformance.generate.machine import play_stories
from pay_conformance.scenario.story import Setting, Story
from pay_conformance.targets import Merchant
from pay_conformance.targets.rate_limit import TokenBucket
from pay_conformance.targets.url import Address, UrlTarget

_STORIES = 5
_STEPS = 20


class FewMerchants(UrlTarget):
    """A server whose merchants are used again, emptied, so that it has no more of them with time.

    No more than the bucket's rate is sent to it.
    """

    def __init__(self, url: str, control: str, bucket: TokenBucket) -> None:
        self.calls = 0
        self._bucket = bucket
        self._known: dict[str, Merchant] = {}
        super().__init__(Address(url, control), {})

    def merchant(self, region: str | None = None) -> Merchant:
        """Return the merchant of a region, with nothing to its name."""
        wanted = region or "na"
        if wanted not in self._known:
            self._known[wanted] = super().merchant(wanted)
        merchant = self._known[wanted]
        assert self.control is not None
        self.control.call("POST", f"/merchants/{merchant.public_key_id}/reset")
        return merchant

    def send(self, request: Request) -> Response:
        """Send one request, when it may be sent."""
        self._bucket.take()
        self.calls += 1
        return super().send(request)


def play(url: str, control: str, rate: float, until: float, seed: int) -> dict[str, Any]:
    """Play until a moment of the monotonic clock; return what came of it."""
    target = FewMerchants(url, control, TokenBucket(rate))
    contract, count = Contract.load(), Count()
    while time.monotonic() < until:
        seed += 1
        api = contract_api(seed)
        story = Story(Setting(target, contract, api, "soak", seed, "", frozenset()))
        examples = Examples(story, shrink=False, print_=lambda _: None)
        try:
            play_stories(examples, _STORIES, _STEPS)
        except Violation as violation:
            count.note(f"seed {seed}: {violation}")
        except ExceptionGroup as several:
            count.note(f"seed {seed}: {several.exceptions[0]}")
        count.stories += examples.cases
        count.unasked_5xx += sum(
            exchange.response is not None and exchange.response.status >= 500
            for exchange in story.exchanges.values()
        )
    count.calls = target.calls
    target.close()
    return count.shown()


def contract_api(seed: int) -> Any:
    """Return the version of the API that a seed plays in: both in turn."""
    return ("v1", "v2")[seed % 2]
