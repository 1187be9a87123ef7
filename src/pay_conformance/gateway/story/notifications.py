"""Rules about notifications: answered, looked into, and taken once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from pay_conformance.findings import Finding, Held, Outcome
from pay_conformance.gateway.story.rule import Rule, calls_of
from pay_conformance.gateway.timeline import CHARGE, PERMISSION, REFUND, Call, Moment, Notified

_KINDS = {"CHARGE": CHARGE, "REFUND": REFUND, "CHARGE_PERMISSION": PERMISSION}


def read_before_acting(moments: Sequence[Moment]) -> Iterator[Outcome]:
    """Require that the first thing done with a notified object is a GET."""
    for notes in _deliveries(moments).values():
        accepted = next((note for note in notes if 200 <= note.status < 300), None)
        if accepted is None or accepted.kind not in _KINDS:
            continue
        first = next(iter(_calls_about(accepted, moments, accepted.at)), None)
        if first is not None and first.reads:
            yield Held("INT-NOTE-001", first.exchange)
        else:
            yield Finding(
                "INT-NOTE-001",
                f"a {accepted.kind} notification was accepted, and the object was not read",
                expected=f"GET of {accepted.id}",
                actual=first.operation if first else "no request about it",
                part="request",
                exchange=first.exchange if first else "",
            )


def taken_once(moments: Sequence[Moment]) -> Iterator[Outcome]:
    """Require that what a notification set off is not set off again by the same one."""
    for notes in _deliveries(moments).values():
        if len(notes) < 2 or notes[0].kind not in _KINDS:
            continue
        before = _effects(notes[0], moments, notes[0].at, notes[1].at)
        after = _effects(notes[0], moments, notes[1].at, None)
        again = next((call for call in after if _same_effect(call, before)), None)
        if again is None:
            yield Held("INT-NOTE-002")
        else:
            yield Finding(
                "INT-NOTE-002",
                "a notification that came twice had its effect twice",
                expected=f"{again.operation} once",
                actual=f"{again.operation} again",
                part="request",
                exchange=again.exchange,
            )


def answered(moments: Sequence[Moment]) -> Iterator[Outcome]:
    """Require that each notification is answered with 200 in the end, repeated or not."""
    for notes in _deliveries(moments).values():
        last = notes[-1]
        if last.status == 200:
            yield Held("INT-NOTE-003")
        else:
            yield Finding(
                "INT-NOTE-003",
                f"a {last.kind} notification was not answered with 200",
                expected=200,
                actual=last.status or "no answer",
                part="the answer to the notification",
            )


def _deliveries(moments: Sequence[Moment]) -> dict[str, list[Notified]]:
    found: dict[str, list[Notified]] = {}
    for moment in moments:
        if isinstance(moment, Notified):
            found.setdefault(moment.notification, []).append(moment)
    return found


def _calls_about(note: Notified, moments: Sequence[Moment], since: datetime) -> list[Call]:
    kind = _KINDS[note.kind]
    return [
        call for call in calls_of(moments) if call.started >= since and call.about(kind) == note.id
    ]


def _effects(
    note: Notified, moments: Sequence[Moment], since: datetime, until: datetime | None
) -> list[Call]:
    return [
        call
        for call in _calls_about(note, moments, since)
        if not call.reads and (until is None or call.started < until)
    ]


def _same_effect(call: Call, before: Sequence[Call]) -> bool:
    """Say whether a call does again what was done before; a repetition under its key does not."""
    return any(
        call.operation == first.operation and (not call.key or call.key != first.key)
        for first in before
    )


NOTIFICATIONS: dict[str, Rule] = {
    "INT-NOTE-001": read_before_acting,
    "INT-NOTE-002": taken_once,
    "INT-NOTE-003": answered,
}
