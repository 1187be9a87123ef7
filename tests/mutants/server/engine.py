"""Servers of which a part does something else: how they compute, remember, and keep apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Move
from pay_conformance.exchange import Request, Response
from pay_conformance.mock import Mock
from pay_conformance.mock.money import Money
from tests.mutants.model import mutant
from tests.mutants.server.changes import (
    life_of,
    with_lifecycle,
    with_operation,
    without_needs,
)


def _registering(server: Mock, change: Callable[[Any], None]) -> None:
    """Do something to each merchant as it is registered."""
    register = server.merchants.register

    def changed(*args: Any, **given: Any) -> Any:
        merchant, key = register(*args, **given)
        change(merchant)
        return merchant, key

    server.merchants.register = changed  # type: ignore[method-assign]


@mutant(breaks="CP-OP-003", perhaps=("CP-LIFE-002", "CP-LIFE-005"))
def permission_can_be_charged_in_any_state(contract: Contract) -> Contract:
    """Create Charge does not look at the state of the permission."""
    changed = without_needs(contract, "charge", "charge permission is chargeable")
    for state in ("NonChargeable", "Closed"):
        changed = with_operation(changed, "charge-permission", state, "createCharge")
    return changed


@mutant(breaks=("CS-CONS-012", "CS-COMP-005"))
def completes_whatever_the_buyer_did(contract: Contract) -> Contract:
    """Complete asks neither for constraints nor for the buyer's approval."""
    guards = ("no constraint remains", "buyer approved")
    return without_needs(contract, "checkout-session", *guards)


@mutant(breaks="CP-LIFE-020")
def soft_decline_spoils_the_permission(contract: Contract) -> Contract:
    """A soft decline makes the permission NonChargeable, like a hard one."""
    hard = next(e for e in contract.simulations if e.code == "HardDeclined")
    simulations = tuple(
        replace(hard, code="SoftDeclined", requirement=entry.requirement)
        if (entry.operation, entry.code) == ("createCharge", "SoftDeclined")
        else entry
        for entry in contract.simulations
    )
    return contract.replaced(simulations=simulations)


@mutant(breaks="CP-CLOSE-004", perhaps=("CH-LIFE-002",))
def closing_always_cancels_open_charges(server: Mock) -> None:
    """Close cancels open charges, whether asked to or not."""
    from pay_conformance.mock import permissions

    def close(call: Any) -> Any:
        return permissions.close(replace(call, body={**call.body, "cancelPendingCharges": True}))

    _instead(server, "closeChargePermission", close)


def _instead(server: Mock, operation: str, handler: Callable[[Any], Any]) -> None:
    """Let one server handle an operation otherwise: it answers on its own copy of the table."""
    answer = server._answer

    def changed(request: Request, merchant: Any, match: Any) -> Any:
        from pay_conformance.mock import server as serving

        right = serving.HANDLERS[operation]
        serving.HANDLERS[operation] = handler  # type: ignore[index]
        try:
            return answer(request, merchant, match)
        finally:
            serving.HANDLERS[operation] = right  # type: ignore[index]

    server._answer = changed  # type: ignore[method-assign]


@mutant(breaks="OP-ID-003", perhaps=("OP-ID-004", "DI-OP-001"))
def merchants_see_one_another(server: Mock) -> None:
    """All merchants share their sessions, permissions and charges."""
    shared: dict[str, dict[str, Any]] = {}

    def change(merchant: Any) -> None:
        for name in ("sessions", "permissions", "charges", "refunds"):
            setattr(merchant, name, shared.setdefault(name, {}))

    _registering(server, change)


@mutant(breaks="IDEM-DIFF-004")
def merchants_share_their_keys(server: Mock) -> None:
    """An idempotency key of one merchant is used up for all."""
    saved: dict[str, Any] = {}
    _registering(server, lambda merchant: setattr(merchant, "saved", saved))


@mutant(breaks="IDEM-DIFF-001", perhaps=("IDEM-DIFF-002", "RF-NEW-005"))
def body_of_a_repeated_key_is_not_compared(server: Mock) -> None:
    """The same key and operation give the same answer, whatever the body says."""
    from pay_conformance.mock import server as serving

    answer, digest = server._answer, serving._digest

    def changed(*given: Any) -> Any:
        serving._digest = lambda match, _: digest(match, {})
        try:
            return answer(*given)
        finally:
            serving._digest = digest

    server._answer = changed  # type: ignore[method-assign]


@mutant(breaks="IDEM-FORM-003", perhaps=("IDEM-FORM-001",))
def short_keys_are_refused(request: Request, response: Response) -> Response:
    """A key of less than 16 characters is refused."""
    key = request.header("x-amz-pay-idempotency-key")
    if not key or len(key) >= 16 or response.status >= 400:
        return response
    body = b'{"reasonCode": "InvalidHeaderValue", "message": "The key is too short."}'
    return replace(response, status=400, body=body)


