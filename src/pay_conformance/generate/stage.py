"""Sets the stage for one operation: the object that it is about, in a state that allows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pay_conformance.generate.bodies import Body, Ground
from pay_conformance.generate.examples import Scene
from pay_conformance.scenario import Answer, Call

NEEDS_BUYER = frozenset(
    {
        "completeCheckoutSession",
        "finalizeCheckoutSession",
        "updateChargePermission",
        "closeChargePermission",
        "createCharge",
        "captureCharge",
        "cancelCharge",
        "createRefund",
    }
)
"""Operations on objects that exist only after a buyer has approved something."""

_OF = {"na": "40.00", "eu": "40.00", "jp": "4000"}


@dataclass(frozen=True, slots=True)
class Stage:
    """Where requests of one operation can be made.

    ``leaves`` are the objects that a refused request must not change. ``body`` is one that the
    operation accepts there.
    """

    operation: str
    scene: Scene
    ground: Ground
    body: Body
    ids: tuple[str, ...] = ()
    leaves: tuple[Answer, ...] = ()

    def call(self, body: Any) -> Call:
        """Return the operation's call with a body: a JSON value, or bytes."""
        return self.scene.shop.call(self.operation, *self.ids).with_body(body)


def set_stage(operation: str, scene: Scene) -> Stage:
    """Bring up what an operation needs.

    Raises:
        Unmet: if the subject does not let us get there.

    """
    shop = scene.shop
    setting = shop.story.setting
    region = shop.merchant.region
    amount = _OF[region]

    def ground(target: str = "", most: str | None = amount) -> Ground:
        return Ground(
            setting.contract,
            shop.story.api,
            shop.currency,
            shop.merchant.store_id,
            target,
            None if most is None else Decimal(most),
        )

    def at(thing: Answer, body: Body, *more: Answer) -> Stage:
        return Stage(operation, scene, ground(thing.id), body, (thing.id,), (thing, *more))

    price = shop.price(amount)
    if operation == "createCheckoutSession":
        body = {shop.name(name): value for name, value in shop.creating_session().body.items()}
        return Stage(operation, scene, ground(most=None), body)
    if operation in ("createCharge", "createRefund"):
        return _creating(operation, scene, ground, amount)
    match operation:
        case "updateCheckoutSession":
            session = shop.create_bare_session()
            body = {"merchantMetadata": {"noteToBuyer": "Thank you"}}
            return Stage(operation, scene, ground(most=None), body, (session.id,), (session,))
        case "completeCheckoutSession":
            session = scene.checkout.approved(paymentDetails=shop.payment(amount))
            return at(session, {"chargeAmount": price})
        case "finalizeCheckoutSession":
            session = scene.checkout.ready(paymentDetails=shop.payment(amount))
            return at(session, {"chargeAmount": price, "paymentIntent": "Authorize"})
        case "updateChargePermission":
            permission = scene.checkout.permission(amount)
            return at(permission, {"merchantMetadata": {"noteToBuyer": "Thank you"}})
        case "closeChargePermission":
            return at(scene.checkout.permission(amount), {"closureReason": "No more charges"})
        case "captureCharge":
            charge = scene.checkout.authorized(amount, of=amount)
            return at(charge, {"captureAmount": price}, scene.checkout.permission_of(charge))
        case "cancelCharge":
            charge = scene.checkout.authorized(amount, of=amount)
            body = {"cancellationReason": "Out of stock"}
            return at(charge, body, scene.checkout.permission_of(charge))
    raise ValueError(f"{operation} has no body")


def _creating(operation: str, scene: Scene, ground: Callable[[str], Ground], amount: str) -> Stage:
    """Set the stage for what creates an object of one that only the body names."""
    price = scene.shop.price(amount)
    if operation == "createCharge":
        parent = scene.checkout.permission(amount)
        body = {"chargePermissionId": parent.id, "chargeAmount": price, "captureNow": True}
    else:
        parent = scene.checkout.captured(amount, of=amount)
        body = {"chargeId": parent.id, "refundAmount": price}
    return Stage(operation, scene, ground(parent.id), body, (), (parent,))
