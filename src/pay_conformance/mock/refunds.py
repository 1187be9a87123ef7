"""Refunds: money given back from a captured charge, a little more than was taken at most."""

from __future__ import annotations

from decimal import Decimal

from pay_conformance.mock.calls import Answer, Call, World
from pay_conformance.mock.facts import refunded
from pay_conformance.mock.life import required
from pay_conformance.mock.money import Money, money
from pay_conformance.mock.records import Charge, Refund
from pay_conformance.mock.refusals import Refused
from pay_conformance.mock.show import show


def create(call: Call) -> Answer:
    """Create Refund: always pending at first."""
    merchant, life, operation = call.merchant, call.life, call.operation.id
    charge = merchant.charge(call.body["chargeId"])
    amount = money(call.body["refundAmount"])
    life.moves.require(charge, operation)
    _check(call, charge, amount)
    wanted = call.simulated({})
    refund = Refund("", call.operation.api, call.now, charge=charge.id, amount=amount)
    refund.id = merchant.ids.refund(charge.id)
    while refund.id in merchant.refunds:
        refund.id = merchant.ids.refund(charge.id)
    refund.soft_descriptor = merchant.descriptor(call.body.get("softDescriptor"))
    merchant.refunds[refund.id] = refund
    charge.refunds.append(refund.id)
    merchant.touch(charge)
    if wanted is None:
        required(life.on(merchant, refund, operation, {}), "RequestNotSupported")
    else:
        life.simulate(merchant, refund, wanted)
    return call.operation.success, show(call, refund)


def read(call: Call) -> Answer:
    """Get Refund."""
    return call.operation.success, show(call, call.merchant.refund(call.parameters["refundId"]))


def _check(call: Call, charge: Charge, amount: Money) -> None:
    captured = charge.captured or charge.amount
    if amount.currency != captured.currency:
        raise Refused("CurrencyMismatch", currency=amount.currency, expected=captured.currency)
    counted = call.world.contract.limits.get("refunds-per-charge")
    valid = [key for key in charge.refunds if call.merchant.refunds[key].state != "Declined"]
    if counted and counted.value is not None and len(valid) >= counted.value:
        raise Refused("TransactionCountExceeded", limit=str(counted.value))
    most = _most(call.world, captured)
    if refunded(call.merchant, charge) + amount.value > most:
        raise Refused("TransactionAmountExceeded", amount=amount.text, limit=str(most))


def _most(world: World, captured: Money) -> Decimal:
    """Return what may be refunded in all: the capture and the lesser of a share and an amount."""
    limits, currency = world.contract.limits, captured.currency
    extras = []
    if "over-refund-share" in limits:
        share = limits["over-refund-share"].of(currency) or Decimal(0)
        extras.append(captured.value * share / 100)
    if "over-refund-amount" in limits:
        extras.append(limits["over-refund-amount"].of(currency) or Decimal(0))
    most = captured.value + min(extras, default=Decimal(0))
    ceiling = limits["refund-amount"].of(currency) if "refund-amount" in limits else None
    return most if ceiling is None else min(most, ceiling)
