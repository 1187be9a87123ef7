"""Servers that remember what they should not, or forget what they should remember."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pay_conformance.exchange import Request, Response
from pay_conformance.mock import Mock
from tests.mutants.model import mutant

Body = dict[str, Any]


def _watching(server: Mock, change: Callable[[Request, Response], Response]) -> None:
    """Let a server change its answers by what it answered before."""
    right = server.handle

    def handle(request: Request) -> Response:
        return change(request, right(request))

    server.handle = handle  # type: ignore[method-assign]


def _with(response: Response, body: Any) -> Response:
    return replace(response, body=json.dumps(body, ensure_ascii=False).encode())


def _refused(response: Response, code: str, status: int = 400) -> Response:
    error = {"reasonCode": code, "message": "The request was wrong before."}
    return replace(_with(response, error), status=status)


def _asked_of(request: Request) -> Body:
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _spoilt(server: Mock, name: str, change: Callable[[Body], object], *statuses: int) -> None:
    """Let a server show an object otherwise once a request about it was refused.

    ``name`` is the member that has the object's id, in requests and in answers.
    """
    spoilt: set[str] = set()

    def changed(request: Request, response: Response) -> Response:
        if response.status in statuses:
            path = request.path.split("/")
            spoilt.update(part for part in path if len(part) > 12)
            spoilt.add(str(_asked_of(request).get(name, "")))
        if request.method != "GET" or response.status >= 400:
            return response
        body = json.loads(response.body)
        if body.get(name) in spoilt:
            change(body)
        return _with(response, body)

    _watching(server, changed)


@mutant(breaks="ERR-SAFE-001", perhaps=("CP-AMT-002",))
def refused_charge_holds_its_amount(server: Mock) -> None:
    """A Create Charge that is refused with 400 lowers the balance for good."""

    def lower(permission: Body) -> None:
        balance = permission.get("limits", {}).get("amountBalance")
        if balance:
            balance["amount"] = f"{Decimal(balance['amount']) / 2:.2f}"

    _spoilt(server, "chargePermissionId", lower, 400)


@mutant(breaks="ERR-SAFE-002")
def refused_update_is_made_in_part(server: Mock) -> None:
    """An update that is refused with 400 changes the note to the buyer."""

    def note(session: Body) -> None:
        if session.get("merchantMetadata"):
            session["merchantMetadata"]["noteToBuyer"] = "Changed"

    _spoilt(server, "checkoutSessionId", note, 400)


@mutant(breaks="ERR-SAFE-003")
def refused_capture_changes_the_descriptor(server: Mock) -> None:
    """A capture that the state refuses changes the softDescriptor of the charge."""

    def describe(charge: Body) -> None:
        charge["softDescriptor"] = "AMZ*REFUSED"

    _spoilt(server, "chargeId", describe, 422)


@mutant(breaks="SIM-CH-005", perhaps=("CP-AMT-002",))
def declined_charge_holds_its_amount(server: Mock) -> None:
    """A Create Charge that is declined lowers the balance for good."""

    def lower(permission: Body) -> None:
        balance = permission.get("limits", {}).get("amountBalance")
        if balance:
            balance["amount"] = f"{Decimal(balance['amount']) / 2:.2f}"

    _spoilt(server, "chargePermissionId", lower, 422)


@mutant(breaks="IDEM-ERR-001")
def wrong_request_is_not_forgiven(server: Mock) -> None:
    """After a refused Create Charge, the next for the same permission is refused alike."""
    wrong: set[str] = set()

    def changed(request: Request, response: Response) -> Response:
        permission = str(_asked_of(request).get("chargePermissionId", ""))
        if not request.path.endswith("/charges"):
            return response
        if permission in wrong and response.status < 400:
            return _refused(response, "InvalidRequest")
        if response.status == 400:
            wrong.add(permission)
        return response

    _watching(server, changed)


@mutant(breaks="RF-AMT-003", perhaps=("CH-CAP-012", "RF-AMT-001", "OP-GET-001"))
def declined_refund_counts(server: Mock) -> None:
    """refundedAmount of a charge has a declined refund in it."""
    declined: dict[str, str] = {}

    def changed(request: Request, response: Response) -> Response:
        if response.status >= 400:
            return response
        body = json.loads(response.body)
        if "refundId" in body and body["statusDetails"]["state"] == "Declined":
            declined[body["chargeId"]] = body["refundAmount"]["amount"]
        elif "captureAmount" in body and body["chargeId"] in declined:
            body["refundedAmount"]["amount"] = declined[body["chargeId"]]
        return _with(response, body)

    _watching(server, changed)


@mutant(breaks="DI-NEW-006", perhaps=("OP-GET-001",))
def dispute_renames_its_charge(server: Mock) -> None:
    """A charge with a dispute has another softDescriptor."""
    disputed: set[str] = set()

    def changed(request: Request, response: Response) -> Response:
        if response.status >= 400:
            return response
        body = json.loads(response.body)
        if "disputeId" in body:
            disputed.add(body["chargeId"])
        elif "captureAmount" in body and body["chargeId"] in disputed:
            body["softDescriptor"] = "AMZ*DISPUTED"
        return _with(response, body)

    _watching(server, changed)


@mutant(breaks="OP-GET-002", perhaps=("CS-UPD-001",))
def read_is_behind_the_update(server: Mock) -> None:
    """Get Checkout Session shows the merchant's reference as it was at first."""
    first: dict[str, Any] = {}

    def changed(request: Request, response: Response) -> Response:
        if response.status >= 400 or "/checkoutSessions" not in request.path:
            return response
        body = json.loads(response.body)
        kept = first.setdefault(body["checkoutSessionId"], body["merchantMetadata"])
        if request.method != "GET" or not kept or not body["merchantMetadata"]:
            return response
        name = "merchantReferenceId"
        return _with(
            response,
            {**body, "merchantMetadata": {**body["merchantMetadata"], name: kept[name]}},
        )

    _watching(server, changed)


