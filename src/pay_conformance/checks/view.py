"""The View: an exchange parsed once, so that each check reads the same facts at no cost."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pay_conformance.checks.body import EMPTY, Body, parse
from pay_conformance.checks.names import (
    STEPS,
    in_api,
    looks_like_error,
    recognise_api,
    recognise_object,
    walk,
)
from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api, Lifecycle, Operation, State
from pay_conformance.exchange import Exchange, by_lower_name, http_date

_NONE: Final[Mapping[str, str]] = {}
_UNREAD: Final = object()
_PUBLIC_KEY_ID: Final = re.compile(r"PublicKeyId=([^,\s]+)")
_STATE: Final = "/statusDetails/state"


class _Read(dict[str, Any]):
    """What an answer holds at the pointers that were looked at so far, written with v2 names.

    A pointer that is looked at first is followed, so that to look again is a dictionary's own work.
    """

    __slots__ = ("_answer", "_steps")

    def __init__(self, answer: Mapping[str, Any], api: Api) -> None:
        self._answer = answer
        self._steps = STEPS[api]

    def __missing__(self, pointer: str) -> Any:
        value = self[pointer] = walk(self._answer, self._steps[pointer])
        return value


def _nothing(_pointer: str) -> Any:
    """Return what no answer holds at a pointer."""
    return None


@dataclass(slots=True)
class View:
    """What an exchange says.

    ``object`` is the schema name of what the response holds: ``charge``, ``error``, …, or ``""``
    where there is no answer to judge. ``answer`` is that object of the API, ``error`` the body of
    an error; at most one of the two is set. ``sent`` is the request's body where that is a JSON
    object, and ``sent_as`` its schema name. ``status`` is ``None`` where it is not known, and
    ``succeeded`` says whether it is known to be that of a success. ``path`` is the request's, or
    ``""``. ``asked`` and ``answered`` are the headers of request and answer, by name in lower
    case; of repeated ones the first. ``key`` is the idempotency key of a POST, or ``""``, and
    ``merchant`` the public key id that it was signed with, or ``""``: keys are a merchant's own.
    ``at`` gives what the answer holds at a pointer written with v2 names, or ``None``, and
    ``state`` is the state that it shows, if it shows one.
    """

    exchange: Exchange
    contract: Contract
    api: Api
    request: Body
    response: Body
    operation: Operation | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    environment: str = ""
    status: int | None = None
    object: str = ""
    answer: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    sent: dict[str, Any] | None = None
    sent_as: str = ""
    path: str = ""
    asked: Mapping[str, str] = field(default_factory=dict)
    answered: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    merchant: str = ""
    succeeded: bool = False
    broken: set[str] = field(default_factory=set)
    """JSON Pointers of what has the wrong form: nothing else is to be read into those values."""
    fits: bool | None = None
    """Whether the answer fits its schema, where that was asked ahead."""
    at: Callable[[str], Any] = _nothing
    state: str | None = None
    _life: Any = _UNREAD

    def pointer(self, pointer: str) -> str:
        """Return a pointer written with v2 names as this exchange's version spells it."""
        return in_api(pointer, self.api)

    def is_broken(self, pointer: str) -> bool:
        """Say whether a value, something in it, or something around it has the wrong form.

        ``pointer`` is written as this exchange's version spells it; the whole body is never meant.
        """
        if not self.broken:
            return False
        return any(
            f"{pointer}/".startswith(f"{broken}/") or f"{broken}/".startswith(f"{pointer}/")
            for broken in self.broken
            if pointer and broken
        )

    def life(self) -> tuple[Lifecycle, State] | None:
        """Return the lifecycle of the answered object and the state that it shows, if known."""
        if self._life is _UNREAD:
            lifecycle = self.contract.lifecycles.get((self.object, self.api))
            state = lifecycle.states.get(self.state or "") if lifecycle is not None else None
            self._life = (lifecycle, state) if state is not None else None
        found: tuple[Lifecycle, State] | None = self._life
        return found

    @property
    def time(self) -> datetime | None:
        """The server's own time, from its ``Date`` header: virtual where its clock was moved."""
        stamp = self.answered.get("date")
        return http_date(stamp) if stamp is not None else None


def view(exchange: Exchange, contract: Contract, api: Api | None = None) -> View:
    """Return an exchange as a View. A bare body is recognised by its members.

    ``api`` overrides what the exchange says; with neither, the path or the body's names decide.
    """
    request, response = exchange.request, exchange.response
    sent = parse(request.body) if request is not None else EMPTY
    got = parse(response.body) if response is not None else EMPTY
    match, path, asked = None, "", _NONE
    if request is not None:
        path = request.path
        asked = by_lower_name(request.headers)
        if request.url:
            match = contract.match(request.method, path)
    version = api or exchange.api
    if version is None and match is not None:
        version = match.operation.api
    if version is None and request is not None and request.url:
        version = contract.api_of(path)
    if version is None:
        version = recognise_api(got.object or sent.object or {})
    status = (response.status or None) if response is not None else None
    seen = View(
        exchange,
        contract,
        version,
        sent,
        got,
        operation=match.operation if match else None,
        parameters=match.parameters if match else _NONE,
        environment=match.environment if match else "",
        status=status,
        sent=sent.object,
        path=path,
        asked=asked,
        answered=by_lower_name(response.headers) if response is not None else _NONE,
        succeeded=status is not None and 200 <= status < 300,
    )
    if request is not None and request.method.upper() == "POST":
        seen.key = asked.get("x-amz-pay-idempotency-key") or ""
        signed = _PUBLIC_KEY_ID.search(asked.get("authorization", "")) if seen.key else None
        seen.merchant = signed[1] if signed is not None else ""
    seen.sent_as = _sent_as(seen)
    _classify(seen)
    return seen


def _sent_as(seen: View) -> str:
    if seen.exchange.object.endswith("-request"):
        return seen.exchange.object
    return seen.operation.request if seen.operation is not None else ""


def _classify(seen: View) -> None:
    value = seen.response.value
    if seen.exchange.response is None or seen.response.problem or seen.response.empty:
        return
    seen.object = _object(seen, value)
    if not isinstance(value, dict):
        return
    if seen.object == "error":
        seen.error = value
    elif seen.object:
        seen.answer = value
        seen.at = _Read(value, seen.api).__getitem__
        state = seen.at(_STATE)
        seen.state = state if isinstance(state, str) else None


def _object(seen: View, value: Any) -> str:
    if seen.exchange.object:
        return seen.exchange.object
    if looks_like_error(value):
        return "error"
    if seen.operation is not None:
        responds = seen.operation.responds
        if seen.succeeded or seen.status is None:
            return responds.get(seen.status or 0) or next(iter(responds.values()))
        return "error"
    if seen.exchange.request is None and isinstance(value, dict):
        return recognise_object(seen.contract, seen.api, value)
    return "error" if seen.status is not None and seen.status >= 400 else ""
