"""Expectations about what an SDK put on the wire: pure functions, one for each kind."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from pay_conformance.exchange import Request
from pay_conformance.sdk.matching import ABSENT, header_value, mismatch, same_json, show
from pay_conformance.sdk.shown import NotShown, Shown, Wrong, some_requests

_ENVIRONMENT: Final = re.compile("^/(sandbox|live)(?=/)")


def _requests(shown: Shown, wanted: Any) -> Wrong:
    if shown.broke:
        yield f"the call did not come back: {shown.fault}", wanted, shown.fault
        return
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
    requests = some_requests(shown)
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
    for request in some_requests(shown):
        yield from _wire_one(shown, request, wanted)


def _wire_one(shown: Shown, request: Request, wanted: dict[str, Any]) -> Wrong:
    yield from _target(shown, request, wanted)
    for name, match in wanted.get("headers", {}).items():
        value = header_value(request.headers, name)
        wrong = mismatch(match, value)
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


def _target(shown: Shown, request: Request, wanted: dict[str, Any]) -> Wrong:
    arguments = shown.case.plan.arguments if shown.case.plan else {}
    if "method" in wanted and request.method != wanted["method"]:
        yield "the method differs", wanted["method"], request.method
    # A resource may have the environment before it: whether it should is another requirement's.
    bare = _ENVIRONMENT.sub("", request.path)
    for name, seen in (("path", request.path), ("resource", bare)):
        if name in wanted:
            path = wanted[name]
            if isinstance(path, str):
                path = path.replace("{id}", str(arguments.get("id", "")))
            wrong = mismatch(path, seen)
            if wrong:
                yield f"the path {wrong}", path, request.path
    if "query" in wanted:
        wrong = _query(wanted["query"], request.query, arguments.get("query", {}))
        if wrong:
            yield f"the query {wrong}", wanted["query"], request.query
    host = request.url.split("/")[2].partition(":")[0]
    if "host" in wanted and host != wanted["host"]:
        yield "the host differs", wanted["host"], host


def _query(wanted: Any, seen: str, given: Mapping[str, Any]) -> str | None:
    if wanted != "as given":
        return mismatch(wanted, seen)
    pairs: dict[str, str] = {}
    for name, value in parse_qsl(seen, keep_blank_values=True):
        # A list may come as one text or as the name again and again.
        pairs[name] = f"{pairs[name]},{value}" if name in pairs else value
    meant = {
        name: ",".join(value) if isinstance(value, list) else str(value)
        for name, value in given.items()
    }
    return None if pairs == meant else f"says {show(pairs)}, not {show(meant)}"


def _body(shown: Shown, request: Request, wanted: str) -> Wrong:
    payload = shown.case.plan.arguments.get("payload") if shown.case.plan else None
    if wanted == "empty":
        if request.body:
            yield "a body was sent", "", request.body.decode("utf-8", "replace")[:100]
    elif wanted == "nothing":
        if request.body.strip() not in (b"", b"{}"):
            yield "a body was sent", "none, or an empty object", _text(request.body)
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
            yield (
                f"the body differs from the payload at {place or '/'}",
                payload,
                _text(request.body),
            )


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")[:300]


def _signature(shown: Shown, wanted: str) -> Wrong:
    some_requests(shown)
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
            sent = [
                key.lower() for key, _ in request.headers if key.lower().startswith("x-amz-pay-")
            ]
            bare = sorted(
                set(sent) - {name.lower() for name in names} - {"x-amz-pay-simulation-code"}
            )
            if bare:
                yield f"not covered by the signature: {', '.join(bare)}", [], bare


def _algorithm(shown: Shown, wanted: str) -> Wrong:
    for request in some_requests(shown):
        value = str(header_value(request.headers, "authorization"))
        if value.split(" ", maxsplit=1)[0] != wanted:
            yield "the signature has another algorithm", wanted, value.split(" ", maxsplit=1)[0]


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
    some_requests(shown)
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
    some_requests(shown)
    times = [each.started for each in shown.exchanges if each.started]
    if "whole" in wanted:
        whole = (times[-1] - times[0]).total_seconds()
        if whole > float(wanted["whole"]):
            yield "the tries go on too long", f"at most {wanted['whole']} s", round(whole, 1)
    if wanted.keys() <= {"whole"}:
        return
    _several(shown)
    waits = [(b - a).total_seconds() for a, b in itertools.pairwise(times)]
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


def _overlap(shown: Shown, wanted: int) -> Wrong:
    some_requests(shown)
    moves = [(each.started, 1) for each in shown.exchanges if each.started]
    moves += [(each.ended, -1) for each in shown.exchanges if each.ended]
    most = max(itertools.accumulate(step for _, step in sorted(moves)))
    if most < wanted:
        yield "calls wait for one another", f"{wanted} requests in hand at once", most


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


def _charges(shown: Shown, wanted: int) -> Wrong:
    some_requests(shown)
    if shown.charges != wanted:
        yield f"there are {shown.charges} charges on the server", wanted, shown.charges


def _in_clear(shown: Shown, _: Any) -> Wrong:
    if not shown.given and not shown.fault:
        raise NotShown("nothing was called")
    if shown.in_clear:
        line = shown.in_clear[0]
        yield "the request reaches the proxy unencrypted", "CONNECT, then TLS", line


KINDS: Mapping[str, Callable[[Shown, Any], Wrong]] = {
    "requests": _requests,
    "same": _same,
    "differs": _differs,
    "wire": _wire,
    "signature": _signature,
    "algorithm": _algorithm,
    "fresh": _fresh,
    "waits": _waits,
    "overlap": _overlap,
    "charges": _charges,
    "never-sends": _never_sends,
    "no-request-leaves": _no_request_leaves,
    "in-clear": _in_clear,
}