@mutant(breaks="OP-GET-002")
def read_of_a_closed_permission_is_late(server: Mock) -> None:
    """Get Charge Permission shows the reason of a closing with another description."""

    def changed(request: Request, response: Response) -> Response:
        if request.method != "GET" or "/chargePermissions" not in request.path:
            return response
        body = json.loads(response.body)
        for reason in body.get("statusDetails", {}).get("reasons") or ():
            reason["reasonDescription"] = "Not known yet."
        return _with(response, body)

    _watching(server, changed)


@mutant(breaks="CS-LIFE-017", perhaps=("CS-COMP-008",))
def session_that_is_over_shows_the_buyer(server: Mock) -> None:
    """A session that is over still says who bought."""
    buyers: dict[str, Any] = {}

    def changed(request: Request, response: Response) -> Response:
        if response.status >= 400 or "/checkoutSessions" not in request.path:
            return response
        body = json.loads(response.body)
        name = body["checkoutSessionId"]
        if body.get("buyer"):
            buyers[name] = body["buyer"]
        elif body["statusDetails"]["state"] != "Open" and name in buyers:
            body["buyer"] = buyers[name]
        return _with(response, body)

    _watching(server, changed)


@mutant(breaks="CS-COMP-008")
def completed_session_keeps_its_note(server: Mock) -> None:
    """A completed session still shows the merchant's metadata."""
    notes: dict[str, Any] = {}

    def changed(request: Request, response: Response) -> Response:
        if response.status >= 400 or "/checkoutSessions" not in request.path:
            return response
        body = json.loads(response.body)
        name = body["checkoutSessionId"]
        if body.get("merchantMetadata"):
            notes[name] = body["merchantMetadata"]
        elif body["statusDetails"]["state"] == "Completed" and name in notes:
            body["merchantMetadata"] = notes[name]
        return _with(response, body)

    _watching(server, changed)
