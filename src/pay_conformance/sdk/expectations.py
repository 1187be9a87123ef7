"""Judges what one case showed: pure functions, one for each kind of expectation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from pay_conformance.exchange import Exchange, Request
from pay_conformance.findings import Finding, Held, Outcome, Skipped
from pay_conformance.sdk.cases import Case, Expectation
from pay_conformance.sdk.matching import (
    ABSENT,
    NotThere,
    at_pointer,
    header_value,
    mismatch,
    same_json,
    show,
)
from pay_conformance.sdk.protocol import Called, Given, Unsupported

HOSTS = {"na": "pay-api.amazon.com", "eu": "pay-api.amazon.eu", "jp": "pay-api.amazon.jp"}
BUGS = frozenset(
    "NullPointerException IllegalArgumentException IllegalStateException ClassCastException "
    "UnsupportedOperationException IndexOutOfBoundsException NumberFormatException TypeError "
    "ReferenceError RangeError AttributeError KeyError IndexError UnboundLocalError NameError "
    "AssertionError NoMethodError panic string".split()
)
"""Errors that tell a caller of a mistake in the program, not of a call that failed."""
_CLEAR_OF_A_SETTING = frozenset({"IllegalArgumentException", "TypeError"})
"""Of those, the ones that a language uses for a wrong argument as well."""


class NotShown(Exception):  # noqa: N818 - what was to be judged did not happen; no error
    """The case did not come to the point where the expectation could hold or fail."""


@dataclass(frozen=True)
class Shown:
    """All that one run of a case showed."""

    case: Case
    exchanges: tuple[Exchange, ...] = ()
    called: tuple[Called, ...] = ()
    """One for each call side by side."""
    setup_error: Given | None = None
    fault: str = ""
    """What the adapter did instead of answering: a hang, a crash, noise."""
    unsupported: str = ""
    seconds: float = 0.0
    signature: str | None = None
    signed_text: str | None = None
    sign_error: Given | None = None
    sent: tuple[Any, ...] = ()
    """The bodies of the server's answers as JSON, in order."""
    request_ids: tuple[str, ...] = ()
    charges: int = 0
    offers: frozenset[str] = frozenset()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    """Process-wide settings before the SDK did anything."""
    secrets: tuple[str, ...] = ()
    noise: str = ""
    """What the adapter wrote on stderr, and each message of an error."""
    verify: Callable[[Request, datetime | None], str | None] | None = None
    """Says what was wrong with a request's signature when it arrived."""
    verify_button: Callable[[str, str], bool] | None = None

    @property
    def requests(self) -> list[Request]:
        """The requests that arrived, in order."""
        return [each.request for each in self.exchanges if each.request is not None]

    @property
    def given(self) -> tuple[Given, ...]:
        """What each call gave back, in order."""
        if self.setup_error is not None:
            return (self.setup_error,)
        return tuple(given for called in self.called for given in called.given)


Wrong = Iterator[tuple[str, Any, Any]]
"""Message, expected, actual; nothing means that it holds."""
Judge = Callable[[Shown, Any], Wrong]


def judge(shown: Shown) -> list[Outcome]:
    """Return the outcomes of a case: held, not tested or a finding for each requirement."""
    outcomes: list[Outcome] = []
    for requirement in shown.case.requirements:
        mine = [e for e in shown.case.expectations if e.requirement == requirement]
        outcomes.extend(_judge_one(shown, requirement, mine))
    return outcomes


def _judge_one(shown: Shown, requirement: str, mine: list[Expectation]) -> list[Outcome]:
    name = shown.case.name
    last = shown.exchanges[-1].id if shown.exchanges else ""
    if shown.unsupported and not any(e.kind == "offers" for e in mine):
        return [Skipped(requirement, f"({shown.unsupported})")]
    found: list[Outcome] = []
    for expectation in mine:
        try:
            found.extend(
                Finding(
                    requirement,
                    f"{message} ({shown.case.says})",
                    expected=expected,
                    actual=actual,
                    part="request" if expectation.kind in _ON_THE_WIRE else "response",
                    exchange=last,
                    source=name,
                    reproduce=f"-k {name}",
                )
                for message, expected, actual in _KINDS[expectation.kind](shown, expectation.value)
            )
        except NotShown as reason:
            found.append(Skipped(requirement, f"({reason})"))
        except NotThere:
            found.append(Skipped(requirement, "(what is to be judged is not there)"))
    if not found:
        return [Held(requirement, last)]
    findings = [outcome for outcome in found if isinstance(outcome, Finding)]
    return list(findings[:1]) or found[:1]


def _some(shown: Shown) -> list[Request]:
    if not shown.requests:
        what = shown.fault or next((given.what for given in shown.given), "nothing came back")
        raise NotShown(f"no request arrived: {what}")
    return shown.requests


def _last(shown: Shown) -> Given:
    if not shown.given:
        raise NotShown(shown.fault or "nothing was called")
    return shown.given[-1]


