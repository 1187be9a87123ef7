"""Holds error answers against the catalogue: their form, their status, their place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from pay_conformance.checks.history import History
from pay_conformance.checks.members import known_members
from pay_conformance.checks.names import looks_like_error
from pay_conformance.checks.registry import check, held
from pay_conformance.checks.view import View
from pay_conformance.findings import Finding, Outcome

FORM: Final = "ERR-BODY-001"
STATUS: Final = "ERR-BODY-003"
KNOWN: Final = "ERR-BODY-004"
PLACE: Final = "ERR-BODY-005"
ORDER: Final = "ERR-BODY-006"
NAMES_FIELD: Final = "ERR-BODY-007"
NAMES_PATH: Final = "ERR-BODY-008"
NAMES_PARAMETER: Final = "ERR-BODY-009"
NOT_ON_SUCCESS: Final = "ERR-BODY-010"

_WORD = re.compile(r"[\w$@-]+")
_MEMBERS = ("reasonCode", "message")


@check(FORM, NOT_ON_SUCCESS)
def errors_and_successes_look_different(view: View, _history: History) -> Iterator[Outcome]:
    """A status of 400 or more has an error body; one of 200 to 299 never has."""
    if view.status is None or view.exchange.object:
        return
    if view.status >= 400:
        if view.error is None or not looks_like_error(view.error):
            yield Finding(
                FORM,
                f"status {view.status} came without an error body",
                "",
                "reasonCode and message",
                sorted(view.error) if view.error else _kind(view),
            )
    elif view.succeeded and not view.response.problem and not view.response.empty:
        if view.error is None:
            yield held(NOT_ON_SUCCESS)
        else:
            yield Finding(
                NOT_ON_SUCCESS,
                f"status {view.status} came with the body of an error",
                "",
                "an object of the API",
                view.error.get("reasonCode"),
            )


@check(FORM, ORDER, of=["error"])
def an_error_has_two_members(view: View, _history: History) -> Iterator[Outcome]:
    """An error's body holds reasonCode and message, in that order, and nothing else."""
    if view.error is None or not looks_like_error(view.error):
        return
    known = tuple(name for name in view.error if name in _MEMBERS)
    if known == _MEMBERS:
        yield held(ORDER)
    elif len(known) == len(_MEMBERS):
        yield Finding(ORDER, "message comes before reasonCode", "", list(_MEMBERS), list(known))
    others = [name for name in view.error if name not in _MEMBERS]
    if not others and len(known) == len(_MEMBERS):
        yield held(FORM)
    for name in others:
        yield Finding(
            FORM,
            f"{name} does not belong in the body of an error",
            f"/{name}",
            "to be absent",
            view.error[name],
        )


@check(KNOWN, STATUS, PLACE, of=["error"])
def reason_code_is_in_the_catalogue(view: View, _history: History) -> Iterator[Outcome]:
    """The reason code is a known one, comes under its status, and from an operation that has it."""
    code = view.error.get("reasonCode") if view.error is not None else None
    if not isinstance(code, str):
        return
    entry = view.contract.errors.get(code)
    if entry is None:
        yield Finding(
            KNOWN, f"{code} is no known reason code", "/reasonCode", "a code of the catalogue", code
        )
        return
    yield held(KNOWN)
    if view.status is not None and not view.succeeded:
        if view.status in entry.statuses:
            yield held(STATUS)
        else:
            yield Finding(
                STATUS,
                f"{code} came with status {view.status}",
                "/reasonCode",
                f"status {' or '.join(map(str, entry.statuses))}",
                f"status {view.status}",
            )
    if view.operation is not None and entry.operations:
        if view.operation.id in entry.operations:
            yield held(PLACE)
        else:
            yield Finding(
                PLACE,
                f"{view.operation.id} has no error {code}",
                "/reasonCode",
                f"an error of {view.operation.id}",
                code,
            )


@check(NAMES_FIELD, NAMES_PATH, NAMES_PARAMETER, of=["error"])
def message_names_the_culprit(view: View, _history: History) -> Iterator[Outcome]:
    """The message says which field, parameter or path is meant."""
    if view.error is None or view.exchange.request is None or view.operation is None:
        return
    code, message = view.error.get("reasonCode"), view.error.get("message")
    if not isinstance(message, str):
        return
    match code:
        case "UnrecognizedField" if view.sent is not None:
            names = set(_names(view.sent))
            yield _names_one(NAMES_FIELD, message, names, "a field of the request")
        case "MissingParameterValue" if view.operation.request:
            known = known_members(view.contract, view.api, view.operation.request)
            names = set(known.all_names())
            yield _names_one(NAMES_PARAMETER, message, names, "a parameter of the operation")
        case "ResourceNotFound":
            path = view.exchange.request.path
            if message.rstrip(".").endswith(f"'{path}'"):
                yield held(NAMES_PATH)
            else:
                yield Finding(
                    NAMES_PATH,
                    "the message does not end with the path that was requested",
                    "/message",
                    f"…'{path}'",
                    message,
                )
        case _:
            return


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield key
            yield from _names(part)
    elif isinstance(value, list):
        for part in value:
            yield from _names(part)


def _names_one(rule: str, message: str, names: set[str], what: str) -> Outcome:
    # A client may send any name at all, also an empty one; such a one stands in quotes.
    if names & set(_WORD.findall(message)) or any(f"'{name}'" in message for name in names):
        return held(rule)
    return Finding(rule, f"the message does not name {what}", "/message", what, message)


def _kind(view: View) -> str:
    if view.response.empty:
        return "no body"
    return view.response.problem or f"a JSON {type(view.response.value).__name__}"