@mutant(breaks=("SIM-FORM-002",))
def code_has_to_be_signed(request: Request, response: Response) -> Response:
    """A simulation code that is not signed is not looked at."""
    header = "x-amz-pay-simulation-code"
    signed = header in (request.header("authorization") or "").lower()
    if not request.header(header) or signed or response.status < 400:
        return response
    body = b'{"reasonCode": "InvalidHeaderValue", "message": "The code is not signed."}'
    return replace(response, status=400, body=body)


@mutant(breaks="CH-CAP-011", perhaps=("CP-AMT-002", "CP-AMT-003"))
def rest_of_a_capture_stays_held(server: Mock) -> None:
    """What a partial capture leaves of an authorization is not released."""
    from pay_conformance.mock import charges

    right = charges.capture

    def capture(call: Any) -> Any:
        answer = right(call)
        charge = call.merchant.charge(call.parameters["chargeId"])
        permission = call.merchant.permission(charge.permission)
        if permission.limit is not None and charge.captured is not None:
            rest = charge.amount.value - charge.captured.value
            left = permission.limit.value - rest
            permission.limit = Money(left, permission.limit.currency)
        return answer

    _instead(server, "captureCharge", capture)


@mutant(breaks="RF-NEW-007")
def refunds_are_possible_for_a_month(server: Mock) -> None:
    """A charge can't be refunded after 30 days."""
    from pay_conformance.mock import refunds
    from pay_conformance.mock.refusals import Refused

    def create(call: Any) -> Any:
        charge = call.merchant.charge(call.body["chargeId"])
        if call.now > charge.created + 30 * 86_400:
            raise Refused("InvalidChargeStatus")
        return refunds.create(call)

    _instead(server, "createRefund", create)


@mutant(breaks="CP-OP-005")
def closed_permission_keeps_the_money(server: Mock) -> None:
    """A charge of a closed permission can't be refunded."""
    from pay_conformance.mock import refunds
    from pay_conformance.mock.refusals import Refused

    def create(call: Any) -> Any:
        charge = call.merchant.charge(call.body["chargeId"])
        permission = call.merchant.permission(charge.permission)
        if permission.state == "Closed" and permission.reasons[0][0] == "MerchantClosed":
            raise Refused("InvalidChargeStatus")
        return refunds.create(call)

    _instead(server, "createRefund", create)


@mutant(breaks="RF-AMT-004", perhaps=("RF-AMT-003", "LIM-COUNT-002", "LIM-REF-005", "RF-LIFE-001"))
def charge_is_refunded_once(server: Mock) -> None:
    """A second refund of a charge is refused."""
    from pay_conformance.mock import refunds
    from pay_conformance.mock.refusals import Refused

    def create(call: Any) -> Any:
        charge = call.body["chargeId"]
        if any(refund.charge == charge for refund in call.merchant.refunds.values()):
            raise Refused("TransactionCountExceeded", limit="1")
        return refunds.create(call)

    _instead(server, "createRefund", create)


@mutant(
    breaks=("CS-COMP-002", "CS-COMP-003"), perhaps=("CS-COMP-001", "CS-COMP-014", "CS-LIFE-002")
)
def mismatch_cancels_the_session(contract: Contract) -> Contract:
    """A wrong amount makes the session Canceled."""
    life = life_of(contract, "checkout-session")
    guarded = tuple(move for move in life.moves if move.on == "completeCheckoutSession")
    others = tuple(move for move in life.moves if move.on != "completeCheckoutSession")
    cancels = Move("Open", "Canceled", on="completeCheckoutSession", reason="AmazonCanceled",
                   needs=("buyer approved",))  # fmt: skip
    selecting = {**life.guards, "amounts match": replace(life.guards["amounts match"], refusal="")}
    return with_lifecycle(
        contract, "checkout-session", guards=selecting, moves=(*guarded, cancels, *others)
    )


@mutant(breaks="CS-COMP-013")
def amounts_are_compared_as_texts(request: Request, response: Response) -> Response:
    """15.0 is not 15.00 when a session is completed."""
    if not request.path.endswith("/complete") or b'"15.0"' not in request.body:
        return response
    body = b'{"reasonCode": "AmountMismatch", "message": "The amounts differ."}'
    return replace(response, status=409, body=body)


@mutant(breaks="LIM-MONTH-004")
def month_never_ends(server: Mock) -> None:
    """The balance of a recurring permission does not start anew."""
    from pay_conformance.mock import charges
    from pay_conformance.mock.refusals import Refused

    def create(call: Any) -> Any:
        permission = call.merchant.permissions.get(call.body["chargePermissionId"])
        if permission is not None and permission.kind == "Recurring":
            spent = sum(
                (call.merchant.charges[each].amount.value for each in permission.charges),
                Decimal(0),
            )
            if spent >= 1000:
                raise Refused("PeriodicAmountExceeded")
        return charges.create(call)

    _instead(server, "createCharge", create)


