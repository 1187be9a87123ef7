"""Admission: who asks, for what, and whether the request is one that the API can serve."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api, Match, Operation
from pay_conformance.exchange import Request
from pay_conformance.mock.keeping import Keeper
from pay_conformance.mock.refusals import Refused
from pay_conformance.mock.signature_failures import keep
from pay_conformance.mock.store import Merchant
from pay_conformance.signing import Refusal, verify

LARGEST_BODY = 256 * 1024
"""Bytes of a request that are read. The largest documented body has a tenth of that."""

_METHODS = ("GET", "POST", "PATCH", "DELETE", "PUT")
_VERSION = re.compile(r"(?:/(?:sandbox|live))?/(v[0-9]+)(?:/|$)")


def route(contract: Contract, request: Request, apis: Sequence[Api]) -> Match:
    """Return the operation that a request asks for.

    Raises:
        Refused: ``InvalidAPIVersion`` for a version that doesn't exist or isn't served,
            ``UnsupportedOperation`` for a method that the resource doesn't have,
            ``ResourceNotFound`` for any other path.
    """
    path = request.path
    match = contract.match(request.method, path)
    if match is not None and match.operation.api in apis:
        return match
    version = _VERSION.match(path)
    if version and version[1] not in apis:
        raise Refused("InvalidAPIVersion", version=version[1])
    if any(contract.match(method, path) for method in _METHODS if method != request.method):
        raise Refused("UnsupportedOperation", method=request.method, path=path)
    raise Refused("ResourceNotFound")


def authenticate(request: Request, keeper: Keeper, request_id: str) -> Merchant:
    """Return the merchant that signed a request.

    A signature that fails is kept with the merchant whose key it names, and explained there.

    Raises:
        Refused: as the verifier refuses.
    """
    seen: list[Merchant] = []

    def key_for(key_id: str) -> Any:
        merchant = keeper.find(key_id)
        if merchant is None:
            return None
        seen.append(merchant)
        return merchant.key

    result = verify(request, key_for, datetime.now(UTC))
    if isinstance(result, Refusal):
        with keeper.turn(seen[0]) if seen else nullcontext():
            keep(seen[0] if seen else None, request, request_id, result)
        raise Refused(result.reason_code, result.message)
    return seen[0]


def environment(match: Match, merchant: Merchant) -> None:
    """Let a path pass that names the merchant's environment, or none.

    Raises:
        Refused: ``UnauthorizedAccess`` for the other environment; what the service says is unknown.
    """
    if match.environment and (match.environment == "live") != merchant.live:
        raise Refused("UnauthorizedAccess")


def key_name(contract: Contract, operation: Operation, request: Request) -> str | None:
    """Return the idempotency key of a request, or ``None`` where the operation uses none.

    Raises:
        Refused: if a key is required and missing, or longer than the contract allows.
    """
    if operation.idempotency_key == "unused":
        return None
    header = "x-amz-pay-idempotency-key"
    name = (request.header(header) or "").strip()
    if not name:
        if operation.idempotency_key == "required":
            raise Refused("MissingHeaderValue", header=header)
        return None
    limit = contract.limits.get("idempotency-key-length")
    if limit and limit.value is not None and len(name) > limit.value:
        problem = f"should not be longer than {limit.value} characters"
        raise Refused("InvalidHeaderValue", value=name[:64], header=header, problem=problem)
    return name
