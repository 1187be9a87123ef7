"""Holds times against the calendar, against each other, and against what was seen before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from pay_conformance.checks.history import History
from pay_conformance.checks.names import ID_OF
from pay_conformance.checks.registry import Fact, check, held
from pay_conformance.checks.values import looks_like_stamp, moment, stamp
from pay_conformance.checks.view import View
from pay_conformance.contract import Contract
from pay_conformance.contract.model import Timer
from pay_conformance.findings import Finding, Outcome

CALENDAR: Final = "FMT-TIME-002"
BORN_UPDATED: Final = "CS-TIME-004"
BORN_NOW: Final = "CS-TIME-006"
BUYER_GONE: Final = "CP-LIFE-017"
ORDER: Final = "FMT-TIME-003"
BACKWARD: Final = {
    "checkout-session": "CS-TIME-003",
    "charge": "CH-LIFE-016",
    "charge-permission": "CP-LIFE-022",
    "refund": "RF-LIFE-008",
    "dispute": "DI-LIFE-009",
}
"""Which rule says of each object that its lastUpdatedTimestamp never goes back."""

_NOW: Final = timedelta(seconds=5)
_LONG_LIVED: Final = frozenset({"Recurring", "PaymentMethodOnFile"})
_CREATED: Final = "/creationTimestamp"
_EXPIRES: Final = "/expirationTimestamp"
_CHANGED: Final = "/statusDetails/lastUpdatedTimestamp"


def _expiries(contract: Contract) -> set[str]:
    return {
        timer.requirement
        for lifecycle in contract.lifecycles.values()
        for name, timer in lifecycle.timers.items()
        if name.endswith("expiry")
    }


@check(CALENDAR, when=[Fact.ANSWERED])
def times_are_in_the_calendar(view: View, _history: History) -> Iterator[Outcome]:
    """A timestamp names a day that exists: no 30 February, no leap day without a leap year."""
    for pointer in (_CREATED, _EXPIRES, _CHANGED):
        value = view.at(pointer)
        if isinstance(value, str) and moment(value) is not None:
            yield held(CALENDAR)
        elif looks_like_stamp(value):
            yield Finding(
                CALENDAR,
                f"{pointer.rpartition('/')[2]} is {value}, and there is no such moment",
                view.pointer(pointer),
                "a day and a time that exist",
                value,
            )


@check(named=_expiries, of=ID_OF)
def expiration_follows_creation(view: View, _history: History) -> Iterator[Outcome]:
    """A session lives 24 hours, a charge 30 days, a one-time permission 180 days or 13 months."""
    if view.object not in ID_OF:
        return
    created, expires = _time(view, _CREATED), _time(view, _EXPIRES)
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


@check(ORDER, when=[Fact.ANSWERED])
def updates_follow_creation(view: View, _history: History) -> Iterator[Outcome]:
    """An object was not last updated before it was created."""
    created, changed = _time(view, _CREATED), _time(view, _CHANGED)
    if created is None or changed is None:
        return
    if changed >= created:
        yield held(ORDER)
    else:
        yield _too_early(view, ORDER, created, "was created")


@check(*BACKWARD.values(), of=BACKWARD, when=[Fact.SEEN_BEFORE])
def time_never_goes_backward(view: View, history: History) -> Iterator[Outcome]:
    """Of two observations of an object, the later one was not updated earlier."""
    last = history.before(view)
    before = moment(last.at(view, _CHANGED)) if last is not None else None
    now = _time(view, _CHANGED)
    if before is None or now is None or view.object not in BACKWARD:
        return
    if now >= before:
        yield held(BACKWARD[view.object])
    else:
        yield _too_early(view, BACKWARD[view.object], before, "had been when it was last seen")


@check(
    BORN_UPDATED, BORN_NOW, calls=["createCheckoutSession"], when=[Fact.ANSWERED, Fact.SUCCEEDED]
)
def a_new_session_is_new(view: View, history: History) -> Iterator[Outcome]:
    """A session that was just created was created now, and not updated since."""
    if view.operation is None or view.operation.id != "createCheckoutSession":
        return
    created, changed = _time(view, _CREATED), _time(view, _CHANGED)
    if created is None or not view.succeeded or history.is_repeat(view):
        return
    if changed is not None and changed == created:
        yield held(BORN_UPDATED)
    elif changed is not None and changed > created:
        yield Finding(
            BORN_UPDATED,
            "the session is new, and was updated after its creation",
            view.pointer(_CHANGED),
            view.at(_CREATED),
            view.at(_CHANGED),
        )
    now = view.time
    if now is None:
        return
    if abs(now - created) <= _NOW:
        yield held(BORN_NOW)
    else:
        yield Finding(
            BORN_NOW,
            "the session is new, and its creation is not the time of the answer's Date header",
            view.pointer(_CREATED),
            f"{stamp(now)}, give or take {int(_NOW.total_seconds())} seconds",
            view.at(_CREATED),
        )


@check(BUYER_GONE, of=["charge-permission"])
def the_buyer_is_forgotten(view: View, _history: History) -> Iterator[Outcome]:
    """A one-time permission returns no buyer once 30 days have passed since its creation."""
    kind = view.at("/chargePermissionType")
    if view.object != "charge-permission" or (isinstance(kind, str) and kind in _LONG_LIVED):
        return
    created, now = _time(view, _CREATED), view.time
    timer = view.contract.lifecycle(view.object, view.api).timers.get("buyer-details")
    if created is None or now is None or timer is None or now <= timer.due(created):
        return
    if view.at("/buyer") is None:
        yield held(BUYER_GONE)
    else:
        yield Finding(
            BUYER_GONE,
            f"the buyer is still returned after {stamp(timer.due(created))}",
            "/buyer",
            None,
            "a buyer",
        )


def _time(view: View, pointer: str) -> datetime | None:
    """Return a moment of the answer; a value of the wrong form is none."""
    if view.broken and view.is_broken(view.pointer(pointer)):
        return None
    return moment(view.at(pointer))


def _too_early(view: View, rule: str, earliest: datetime, what: str) -> Finding:
    return Finding(
        rule,
        f"the {view.object} was last updated before it {what}",
        view.pointer(_CHANGED),
        f"{stamp(earliest)} or later",
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
