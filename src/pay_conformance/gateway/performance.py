"""One performance: a journey played around one run of the application, and all that it showed."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from urllib.parse import urlsplit

from pay_conformance.checks import Judge
from pay_conformance.checks.coding import without_coding
from pay_conformance.contract import Contract
from pay_conformance.contract.model import Party
from pay_conformance.exchange import Exchange, Request, Response
from pay_conformance.findings import Finding, Outcome, Skipped
from pay_conformance.gateway.answers import error_answer
from pay_conformance.gateway.attendant import Attendant
from pay_conformance.gateway.buyer import Browser
from pay_conformance.gateway.director import Director
from pay_conformance.gateway.faults import Fault, FaultKind
from pay_conformance.gateway.journey import Journey, PlannedFault
from pay_conformance.gateway.keys import KeyRing
from pay_conformance.gateway.listener import AMAZON_HOSTS
from pay_conformance.gateway.notifier import SNS_HOSTS, Notifier
from pay_conformance.gateway.story import judge_story
from pay_conformance.gateway.tally import Tally
from pay_conformance.gateway.timeline import Call, Timeline
from pay_conformance.gateway.upstream import BUYER_HOSTS, Upstream

PARTIES = frozenset({Party.CLIENT, Party.INTEGRATION})
_LOST = {"lost": FaultKind.RESET, "unsent": FaultKind.RESET, "silence": FaultKind.SILENCE}
_KEPT = 2000
_MOST = 10_000
_REMEMBERED = 2000
_VERIFIED = "SIG-SEND-004"
_numbers = count(1)

Heard = Callable[[Exchange, Sequence[Outcome]], None]
"""Is told of each call that is kept at once, on any thread, and of what was found of it."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What all performances of a run share. ``shop`` and ``notify`` are URLs, or ``""``.

    ``reproduce`` is the call that was made, ``alone`` the one for each journey by its name.
    """

    contract: Contract
    merchant_keys: Mapping[str, str] = field(default_factory=dict)
    shop: str = ""
    notify: str = ""
    region: str = "na"
    reproduce: str = ""
    alone: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Answered:
    """A request, what the application got, and what the upstream did, if that is known.

    ``lost`` says how an answer was lost that did not arrive.
    """

    request: Request
    answer: Response | Fault
    effect: Response | None
    started: datetime
    ended: datetime
    lost: str


class Performance(Attendant):
    """Answers the application's requests from an upstream, within a journey, and judges them.

    An exchange is judged when its answer is on its way, or before, where somebody listens.
    ``exchanges`` are as the application saw them; past the first few thousand only those with
    findings are kept, and of these as many again and some more, so that memory has a bound.
    """

    def __init__(
        self,
        setting: Setting,
        journey: Journey,
        upstream: Upstream,
        heard: Heard | None = None,
    ) -> None:
        self.journey = journey
        self.timeline = Timeline(setting.contract)
        self._tally = Tally()
        self.exchanges: list[Exchange] = []
        self._answered: deque[_Answered] = deque()
        self._unjudged: deque[Exchange] = deque()
        self.died = ""
        self.browser = Browser(setting.shop, self.timeline.add)
        self._heard = heard
        self._setting = setting
        self._upstream = upstream
        target = upstream.target
        self.keys = KeyRing(target, setting.merchant_keys, setting.region)
        self.notifier = Notifier(setting.notify) if setting.notify else None
        self._director = Director(
            journey,
            self.timeline,
            target.control if target else None,
            self.browser,
            self.notifier,
        )
        self._judge = Judge(
            setting.contract, PARTIES, keys=self.keys.public_keys, remembers=_REMEMBERED
        )
        self._lock = threading.Lock()
        self._last = time.monotonic()
        self._under_way = 0

    async def handle(self, request: Request) -> Response | Fault:
        """Answer one request of the application, or of a browser that it drives."""
        host = request.url.split("/", 3)[2]
        if host not in AMAZON_HOSTS:
            name = urlsplit(request.url).hostname
            if self.notifier is not None and name in SNS_HOSTS:
                return self.notifier.serve(request)
            if name in BUYER_HOSTS:
                return await self._page(request)
        with self._lock:
            self._under_way += 1
        try:
            return await self._serve(request)
        finally:
            with self._lock:
                self._under_way -= 1
                self._last = time.monotonic()

    def catch_up(self) -> None:
        """Judge what was answered, in its order, and tell of it."""
        with self._lock:
            while self._answered:
                self._told(self._answered.popleft())
            while self._unjudged:
                exchange = self._unjudged.popleft()
                found = [self._placed(outcome) for outcome in self._judge.judge(exchange)]
                self._tally.add(found)
                most = _MOST if any(isinstance(outcome, Finding) for outcome in found) else _KEPT
                if len(self.exchanges) < most:
                    self.exchanges.append(exchange)
                    if self._heard is not None:
                        self._heard(exchange, found)

    async def leave(self) -> None:
        """Close the connections to the upstream."""
        await self._upstream.close()

    def stop(self) -> None:
        """Let nothing more happen around the application, because it has ended."""
        self._director.stop()

    def settle(self, quiet: float = 0.7, most: float = 120) -> None:
        """Wait until the buyer has nothing left to do and no call came for ``quiet`` seconds."""
        until = time.monotonic() + most
        while time.monotonic() < until:
            self.browser.wait()
            with self._lock:
                idle = 0.0 if self._under_way else time.monotonic() - self._last
            if idle >= quiet:
                return
            time.sleep(max(0.05, quiet - idle))

    def end(self) -> list[Outcome]:
        """Judge the story as a whole, and return all outcomes that nobody was told of."""
        self.catch_up()
        self.browser.wait()
        self.browser.close()
        found = [*judge_story(self.timeline), *self._director.verdicts()]
        if self.keys.unknown:
            names = ", ".join(sorted(self.keys.unknown))
            found.append(Skipped(_VERIFIED, f"public key unknown: {names} (--merchant-key ID=PEM)"))
        self._tally.add(self._placed(outcome) for outcome in found)
        return list(self._tally)

    async def _page(self, request: Request) -> Response:
        try:
            return await self._upstream.page(request)
        except OSError as problem:
            self.died = self.died or f"{self._upstream.name}: {problem}"
            return Response(502, (("content-type", "text/plain"),), b"The upstream gave no page.\n")

    async def _serve(self, request: Request) -> Response | Fault:
        started = datetime.now(UTC)
        match = self._setting.contract.match(request.method, request.path)
        planned = self._director.next_fault(match.operation.id) if match else None
        answer, effect = await self._answer(request, planned)
        lost = planned.answer if planned else ""
        answered = _Answered(request, answer, effect, started, datetime.now(UTC), lost)
        if self._upstream.target is None:
            self._answered.append(answered)  # nobody acts upon it, so that all of it can wait
        else:
            await self._go_on(self._told(answered), request)
        if self._heard is not None:
            self.catch_up()  # whoever listens is told before the application can end the run
        return answer

    def _told(self, answered: _Answered) -> Call:
        """Put a call down in the story, and where it is judged from."""
        answer, effect = answered.answer, answered.effect
        arrived = without_coding(answer) if isinstance(answer, Response) else None
        exchange = Exchange(
            answered.request,
            arrived,
            answered.started,
            answered.ended,
            id=f"g-{next(_numbers):06}",
            source=self.journey.name,
            failure="" if arrived else f"the answer was lost ({answered.lost})",
        )
        done = effect if effect and arrived is None and effect.status < 300 else None
        call = self.timeline.call(exchange, without_coding(done).body if done else None)
        self.timeline.add(call)
        self._unjudged.append(exchange)
        return call

    async def _go_on(self, call: Call, request: Request) -> None:
        """Let the world go on, after a call that had an effect."""
        merchant = self.keys.acting(request) if call.effect is not None else None
        if merchant is None:
            return
        if self._upstream.is_inside:
            self._director.happened(call, merchant)
        else:
            await asyncio.to_thread(self._director.happened, call, merchant)

    async def _answer(
        self, request: Request, planned: PlannedFault | None
    ) -> tuple[Response | Fault, Response | None]:
        """Return what the application gets, and the answer that the upstream made, if it did."""
        if planned is not None and planned.answer == "unsent":
            return Fault(FaultKind.RESET), None
        if planned is not None and planned.answer and planned.answer not in _LOST:
            error = self._setting.contract.errors[planned.answer]
            return (
                error_answer(error.status, error.code, error.message, planned.retry_after),
                None,
            )
        if planned is not None and planned.simulate:
            simulated = (*request.headers, ("x-amz-pay-simulation-code", planned.simulate))
            request = replace(request, headers=simulated)
        response = await self._ask(request)
        if planned is not None and planned.answer in _LOST:
            return Fault(_LOST[planned.answer]), response
        return response, response

    async def _ask(self, request: Request) -> Response:
        admitted = self.keys.admit(request)
        if isinstance(admitted, Response):
            return admitted
        if self._upstream.name == "sandbox" and _is_live(request):
            return error_answer(403, "UnauthorizedAccess", "live credentials stay out of a test")
        try:
            return await self._upstream.send(admitted)
        except OSError as problem:
            self.died = self.died or f"{self._upstream.name}: {problem}"
            return error_answer(503, "ServiceUnavailable", "the gateway's upstream gave no answer")

    def _placed(self, outcome: Outcome) -> Outcome:
        if not isinstance(outcome, Finding):
            return outcome
        return replace(
            outcome,
            source=outcome.source or self.journey.name,
            reproduce=outcome.reproduce
            or self._setting.alone.get(self.journey.name, self._setting.reproduce),
        )


def _is_live(request: Request) -> bool:
    authorization = request.header("authorization") or ""
    return request.path.startswith("/live/") or "=LIVE" in authorization.upper()
