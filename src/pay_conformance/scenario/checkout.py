"""Where stories begin: a session that is approved, a permission, a charge that is captured."""

from __future__ import annotations

from typing import Any

from pay_conformance.findings import Unmet
from pay_conformance.scenario.amazon import Buyer
from pay_conformance.scenario.answer import Answer
from pay_conformance.scenario.shop import Shop


class Checkout:
    """Brings objects into the state that a scenario begins with, by the legal way in a version."""

    def __init__(self, shop: Shop, buyer: Buyer) -> None:
        self.shop = shop
        self.buyer = buyer

    def ready(self, *, card: str = "1111", **fields: Any) -> Answer:
        """Return a session that has no constraint left; the buyer has chosen, not approved."""
        session = self.shop.create_checkout_session(**fields)
        self.buyer.chooses(session, card)
        ready = self.shop.get_checkout_session(session)
        if ready.at("/constraints") != []:
            raise Unmet(f"the session still has constraints: {ready.at('/constraints')}")
        return ready

    def approved(self, *, card: str = "1111", **fields: Any) -> Answer:
        """Return a session that the buyer has approved; in v1 that completes it."""
        session = self.ready(card=card, **fields)
        self.buyer.approves(session)
        return session

    def completed(
        self,
        amount: str = "15.00",
        intent: str = "Authorize",
        *,
        card: str = "1111",
        payment: dict[str, Any] | None = None,
        **fields: Any,
    ) -> Answer:
        """Return a Completed session, read anew. ``payment`` adds to its paymentDetails."""
        details = self.shop.payment(amount, intent, **(payment or {}))
        session = self.approved(card=card, paymentDetails=details, **fields)
        if self.shop.story.api == "v2":
            more = {}
            if "totalOrderAmount" in details:
                more["totalOrderAmount"] = details["totalOrderAmount"]
            self.shop.complete_checkout_session(session, amount, **more)
        done = self.shop.get_checkout_session(session)
        if done.at("/chargePermissionId") is None:
            raise Unmet(f"the completed session is {done.state} and has no chargePermissionId")
        return done

    def permission(self, amount: str = "15.00", **more: Any) -> Answer:
        """Return a Charge Permission on which nothing was charged yet."""
        done = self.completed(amount, "Confirm", **more)
        return self.shop.get_charge_permission(done.at("/chargePermissionId"))

    def authorized(self, amount: str = "10.00", of: str = "15.00") -> Answer:
        """Return an Authorized Charge on a Charge Permission for ``of``."""
        return self.shop.create_charge(self.permission(of), amount)

    def captured(self, amount: str = "10.00", of: str = "15.00") -> Answer:
        """Return a Captured Charge on a Charge Permission for ``of``."""
        return self.shop.create_charge(self.permission(of), amount, captureNow=True)

    def charge_of(self, session: Answer) -> Answer:
        """Return the Charge that a completed session made."""
        charge = session.at("/chargeId")
        if charge is None:
            raise Unmet("the completed session has no chargeId")
        return self.shop.get_charge(charge)

    def permission_of(self, thing: Answer) -> Answer:
        """Return the Charge Permission that a session or Charge refers to."""
        return self.shop.get_charge_permission(thing.at("/chargePermissionId"))
