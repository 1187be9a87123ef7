"""Small changes to an exchange, one at a time, of which some break what the exchange kept."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from pay_conformance.exchange import Exchange, Headers, Request, Response

KNOWN = {
    "state": (
        *("Open", "Completed", "Canceled"),
        *("AuthorizationInitiated", "Authorized", "CaptureInitiated", "Captured", "Declined"),
        *("Chargeable", "NonChargeable", "Closed", "RefundInitiated", "Refunded"),
    ),
}
"""Values that a member takes elsewhere: what is right in form, but not there."""
_OTHERS = ("InvalidParameterValue", "ResourceNotFound", "InternalServerError")


@dataclass(frozen=True, slots=True)
class Changed:
    """A message with one change, and the change in words."""

    what: str
    body: bytes
    headers: Headers
    status: int = 0

    def answer(self, response: Response) -> Response:
        """Return the response with this change."""
        status = self.status or response.status
        return replace(response, status=status, body=self.body, headers=self.headers)


def changed_answers(exchange: Exchange) -> Iterator[tuple[str, Exchange]]:
    """Yield the exchange with its answer changed, each time in one place."""
    response = exchange.response
    if response is not None:
        for change in changes(response):
            yield change.what, replace(exchange, response=change.answer(response))


def changed_requests(exchange: Exchange) -> Iterator[tuple[str, Exchange]]:
    """Yield the exchange with its request changed, each time in one place."""
    request = exchange.request
    if request is not None:
        for change in changes(request):
            sent = replace(request, body=change.body, headers=change.headers)
            yield change.what, replace(exchange, request=sent)


def changes(message: Request | Response) -> Iterator[Changed]:
    """Yield what can be changed in a message: values, members, headers, the status."""
    try:
        body = json.loads(message.body) if message.body else None
    except ValueError:
        body = None
    if isinstance(message, Response):
        yield from _statuses(message, body)
    for what, other in _bodies(body):
        text = json.dumps(other, ensure_ascii=False).encode()
        yield Changed(what, text, message.headers)
    for number, (name, _) in enumerate(message.headers):
        without = message.headers[:number] + message.headers[number + 1 :]
        yield Changed(f"without the header {name}", message.body, without)


def _statuses(response: Response, body: Any) -> Iterator[Changed]:
    if response.status >= 400:
        for code in _OTHERS:
            if isinstance(body, dict) and body.get("reasonCode") != code:
                other = json.dumps({**body, "reasonCode": code}).encode()
                yield Changed(f"refused with {code}", other, response.headers)
    for status in (200, 201, 400, 404, 500):
        if status != response.status:
            what = f"with the status {status} instead of {response.status}"
            yield Changed(what, response.body, response.headers, status)


def _bodies(body: Any) -> Iterator[tuple[str, Any]]:
    places = list(_places(body, ()))
    for place, value in places:
        words = KNOWN.get(str(place[-1]), ()) if isinstance(value, str) else ()
        for other in (*(word for word in words if word != value), *_others(value)):
            shown = json.dumps(other, ensure_ascii=False)
            yield f"with {_pointer(place)} as {shown}", _with(body, place, other)
    for place, _ in places:
        yield f"without {_pointer(place)}", _without(body, place)


def _others(value: Any) -> Iterator[Any]:
    """Yield other values: a near one first, then null, then one of another type."""
    if isinstance(value, str):
        if value[:8].isdigit() and "T" in value:
            yield f"{int(value[:8]) + 1}{value[8:]}"
        if value.replace(".", "").isdigit():
            yield f"9{value}"
        yield f"{value}x"
        yield ""
    if isinstance(value, bool):
        yield not value
    if value is None:
        yield "something"
    else:
        yield None
    yield 7


def _places(value: Any, place: tuple[str | int, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    pairs: Any = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for key, item in pairs:
        yield (*place, key), item
        yield from _places(item, (*place, key))


def _pointer(place: tuple[str | int, ...]) -> str:
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in place)


def _with(body: Any, place: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(body)
    inner = changed
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return changed


def _without(body: Any, place: tuple[Any, ...]) -> Any:
    changed = copy.deepcopy(body)
    inner = changed
    for step in place[:-1]:
        inner = inner[step]
    del inner[place[-1]]
    return changed