# How requests are received


def _refusing(when: Callable[[Request], bool], status: int, code: str) -> Callable[..., Response]:
    def alter(request: Request, response: Response) -> Response:
        if not when(request):
            return response
        body = f'{{"reasonCode": "{code}", "message": "{request.path} is not accepted."}}'
        return replace(response, status=status, body=body.encode())

    return alter


def _header(request: Request, name: str) -> str:
    return request.header(name) or ""


@mutant(breaks="SIG-ACC-001")
def first_algorithm_is_refused(request: Request, response: Response) -> Response:
    """AMZN-PAY-RSASSA-PSS is not accepted."""
    first = _header(request, "authorization").startswith("AMZN-PAY-RSASSA-PSS ")
    return _refusing(lambda _: first, 403, "InvalidRequestSignature")(request, response)


@mutant(breaks="SIG-ACC-004")
def date_with_dashes_is_refused(request: Request, response: Response) -> Response:
    """x-amz-pay-date is accepted in the basic form alone."""
    date = _header(request, "x-amz-pay-date")
    dashed = response.status < 400 and "-" in date
    return _refusing(lambda _: dashed, 400, "InvalidHeaderValue")(request, response)


@mutant(breaks="SIG-ACC-005")
def region_in_capitals_is_refused(request: Request, response: Response) -> Response:
    """x-amz-pay-region is accepted in small letters alone."""
    region = _header(request, "x-amz-pay-region")
    return _refusing(lambda _: region.isupper(), 400, "InvalidHeaderValue")(request, response)


@mutant(breaks="SIG-ACC-006")
def alias_of_a_region_is_refused(request: Request, response: Response) -> Response:
    """x-amz-pay-region us is not accepted."""
    alias = _header(request, "x-amz-pay-region") == "us"
    return _refusing(lambda _: alias, 400, "InvalidHeaderValue")(request, response)


@mutant(breaks=("OP-PATH-002", "SIG-ACC-009"), perhaps=("ERR-BODY-008",))
def slash_at_the_end_is_refused(request: Request, response: Response) -> Response:
    """A path with a slash at its end is not found."""
    slash = request.path.endswith("/") and response.status < 400
    return _refusing(lambda _: slash, 404, "ResourceNotFound")(request, response)


@mutant(breaks=("OP-PATH-001", "SIG-ACC-010"), perhaps=("ERR-BODY-008",))
def environment_in_the_path_is_refused(request: Request, response: Response) -> Response:
    """A path with a sandbox segment is not found."""
    named = request.path.startswith("/sandbox/") and response.status < 400
    return _refusing(lambda _: named, 404, "ResourceNotFound")(request, response)


@mutant(breaks="SIG-ACC-012")
def body_that_is_not_ascii_is_refused(request: Request, response: Response) -> Response:
    """A body that is not ASCII is not accepted."""
    odd = not request.body.isascii() and response.status < 400
    return _refusing(lambda _: odd, 403, "InvalidRequestSignature")(request, response)


@mutant(breaks="HDR-REQ-003")
def user_agent_is_looked_at(request: Request, response: Response) -> Response:
    """A user-agent that is not that of an SDK is refused."""
    agent = _header(request, "user-agent")
    odd = bool(agent) and "amazon-pay" not in agent.lower()
    return _refusing(lambda _: odd, 400, "InvalidHeaderValue")(request, response)


@mutant(breaks=("IDEM-MISS-003",))
def every_write_needs_a_key(request: Request, response: Response) -> Response:
    """Update, Cancel and Close need an idempotency key."""
    keyless = request.method in ("PATCH", "DELETE") and not _header(
        request, "x-amz-pay-idempotency-key"
    )
    asked = keyless and response.status < 400
    return _refusing(lambda _: asked, 400, "MissingHeaderValue")(request, response)


@mutant(breaks="IDEM-MISS-002")
def complete_needs_a_key(request: Request, response: Response) -> Response:
    """Complete Checkout Session needs an idempotency key."""
    keyless = request.path.endswith("/complete") and not _header(
        request, "x-amz-pay-idempotency-key"
    )
    asked = keyless and response.status < 400
    return _refusing(lambda _: asked, 400, "MissingHeaderValue")(request, response)


@mutant(breaks="OP-V1-001", api="v1")
def first_version_completes(request: Request, response: Response) -> Response:
    """v1 has Complete Checkout Session, and answers 200."""
    asked = request.path.startswith("/v1/") or "/v1/" in request.path
    if not asked or not request.path.endswith(("/complete", "/finalize")):
        return response
    return replace(response, status=200, body=b"{}")
