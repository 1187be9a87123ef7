"""Answers that the gateway gives itself, in the API's own form."""

from __future__ import annotations

import json
import uuid
from email.utils import formatdate

from pay_conformance.exchange import Response


def error_answer(
    status: int, reason_code: str, message: str, retry_after: int | None = None
) -> Response:
    """Return an error of the API: ``retry_after`` in seconds becomes a header."""
    headers = [
        ("content-type", "application/json"),
        ("x-amz-pay-request-id", str(uuid.uuid4())),
        ("date", formatdate(usegmt=True)),
    ]
    if retry_after is not None:
        headers.append(("retry-after", str(retry_after)))
    body = {"reasonCode": reason_code, "message": message}
    return Response(status, tuple(headers), json.dumps(body).encode())
