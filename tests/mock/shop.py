"""A shop that signs its requests, and holds every answer of the mock to the contract."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from pay_conformance.contract import Contract
from pay_conformance.exchange import Request, Response
from pay_conformance.mock import Mock
from pay_conformance.signing import Signer, load_private_key, new_private_pem, public_pem

HOST = "https://pay-api.amazon.com"
PRIVATE_KEY = new_private_pem()
PUBLIC_KEY = public_pem(load_private_key(PRIVATE_KEY))

_numbers = count(1)

Body = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What the mock answered, with its body read."""

    status: int
    body: Body
    response: Response

    @property
    def code(self) -> str:
        return str(self.body.get("reasonCode", ""))


def usd(amount: str | float) -> Body:
    return {"amount": amount, "currencyCode": "USD"}


class Shop:
    """One merchant of a mock. ``api`` decides path and spelling of what it sends."""

    def __init__(
        self,
        handle: Callable[[Request], Response],
        control: Callable[[Request], Response],
        *,
        contract: Contract,
        api: str = "v2",
        region: str = "na",
    ) -> None:
        self._handle = handle
        self._control = control
        self._contract = contract
        self.api = api
        made = self.control("POST", "/merchants", {"publicKey": PUBLIC_KEY, "region": region})
        self.key_id = made["publicKeyId"]
        self.store_id = made["storeId"]
        self.signer = Signer(self.key_id, PRIVATE_KEY)

    def use(self, mock: Mock) -> None:
        """Go on with another mock that knows the same merchant."""
        self._handle, self._control = mock.handle, mock.control

    def control(self, method: str, path: str, body: Body | None = None) -> Any:
        response = self._control(_request(method, f"/_control{path}", (), body))
        assert response.status < 300, response.body
        return json.loads(response.body)

    def refused_control(self, method: str, path: str, body: Body | None = None) -> Answer:
        response = self._control(_request(method, f"/_control{path}", (), body))
        return Answer(response.status, json.loads(response.body), response)

    def send(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        *,
        key: str | None = "",
        **headers: str,
    ) -> Answer:
        """Send a signed request; ``key`` is fresh unless given, and left out if ``None``."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        chosen = f"{next(_numbers):032d}" if key == "" else key
        raw = b"" if body is None else json.dumps(body).encode()
        url = f"{HOST}/{self.api}{path}"
        signed = self.signer.sign(method, url, raw, given, idempotency_key=chosen)
        return self.exchange(Request(method, url, tuple(signed), raw))

    def exchange(self, request: Request) -> Answer:
        """Send a request as it is, and hold the answer to the contract."""
        response = self._handle(request)
        body = json.loads(response.body)
        match = self._contract.match(request.method, request.path)
        api = self._contract.api_of(request.path) or "v2"
        ok = match is not None and response.status < 400
        name = match.operation.responds[response.status] if ok and match else "error"
        assert self._contract.validate(api, name, body) == []
        assert response.header("x-amz-pay-request-id")
        return Answer(response.status, body, response)

    def name(self, plural: str) -> str:
        """Spell a member as the version does."""
        return plural if self.api == "v2" else plural.removesuffix("s")

    def state(self, body: Body) -> str:
        return str(body[self.name("statusDetails")]["state"])

    def create(self, **more: Any) -> Answer:
        body = {
            self.name("webCheckoutDetails"): {"checkoutReviewReturnUrl": "https://shop.example/r"},
            "storeId": self.store_id,
            **more,
        }
        return self.send("POST", "/checkoutSessions", body)

    def buyer(self, session: str, action: str, **more: Any) -> Any:
        path = f"/merchants/{self.key_id}/checkoutSessions/{session}/buyer"
        return self.control("POST", path, {"action": action, **more})

    def advance(self, duration: str) -> None:
        self.control("POST", f"/merchants/{self.key_id}/clock", {"advance": duration})

    def ready(
        self,
        amount: Body | None = None,
        card: str = "1111",
        more: Body | None = None,
        **payment: Any,
    ) -> str:
        """Return the id of a session that has a buyer and no constraint."""
        session = str(self.create(**(more or {})).body["checkoutSessionId"])
        self.buyer(session, "signIn")
        self.buyer(session, "selectPayment", card=card)
        self.send(
            "PATCH",
            f"/checkoutSessions/{session}",
            {
                self.name("webCheckoutDetails"): {
                    "checkoutResultReturnUrl": "https://shop.example/d"
                },
                self.name("paymentDetails"): {
                    "paymentIntent": "Authorize",
                    "chargeAmount": amount or usd("100.00"),
                    **payment,
                },
            },
        )
        return session

    def complete(self, session: str, amount: Body | None = None, **headers: str) -> Answer:
        body = {"chargeAmount": amount or usd("100.00")}
        return self.send("POST", f"/checkoutSessions/{session}/complete", body, **headers)

    def bought(
        self,
        amount: Body | None = None,
        card: str = "1111",
        more: Body | None = None,
        **payment: Any,
    ) -> Body:
        """Return a completed session, as Get shows it."""
        session = self.ready(amount, card=card, more=more, **payment)
        self.buyer(session, "approve")
        if self.api == "v2":
            assert self.complete(session, amount).status in (200, 202)
        return self.send("GET", f"/checkoutSessions/{session}").body

    def get(self, path: str) -> Body:
        return self.send("GET", path).body


def embedded(mock: Mock, contract: Contract, api: str = "v2", region: str = "na") -> Shop:
    """Return a shop of a mock in this process."""
    return Shop(mock.handle, mock.control, contract=contract, api=api, region=region)


def _request(
    method: str, path: str, headers: tuple[tuple[str, str], ...], body: Body | None
) -> Request:
    return Request(method, path, headers, b"" if body is None else json.dumps(body).encode())
