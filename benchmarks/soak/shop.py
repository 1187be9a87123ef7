"""A shop that sells under faults, tries again with the same key, and keeps books of its own."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any, Final

import httpx

from benchmarks.soak.faults import Asked, Got, choose
from pay_conformance.exchange import Request, Response, as_headers
from pay_conformance.signing import Signer
from pay_conformance.targets import ControlClient, Merchant
from pay_conformance.targets.rate_limit import TokenBucket

HOST: Final = "https://pay-api.amazon.com"
_TRIES: Final = 12
_WITHOUT_KEY: Final = ("DELETE", "PATCH")
"""Calls that are not saved under their idempotency key, so that a second one may be refused."""
_KEPT: Final = 20


@dataclass(slots=True)
class Count:
    """What a shop saw. ``wrong`` are the first few things that nobody asked for."""

    calls: int = 0
    stories: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    unasked_5xx: int = 0
    wrong: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Note what should not have been."""
        if len(self.wrong) < _KEPT:
            self.wrong.append(text)

    def shown(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "calls": self.calls,
            "stories": self.stories,
            "faults": dict(sorted(self.asked.items())),
            "unasked5xx": self.unasked_5xx,
            "wrong": self.wrong,
        }


class Shop:
    """One merchant. ``base`` is where the API is reached: a server, or Amazon's host by a gateway.

    ``control`` is the control API of the mock behind it, from which faults and the buyer come.
    """

    def __init__(
        self, control: ControlClient, base: str, random: Random, bucket: TokenBucket, count: Count
    ) -> None:
        self.control = control
        self.merchant: Merchant = control.new_merchant()
        self.count = count
        self._base = base
        self._random = random
        self._bucket = bucket
        self._gateway = base == HOST
        self._client = httpx.Client(timeout=30)
        self._signer = Signer(self.merchant.public_key_id, self.merchant.private_key)
        self._keys = 0

    def sell(self) -> tuple[str, Decimal, Decimal]:
        """Sell, capture and refund once; hold the money to the books.

        The order is charged in two parts; one of them may be canceled. Returns the permission's id,
        what was ordered, and what was taken of it.
        """
        self.count.stories += 1
        session = self._session()
        order = Decimal(self._random.choice(("20.00", "99.98", "250.00")))
        part = order / 2
        done = self._completed(session, order)
        permission = str(done["chargePermissionId"])
        taken = Decimal(0)
        for _ in range(2):
            taken += self._charge(permission, part)
        self._settle(permission, order, taken)
        return permission, order, taken

    def balance(self, permission: str, order: Decimal, taken: Decimal) -> None:
        """Note it if a permission's own figures are not those of the books."""
        limits = self._good("GET", f"/chargePermissions/{permission}")["limits"]
        left = Decimal(limits["amountBalance"]["amount"])
        if (Decimal(limits["amountLimit"]["amount"]), left) != (order, order - taken):
            self.count.note(f"the books say {order - taken} of {order}, the server {limits}")

    def reset(self) -> None:
        """Forget all objects of the merchant, on the server."""
        self.control.call("POST", f"/merchants/{self.merchant.public_key_id}/reset")

    def _session(self) -> str:
        body = {
            "webCheckoutDetails": {"checkoutReviewReturnUrl": "https://shop.example/review"},
            "storeId": self.merchant.store_id,
        }
        session = str(self._good("POST", "/checkoutSessions", body)["checkoutSessionId"])
        self._buyer(session, "signIn")
        self._buyer(session, "selectPayment")
        return session

    def _completed(self, session: str, order: Decimal) -> Mapping[str, Any]:
        path = f"/checkoutSessions/{session}"
        update = {
            "webCheckoutDetails": {"checkoutResultReturnUrl": "https://shop.example/result"},
            "paymentDetails": {"paymentIntent": "Confirm", "chargeAmount": usd(order)},
        }
        self._good("PATCH", path, update)
        self._buyer(session, "approve")
        self._good("POST", f"{path}/complete", {"chargeAmount": usd(order)})
        return self._good("GET", path)

    def _charge(self, permission: str, part: Decimal) -> Decimal:
        """Charge a part; return what the books say was taken of the permission."""
        asked = {"chargePermissionId": permission, "chargeAmount": usd(part)}
        made = self._good("POST", "/charges", asked)
        path = f"/charges/{made['chargeId']}"
        if self._random.random() < 0.2:
            self._good("DELETE", f"{path}/cancel", {"cancellationReason": "out of stock"})
            self._state(path, "Canceled")
            return Decimal(0)
        self._good("POST", f"{path}/capture", {"captureAmount": usd(part)})
        self._state(path, "Captured")
        if self._random.random() < 0.5:
            back = {"chargeId": made["chargeId"], "refundAmount": usd(part / 2)}
            refund = self._good("POST", "/refunds", back)
            self._good("GET", f"/refunds/{refund['refundId']}")
            charge = self._good("GET", path)
            if Decimal(charge["refundedAmount"]["amount"]) != (part / 2).quantize(part):
                self.count.note(f"refunded once, and {charge['refundedAmount']} is gone")
        return part

    def _settle(self, permission: str, order: Decimal, taken: Decimal) -> None:
        self.balance(permission, order, taken)
        # One from which everything was taken has closed by itself.
        if taken < order and self._random.random() < 0.5:
            path = f"/chargePermissions/{permission}"
            closing = {"closureReason": "sold", "cancelPendingCharges": True}
            self._good("DELETE", f"{path}/close", closing)
            self._state(path, "Closed")

    def _state(self, path: str, state: str) -> None:
        found = self._good("GET", path)["statusDetails"]["state"]
        if found != state:
            self.count.note(f"{path} is {found}, where the books say {state}")

    def _buyer(self, session: str, action: str) -> None:
        self.control.act_as_buyer(self.merchant, session, action)

    def _good(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        """Make a call until it succeeds, with one idempotency key, and return the answer."""
        self._keys += 1
        key, worked = f"{self._keys:032d}", False
        for _ in range(_TRIES):
            fault = choose(self._random)
            if fault is not None:
                self._ask(fault)
            got = self._send(method, path, body, key)
            if got.status >= 500 and fault is None:
                self.count.unasked_5xx += 1
            if worked and method in _WITHOUT_KEY and got.refused:
                return {}  # an earlier try had its effect, so that this one is refused
            if got.good:
                found: Mapping[str, Any] = json.loads(got.body)
                return found
            if fault is None or not fault.explains(got, gateway=self._gateway):
                self.count.note(f"{method} {path} under {fault}: {got.status} {got.body[:200]!r}")
            worked = worked or (fault is not None and fault.may_have_worked)
        raise RuntimeError(f"{method} {path} did not succeed in {_TRIES} tries: {self.count.wrong}")

    def _ask(self, fault: Asked) -> None:
        path = f"/merchants/{self.merchant.public_key_id}/faults"
        self.control.call("POST", path, fault.wanted())
        self.count.asked[fault.kind] += 1

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None, key: str) -> Got:
        self._bucket.take()
        self.count.calls += 1
        raw = b"" if body is None else json.dumps(body).encode()
        headers = self._signer.sign(method, f"{HOST}/v2{path}", raw, idempotency_key=key)
        url = f"{self._base}/v2{path}"
        try:
            answer = self._client.request(method, url, headers=headers, content=raw)
        except httpx.TransportError:
            return Got(0)
        return Got(answer.status_code, answer.headers.get("content-type", ""), answer.content)


def usd(amount: Decimal) -> dict[str, str]:
    """Return a price."""
    return {"amount": f"{amount:.2f}", "currencyCode": "USD"}


def control_at(url: str) -> ControlClient:
    """Return a client of the control API at a URL, whatever proxy the environment names."""
    client = httpx.Client(timeout=30, trust_env=False)

    def send(request: Request) -> Response:
        answer = client.request(
            request.method, url + request.url, headers=list(request.headers), content=request.body
        )
        return Response(
            answer.status_code, as_headers(answer.headers.multi_items()), answer.content
        )

    return ControlClient(send)
