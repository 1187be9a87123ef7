"""Wrong disputes."""

from __future__ import annotations

import json
from dataclasses import replace

from pay_conformance.exchange import Request, Response
from tests.mutants.model import mutant


@mutant(breaks="DI-LIFE-005")
def dispute_that_ends_keeps_its_reason(request: Request, response: Response) -> Response:
    """A dispute that is closed without a reason shows the one with which it was opened."""
    if "/disputes" not in request.path or response.status >= 400:
        return response
    body = json.loads(response.body)
    status = body["statusDetails"]
    if status["state"] == "Closed" and status["reasonCode"] is None:
        status["reasonCode"] = "MerchantResponseRequired"
    return replace(response, body=json.dumps(body).encode())
