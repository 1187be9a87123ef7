"""The View: an exchange parsed once, so that each check reads the same facts at no cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pay_conformance.checks.body import EMPTY, Body, parse
from pay_conformance.checks.names import (
    in_api,
    look_up,
    looks_like_error,
    recognise_api,
    recognise_object,
)
from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api, Operation
from pay_conformance.exchange import Exchange

_NONE: Mapping[str, str] = {}


@dataclass(slots=True)
class View:
    """What an exchange says.

    ``object`` is the schema name of what the response holds: ``charge``, ``error``, …, or ``""``
    where there is no answer to judge. ``answer`` is that object of the API, ``error`` the body of
    an error; at most one of the two is set. ``sent`` is the request's body where that is a JSON
    object, and ``sent_as`` its schema name. ``status`` is ``None`` where it is not known.
    """

    exchange: Exchange
    contract: Contract
    api: Api
    operation: Operation | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    environment: str = ""
    request: Body = EMPTY
    response: Body = EMPTY
    status: int | None = None
    object: str = ""
    answer: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    sent: dict[str, Any] | None = None
    sent_as: str = ""
    broken: set[str] = field(default_factory=set)
    """JSON Pointers of what has the wrong form: nothing else is to be read into those values."""

    @property
    def succeeded(self) -> bool:
        """Whether the answer is a success, as far as its status is known."""
        return self.status is not None and 200 <= self.status < 300

    def pointer(self, pointer: str) -> str:
        """Return a pointer written with v2 names as this exchange's version spells it."""
        return in_api(pointer, self.api)

    def at(self, pointer: str) -> Any:
        """Return what the answer holds at a pointer written with v2 names, or ``None``."""
        if self.answer is None:
            return None
        return look_up(self.answer, pointer if self.api == "v2" else in_api(pointer, self.api))

    def is_broken(self, pointer: str) -> bool:
        """Say whether a value, something in it, or something around it has the wrong form.

        ``pointer`` is written as this exchange's version spells it; the whole body is never meant.
        """
        return bool(self.broken) and any(
            f"{pointer}/".startswith(f"{broken}/") or f"{broken}/".startswith(f"{pointer}/")
            for broken in self.broken
            if pointer and broken
        )

    @property
    def state(self) -> str | None:
        """The state that the answer shows, if it shows one."""
        found = self.at("/statusDetails/state")
        return found if isinstance(found, str) else None


def view(exchange: Exchange, contract: Contract, api: Api | None = None) -> View:
    """Return an exchange as a View. A bare body is recognised by its members.

    ``api`` overrides what the exchange says; with neither, the path or the body's names decide.
    """
    request, response = exchange.request, exchange.response
    sent = parse(request.body) if request is not None else EMPTY
    got = parse(response.body) if response is not None else EMPTY
    match = None
    if request is not None and request.url:
        match = contract.match(request.method, request.path)
    version = api or exchange.api
    if version is None and match is not None:
        version = match.operation.api
    if version is None and request is not None and request.url:
        version = contract.api_of(request.path)
    if version is None:
        version = recognise_api(got.object or sent.object or {})
    seen = View(
        exchange,
        contract,
        version,
        operation=match.operation if match else None,
        parameters=match.parameters if match else _NONE,
        environment=match.environment if match else "",
        request=sent,
        response=got,
        status=(response.status or None) if response is not None else None,
        sent=sent.object,
    )
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
