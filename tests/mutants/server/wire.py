"""Servers that are wrong about HTTP, keys and merchants."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from pay_conformance.contract import Contract
from pay_conformance.exchange import Request, Response
from pay_conformance.mock import Mock
from tests.mutants.model import mutant
from tests.mutants.server.changes import with_limit

Body = dict[str, Any]


@mutant(breaks="OP-OK-001")
def creation_answers_200(request: Request, response: Response) -> Response:
    """A session is created with 200."""
    created = response.status == 201 and request.path.endswith("/checkoutSessions")
    return replace(response, status=200) if created else response


@mutant(breaks="HDR-RESP-001")
def answer_has_no_request_id(request: Request, response: Response) -> Response:
    """The header x-amz-pay-request-id is missing."""
    kept = tuple(pair for pair in response.headers if pair[0] != "x-amz-pay-request-id")
    return replace(response, headers=kept)


@mutant(breaks="HDR-RESP-002")
def body_is_announced_as_text(request: Request, response: Response) -> Response:
    """JSON is sent as text/plain."""
    headers = tuple(
        (name, "text/plain" if name == "content-type" else value)
        for name, value in response.headers
    )
    return replace(response, headers=headers)


@mutant(breaks="OP-GET-001")
def read_is_never_the_same(request: Request, response: Response) -> Response:
    """Each read of a charge has a new provider reference."""
    body = json.loads(response.body)
    if request.method == "GET" and "chargeAmount" in body:
        body["platformId"] = str(id(response))
    return replace(response, body=json.dumps(body).encode())


@mutant(breaks=("IDEM-SAME-001", "IDEM-SAME-002", "IDEM-SAME-003", "IDEM-SAME-004"))
def key_is_forgotten(server: Mock) -> None:
    """A repeated key makes the request a new one."""
    register = server.merchants.register

    def forgetful(*args: Any, **given: Any) -> Any:
        merchant, key = register(*args, **given)
        merchant.saved = _Forgetful()
        return merchant, key

    server.merchants.register = forgetful  # type: ignore[method-assign]


@mutant(breaks="IDEM-FORM-002")
def key_of_any_length_is_accepted(contract: Contract) -> Contract:
    """A key may have 300 characters."""
    return with_limit(contract, "idempotency-key-length", "300")


class _Forgetful(dict[str, Any]):
    def get(self, key: str, default: Any = None) -> Any:
        return default
