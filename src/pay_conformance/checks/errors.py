"""Holds error answers against the catalogue: their form, their status, their place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pay_conformance.checks.history import History
from pay_conformance.checks.names import looks_like_error
from pay_conformance.checks.registry import check, held
from pay_conformance.checks.view import View
from pay_conformance.findings import Finding, Outcome

FORM: Final = "ERR-BODY-001"
ONLY_TWO: Final = "ERR-BODY-002"
NOT_ON_SUCCESS: Final = "ERR-BODY-003"
KNOWN: Final = "ERR-CODE-001"
STATUS: Final = "ERR-CODE-002"
PLACE: Final = "ERR-CODE-003"

_MEMBERS = ("reasonCode", "message")


@check(FORM, NOT_ON_SUCCESS)
def errors_and_successes_look_different(view: View, _history: History) -> Iterator[Outcome]:
    """A status of 400 or more has an error body; one of 200 to 299 never has."""
    if view.status is None or view.exchange.object:
        return
    if view.status >= 400:
        if view.error is not None and looks_like_error(view.error):
            yield held(FORM)
        else:
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


@check(ONLY_TWO)
def an_error_has_two_members(view: View, _history: History) -> Iterator[Outcome]:
    """An error's body holds reasonCode and message, and nothing else."""
    if view.error is None or not looks_like_error(view.error):
        return
    others = [name for name in view.error if name not in _MEMBERS]
    if not others:
        yield held(ONLY_TWO)
    for name in others:
        yield Finding(
            ONLY_TWO,
            f"{name} does not belong in the body of an error",
            f"/{name}",
            "to be absent",
            view.error[name],
        )


@check(KNOWN, STATUS, PLACE)
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


def _kind(view: View) -> str:
    if view.response.empty:
        return "no body"
    return view.response.problem or f"a JSON {type(view.response.value).__name__}"
