"""Directs a journey: what goes wrong, what happens when, and whether it was reached."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from pay_conformance.findings import Finding, Held, Outcome, Skipped
from pay_conformance.gateway.buyer import Browser, Buyers
from pay_conformance.gateway.journey import Expectation, Journey, PlannedEvent, PlannedFault
from pay_conformance.gateway.notifier import Notice, Notifier
from pay_conformance.gateway.timeline import (
    CHARGE,
    PERMISSION,
    REFUND,
    SESSION,
    Call,
    Notified,
    Timeline,
)
from pay_conformance.targets.control import ControlClient
from pay_conformance.targets.merchant import Merchant

_ID_OF_NOTIFIED = {"CHARGE": CHARGE, "REFUND": REFUND, "CHARGE_PERMISSION": PERMISSION}


class Director:
    """Plays one journey around an application.

    Without ``control`` nothing but faults can be played; without ``notifier`` no notification.
    """

    def __init__(
        self,
        journey: Journey,
        timeline: Timeline,
        control: ControlClient | None,
        browser: Browser,
        notifier: Notifier | None,
    ) -> None:
        self.journey = journey
        self._timeline = timeline
        self._control = control
        self._browser = browser
        self._notifier = notifier
        self._buyers = Buyers(control, journey.buyer) if control else None
        self._faults = {fault: fault.times for fault in journey.faults}
        self._events = list(journey.events)
        self._lock = threading.Lock()
        self._over = False

    def stop(self) -> None:
        """Let nothing more happen: the application is gone."""
        self._over = True

    def next_fault(self, operation: str) -> PlannedFault | None:
        """Return what shall go wrong with this call of an operation, if anything."""
        with self._lock:
            for fault, left in self._faults.items():
                if fault.on == operation and left:
                    self._faults[fault] = left - 1
                    return fault
        return None

    def happened(self, call: Call, merchant: Merchant) -> None:
        """Let the world go on after a call: the buyer's part, and the events that follow it."""
        done = call.effect
        if done is None:
            return
        session = done.get("checkoutSessionId")
        if self._buyers is not None and isinstance(session, str):
            where = None
            if call.operation == "createCheckoutSession":
                lacking = {entry["constraintId"] for entry in done.get("constraints") or ()}
                whole = lacking <= {"BuyerNotAssociated"}
                where = self._buyers.began(merchant, session, whole=whole)
            elif call.operation == "updateCheckoutSession":
                where = self._buyers.ready(merchant, session)
            if where is not None:
                self._browser.come_back(where)
        for event in self._due(call.operation):
            self._browser.run(partial(self._carry_out, event, call, done, merchant))

    def _carry_out(
        self, event: PlannedEvent, call: Call, done: Mapping[str, Any], merchant: Merchant
    ) -> None:
        """Do what an event says: in the browser's thread, after the visits that were due before."""
        if self._over:
            return
        if event.advance and self._control is not None:
            self._control.advance(merchant, event.advance)
        if event.notify and self._notifier is not None:
            name = {"CHARGE": "chargeId", "REFUND": "refundId"}.get(
                event.notify, "chargePermissionId"
            )
            identity = str(done.get(name) or call.about(_ID_OF_NOTIFIED[event.notify]))
            permission = str(done.get("chargePermissionId") or call.about(PERMISSION))
            notice = Notice(event.notify, identity, permission, merchant)
            for _ in range(event.times):
                at = datetime.now(UTC)
                status = self._notifier.deliver(notice)
                self._timeline.add(Notified(notice.id, event.notify, identity, status, at))
        if event.buyer_returns:
            urls = done.get("webCheckoutDetails") or done.get("webCheckoutDetail") or {}
            url = urls.get("checkoutResultReturnUrl") or urls.get("checkoutReviewReturnUrl") or ""
            mark = "&" if "?" in url else "?"
            session = done.get("checkoutSessionId")
            self._browser.come_back(f"{url}{mark}amazonCheckoutSessionId={session}")

    def verdicts(self) -> list[Outcome]:
        """Return what the run says about the journey's own requirement."""
        requirement = self.journey.requirement
        if not requirement:
            return []
        why = self._unreachable() or self._not_reached()
        if why:
            return [Skipped(requirement, why)]
        calls = list(self._timeline.calls())
        missed = [entry for entry in self.journey.must if not _met(entry, calls)]
        if not missed:
            return [Held(requirement)]
        return [
            Finding(
                requirement,
                f"{self.journey.name}: {self.journey.says}",
                expected=str(entry),
                actual=_seen(entry, calls),
                part="the application's calls",
                source=self.journey.name,
            )
            for entry in missed
        ]

    def _due(self, operation: str) -> list[PlannedEvent]:
        with self._lock:
            due = [event for event in self._events if event.after == operation]
            self._events = [event for event in self._events if event.after != operation]
        return due

    def _unreachable(self) -> str:
        if self._control is None and (self.journey.events or self.journey.buyers):
            return "subject has no buyer control"
        if self._notifier is None and self.journey.notifies:
            return "the gateway was not told where notifications go (--notify URL)"
        return ""

    def _not_reached(self) -> str:
        calls = list(self._timeline.calls())
        about = [call for call in calls if call.succeeded and call.about(SESSION)]
        if self.journey.where and not any(_matches(self.journey.where, call) for call in about):
            return f"never reached; what reaches it: {self.journey.calls}"
        wanted = iter(calls)
        for operation in self.journey.reached_by:
            if not any(call.operation == operation for call in wanted):
                return f"never reached; what reaches it: {self.journey.calls}"
        return ""


def _matches(where: Mapping[str, str | bool], call: Call) -> bool:
    return all(call.seen(*name.split("/")[1:]) == value for name, value in where.items())


def _counted(entry: Expectation, calls: Sequence[Call]) -> Iterator[Call]:
    begun = not entry.after
    for call in calls:
        if begun and call.operation == entry.operation and (call.succeeded or not entry.succeeds):
            yield call
        begun = begun or call.operation == entry.after


def _met(entry: Expectation, calls: Sequence[Call]) -> bool:
    seen = len(list(_counted(entry, calls)))
    return seen == 0 if entry.never else seen >= entry.times


def _seen(entry: Expectation, calls: Sequence[Call]) -> str:
    seen = [call.status or "no answer" for call in _counted(entry, calls)]
    if not seen:
        return f"no {entry.operation}"
    return f"{entry.operation} {len(seen)} times, answered {', '.join(map(str, seen))}"
