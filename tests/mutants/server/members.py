"""Servers of which one member of an answer contradicts another one, the request, or the time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pay_conformance.exchange import Request, Response
from tests.mutants.model import mutant

Body = dict[str, Any]


def _changed(response: Response, change: Callable[[Body], object]) -> Response:
    body = json.loads(response.body)
    change(body)
    return replace(response, body=json.dumps(body, ensure_ascii=False).encode())


def _is(request: Request, response: Response, method: str, word: str) -> bool:
    return response.status < 400 and request.method == method and f"/{word}" in request.path


@mutant(breaks="CS-FIELD-012")
def captured_at_once_may_be_pending(session: Body) -> None:
    """A session that captures at once says that it can handle a pending authorization."""
    details = session["paymentDetails"]
    if details and details["paymentIntent"] == "AuthorizeWithCapture":
        details["canHandlePendingAuthorization"] = True


@mutant(breaks="CS-FIELD-015", perhaps=("CS-NEW-008",))
def one_time_session_has_a_frequency(session: Body) -> None:
    """A session for one purchase has recurring metadata."""
    if session["chargePermissionType"] == "OneTime":
        session["recurringMetadata"] = {
            "frequency": {"unit": "Month", "value": "1"},
            "amount": None,
        }


@mutant(breaks="CS-COMP-017")
def charge_of_the_session_is_a_cent_less(charge: Body, operation: str) -> None:
    """The charge that a session made is read with another amount."""
    if operation == "getCharge":
        charge["chargeAmount"]["amount"] = f"{float(charge['chargeAmount']['amount']) - 0.01:.2f}"


@mutant(breaks="CS-TIME-006")
def session_is_made_ten_minutes_ago(request: Request, response: Response) -> Response:
    """The Date header of a new session is ten minutes after its creationTimestamp."""
    if response.status != 201 or not request.path.endswith("/checkoutSessions"):
        return response
    form = "%a, %d %b %Y %H:%M:%S GMT"
    headers = tuple(
        (
            name,
            f"{datetime.strptime(value, form).replace(tzinfo=UTC) + timedelta(minutes=10):{form}}",
        )
        if name == "date"
        else (name, value)
        for name, value in response.headers
    )
    return replace(response, headers=headers)


@mutant(breaks="OP-PATH-003")
def unknown_path_is_a_wrong_request(request: Request, response: Response) -> Response:
    """A path that names nothing is refused with 400."""
    if response.status != 404 or not request.path.endswith(("/nothing", "/checkoutSession")):
        return response
    return replace(response, status=400, body=b'{"reasonCode": "InvalidRequest", "message": "No."}')


@mutant(breaks="BU-GET-001")
def buyer_needs_another_right(request: Request, response: Response) -> Response:
    """Get Buyer refuses a token that was just given out with 401."""
    if not _is(request, response, "GET", "buyers"):
        return response
    body = b'{"reasonCode": "UnauthorizedAccess", "message": "The token is not accepted."}'
    return replace(response, status=401, body=body)


@mutant(breaks="CH-CAP-008", perhaps=("CH-CAP-003", "OP-GET-002"))
def capture_is_shown_a_cent_less(charge: Body) -> None:
    """captureAmount is a cent less than what was captured."""
    captured = charge["captureAmount"]
    if captured and float(captured["amount"]) > 1:
        captured["amount"] = f"{float(captured['amount']) - 0.01:.2f}"


@mutant(breaks="CP-LIFE-021", perhaps=("CP-AMT-002",))
def confirmed_permission_is_for_less(request: Request, response: Response) -> Response:
    """The whole amount can't be charged on a permission without a charge."""
    whole = _is(request, response, "POST", "charges") and request.path.endswith("/charges")
    if not whole or b'"15.00"' not in request.body:
        return response
    body = b'{"reasonCode": "TransactionAmountExceeded", "message": "It is too much."}'
    return replace(response, status=400, body=body)


@mutant(breaks="CS-LIFE-015")
def open_session_has_a_permission(session: Body) -> None:
    """A session has a Charge Permission before the buyer agrees."""
    if session["statusDetails"]["state"] == "Open":
        session["chargePermissionId"] = "S01-0000000-0000001"
