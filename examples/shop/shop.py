r"""A shop with one article: from the button to the refund, with everything that can go wrong.

Run it under the gateway, which plays Amazon and the buyer:

    pay-conformance gateway --journey authorize --shop http://127.0.0.1:8000/buy \
        --notify http://127.0.0.1:8000/notifications -- python -m examples.shop.shop
"""

from __future__ import annotations

import argparse
import json
import threading
import time
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from examples.shop.client import Answer, Client

SESSION = "amazonCheckoutSessionId"


@dataclass
class Order:
    """One order. ``state`` is new, pending, authorized, paid, refunded or canceled."""

    number: str
    session: str = ""
    state: str = "new"
    why: str = ""
    permission: str = ""
    charge: str = ""
    buyer: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Terms:
    """How the shop sells."""

    base: str
    intent: str = "Authorize"
    amount: Decimal = Decimal("120.00")
    currency: str = "USD"
    pending: bool = False
    recurring: bool = False
    part: Decimal | None = None
    """Captured instead of the whole; a half of it is refunded."""
    poll_seconds: float = 1.1
    polls: int = 3


class Shop:
    """Takes orders and payments. Every change of an order happens under its lock."""

    def __init__(self, terms: Terms, client: Client) -> None:
        self.terms = terms
        self.client = client
        self.orders: dict[str, Order] = {}
        self.notified: set[str] = set()
        self._lock = threading.RLock()

    # Pages -----------------------------------------------------------------------------------

    def buy(self) -> str:
        """Start a checkout, and return the page with the button."""
        order = Order(str(len(self.orders) + 1))
        self.orders[order.number] = order
        body: dict[str, Any] = {
            "storeId": self.client.store_id,
            "webCheckoutDetails": {
                "checkoutReviewReturnUrl": f"{self.terms.base}/review?order={order.number}"
            },
            "scopes": ["name", "email", "phoneNumber", "billingAddress"],
        }
        if self.terms.recurring:
            body["chargePermissionType"] = "Recurring"
            body["recurringMetadata"] = {
                "frequency": {"unit": "Month", "value": "1"},
                "amount": self.price(self.terms.amount),
            }
        answer = self.client.call("POST", "/checkoutSessions", body, self.new_key())
        if not answer.succeeded:
            return f"Sorry, Amazon Pay is not available ({answer.reason})."
        order.session = answer.body["checkoutSessionId"]
        return f"Amazon Pay button for session {order.session}"

    def review(self, order: Order) -> str:
        """Show the order to the buyer who signed in; return where the buyer pays."""
        session = self.client.call("GET", f"/checkoutSessions/{order.session}")
        if session.state != "Open":
            self.canceled(order, session)
            return ""
        order.buyer = session.body.get("buyer") or {}
        answer = self.client.call(
            "PATCH",
            f"/checkoutSessions/{order.session}",
            {
                "webCheckoutDetails": {
                    "checkoutResultReturnUrl": f"{self.terms.base}/result?order={order.number}"
                },
                "paymentDetails": {
                    "paymentIntent": self.terms.intent,
                    "canHandlePendingAuthorization": self.terms.pending,
                    "chargeAmount": self.price(self.terms.amount),
                },
                "merchantMetadata": {"merchantReferenceId": f"order-{order.number}"},
            },
        )
        return str((answer.body.get("webCheckoutDetails") or {}).get("amazonPayRedirectUrl") or "")

    def result(self, order: Order) -> str:
        """Finish the checkout of the buyer who came back; return the address of the next page."""
        with self._lock:
            if order.state == "new":
                self.finish(order)
        return self.next_page(order)

    def next_page(self, order: Order) -> str:
        """Return where the buyer is sent after checkout."""
        return f"/order?order={order.number}"

    # Payment ---------------------------------------------------------------------------------

    def finish(self, order: Order) -> None:
        """Complete the session, if it is still open, and make what follows of the answer."""
        session = self.client.call("GET", f"/checkoutSessions/{order.session}")
        if session.state == "Completed":
            self.completed(order, session, pending=False)
        elif session.state == "Canceled":
            self.canceled(order, session)
        elif session.state == "Open":
            self.complete(order)

    def complete(self, order: Order) -> None:
        """Complete the session; when the answer is lost or no, the session says what happened."""
        path = f"/checkoutSessions/{order.session}"
        amount = self.price(self.amount_to_complete())
        answer = self.client.call("POST", f"{path}/complete", {"chargeAmount": amount})
        if answer.succeeded:
            self.completed(order, answer, pending=answer.status == 202)
            return
        session = self.client.call("GET", path)
        if session.state == "Completed":
            self.completed(order, session, pending=False)
        elif session.state == "Canceled":
            self.canceled(order, session)
        else:
            order.why = answer.reason or "no answer"

    def completed(self, order: Order, session: Answer, *, pending: bool) -> None:
        """Take the ids of a completed session, and go on as the shop's terms say."""
        order.permission = session.body["chargePermissionId"]
        order.charge = session.body.get("chargeId") or ""
        if pending:
            order.state = "pending"
        elif self.terms.intent == "AuthorizeWithCapture":
            order.state = "paid"
        elif order.charge:
            self.ship(order)
        else:
            self.charge(order)
        if self.terms.recurring and order.state == "paid":
            self.charge(order)

    def canceled(self, order: Order, session: Answer) -> None:
        """Tell the buyer that nothing was paid, and why."""
        order.state = "canceled"
        order.why = str((session.body.get("statusDetails") or {}).get("reasonCode") or "")

    def charge(self, order: Order) -> None:
        """Charge a permission; a soft decline is tried once more, a hard one is the end."""
        body = {
            "chargePermissionId": order.permission,
            "chargeAmount": self.price(self.terms.amount),
            "captureNow": True,
        }
        for _ in range(2):
            answer = self.client.call("POST", "/charges", body, self.new_key())
            if answer.succeeded:
                order.charge, order.state = answer.body["chargeId"], "paid"
                return
            order.why = answer.reason
            if answer.reason != "SoftDeclined":
                return

    def ship(self, order: Order) -> None:
        """Capture what was authorized, now that the parcel leaves, and refund what comes back."""
        amount = self.terms.part or self.terms.amount
        order.state = "authorized"
        answer = self.capture(order, amount)
        if not answer.succeeded:
            order.why = answer.reason
            return
        order.state = "paid"
        if self.terms.part:
            self.refund(order, self.terms.part / 2)

    def capture(self, order: Order, amount: Decimal) -> Answer:
        """Capture an amount once, however often it has to be said."""
        body = {"captureAmount": self.price(amount)}
        return self.client.call("POST", f"/charges/{order.charge}/capture", body, self.new_key())

    def refund(self, order: Order, amount: Decimal) -> None:
        """Refund an amount, and look a few times whether it went through."""
        body = {"chargeId": order.charge, "refundAmount": self.price(amount)}
        answer = self.client.call("POST", "/refunds", body, self.new_key())
        for _ in range(self.terms.polls):
            if answer.state != "RefundInitiated":
                break
            time.sleep(self.terms.poll_seconds)
            answer = self.client.call("GET", f"/refunds/{answer.body['refundId']}")
        if answer.state in {"RefundInitiated", "Refunded"}:
            order.state = "refunded"

    # Notifications ---------------------------------------------------------------------------

    def notify(self, message: dict[str, str]) -> None:
        """Read the object that a notification names, and act on its state; once."""
        with self._lock:
            kind, name = message["ObjectType"], message["ObjectId"]
            known = message["NotificationId"] in self.notified
            self.notified.add(message["NotificationId"])
            if kind == "CHARGE" and not known:
                order = next((o for o in self.orders.values() if o.charge == name), None)
                if order is not None:
                    self.charge_changed(order)
            elif kind == "REFUND" and not known:
                self.client.call("GET", f"/refunds/{name}")

    def charge_changed(self, order: Order) -> None:
        """Go on with an order whose charge was decided."""
        charge = self.client.call("GET", f"/charges/{order.charge}")
        if order.state != "pending":
            return
        if charge.state == "Authorized":
            self.ship(order)
        elif charge.state in {"Declined", "Canceled"}:
            self.canceled(order, charge)

    # Small things ----------------------------------------------------------------------------

    def new_key(self) -> str:
        """Return a new idempotency key."""
        return uuid.uuid4().hex

    def amount_to_complete(self) -> Decimal:
        """Return the amount with which a session is completed."""
        return self.terms.amount

    def price(self, amount: Decimal) -> dict[str, str]:
        """Return an amount in the API's form: yen have no decimals."""
        places = "1" if self.terms.currency == "JPY" else "0.01"
        return {
            "amount": str(amount.quantize(Decimal(places))),
            "currencyCode": self.terms.currency,
        }


