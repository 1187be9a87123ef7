"""Holds times against the calendar, against each other, and against what was seen before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from pay_conformance.checks.history import History
from pay_conformance.checks.names import ID_OF
from pay_conformance.checks.registry import check, held
from pay_conformance.checks.values import looks_like_stamp, moment, stamp
from pay_conformance.checks.view import View
from pay_conformance.contract import Contract
from pay_conformance.contract.model import APIS, Timer
from pay_conformance.findings import Finding, Outcome

CALENDAR: Final = "FMT-TIME-002"
ORDER: Final = "FMT-TIME-003"
BACKWARD: Final = "FMT-TIME-004"

_CREATED: Final = "/creationTimestamp"
_EXPIRES: Final = "/expirationTimestamp"
_CHANGED: Final = "/statusDetails/lastUpdatedTimestamp"


def _expiries(contract: Contract) -> set[str]:
    return {
        timer.requirement
        for api in APIS
        for kind in ID_OF
        for name, timer in contract.lifecycle(kind, api).timers.items()
        if name.endswith("expiry")
    }


@check(CALENDAR)
def times_are_in_the_calendar(view: View, _history: History) -> Iterator[Outcome]:
    """A timestamp names a day that exists: no 30 February, no leap day without a leap year."""
    for pointer in (_CREATED, _EXPIRES, _CHANGED):
        value = view.at(pointer)
        if not looks_like_stamp(value):
            continue
        if moment(value) is not None:
            yield held(CALENDAR)
        else:
            yield Finding(
                CALENDAR,
                f"{pointer.rpartition('/')[2]} is {value}, and there is no such moment",
                view.pointer(pointer),
                "a day and a time that exist",
                value,
            )


@check(named=_expiries)
def expiration_follows_creation(view: View, _history: History) -> Iterator[Outcome]:
    """A session lives 24 hours, a charge 30 days, a one-time permission 180 days or 13 months."""
    if view.object not in ID_OF:
        return
    created, expires = moment(view.at(_CREATED)), moment(view.at(_EXPIRES))
    timers = view.contract.lifecycle(view.object, view.api).timers
    if created is None or expires is None or "expiry" not in timers:
        return
    kind = view.at("/chargePermissionType") if view.object == "charge-permission" else None
    if kind == "PaymentMethodOnFile":
        return
    if kind == "Recurring":
        yield _recurring(view, timers["recurring-expiry"], created, expires)
        return
    allowed = [timers["expiry"]]
    if kind == "OneTime" and "extended-expiry" in timers:
        allowed.append(timers["extended-expiry"])
    for timer in allowed:
        if timer.due(created) == expires:
            yield held(timer.requirement)
            return
    due = [stamp(timer.due(created)) for timer in allowed]
    yield Finding(
        allowed[0].requirement,
        f"the {view.object} was created at {stamp(created)} and expires at {stamp(expires)}",
        _EXPIRES,
        " or ".join(due),
        view.at(_EXPIRES),
    )


@check(ORDER)
def change_follows_creation(view: View, _history: History) -> Iterator[Outcome]:
    """An object was not last updated before it was created."""
    created, changed = moment(view.at(_CREATED)), moment(view.at(_CHANGED))
    if created is None or changed is None:
        return
    if changed >= created:
        yield held(ORDER)
    else:
        yield Finding(
            ORDER,
            f"the {view.object} was last updated before it was created",
            view.pointer(_CHANGED),
            f"{stamp(created)} or later",
            view.at(_CHANGED),
        )


@check(BACKWARD)
def time_never_goes_backward(view: View, history: History) -> Iterator[Outcome]:
    """Of two observations of an object, the later one was not updated earlier."""
    last = history.before(view)
    if last is None:
        return
    before, now = moment(last.at(view, _CHANGED)), moment(view.at(_CHANGED))
    if before is None or now is None:
        return
    if now >= before:
        yield held(BACKWARD)
    else:
        yield Finding(
            BACKWARD,
            f"{view.object} {last.id} had been updated later than this when it was seen before",
            view.pointer(_CHANGED),
            f"{stamp(before)} or later",
            view.at(_CHANGED),
        )


def _recurring(view: View, timer: Timer, created: datetime, expires: datetime) -> Outcome:
    """Each charge starts the 13 months anew, so creation gives only the earliest end."""
    due = timer.due(created)
    if expires >= due:
        return held(timer.requirement)
    value: Any = view.at(_EXPIRES)
    return Finding(
        timer.requirement,
        f"the recurring charge permission of {stamp(created)} expires before 13 months are over",
        _EXPIRES,
        f"{stamp(due)} or later",
        value,
    )
