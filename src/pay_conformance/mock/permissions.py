"""Charge permissions: made by a session, read, updated and closed."""

from __future__ import annotations

from decimal import Decimal

from pay_conformance.mock.calls import Answer, Call, World, metadata_of
from pay_conformance.mock.facts import OPEN, charges_of
from pay_conformance.mock.life import required
from pay_conformance.mock.money import Money, money, text_of
from pay_conformance.mock.records import Permission, Session
from pay_conformance.mock.show import show
from pay_conformance.mock.store import Merchant
from pay_conformance.mock.wallet import CURRENCY


def read(call: Call) -> Answer:
    """Get Charge Permission."""
    return call.operation.success, show(call, _asked(call))


def update(call: Call) -> Answer:
    """Update Charge Permission.

    The documents of 2020 call merchantMetadata modifiable once; nobody was seen to be refused for
    doing it twice, so the mock allows it.
    """
    permission = _asked(call)
    call.life.moves.require(permission, call.operation.id)
    permission.metadata = metadata_of(call.body.get("merchantMetadata"), permission.metadata)
    recurring = call.body.get("recurringMetadata")
    if recurring:
        permission.frequency = frequency_of(recurring) or permission.frequency
        if recurring.get("amount"):
            permission.recurring_amount = money(recurring["amount"])
    permission.updated = call.now
    call.merchant.touch(permission)
    return call.operation.success, show(call, permission)


def close(call: Call) -> Answer:
    """Close Charge Permission; open charges stay as they are unless they are to go too."""
    permission, merchant, life = _asked(call), call.merchant, call.life
    operation = call.operation.id
    life.moves.require(permission, operation)
    guards = life.permission_guards(merchant, permission)
    wanted = call.simulated(guards)
    if wanted is None:
        moved = life.on(
            merchant, permission, operation, guards, description=call.body["closureReason"]
        )
        required(moved, life.moves.life(permission).refusals[operation])
    else:
        life.simulate(merchant, permission, wanted)
    if call.body.get("cancelPendingCharges"):
        for charge in charges_of(merchant, permission):
            if charge.state in OPEN:
                life.on(merchant, charge, "charge permission is canceled", {})
    return call.operation.success, show(call, permission)


def prepare(world: World, merchant: Merchant, session: Session) -> Permission:
    """Return the permission that a completed session leaves behind; it has no state yet."""
    amount = session.total or session.amount
    currency = session.presentment or (amount.currency if amount else CURRENCY[merchant.region])
    permission = Permission(
        merchant.ids.permission(session.kind),
        session.api,
        merchant.time.now(),
        session=session.id,
        kind=session.kind,
        currency=amount.currency if amount else currency,
        extended=bool(session.extended),
        frequency=session.frequency,
        recurring_amount=session.recurring_amount,
        setup_only=session.setup_only,
        metadata=session.metadata,
        platform=session.platform,
        wallet=session.wallet,
    )
    while permission.id in merchant.permissions:
        permission.id = merchant.ids.permission(session.kind)
    permission.limit = _limit(world, session, permission)
    merchant.permissions[permission.id] = permission
    return permission


def frequency_of(recurring: dict[str, object]) -> tuple[str, str] | None:
    """Return unit and value of a frequency; the value may come as a number, and is kept as text."""
    given = recurring.get("frequency")
    if not isinstance(given, dict):
        return None
    value = given["value"]
    # 12.0 is an integer to JSON Schema, and so is a request that has it.
    return str(given["unit"]), str(int(value) if isinstance(value, float) else value)


def _asked(call: Call) -> Permission:
    return call.merchant.permission(call.parameters["chargePermissionId"])


def _limit(world: World, session: Session, permission: Permission) -> Money | None:
    """Return the most that may be charged: in all for one-time, in a month for the others."""
    currency = permission.currency
    if permission.kind == "OneTime":
        amount = session.total or session.amount
        if amount is None or not session.overcharge:
            return amount
        share = _number(world, "overcharge-share", currency) * amount.value / 100
        most = max(share, _number(world, "overcharge-amount", currency), amount.value)
        return Money(text_of(most, currency), currency)
    names = (
        ("recurring-per-month", "recurring-per-month-elsewhere")
        if permission.kind == "Recurring"
        else ("payment-method-on-file-per-month",)
    )
    for name in names:
        most = _number(world, name, currency)
        if most:
            return Money(text_of(most, currency), currency)
    return None


def _number(world: World, name: str, currency: str) -> Decimal:
    limit = world.contract.limits.get(name)
    return (limit.of(currency) if limit else None) or Decimal(0)
