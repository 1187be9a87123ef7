"""Lets the History learn from an exchange, after the checks have judged it."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from pay_conformance.checks.history import (
    FIXED,
    REMEMBERED,
    Attempt,
    History,
    Money,
    Observed,
    Used,
    identity,
    retry_of,
)
from pay_conformance.checks.names import ID_OF
from pay_conformance.checks.operations import written
from pay_conformance.checks.values import moment, price
from pay_conformance.checks.view import View

FOR_A_WHILE: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same request is to be sent again."""
_CHANGED: Final = "/statusDetails/lastUpdatedTimestamp"


def learn(view: View, history: History) -> None:
    """Remember what an exchange showed: its object, its money, its idempotency key."""
    repeated = history.is_repeat(view)
    _key(view, history)
    if repeated:
        return
    if view.answer is None or not (view.succeeded or view.status is None):
        return
    name = identity(view)
    if view.object not in ID_OF or not name:
        return
    _object(view, history, name)
    if view.object == "charge":
        _charge(view, history, name)
    elif view.object == "refund":
        _refund(view, history, name)
    history.forget()


def _object(view: View, history: History, name: str) -> None:
    key = (view.object, name)
    last = history.objects.get(key)
    if last is not None and _is_older(view, last):
        return
    fixed = dict(last.fixed) if last is not None else {}
    for pointer in FIXED[view.object]:
        value = view.at(pointer)
        if value is not None:
            fixed.setdefault(pointer, value)
    before = history.before(view)
    kept = before.written if before is not None else {}
    _promise(view, history, before)
    history.objects.pop(key, None)  # the last one seen is the last one forgotten
    history.objects[key] = Observed(
        view.object,
        name,
        view.api,
        {pointer: view.at(pointer) for pointer in REMEMBERED[view.object]},
        view.state,
        view.exchange.ended,
        view.exchange.id,
        fixed,
        {**kept, **written(view)} if kept else written(view),
    )


def _promise(view: View, history: History, before: Observed | None) -> None:
    """Remember what the charge of a session that completes has to be worth."""
    charge = view.at("/chargeId")
    if view.object != "checkout-session" or before is None or not isinstance(charge, str):
        return
    amount = price(before.at(view, "/paymentDetails/chargeAmount"))
    if view.state == "Completed" and amount is not None:
        history.promised.setdefault(charge, amount)


def _is_older(view: View, last: Observed) -> bool:
    """An answer that was on its way at the same time may be the older picture of the object."""
    ended = view.exchange.ended
    if last.seen is None or ended is None or ended >= last.seen:
        return False
    before, now = moment(last.at(view, _CHANGED)), moment(view.at(_CHANGED))
    return before is not None and now is not None and now <= before


def _charge(view: View, history: History, name: str) -> None:
    permission, authorized = view.at("/chargePermissionId"), price(view.at("/chargeAmount"))
    if not isinstance(permission, str) or authorized is None:
        return
    captured = price(view.at("/captureAmount"))
    history.charges.setdefault(permission, {})[name] = Money(
        view.state,
        authorized.amount,
        captured.amount if captured is not None else Decimal(0),
        authorized.currency,
    )


def _refund(view: View, history: History, name: str) -> None:
    charge, amount = view.at("/chargeId"), price(view.at("/refundAmount"))
    if isinstance(charge, str) and amount is not None:
        history.refunds.setdefault(charge, {})[name] = (amount.amount, view.state)


def _key(view: View, history: History) -> None:
    key, place = view.key, retry_of(view)
    if not key or place is None or view.operation is None:
        return
    attempt = Attempt(view.operation.id, place[1], place[2])
    history.attempts.setdefault((view.merchant, key), attempt)
    if view.status is None or view.status in FOR_A_WHILE:
        history.failed[place] = (key, view.exchange.id)
        return
    history.failed.pop(place, None)
    if view.succeeded:
        answer = view.exchange.response.body if view.exchange.response is not None else b""
        used = Used(attempt, view.status, answer, view.exchange.id, view.exchange.ended)
        history.keys.setdefault((view.merchant, key), used)
