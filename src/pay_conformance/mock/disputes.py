"""Disputes: made by the buyer's bank or a payment service provider, contested, and ended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from pay_conformance.contract import Contract
from pay_conformance.mock.calls import Answer, Call, World
from pay_conformance.mock.clock import stamp
from pay_conformance.mock.life import required
from pay_conformance.mock.money import Money, money
from pay_conformance.mock.moves import Guards
from pay_conformance.mock.records import Charge, Dispute, File
from pay_conformance.mock.refusals import Refused
from pay_conformance.mock.show import show
from pay_conformance.mock.store import Merchant

WINNERS: Final = ("BuyerWon", "MerchantWon", "NoFault")

_UPLOADS: Final = "https://evidence.amazon-pay.example"
"""Where files would go: nothing listens there, and no host of Amazon's is made up."""
_URL_LIVES: Final = 3600
_FIRST_MILLISECONDS: Final = 946_684_800_000
"""The least number that counts milliseconds; what is less counts seconds."""


def is_filing_reason(contract: Contract, charge: Charge, reason: str) -> bool:
    """Say whether the contract knows disputes that are filed for a reason."""
    report = {
        "chargeId": charge.id,
        "disputeAmount": charge.amount.shown(),
        "filingReason": reason,
        "statusDetails": {"state": "ActionRequired"},
    }
    return contract.is_valid("v2", "create-dispute-request", report)


def file_chargeback(
    world: World, merchant: Merchant, charge: Charge, reason: str, now: int
) -> Dispute:
    """Let the buyer's bank take a charge back; Amazon asks the merchant, who has some days.

    Raises:
        Refused: if the charge is not captured, so that there is nothing to take back.
    """
    if charge.captured is None:
        raise Refused("InvalidChargeStatus")
    dispute = _new(merchant, charge, charge.captured, reason, now)
    dispute.deadline = world.life.moves.timer(dispute, "response-window") or now
    merchant.disputes[dispute.id] = dispute
    event = "buyer files a chargeback"
    required(world.life.on(merchant, dispute, event, {}), "RequestNotSupported")
    return dispute


def create(call: Call) -> Answer:
    """Create Dispute, with which a payment service provider reports one of its own."""
    merchant, body = call.merchant, call.body
    charge = merchant.charge(body["chargeId"])
    amount = money(body["disputeAmount"])
    dispute = _new(merchant, charge, amount, body["filingReason"], call.now)
    deadline = body.get("merchantResponseDeadline")
    if deadline is not None:
        dispute.deadline = _seconds(deadline)
    else:
        dispute.deadline = call.life.moves.timer(dispute, "response-window") or call.now
    move = call.life.moves.choose(
        dispute, call.operation.id, _birth_guards(charge, amount, body), call.now,
        _differs(charge, amount),
    )  # fmt: skip
    if move is None:
        raise Refused("RequestNotSupported")
    merchant.disputes[dispute.id] = dispute
    call.life.go(merchant, dispute, move.target, move.reason)
    return call.operation.success, show(call, dispute)


def read(call: Call) -> Answer:
    """Get Dispute."""
    return call.operation.success, show(call, _dispute(call))


def update(call: Call) -> Answer:
    """Update Dispute, with which a payment service provider tells how it ended."""
    dispute, operation = _dispute(call), call.operation.id
    call.life.moves.require(dispute, operation)
    asked = call.body["statusDetails"]
    guards: Guards = {
        "resolved by the request": lambda: asked["state"] == "Resolved",
        "closed by the request": lambda: asked["state"] == "Closed",
    }
    move = call.life.moves.choose(dispute, operation, guards, call.now)
    if move is None:
        raise Refused(call.life.moves.life(dispute).refusals[operation])
    dispute.resolution = asked["resolution"]
    reason, text = asked.get("reasonCode"), asked.get("reasonDescription")
    call.life.go(call.merchant, dispute, move.target, reason, description=text)
    return call.operation.success, show(call, dispute)


def contest(call: Call) -> Answer:
    """Contest Dispute: with texts, and files that have been given a place before."""
    dispute, operation = _dispute(call), call.operation.id
    call.life.moves.require(dispute, operation)
    evidences: list[dict[str, Any]] = call.body["merchantEvidences"]
    for evidence in evidences:
        file = evidence.get("fileId")
        if file is not None and file not in call.merchant.files:
            raise Refused("InvalidParameterValue", parameter="fileId", value=file[:64])
    dispute.evidences += tuple(evidences)
    moved = call.life.on(call.merchant, dispute, operation, {})
    required(moved, call.life.moves.life(dispute).refusals[operation])
    return call.operation.success, show(call, dispute)


def upload(call: Call) -> Answer:
    """Upload File: gives a place to put it, and its id for Contest Dispute."""
    merchant = call.merchant
    file = File(merchant.ids.uuid(), call.body["type"], call.body["purpose"], call.now)
    merchant.files[file.id] = file
    merchant.touched["file", file.id] = None
    return call.operation.success, {
        "id": file.id,
        "type": file.type,
        "purpose": file.purpose,
        "url": f"{_UPLOADS}/{file.id}.{file.type}",
        "size": 0,
        "uploadTimestamp": stamp(file.created),
        "urlExpirationTimestamp": stamp(file.created + _URL_LIVES),
    }


def _dispute(call: Call) -> Dispute:
    return call.merchant.dispute(call.parameters["disputeId"])


def _new(merchant: Merchant, charge: Charge, amount: Money, reason: str, now: int) -> Dispute:
    name = merchant.ids.dispute(charge.id)
    while name in merchant.disputes:
        name = merchant.ids.dispute(charge.id)
    # v1 knows no disputes, whatever version the charge was made with.
    return Dispute(name, "v2", now, charge=charge.id, amount=amount, filing_reason=reason)


def _birth_guards(charge: Charge, amount: Money, body: Any) -> Guards:
    captured = charge.captured
    state = body["statusDetails"]["state"]
    return {
        "charge is captured": lambda: captured is not None,
        "dispute is in the charge's currency": lambda: amount.currency == charge.amount.currency,
        "amount within the capture": lambda: captured is None or amount.value <= captured.value,
        "merchant has to answer": lambda: state == "ActionRequired",
        "under review already": lambda: state == "UnderReview",
    }


def _differs(charge: Charge, amount: Money) -> dict[str, str]:
    return {
        "amount": amount.text,
        "limit": (charge.captured or charge.amount).text,
        "currency": amount.currency,
        "expected": charge.amount.currency,
    }


def _seconds(moment: int | float | str) -> int:
    """Return seconds since the epoch: SDKs send those, milliseconds, or a timestamp."""
    if isinstance(moment, str):
        try:
            then = datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except ValueError:  # such as 30 February
            name = "merchantResponseDeadline"
            raise Refused("InvalidParameterValue", parameter=name, value=moment) from None
        return int(then.timestamp())
    return int(moment) // 1000 if moment >= _FIRST_MILLISECONDS else int(moment)
