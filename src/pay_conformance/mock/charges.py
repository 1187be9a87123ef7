"""Charges: created on a permission or by a session, captured once, or canceled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pay_conformance.contract.model import Simulation
from pay_conformance.mock.calls import Answer, Call, World, metadata_of
from pay_conformance.mock.facts import balance
from pay_conformance.mock.life import required
from pay_conformance.mock.money import Money, money
from pay_conformance.mock.moves import Guards
from pay_conformance.mock.records import NO_METADATA, Charge, Permission, Plan
from pay_conformance.mock.refusals import Refused
from pay_conformance.mock.show import show
from pay_conformance.mock.store import Merchant


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a new charge. ``effect`` makes it pending: a simulation, or the card."""

    amount: Money
    capture: bool = False
    pending: bool = False
    soft_descriptor: str | None = None
    effect: Simulation | None = None


def create(call: Call) -> Answer:
    """Create Charge."""
    body, merchant = call.body, call.merchant
    permission = merchant.permission(body["chargePermissionId"])
    asked = Asked(
        money(body["chargeAmount"]),
        capture=bool(body.get("captureNow")),
        pending=bool(body.get("canHandlePendingAuthorization")),
        soft_descriptor=body.get("softDescriptor"),
    )
    call.world.limit("charge-amount", asked.amount.currency, asked.amount)
    call.world.life.moves.require(permission, call.operation.id)
    wanted = call.simulated(birth_guards(call.world, merchant, permission, asked))
    if wanted is None:
        effect = card_effect(call.world, permission, asked)
    else:
        effect = wanted if wanted.outcome == "later" else None
    asked = Asked(asked.amount, asked.capture, asked.pending, asked.soft_descriptor, effect)
    if wanted is not None and wanted.outcome == "error":
        _would_be_born(call, permission, asked)
        # The documents of declines say what a decline does to the permission.
        call.life.declined(merchant, permission, wanted.reason)
        raise Refused(wanted.reason or wanted.code)
    charge = bear(call.world, merchant, permission, on=call.operation.id, asked=asked, given=body)
    return call.operation.success, show(call, charge)


def read(call: Call) -> Answer:
    """Get Charge."""
    return call.operation.success, show(call, call.merchant.charge(call.parameters["chargeId"]))


def capture(call: Call) -> Answer:
    """Capture Charge: once, up to the amount of the charge."""
    merchant, life = call.merchant, call.life
    charge = merchant.charge(call.parameters["chargeId"])
    amount = money(call.body["captureAmount"])
    life.moves.require(charge, call.operation.id)
    guards: Guards = {
        "currency is that of the charge": lambda: amount.currency == charge.amount.currency,
        "amount within the authorization": lambda: amount.value <= charge.amount.value,
        "capture settles later": lambda: False,
        "capture is refused": lambda: False,
    }
    wanted = call.simulated(guards)
    move = life.moves.choose(charge, call.operation.id, guards, call.now, _differs(amount, charge))
    if move is None:
        raise Refused(life.moves.life(charge).refusals[call.operation.id])
    charge.to_capture = amount
    sent = call.body.get("softDescriptor")
    if sent is not None:
        charge.soft_descriptor = merchant.descriptor(sent)
    if wanted is None:
        life.go(merchant, charge, move.target, move.reason)
    else:
        life.simulate(merchant, charge, wanted)
        if wanted.answers:
            raise Refused(wanted.answers)
    return call.operation.success, show(call, charge)


def cancel(call: Call) -> Answer:
    """Cancel Charge: the reason that is sent becomes the description of the status."""
    charge = call.merchant.charge(call.parameters["chargeId"])
    operation = call.operation.id
    call.life.moves.require(charge, operation)
    text = call.body["cancellationReason"]
    moved = call.life.on(call.merchant, charge, operation, {}, description=text)
    required(moved, call.life.moves.life(charge).refusals[operation])
    return call.operation.success, show(call, charge)