def _requests(shown: Shown, wanted: Any) -> Wrong:
    seen = len(shown.requests)
    least, most = wanted, wanted
    if isinstance(wanted, dict):
        least, most = wanted.get("least", 0), wanted.get("most", seen)
    if not int(least) <= seen <= int(most):
        came = shown.fault or next((given.what for given in shown.given), "")
        what = f"{seen} request{'' if seen == 1 else 's'} arrived"
        yield f"{what}; the caller got: {came}" if came else what, wanted, seen


def _part(request: Request, name: str) -> Any:
    if name == "body":
        return request.body.decode("utf-8", "replace")
    return request.path if name == "path" else header_value(request.headers, name)


def _several(shown: Shown) -> list[Request]:
    requests = _some(shown)
    if len(requests) < 2:
        raise NotShown("only one request arrived, so there is nothing to compare")
    return requests


def _same(shown: Shown, names: list[str]) -> Wrong:
    requests = _several(shown)
    for name in names:
        values = [_part(request, name) for request in requests]
        if any(value != values[0] for value in values):
            yield f"{name} is not the same in all requests", show(values[0]), [*map(show, values)]


def _differs(shown: Shown, names: list[str]) -> Wrong:
    requests = _several(shown)
    for name in names:
        values = [_part(request, name) for request in requests]
        if ABSENT in values:
            raise NotShown(f"a request has no {name}")
        if len(set(values)) < len(values):
            yield f"{name} is the same in two requests", "all different", [*map(show, values)]


def _wire(shown: Shown, wanted: dict[str, Any]) -> Wrong:
    for request in _some(shown):
        yield from _wire_one(shown, request, wanted)


def _wire_one(shown: Shown, request: Request, wanted: dict[str, Any]) -> Wrong:
    plan = shown.case.plan
    object_id = str((plan.arguments if plan else {}).get("id", ""))
    if "method" in wanted and request.method != wanted["method"]:
        yield "the method differs", wanted["method"], request.method
    if "path" in wanted:
        path = wanted["path"]
        path = path.replace("{id}", object_id) if isinstance(path, str) else path
        wrong = mismatch(path, request.path)
        if wrong:
            yield f"the path {wrong}", path, request.path
    if "query" in wanted:
        arguments = plan.arguments if plan else {}
        wrong = _query(wanted["query"], request.query, arguments.get("query", {}))
        if wrong:
            yield f"the query {wrong}", wanted["query"], request.query
    host = request.url.split("/")[2].partition(":")[0]
    if "host" in wanted and host != wanted["host"]:
        yield "the host differs", wanted["host"], host
    for name, match in wanted.get("headers", {}).items():
        value = header_value(request.headers, name)
        wrong = mismatch(match.replace("{host}", host) if isinstance(match, str) else match, value)
        if wrong:
            yield f"the header {name} {wrong}", match, show(value)
    for name in wanted.get("once", []):
        times = sum(key.lower() == name for key, _ in request.headers)
        if times != 1:
            yield f"the header {name} is there {times} times", 1, times
    for name in wanted.get("lacks", []):
        if request.header(name) is not None:
            yield f"the header {name} is there", None, request.header(name)
    if "body" in wanted:
        yield from _body(shown, request, wanted["body"])


def _query(wanted: Any, seen: str, given: Mapping[str, str]) -> str | None:
    if wanted != "as given":
        return mismatch(wanted, seen)
    pairs = dict(parse_qsl(seen, keep_blank_values=True))
    return None if pairs == dict(given) else f"says {show(pairs)}, not {show(dict(given))}"


def _body(shown: Shown, request: Request, wanted: str) -> Wrong:
    payload = shown.case.plan.arguments.get("payload") if shown.case.plan else None
    if wanted == "empty":
        if request.body:
            yield "a body was sent", "", request.body.decode("utf-8", "replace")[:100]
    elif wanted == "text":
        if request.body != str(payload).encode():
            yield "the body is not the text that was given", payload, _text(request.body)
    else:
        try:
            place = same_json(payload, json.loads(request.body))
        except ValueError:
            yield "the body is not JSON", payload, _text(request.body)
            return
        if place is not None:
            yield f"the body differs from the payload at {place or '/'}", payload, _text(request.body)


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")[:300]


def _signature(shown: Shown, wanted: str) -> Wrong:
    _some(shown)
    for exchange in shown.exchanges:
        request = exchange.request
        assert request is not None
        authorization = str(header_value(request.headers, "authorization"))
        names = authorization.partition("SignedHeaders=")[2].partition(",")[0].split(";")
        if wanted == "valid":
            if shown.verify is None:
                raise NotShown("no verifier")
            wrong = shown.verify(request, exchange.started)
            if wrong:
                yield f"the signature is not valid: {wrong}", "a valid signature", wrong
        elif wanted == "tidy":
            if names != sorted({name.lower() for name in names}):
                yield "SignedHeaders is not in lower case, sorted, each once", sorted(names), names
        else:
            sent = [key.lower() for key, _ in request.headers if key.lower().startswith("x-amz-pay-")]
            bare = sorted(
                set(sent) - {name.lower() for name in names} - {"x-amz-pay-simulation-code"}
            )
            if bare:
                yield f"not covered by the signature: {', '.join(bare)}", [], bare