def pages(shop: Shop) -> type[BaseHTTPRequestHandler]:
    """Return the handler that shows a shop to browsers."""

    class Pages(BaseHTTPRequestHandler):
        """The shop's pages, and the address to which notifications go."""

        def do_GET(self) -> None:
            """Show a page."""
            asked = urlsplit(self.path)
            query = parse_qs(asked.query)
            order = shop.orders.get(query.get("order", [""])[0])
            if asked.path == "/buy":
                self._show(200, shop.buy())
            elif order is None or query.get(SESSION, [order.session])[0] != order.session:
                self._show(404, "There is no such order.")
            elif asked.path == "/review":
                self._go(shop.review(order) or f"/order?order={order.number}")
            elif asked.path == "/result":
                self._go(shop.result(order))
            else:
                self._show(200, f"Order {order.number} is {order.state}. {order.why}")

        def do_POST(self) -> None:
            """Take a notification."""
            envelope = json.loads(self.rfile.read(int(self.headers["content-length"])))
            shop.notify(json.loads(envelope["Message"]))
            self._show(200, "")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as inherited
            """Keep quiet."""

        def _show(self, status: int, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("content-type", "text/plain; charset=utf-8")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _go(self, where: str) -> None:
            self.send_response(302)
            self.send_header("location", where)
            self.send_header("content-length", "0")
            self.end_headers()

    return Pages


def main(kind: type[Shop] = Shop, arguments: list[str] | None = None) -> None:
    """Open a shop and serve it until it is stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--intent", default="Authorize")
    parser.add_argument("--amount", type=Decimal, default=Decimal("120.00"))
    parser.add_argument("--currency", default="USD")
    parser.add_argument("--part", type=Decimal)
    parser.add_argument("--pending", action="store_true")
    parser.add_argument("--recurring", action="store_true")
    given = parser.parse_args(arguments)
    terms = Terms(
        f"http://127.0.0.1:{given.port}",
        given.intent,
        given.amount,
        given.currency,
        pending=given.pending,
        recurring=given.recurring,
        part=given.part,
    )
    shop = kind(terms, Client())
    ThreadingHTTPServer(("127.0.0.1", given.port), pages(shop)).serve_forever()


if __name__ == "__main__":
    main()
