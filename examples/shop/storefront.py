r"""The shop for people with a browser: a product page with Amazon Pay buttons, review, result.

Start the reference server, then the shop with the values that it printed:

    pay-conformance serve --buyer-pages
    AMAZON_PAY_URL=http://127.0.0.1:8474 AMAZON_PAY_MERCHANT_ID=… AMAZON_PAY_PUBLIC_KEY_ID=… \
        AMAZON_PAY_PRIVATE_KEY=… AMAZON_PAY_STORE_ID=… python -m examples.shop.storefront

With Amazon's sandbox, leave AMAZON_PAY_URL out.
"""

from __future__ import annotations

import argparse
import json
import os
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from examples.shop.client import Client
from examples.shop.shop import SESSION, Order, Shop, Terms

SCRIPT = "https://static-na.payments-amazon.com/checkout.js"

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} – Example Shop</title>
</head>
<body>
<h1>{title}</h1>
{content}
</body>
</html>
"""

MISSING = PAGE.format(title="There is no such page", content="")

PRODUCT = """<p>One thing, {price}.</p>
<h2>Button with a signed payload</h2>
<div id="signed"></div>
<h2>Button with a session from the shop's server</h2>
<div id="created"></div>
<h2>Sign-in</h2>
<div id="signin"></div>
<script src="{script}"></script>
<script type="application/json" id="options">{options}</script>
<script>
const options = JSON.parse(document.getElementById("options").textContent);
for (const [id, own] of Object.entries(options)) {{
  amazon.Pay.renderButton(`#${{id}}`, own);
}}
</script>
"""

REVIEW = """<h2>Deliver to</h2>
<p id="address">{address}</p>
<p><button type="button" id="change-address">Change address</button></p>
<h2>Pay with</h2>
<p id="card">{card}</p>
<p><button type="button" id="change-payment">Change card</button></p>
<form method="post" action="/pay">
<input type="hidden" name="amazonCheckoutSessionId" value="{session}">
<p><button type="submit">Buy now</button></p>
</form>
<p><button type="button" id="sign-out">Sign out of Amazon</button></p>
<script src="{script}"></script>
<script>
const session = new URLSearchParams(location.search).get("amazonCheckoutSessionId");
for (const [id, changeAction] of [
  ["#change-address", "changeAddress"],
  ["#change-payment", "changePayment"],
]) {{
  amazon.Pay.bindChangeAction(id, {{ amazonCheckoutSessionId: session, changeAction }});
}}
document.getElementById("sign-out").onclick = () => amazon.Pay.signout(() => location.assign("/"));
</script>
"""


class Storefront(Shop):
    """The shop, with what its pages need besides."""

    script = os.environ.get("AMAZON_PAY_SCRIPT", "")
    delivers_to: dict[str, Any] = {  # noqa: RUF012 - a setting, as the others of a shop
        "specialRestrictions": ["RestrictPOBoxes"],
        "addressRestrictions": {"type": "Allowed", "restrictions": {"US": {}}},
    }

    def script_url(self) -> str:
        """Return where the script is that draws buttons."""
        if self.script:
            return self.script
        base = os.environ.get("AMAZON_PAY_URL")
        return f"{base}/checkout.js" if base else SCRIPT

    def order_of(self, session: str) -> Order:
        """Return the order that a session pays; a button with a payload makes them on its own."""
        known = next((each for each in self.orders.values() if each.session == session), None)
        if known is None:
            known = Order(str(len(self.orders) + 1), session=session)
            self.orders[known.number] = known
        return known

    def wishes(self) -> dict[str, Any]:
        """Return the request that makes a session; a payload of a button has the same form."""
        return {
            "webCheckoutDetails": {
                "checkoutReviewReturnUrl": f"{self.terms.base}/review",
                "checkoutCancelUrl": f"{self.terms.base}/canceled",
            },
            "storeId": self.client.store_id,
            "scopes": ["name", "email", "phoneNumber", "billingAddress"],
            "deliverySpecifications": self.delivers_to,
        }

    def buttons(self) -> dict[str, Any]:
        """Return the options of each button by the id of its place on the page."""
        common = {
            "merchantId": os.environ["AMAZON_PAY_MERCHANT_ID"],
            "ledgerCurrency": self.terms.currency,
            "sandbox": True,
            "checkoutLanguage": "en_US",
            "placement": "Cart",
            "buttonColor": "Gold",
        }
        checkout = {**common, "productType": "PayAndShip"}
        payload = json.dumps(self.wishes())
        asked = json.dumps(
            {
                "signInReturnUrl": f"{self.terms.base}/signed-in",
                "storeId": self.client.store_id,
                "signInScopes": ["name", "email"],
            }
        )
        return {
            "signed": {
                **checkout,
                "createCheckoutSessionConfig": self.client.sign_button(payload),
            },
            "created": {**checkout, "createCheckoutSession": {"url": "/sessions"}},
            "signin": {
                **common,
                "productType": "SignIn",
                "signInConfig": self.client.sign_button(asked),
            },
        }

    def product_page(self) -> str:
        """Return the page with the buttons."""
        # In a script, "<" could end it.
        options = json.dumps(self.buttons()).replace("<", "\\u003c")
        price = f"{self.terms.amount} {self.terms.currency}"
        content = PRODUCT.format(price=price, script=escape(self.script_url()), options=options)
        return PAGE.format(title="A thing", content=content)

    def review_page(self, session: str) -> str:
        """Return the page on which the buyer sees what was chosen."""
        shown = self.client.call("GET", f"/checkoutSessions/{session}").body
        place = shown.get("shippingAddress") or {}
        names = ("name", "addressLine1", "addressLine2", "city", "stateOrRegion", "postalCode")
        preferences = [entry for entry in shown.get("paymentPreferences") or () if entry]
        content = REVIEW.format(
            address=escape(", ".join(place[name] for name in names if place.get(name))),
            card=escape(str(preferences[0]["paymentDescriptor"]) if preferences else ""),
            session=escape(session),
            script=escape(self.script_url()),
        )
        return PAGE.format(title="Review your order", content=content)

    def buyer_page(self, token: str) -> str:
        """Return the page for a buyer who only signed in."""
        buyer = self.client.call("GET", f"/buyers/{quote(token, safe='')}").body
        told = f"<p>{escape(str(buyer.get('name')))}, {escape(str(buyer.get('email')))}</p>"
        return PAGE.format(title="Welcome", content=told)


def page_for(shop: Storefront, path: str, query: dict[str, str]) -> str:
    """Return the page at a path, or ``""`` if there is none."""
    order = shop.orders.get(query.get("order", ""))
    if path == "/":
        return shop.product_page()
    if path == "/review" and SESSION in query:
        return shop.review_page(query[SESSION])
    if path == "/order" and order is not None:
        told = f"<p>Order {order.number} is {order.state}. {escape(order.why)}</p>"
        return PAGE.format(title="Your order", content=told)
    if path == "/signed-in" and "buyerToken" in query:
        return shop.buyer_page(query["buyerToken"])
    if path == "/canceled":
        return PAGE.format(title="Your cart is still here", content="")
    return ""


def pages(shop: Storefront) -> type[BaseHTTPRequestHandler]:
    """Return the handler that shows a shop to browsers."""

    class Pages(BaseHTTPRequestHandler):
        """The shop's pages."""

        def do_GET(self) -> None:
            """Show a page."""
            asked = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(asked.query).items()}
            if asked.path == "/result" and query.get("order") in shop.orders:
                self._go(shop.result(shop.orders[query["order"]]))
                return
            page = page_for(shop, asked.path, query)
            self._show(page or MISSING, status=200 if page else 404)

        def do_POST(self) -> None:
            """Make a session for the button, or lead the buyer on to pay."""
            raw = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            form = {name: values[0] for name, values in parse_qs(raw).items()}
            if self.path == "/sessions":
                answer = shop.client.call(
                    "POST", "/checkoutSessions", shop.wishes(), shop.new_key()
                )
                self._show(json.dumps(answer.body), kind="application/json", status=answer.status)
            elif self.path == "/pay" and SESSION in form:
                order = shop.order_of(form[SESSION])
                self._go(shop.review(order) or f"/order?{urlencode({'order': order.number})}")
            else:
                self._show(MISSING, status=404)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as inherited
            """Keep quiet."""

        def _show(self, text: str, *, kind: str = "text/html", status: int = 200) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("content-type", f"{kind}; charset=utf-8")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _go(self, where: str) -> None:
            self.send_response(303)
            self.send_header("location", where)
            self.send_header("content-length", "0")
            self.end_headers()

    return Pages


def main(arguments: list[str] | None = None) -> None:
    """Open the shop and serve it until it is stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    given = parser.parse_args(arguments)
    server = ThreadingHTTPServer(("127.0.0.1", given.port), BaseHTTPRequestHandler)
    base = f"http://127.0.0.1:{server.server_address[1]}"
    server.RequestHandlerClass = pages(Storefront(Terms(base), Client()))
    print(base, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