def bear(
    world: World,
    merchant: Merchant,
    permission: Permission,
    *,
    on: str,
    asked: Asked,
    given: Mapping[str, Any],
) -> Charge:
    """Make a charge, by an operation or event that gives birth to charges.

    Raises:
        Refused: if the lifecycle of charges has no such birth under these conditions.
    """
    guards = birth_guards(world, merchant, permission, asked)
    now = merchant.time.now()
    charge = Charge("", permission.api, now, permission=permission.id, amount=asked.amount)
    move = _birth(world, charge, permission, on, guards)
    charge.id = merchant.ids.charge(permission)
    while charge.id in merchant.charges:
        charge.id = merchant.ids.charge(permission)
    charge.provider_reference = (given.get("providerMetadata") or {}).get("providerReferenceId")
    charge.channel = given.get("channel")
    charge.initiator = given.get("chargeInitiator")
    charge.metadata = metadata_of(given.get("merchantMetadata"), NO_METADATA)
    charge.platform = given.get("platformId")
    charge.result_url = (given.get("webCheckoutDetails") or {}).get("checkoutResultReturnUrl")
    if asked.capture and asked.soft_descriptor:
        charge.soft_descriptor = merchant.descriptor(asked.soft_descriptor)
    merchant.charges[charge.id] = charge
    permission.charges.append(charge.id)
    permission.last_charge = now
    merchant.touch(permission)
    if asked.effect is not None:
        after = int(asked.effect.after.total_seconds())
        charge.plan = Plan(now + after, asked.effect.then, asked.effect.then_reason)
    world.life.go(merchant, charge, move)
    if permission.state:
        world.life.schedule(merchant, permission)
    return charge


def birth_guards(world: World, merchant: Merchant, permission: Permission, asked: Asked) -> Guards:
    """Return what the lifecycle of charges may ask about a birth."""
    moves = world.life.moves
    life = moves.life(permission)
    effect = asked.effect

    def within_balance() -> bool:
        left = balance(merchant, permission)
        return left is None or asked.amount.value <= left

    def within_count() -> bool:
        limit = world.contract.limits.get("charges-per-one-time-permission")
        if permission.kind != "OneTime" or limit is None or limit.value is None:
            return True
        # "Valid" charges count (Japanese documents): declined and canceled ones made no use of it.
        over = ("Canceled", "Declined")
        valid = [key for key in permission.charges if merchant.charges[key].state not in over]
        return len(valid) < limit.value

    return {
        "capture now": lambda: asked.capture,
        "no capture now": lambda: not asked.capture,
        "decided at once": lambda: effect is None,
        "pending authorization allowed": lambda: asked.pending and not asked.capture,
        "capture settles later": lambda: effect is not None and effect.state == "CaptureInitiated",
        "capture is refused": lambda: False,
        "charge permission is chargeable": lambda: (
            "createCharge" in life.states[permission.state].operations
        ),
        "currency is that of the charge permission": lambda: (
            asked.amount.currency == permission.currency
        ),
        "amount within the balance": within_balance,
        "count within the limit": within_count,
    }


def card_effect(world: World, permission: Permission, asked: Asked) -> Simulation | None:
    """Return what the buyer's card does to a new charge, if it does anything.

    Cards decide late only where a pending authorization is allowed; elsewhere they work.
    """
    card = world.cards.get(permission.wallet.card) if permission.wallet else None
    effect = card.effect if card else None
    if effect is None or effect.object != "charge" or not asked.pending or asked.capture:
        return None
    return effect


def _would_be_born(call: Call, permission: Permission, asked: Asked) -> None:
    guards = birth_guards(call.world, call.merchant, permission, asked)
    draft = Charge("", permission.api, call.now, permission=permission.id, amount=asked.amount)
    _birth(call.world, draft, permission, call.operation.id, guards)


def _birth(world: World, draft: Charge, permission: Permission, on: str, guards: Guards) -> str:
    left = "" if permission.limit is None else permission.limit.text
    fields = {
        "amount": draft.amount.text,
        "limit": left,
        "currency": draft.amount.currency,
        "expected": permission.currency,
    }
    try:
        move = world.life.moves.choose(draft, on, guards, draft.created, fields)
    except Refused as refused:
        if refused.code == "TransactionAmountExceeded" and permission.kind != "OneTime":
            # Their limit is that of a month, and has a reason code of its own (documented).
            raise Refused("PeriodicAmountExceeded", **fields) from None
        if refused.code == "TransactionCountExceeded":
            most = world.contract.limits["charges-per-one-time-permission"].value
            raise Refused(refused.code, limit=str(most)) from None
        raise
    if move is None:
        raise Refused("RequestNotSupported")
    return move.target


def _differs(amount: Money, charge: Charge) -> dict[str, str]:
    return {
        "amount": amount.text,
        "limit": charge.amount.text,
        "currency": amount.currency,
        "expected": charge.amount.currency,
    }
