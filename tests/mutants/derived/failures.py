"""Servers that take a wrong request for a fault of their own: one for each kind of refusal.

Which refusals there are is seen on the right server: by operation, reason code, and what the
message says is wrong. A mutant answers 500 to one kind, and violates what the scenarios are about
in which it was seen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from pay_conformance.contract import Contract
from pay_conformance.exchange import Request, Response
from tests.mutants.model import Mutant

FAULT = "ERR-SAFE-004"
"""A wrong request is never answered with a 5xx."""

_WHAT = re.compile(r"(?:parameters?|header|field) '?([A-Za-z][A-Za-z-]+)")


class Kind(NamedTuple):
    """A kind of refusal: ``what`` is the parameter, header or field that the message names."""

    operation: str
    code: str
    what: str


def kind_of(contract: Contract, request: Request, response: Response) -> Kind | None:
    """Return the kind of a refusal; ``None`` for a success."""
    if response.status < 400 or not response.body:
        return None
    match = contract.match(request.method, request.path)
    body: Any = json.loads(response.body)
    if match is None or not isinstance(body, dict):
        return None
    named = _WHAT.search(str(body.get("message")))
    return Kind(match.operation.id, str(body.get("reasonCode")), named[1] if named else "")


def failing_mutants(
    contract: Contract, seen: Mapping[Kind, Iterable[str]]
) -> Iterator[tuple[Mutant, Kind]]:
    """Yield a mutant of each kind that was seen; ``seen`` has what the scenarios are about."""
    for kind, requirements in sorted(seen.items()):
        about = f" ({kind.what})" if kind.what else ""
        title = f"{kind.operation}: {kind.code}{about}"
        mutant = Mutant(
            name=f"refused {title}: answered with 500",
            says=f"{title}: it is answered as a fault of the server.",
            breaks=frozenset(),
            either=frozenset(requirements),
            perhaps=frozenset({FAULT}),
            api="v2",
            change=_failing(contract, kind),
            kind="failure",
        )
        yield mutant, kind


def _failing(contract: Contract, kind: Kind) -> Any:
    body = json.dumps({"reasonCode": "InternalServerError", "message": "There was a failure."})

    def alter(request: Request, response: Response) -> Response:
        if kind_of(contract, request, response) != kind:
            return response
        return replace(response, status=500, body=body.encode())

    return alter
