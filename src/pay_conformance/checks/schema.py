"""Holds every body against the schema of what it should be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pay_conformance.checks.history import History
from pay_conformance.checks.names import answers
from pay_conformance.checks.registry import Fact, Side, check, held
from pay_conformance.checks.view import View
from pay_conformance.contract import Contract
from pay_conformance.contract.model import APIS
from pay_conformance.findings import Finding, Outcome

JSON = "FMT-JSON-001"
KEYS = "FMT-JSON-002"


def answers_named(contract: Contract) -> set[str]:
    """Return the requirements that the schemas of answers name."""
    return {
        found
        for api in APIS
        for name in answers(contract, api)
        for found in _named(contract.schema(api, name))
    }


def requests_named(contract: Contract) -> set[str]:
    """Return the requirements that the schemas of requests name."""
    return {
        found
        for api in APIS
        for operation in contract.operations(api).values()
        if operation.request
        for found in _named(contract.schema(api, operation.request))
    }


@check(JSON, KEYS, side="response")
def answer_is_json(view: View, _history: History) -> Iterator[Outcome]:
    """A body that is there is JSON, with no member twice."""
    if view.exchange.response is not None and not view.response.empty:
        yield from _json(view, "response")


@check(JSON, KEYS, side="request", when=[Fact.HAS_BODY])
def request_is_json(view: View, _history: History) -> Iterator[Outcome]:
    """A body that is there is JSON, with no member twice."""
    if view.exchange.request is not None and not view.request.empty:
        yield from _json(view, "request")


@check(side="response", named=answers_named)
def answer_matches_schema(view: View, history: History) -> Iterator[Outcome]:
    """The answer has the shape of the object that its operation returns."""
    if not view.object or view.response.problem or view.response.empty:
        return
    if (view.object == "error") == view.succeeded and view.status is not None:
        return  # an object where an error belongs, or the reverse: the theme of errors
    yield from _against(view, history, view.object, view.response.value, "response")


@check(side="request", named=requests_named, when=[Fact.TAKES_BODY])
def request_matches_schema(view: View, history: History) -> Iterator[Outcome]:
    """The request has the shape that its operation takes."""
    if not view.sent_as or view.request.problem:
        return
    value = {} if view.request.empty else view.request.value
    yield from _against(view, history, view.sent_as, value, "request")


def ask_ahead(views: Iterable[View]) -> None:
    """Ask the validator about the answers of many exchanges one after the other.

    What it needs for that is near at hand from the second one on, which it is not where each
    question comes after all other checks of an exchange.
    """
    for view in views:
        if view.object and not view.response.problem and not view.response.empty:
            view.fits = view.contract.is_valid(view.api, view.object, view.response.value)


def _against(view: View, history: History, name: str, value: Any, part: Side) -> Iterator[Outcome]:
    contract = view.contract
    broken: set[str] = set()
    fits = view.fits if part == "response" else None
    if not (contract.is_valid(view.api, name, value) if fits is None else fits):
        for error in contract.validate(view.api, name, value):
            broken.add(error.requirement)
            yield Finding(
                error.requirement,
                error.message,
                error.pointer,
                error.expected,
                error.actual,
                part=part,
            )
    unheld = history.unheld_of(contract, view.api, name)
    if unheld:
        for requirement in contract.touched(view.api, name, value, unheld) - broken:
            yield held(requirement)


def _json(view: View, part: Side) -> Iterator[Outcome]:
    body = view.request if part == "request" else view.response
    if body.problem:
        yield Finding(
            JSON, f"the body can't be read: {body.problem}", "", "JSON", body.problem, part=part
        )
        return
    yield held(JSON)
    if body.repeated:
        yield Finding(
            KEYS,
            f"the member {body.repeated!r} is there twice in one object",
            "",
            "each member once",
            body.repeated,
            part=part,
        )
    else:
        yield held(KEYS)


def _named(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, part in schema.items():
            if key == "x-requirement" and isinstance(part, str):
                yield part
            else:
                yield from _named(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _named(part)
