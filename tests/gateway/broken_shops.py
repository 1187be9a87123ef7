"""Copies of the example shop, each with the one fault that its docstring names.

Call it as ``broken_shops.py FAULT ARGUMENTS…``: the arguments are the shop's own.
"""

from __future__ import annotations

import sys
from decimal import Decimal

from examples.shop.client import Answer
from examples.shop.shop import Order, Shop, main


class NoKey(Shop):
    """Sends its requests without an idempotency key."""

    def new_key(self) -> str:
        return ""


class IgnoresCanceled(Shop):
    """Takes a refused Complete for a success, and charges the order later."""

    def complete(self, order: Order) -> None:
        amount = self.price(self.terms.amount)
        path = f"/checkoutSessions/{order.session}/complete"
        self.client.call("POST", path, {"chargeAmount": amount})
        order.state = "paid"


class TrustsTheNotification(Shop):
    """Ships as soon as a notification comes, without reading the charge."""

    def charge_changed(self, order: Order) -> None:
        if order.state == "pending":
            self.ship(order)


class CapturesTwice(Shop):
    """Captures anew, under another key, when the answer did not come."""

    def capture(self, order: Order, amount: Decimal) -> Answer:
        body = {"captureAmount": self.price(amount)}
        path = f"/charges/{order.charge}/capture"
        answer = self.client.send("POST", path, body, self.new_key())
        return answer if answer.status else self.client.send("POST", path, body, self.new_key())


class CompletesAnotherAmount(Shop):
    """Adds the shipping costs after the buyer has agreed."""

    def amount_to_complete(self) -> Decimal:
        return self.terms.amount + 5


class PollsInATightLoop(Shop):
    """Asks for a refund again and again, with no pause."""

    def refund(self, order: Order, amount: Decimal) -> None:
        body = {"chargeId": order.charge, "refundAmount": self.price(amount)}
        answer = self.client.call("POST", "/refunds", body, self.new_key())
        for _ in range(20):
            self.client.call("GET", f"/refunds/{answer.body['refundId']}")
        order.state = "refunded"


class LeaksTheEmail(Shop):
    """Puts the buyer's e-mail address into the address of the last page."""

    def next_page(self, order: Order) -> str:
        return f"/order?order={order.number}&email={order.buyer.get('email', '')}"


FAULTS: dict[str, type[Shop]] = {
    kind.__name__: kind
    for kind in (
        NoKey,
        IgnoresCanceled,
        TrustsTheNotification,
        CapturesTwice,
        CompletesAnotherAmount,
        PollsInATightLoop,
        LeaksTheEmail,
    )
}

if __name__ == "__main__":
    main(FAULTS[sys.argv[1]], sys.argv[2:])
