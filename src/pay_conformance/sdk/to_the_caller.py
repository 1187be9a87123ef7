"""Expectations about what a caller gets, and keeps: pure functions, one for each kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from pay_conformance.sdk.matching import at_pointer, mismatch, same_json, show
from pay_conformance.sdk.protocol import Given
from pay_conformance.sdk.shown import NotShown, Shown, Wrong, some_requests

BUGS = frozenset(
    {
        "AssertionError", "AttributeError", "ClassCastException", "IllegalArgumentException",
        "IllegalStateException", "IndexError", "IndexOutOfBoundsException", "KeyError", "NameError",
        "NoMethodError", "NullPointerException", "NumberFormatException", "RangeError",
        "ReferenceError", "TypeError", "UnboundLocalError", "UnsupportedOperationException",
        "panic", "string",
    }
)  # fmt: skip
"""Errors that tell a caller of a mistake in the program, not of a call that failed."""
CLEAR_OF_A_SETTING = frozenset({"IllegalArgumentException", "TypeError"})
"""Of those, the ones that a language uses for a wrong argument as well."""


def _last(shown: Shown) -> Given:
    if not shown.given:
        raise NotShown(shown.fault or "nothing was called")
    return shown.given[-1]


def _handled(given: Given) -> str | None:
    if given.error in BUGS:
        return f"the caller gets {given.what}"
    return None


def _outcome(shown: Shown, wanted: str) -> Wrong:
    if shown.fault:
        yield f"the call did not come back: {shown.fault}", wanted, shown.fault
        return
    given = _last(shown)
    if wanted == "succeeds":
        if given.error:
            yield f"the call fails: {given.what}", "a result", given.what
        return
    if wanted == "returned":
        if given.error or given.unreadable:
            yield f"the call fails: {given.what} {given.unreadable}".strip(), "a result", given.what
        return
    bug = _handled(given)
    if bug:
        yield f"{bug}, an error of a program's mistake", wanted, given.what
    elif wanted == "refused" and not given.error and not given.unreadable:
        if isinstance(given.body, dict):
            body = show(given.body)
            yield f"the call succeeds, with {body}", "an error", f"status {given.status}, {body}"
        elif given.status is not None and given.status < 400:
            body = show(given.body)
            yield f"the call succeeds, its body {body}", "an error", f"status {given.status}"


def _gives(shown: Shown, wanted: dict[str, Any]) -> Wrong:
    if shown.fault:
        raise NotShown(shown.fault)
    some_requests(shown)
    given = _last(shown)
    if "status" in wanted and given.status != int(wanted["status"]):
        yield f"the caller does not get the status: {given.what}", wanted["status"], given.status
    if wanted.get("requestId") == "sent":
        sent = shown.request_ids[-1]
        if given.request_id != sent:
            yield "the caller does not get the request id", sent, given.request_id
    yield from _given_headers(given, wanted.get("headers", {}))
    for key in ("reasonCode", "message"):
        if key in wanted:
            value = given.body.get(key) if isinstance(given.body, dict) else None
            if value != wanted[key] and wanted[key] not in given.message:
                yield f"the caller does not get the {key}: {given.what}", wanted[key], value
    if "body" in wanted:
        yield from _given_body(shown, given, wanted["body"])
    if "text" in wanted:
        answer = shown.exchanges[-1].response
        if given.text is None or answer is None:
            raise NotShown("the SDK does not hand out the unparsed body")
        text = answer.body.decode()
        if given.text != text:
            yield "the unparsed body is not as it was sent", text[-80:], given.text[-80:]


def _given_headers(given: Given, wanted: Mapping[str, str]) -> Wrong:
    for name, value in wanted.items():
        if given.error:
            yield f"the caller gets no answer: {given.what}", value, given.what
        elif given.headers is None:
            yield "the caller has no way to the headers of the answer", value, None
        elif given.headers.get(name) != value:
            yield f"the caller does not get the header {name}", value, given.headers.get(name)


def _given_body(shown: Shown, given: Given, wanted: Any) -> Wrong:
    if given.error:
        yield f"the caller gets no body: {given.what}", "the body", given.what
    elif wanted == "as sent":
        sent = shown.sent[min(len(shown.requests), len(shown.sent)) - 1]
        place = same_json(sent, given.body)
        if place is not None:
            seen = at_pointer(given.body, place) if place else given.body
            expected = at_pointer(sent, place) if place else sent
            where = place or "its root"
            yield (
                f"the body given back differs from the one sent at {where}",
                show(expected),
                show(seen),
            )
    else:
        for pointer, match in wanted.items():
            seen = at_pointer(given.body, pointer)
            wrong = mismatch(match, seen)
            if wrong:
                yield f"{pointer} of the body given back {wrong}", match, show(seen)


def _each_its_own(shown: Shown, _: Any) -> Wrong:
    if shown.fault:
        yield f"calls side by side end in {shown.fault}", "an answer for each", shown.fault
        return
    for number, called in enumerate(shown.called):
        body = called.given[-1].body
        body = body if isinstance(body, dict) else {}
        seen = body.get("refundId", body.get("chargeId"))
        wanted = called.arguments.get("id")
        if seen != wanted:
            yield f"call {number + 1} got the answer of another", wanted, seen


_SILENCE = 15
"""Seconds without a request after which a call that has not come back hangs."""


def _goes_on(shown: Shown, wanted: int) -> Wrong:
    made = len(some_requests(shown))
    if made >= wanted:
        return
    if shown.given:
        yield f"after {made} calls: {shown.given[-1].what}", f"{wanted} calls", made
        return
    last = shown.exchanges[-1].ended or shown.exchanges[-1].started
    if last is None or shown.ended is None or (shown.ended - last).total_seconds() < _SILENCE:
        raise NotShown(f"there was time for {made} calls only")
    yield f"after {made} calls the client makes no more: {shown.fault}", f"{wanted} calls", made


def _within(shown: Shown, seconds: Any) -> Wrong:
    if shown.seconds > float(seconds) or shown.fault.startswith("hang"):
        seen = shown.fault or f"{shown.seconds:.1f} s"
        yield "the call does not end in time", f"at most {seconds} s", seen


def _unchanged(shown: Shown, names: list[str]) -> Wrong:
    if not shown.called:
        raise NotShown(shown.fault or "nothing was called")
    for called in shown.called:
        if "headers" in names and called.headers != shown.headers:
            yield "the caller's header map was changed", shown.headers, called.headers
        if "arguments" in names:
            place = same_json(shown.arguments, _without_empty(called.arguments))
            if place is not None:
                seen = show(at_pointer(called.arguments, place))
                yield f"the caller's argument was changed at {place}", "as it was", seen
        if "configuration" in names and called.configuration != "same":
            yield (
                f"the caller's configuration object is {called.configuration}",
                "same",
                called.configuration,
            )
        if "settings" in names:
            yield from _settings(shown.settings, called.settings)


def _without_empty(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in arguments.items() if value not in (None, "")}


def _settings(before: Mapping[str, str], after: Mapping[str, str]) -> Wrong:
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield f"the process-wide setting {name} was changed", before.get(name), after.get(name)


def _keeps(shown: Shown, names: list[str]) -> Wrong:
    places = {
        "what the SDK prints or raises": shown.noise,
        "what it gives back": json.dumps([show(given.body) for given in shown.given]),
        "the wire": "\n".join(
            f"{request.url} {request.headers} {request.body!r}" for request in shown.requests
        ),
    }
    if "private key" in names:
        for place, text in places.items():
            if any(secret in text for secret in shown.secrets):
                yield f"the private key shows in {place}", "nowhere", "the key's text"
    if "authorization" in names and "Signature=" in shown.noise:
        yield "the Authorization header shows in what the SDK prints or raises", "nowhere", "there"
    if "private key in print" in names:
        if shown.client_printed is None:
            raise NotShown("the adapter does not tell how a client is printed")
        if any(secret in shown.client_printed for secret in shown.secrets):
            yield "a client that is printed tells its private key", "nowhere", "the key's text"
    if "authorization in print" in names:
        yield from _printed_authorization(shown)


def _printed_authorization(shown: Shown) -> Wrong:
    printed = [given.printed for given in shown.given if given.printed is not None]
    if not printed:
        raise NotShown("the adapter does not tell how an outcome is printed")
    if any("Signature=" in text for text in printed):
        what = "an error" if shown.given[-1].error else "an answer"
        yield f"{what} that is printed tells the Authorization header", "nowhere", "there"


def _rejects(shown: Shown, _: Any) -> Wrong:
    given = shown.given[-1] if shown.given else shown.sign_error
    if given is None or not given.error:
        raise NotShown("there is no error")
    if given.at_once:
        yield f"the call throws and gives no promise: {given.what}", "a rejected promise", "a throw"


def _offers(shown: Shown, what: str) -> Wrong:
    if what in shown.offers:
        return
    if shown.unsupported:
        yield shown.unsupported, f"a way to {what}", None
    elif what not in ("headers", "algorithm"):
        yield f"the SDK has no method for {what}", what, None


def _configuration(shown: Shown, wanted: str) -> Wrong:
    if shown.fault:
        yield f"the SDK does not answer: {shown.fault}", wanted, shown.fault
        return
    given = shown.setup_error or shown.sign_error or next(iter(shown.given), None)
    error = given.error if given is not None else ""
    what = given.what if given is not None else "nothing"
    if wanted == "accepted" and error:
        yield f"refused: {what}", "accepted", what
    elif wanted == "refused" and not error:
        yield "accepted without an error", "an error that says what is wrong", what
    elif wanted != "accepted" and error in BUGS - CLEAR_OF_A_SETTING:
        yield f"refused by {what}, an error of a program's mistake", "a clear error", what
    elif wanted == "accepted or clear" and error:
        yield from _mentions(shown, ["key", "pem"])


def _mentions(shown: Shown, words: list[str]) -> Wrong:
    given = shown.setup_error or shown.sign_error or next(iter(shown.given), None)
    if given is None or not given.error:
        raise NotShown("there is no error whose message could be read")
    if not any(word.lower() in given.message.lower() for word in words):
        yield f"the message does not say what is wrong: {given.what}", words, given.message[:200]


def _button(shown: Shown, _: Any) -> Wrong:
    if shown.fault:
        raise NotShown(shown.fault)
    if shown.sign_error is not None:
        yield f"signing fails: {shown.sign_error.what}", "a signature", shown.sign_error.what
    elif shown.verify_button is None or shown.signature is None or shown.signed_text is None:
        raise NotShown("nothing was signed")
    elif not shown.verify_button(shown.signed_text, shown.signature):
        yield "the button signature does not verify", "a valid signature", shown.signature[:40]


KINDS: Mapping[str, Callable[[Shown, Any], Wrong]] = {
    "outcome": _outcome,
    "gives": _gives,
    "each-its-own": _each_its_own,
    "within": _within,
    "goes-on": _goes_on,
    "unchanged": _unchanged,
    "keeps": _keeps,
    "offers": _offers,
    "configuration": _configuration,
    "mentions": _mentions,
    "rejects": _rejects,
    "button": _button,
}
