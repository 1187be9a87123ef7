"""Servers that refuse wrongly: each reason code with another status, and another code in its place.

What such a server violates is what the scenarios are about that name the code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

from pay_conformance.contract import Contract
from pay_conformance.contract.model import ErrorCode
from pay_conformance.exchange import Request, Response
from tests.mutants.excuses import excuses
from tests.mutants.model import Mutant

STATUS = "ERR-BODY-003"
"""The status of a refusal is one that its reason code comes with."""
LISTED = "ERR-BODY-005"
"""The reason code of a refusal is one that is listed for its operation."""


def error_mutants(contract: Contract) -> Iterator[Mutant]:
    """Yield two mutants of each reason code that some request brings about."""
    for error in contract.errors.values():
        if error.code in excuses():
            continue
        wrong = next(status for status in (409, 400) if status not in error.statuses)
        yield replace(
            _mutant(error, "other status", f"it comes with {wrong}", _with_status(error, wrong)),
            either=frozenset({STATUS}),
        )
        other = _other_code(contract, error)
        yield _mutant(error, "other code", f"{other} is said in its place", _called(error, other))


def _mutant(
    error: ErrorCode, title: str, says: str, change: Callable[[Request, Response], Response]
) -> Mutant:
    return Mutant(
        name=f"error {error.code}: {title}", says=f"{error.code}: {says}.", breaks=frozenset(),
        api="v2", change=change, kind="error", word=error.code, perhaps=frozenset({STATUS, LISTED}),
    )  # fmt: skip


def _with_status(error: ErrorCode, status: int) -> Callable[[Request, Response], Response]:
    def alter(request: Request, response: Response) -> Response:
        says_so = response.status >= 400 and _code(response) == error.code
        return replace(response, status=status) if says_so else response

    return alter


def _called(error: ErrorCode, other: str) -> Callable[[Request, Response], Response]:
    def alter(request: Request, response: Response) -> Response:
        if response.status < 400 or _code(response) != error.code:
            return response
        body = {**json.loads(response.body), "reasonCode": other}
        return replace(response, body=json.dumps(body, ensure_ascii=False).encode())

    return alter


def _code(response: Response) -> str:
    body = json.loads(response.body) if response.body else {}
    return str(body.get("reasonCode")) if isinstance(body, dict) else ""


def _other_code(contract: Contract, error: ErrorCode) -> str:
    """Return a code that comes with the same status, if there is one."""
    others = [each for each in contract.errors.values() if each.code != error.code]
    alike = [each for each in others if error.status in each.statuses]
    same = [each for each in alike if not each.operations or error.operations <= each.operations]
    return (same or alike or others)[-1].code
