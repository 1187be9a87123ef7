"""Sets the stage for one operation: the object that it is about, in a state that allows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
        "createDeliveryTracker",
        "createDispute",
        "updateDispute",
        "contestDispute",
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
        ValueError: if the operation has no body.

    """
    if operation not in _SETTING:
        raise ValueError(f"{operation} has no body")
    return _SETTING[operation](_Setting(operation, scene))


@dataclass(frozen=True, slots=True)
class _Setting:
    """What every stage is set with."""

    operation: str
    scene: Scene

    @property
    def amount(self) -> str:
        return _OF[self.scene.shop.merchant.region]

    @property
    def price(self) -> dict[str, str]:
        return self.scene.shop.price(self.amount)

    def ground(self, target: str = "", *, limited: bool = True) -> Ground:
        shop = self.scene.shop
        most = Decimal(self.amount) if limited else None
        contract = shop.story.setting.contract
        store = shop.merchant.store_id
        return Ground(contract, shop.story.api, shop.currency, store, target, most)

    def at(self, thing: Answer, body: Body, *more: Answer, limited: bool = True) -> Stage:
        """Set the stage for what the path names."""
        ground = self.ground(thing.id, limited=limited)
        return Stage(self.operation, self.scene, ground, body, (thing.id,), (thing, *more))

    def of(self, parent: Answer, body: Body) -> Stage:
        """Set the stage for what creates an object of one that only the body names."""
        return Stage(self.operation, self.scene, self.ground(parent.id), body, (), (parent,))

    def captured(self) -> Answer:
        return self.scene.checkout.captured(self.amount, of=self.amount)

    def authorized(self, body: Body) -> Stage:
        charge = self.scene.checkout.authorized(self.amount, of=self.amount)
        return self.at(charge, body, self.scene.checkout.permission_of(charge))

    def disputed(self) -> Answer:
        shop = self.scene.shop
        return shop.make(shop.disputing(self.captured(), self.amount))


def _create_session(setting: _Setting) -> Stage:
    shop = setting.scene.shop
    body = {shop.name(name): value for name, value in shop.creating_session().body.items()}
    return Stage(setting.operation, setting.scene, setting.ground(limited=False), body)


def _update_session(setting: _Setting) -> Stage:
    session = setting.scene.shop.create_bare_session()
    return setting.at(session, {"merchantMetadata": {"noteToBuyer": "Thank you"}}, limited=False)


def _complete_session(setting: _Setting) -> Stage:
    shop, checkout = setting.scene.shop, setting.scene.checkout
    session = checkout.approved(paymentDetails=shop.payment(setting.amount))
    return setting.at(session, {"chargeAmount": setting.price})


def _finalize_session(setting: _Setting) -> Stage:
    shop, checkout = setting.scene.shop, setting.scene.checkout
    session = checkout.ready(paymentDetails=shop.payment(setting.amount))
    return setting.at(session, {"chargeAmount": setting.price, "paymentIntent": "Authorize"})


def _update_permission(setting: _Setting) -> Stage:
    permission = setting.scene.checkout.permission(setting.amount)
    return setting.at(permission, {"merchantMetadata": {"noteToBuyer": "Thank you"}})


def _close_permission(setting: _Setting) -> Stage:
    permission = setting.scene.checkout.permission(setting.amount)
    return setting.at(permission, {"closureReason": "No more charges"})


def _create_charge(setting: _Setting) -> Stage:
    permission = setting.scene.checkout.permission(setting.amount)
    body = {
        "chargePermissionId": permission.id,
        "chargeAmount": setting.price,
        "captureNow": True,
    }
    return setting.of(permission, body)


def _capture_charge(setting: _Setting) -> Stage:
    return setting.authorized({"captureAmount": setting.price})


def _cancel_charge(setting: _Setting) -> Stage:
    return setting.authorized({"cancellationReason": "Out of stock"})


def _create_refund(setting: _Setting) -> Stage:
    charge = setting.captured()
    return setting.of(charge, {"chargeId": charge.id, "refundAmount": setting.price})


def _create_tracker(setting: _Setting) -> Stage:
    permission = setting.scene.checkout.permission(setting.amount)
    return setting.of(
        permission, setting.scene.shop.tracking(permission, "1Z999AA10123456784").body
    )


def _create_dispute(setting: _Setting) -> Stage:
    charge = setting.captured()
    return setting.of(charge, setting.scene.shop.disputing(charge, setting.amount).body)


def _update_dispute(setting: _Setting) -> Stage:
    dispute = setting.disputed()
    return setting.at(dispute, setting.scene.shop.ending(dispute).body)


def _contest_dispute(setting: _Setting) -> Stage:
    dispute = setting.disputed()
    return setting.at(dispute, setting.scene.shop.contesting(dispute).body)


def _upload_file(setting: _Setting) -> Stage:
    body = setting.scene.shop.uploading().body
    return Stage(setting.operation, setting.scene, setting.ground(), body)


_SETTING: Mapping[str, Callable[[_Setting], Stage]] = {
    "createCheckoutSession": _create_session,
    "updateCheckoutSession": _update_session,
    "completeCheckoutSession": _complete_session,
    "finalizeCheckoutSession": _finalize_session,
    "updateChargePermission": _update_permission,
    "closeChargePermission": _close_permission,
    "createCharge": _create_charge,
    "captureCharge": _capture_charge,
    "cancelCharge": _cancel_charge,
    "createRefund": _create_refund,
    "createDeliveryTracker": _create_tracker,
    "createDispute": _create_dispute,
    "updateDispute": _update_dispute,
    "contestDispute": _contest_dispute,
    "uploadFile": _upload_file,
}
