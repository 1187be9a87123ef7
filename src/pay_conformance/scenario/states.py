"""Brings an object into any state of its lifecycle, by calls, by the buyer, and by time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pay_conformance.findings import Unmet
from pay_conformance.scenario.amazon import Clock
from pay_conformance.scenario.answer import Answer
from pay_conformance.scenario.checkout import Checkout


class States:
    """``states("charge", "Declined")`` returns a Charge in that state, of its own permission."""

    def __init__(self, checkout: Checkout, clock: Clock) -> None:
        self._checkout = checkout
        self._shop = checkout.shop
        self._buyer = checkout.buyer
        self._clock = clock
        self._ways: Mapping[tuple[str, str], Callable[[], Answer]] = {
            ("checkout-session", "Open"): checkout.ready,
            ("checkout-session", "Completed"): checkout.completed,
            ("checkout-session", "Canceled"): self._canceled_session,
            ("charge-permission", "Chargeable"): checkout.permission,
            ("charge-permission", "NonChargeable"): self._held_permission,
            ("charge-permission", "Closed"): self._closed_permission,
            ("charge", "AuthorizationInitiated"): self._pending_charge,
            ("charge", "Authorized"): checkout.authorized,
            ("charge", "CaptureInitiated"): self._late_capture,
            ("charge", "Captured"): checkout.captured,
            ("charge", "Canceled"): self._canceled_charge,
            ("charge", "Declined"): self._declined_charge,
            ("refund", "RefundInitiated"): self._refund,
            ("dispute", "ActionRequired"): self._dispute,
            ("dispute", "UnderReview"): self._contested_dispute,
            ("dispute", "Resolved"): lambda: self._ended_dispute("Resolved"),
            ("dispute", "Closed"): lambda: self._ended_dispute("Closed"),
        }

    def __call__(self, name: str, state: str) -> Answer:
        """Return an object, just read, that is in a state.

        Raises:
            Unmet: if it can't be brought there.

        """
        found = self._shop.read(self._ways[name, state]())
        if found.state != state:
            raise Unmet(f"the {name} that should be {state} is {found.state}")
        return found

    def _canceled_session(self) -> Answer:
        session = self._checkout.ready()
        self._buyer.cancels(session)
        return session

    def _held_permission(self) -> Answer:
        return self._checkout.permission_of(self._checkout.completed("15.00", "Authorize"))

    def _closed_permission(self) -> Answer:
        return self._shop.close_charge_permission(self._checkout.permission())

    def _pending_charge(self) -> Answer:
        return self._checkout.charge_of(self._with_card("0701"))

    def _declined_charge(self) -> Answer:
        session = self._with_card("4354")
        self._clock.advance(seconds=35)
        return self._checkout.charge_of(session)

    def _with_card(self, card: str) -> Answer:
        payment = {"canHandlePendingAuthorization": True}
        return self._checkout.completed("15.00", "Authorize", card=card, payment=payment)

    def _late_capture(self) -> Answer:
        charge = self._checkout.authorized()
        self._clock.advance(days=8)
        return self._shop.capture_charge(charge)

    def _canceled_charge(self) -> Answer:
        return self._shop.cancel_charge(self._checkout.authorized())

    def _refund(self) -> Answer:
        return self._shop.create_refund(self._checkout.captured())

    def _dispute(self) -> Answer:
        return self._shop.make(self._shop.disputing(self._checkout.captured()))

    def _contested_dispute(self) -> Answer:
        return self._shop.make(self._shop.contesting(self._dispute()))

    def _ended_dispute(self, state: str) -> Answer:
        return self._shop.make(self._shop.ending(self._dispute(), state))
