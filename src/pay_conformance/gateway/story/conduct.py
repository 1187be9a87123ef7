"""Rules about conduct: patience, the right ids and keys, and no buyer data in URLs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote_plus

from pay_conformance.findings import Finding, Held, Outcome
from pay_conformance.gateway.story.rule import Rule, calls_of, verdict
from pay_conformance.gateway.timeline import Call, Moment, Returned

_POLL_SECONDS = 0.95
"""A second, less what clocks and scheduling may take away."""
_TIGHT_GAPS = 2
"""Two GETs in a row happen in any program; three within a second or two are a loop."""
_FIRST_WAIT = 0.9
_THROTTLED = 429
_SHORTEST = 5
"""Shorter values, such as a house number, are in URLs by chance."""
_PERSONAL = frozenset({"name", "email", "phoneNumber", "addressLine1"})
_BUYER_PARTS = ("buyer", "shippingAddress", "billingAddress")


def polls_with_patience(moments: Sequence[Moment]) -> Iterator[Outcome]:
    """Require that no three reads of one object in a row come less than a second apart."""
    last: Call | None = None
    tight = 0
    for call in moments:
        if not isinstance(call, Call) or not call.reads or not call.ids:
            last, tight = None, 0
            continue
        if last is None or last.url != call.url or last.answer != call.answer:
            last, tight = call, 0
            continue
        gap = (call.started - last.ended).total_seconds()
        tight = tight + 1 if gap < _POLL_SECONDS else 0
        last = call
        if tight in {0, _TIGHT_GAPS}:
            yield verdict(
                "INT-POLL-001",
                call,
                holds=tight == 0,
                message="an object was polled in a tight loop",
                expected="at least a second between two GETs",
                actual=f"{gap:.2f} s",
            )


def throttled_requests_wait(moments: Sequence[Moment]) -> Iterator[Outcome]:
    """Require that after 429 a request waits, as long as Retry-After says, and longer each time."""
    calls = calls_of(moments)
    waits: dict[tuple[str, str, bytes], float] = {}
    for place, call in enumerate(calls):
        name = (call.method, call.url, call.body)
        again = None
        if call.status == _THROTTLED:
            again = next((o for o in calls[place + 1 :] if o.repeats(call)), None)
        if again is None:
            waits.pop(name, None)
            continue
        waited = (again.started - call.ended).total_seconds()
        least = max(call.retry_after or 0, _FIRST_WAIT, waits.get(name, 0) * 1.01)
        waits[name] = waited
        yield verdict(
            "INT-POLL-002",
            again,
            holds=waited >= least,
            message="a throttled request was sent again too soon",
            expected=f"after {least:.1f} s or more",
            actual=f"after {waited:.2f} s",
        )


def ids_are_known(moments: Sequence[Moment]) -> Iterator[Outcome]:
    """Require that an object that is not there was never named by Amazon."""
    given: set[str] = set()
    for call in calls_of(moments):
        asked = set(call.ids.values())
        if call.succeeded:
            given |= {value for name, value in call.answer.items() if name.endswith("Id") and value}
        if not asked:
            continue
        if call.succeeded:
            yield Held("INT-ID-001", call.exchange)
        elif call.reason == "ResourceNotFound" and not asked <= given:
            yield Finding(
                "INT-ID-001",
                "an object was asked for that Amazon Pay never named",
                expected="an id from an earlier answer",
                actual=", ".join(sorted(asked)),
                part="request",
                exchange=call.exchange,
            )


def live_keys_stay_out(moments: Sequence[Moment]) -> Iterator[Outcome]:
    """Require that neither a live key nor a live path is used in a test."""
    for call in calls_of(moments):
        if not call.public_key_id:
            continue
        live = call.public_key_id.upper().startswith("LIVE") or call.environment == "live"
        yield verdict(
            "INT-ENV-001",
            call,
            holds=not live,
            message="the live environment was used in a test",
            expected="a key and a path of the sandbox",
            actual=f"{call.public_key_id[:4]}…, {call.environment or 'no environment'} in the path",
        )


def urls_hold_no_buyer_data(moments: Sequence[Moment]) -> Iterator[Outcome]:
    """Require that no address asked for, sent or redirected to holds a value of the buyer."""
    known: dict[str, str] = {}
    for moment in moments:
        if isinstance(moment, Call):
            known |= _buyer_values(moment.answer)
        exchange = moment.exchange if isinstance(moment, Call) else ""
        for url in _urls(moment) if known else ():
            plain = unquote_plus(url).casefold()
            leaked = next((what for value, what in known.items() if value in plain), None)
            if leaked is None:
                yield Held("INT-DATA-001", exchange)
            else:
                yield Finding(
                    "INT-DATA-001",
                    f"a URL holds the buyer's {leaked}",
                    expected="no buyer data",
                    actual=url.partition("?")[0] + "?…",
                    part="request" if isinstance(moment, Call) else "the shop's page",
                    exchange=exchange,
                )


def _urls(moment: Moment) -> Iterator[str]:
    if isinstance(moment, Returned):
        yield from moment.urls
    elif isinstance(moment, Call):
        yield moment.url
        yield from _texts_like_urls(moment.sent)


def _texts_like_urls(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts_like_urls(part)


def _buyer_values(answer: Mapping[str, Any]) -> dict[str, str]:
    parts = [answer.get(name) for name in _BUYER_PARTS]
    if "buyerId" in answer:
        parts.append(answer)
    return {
        value.casefold(): name
        for part in parts
        if isinstance(part, Mapping)
        for name, value in part.items()
        if name in _PERSONAL and isinstance(value, str) and len(value) >= _SHORTEST
    }


CONDUCT: dict[str, Rule] = {
    "INT-POLL-001": polls_with_patience,
    "INT-POLL-002": throttled_requests_wait,
    "INT-ID-001": ids_are_known,
    "INT-ENV-001": live_keys_stay_out,
    "INT-DATA-001": urls_hold_no_buyer_data,
}