def _algorithm(shown: Shown, wanted: str) -> Wrong:
    for request in _some(shown):
        value = str(header_value(request.headers, "authorization"))
        if value.split(" ")[0] != wanted:
            yield "the signature has another algorithm", wanted, value.split(" ")[0]


def request_time(request: Request) -> datetime | None:
    """Return the time that a request carries in x-amz-pay-date, in either accepted format."""
    text = str(header_value(request.headers, "x-amz-pay-date"))
    for pattern in ("%Y%m%dT%H%M%SZ", "%Y-%m-%dT%H:%M:%SZ"):
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _fresh(shown: Shown, seconds: Any) -> Wrong:
    _some(shown)
    for exchange in shown.exchanges:
        assert exchange.request is not None
        assert exchange.started is not None
        carried = request_time(exchange.request)
        if carried is None:
            raise NotShown("x-amz-pay-date can't be read")
        age = (exchange.started - carried).total_seconds()
        if not -1 <= age <= float(seconds):
            yield f"x-amz-pay-date is {age:.0f} s old on arrival", f"at most {seconds} s", age


def _waits(shown: Shown, wanted: dict[str, Any]) -> Wrong:
    _several(shown)
    times = [each.started for each in shown.exchanges if each.started]
    waits = [(b - a).total_seconds() for a, b in zip(times, times[1:], strict=False)]
    shown_waits = [round(wait, 1) for wait in waits]
    if "least" in wanted and min(waits) < float(wanted["least"]) - 0.1:
        yield "it tried again too early", f"at least {wanted['least']} s", shown_waits
    if "most" in wanted and max(waits) > float(wanted["most"]):
        yield "it waited too long", f"at most {wanted['most']} s", shown_waits
    if "grow" in wanted:
        if len(waits) < 2:
            raise NotShown("fewer than three requests, so there are no delays to compare")
        # A busy machine adds to short delays, so the last is compared with the first.
        if waits[-1] < waits[0] * 1.5 - 0.2:
            yield "the delays don't grow", "the last clearly longer than the first", shown_waits


def _handled(given: Given) -> str | None:
    if given.error in BUGS:
        return f"the caller gets {given.what}"
    return None


def _outcome(shown: Shown, wanted: str) -> Wrong:
    if shown.fault:
        yield f"the call did not come back: {shown.fault}", wanted, shown.fault
        return
    given = _last(shown)
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
    _some(shown)
    given = _last(shown)
    if "status" in wanted and given.status != int(wanted["status"]):
        yield f"the caller does not get the status: {given.what}", wanted["status"], given.status
    if wanted.get("requestId") == "sent":
        sent = shown.request_ids[-1]
        if given.request_id != sent:
            yield "the caller does not get the request id", sent, given.request_id
    for key in ("reasonCode", "message"):
        if key in wanted:
            value = given.body.get(key) if isinstance(given.body, dict) else None
            if value != wanted[key] and wanted[key] not in given.message:
                yield f"the caller does not get the {key}: {given.what}", wanted[key], value
    if "body" in wanted:
        yield from _given_body(shown, given, wanted["body"])


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
            yield f"the body given back differs from the one sent at {where}", show(expected), show(seen)
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
            yield f"the caller's configuration object is {called.configuration}", "same", called.configuration
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


def _offers(shown: Shown, what: str) -> Wrong:
    if what in shown.offers:
        return
    if shown.unsupported:
        yield shown.unsupported, f"a way to {what}", None
    elif what not in ("headers", "algorithm"):
        yield f"the SDK has no method for {what}", what, None


def _charges(shown: Shown, wanted: int) -> Wrong:
    _some(shown)
    if shown.charges != wanted:
        yield f"there are {shown.charges} charges on the server", wanted, shown.charges


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
    elif wanted != "accepted" and error in BUGS - _CLEAR_OF_A_SETTING:
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


def _never_sends(shown: Shown, names: list[str]) -> Wrong:
    if not shown.given and not shown.fault:
        raise NotShown("nothing was called")
    for request in shown.requests:
        for name in names:
            if request.header(name) is not None:
                yield f"the header {name} was sent", None, request.header(name)


def _no_request_leaves(shown: Shown, _: Any) -> Wrong:
    if shown.requests:
        yield "a request was sent", "none", shown.requests[0].url
    elif not shown.given and not shown.fault:
        raise NotShown("nothing was called")


_KINDS: Mapping[str, Judge] = {
    "requests": _requests,
    "same": _same,
    "differs": _differs,
    "wire": _wire,
    "signature": _signature,
    "algorithm": _algorithm,
    "fresh": _fresh,
    "waits": _waits,
    "outcome": _outcome,
    "gives": _gives,
    "each-its-own": _each_its_own,
    "within": _within,
    "unchanged": _unchanged,
    "keeps": _keeps,
    "offers": _offers,
    "charges": _charges,
    "configuration": _configuration,
    "mentions": _mentions,
    "button": _button,
    "never-sends": _never_sends,
    "no-request-leaves": _no_request_leaves,
}
_ON_THE_WIRE = {"requests", "same", "differs", "wire", "signature", "algorithm", "fresh", "waits"}
