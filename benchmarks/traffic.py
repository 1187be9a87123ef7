"""Makes traffic to measure with: one lawful story of a checkout, told again with other ids."""

from __future__ import annotations

import json
import random
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pay_conformance.exchange import Exchange, Request
from pay_conformance.signing import Signer
from pay_conformance.targets.embedded import EmbeddedMock

BASE = "https://pay-api.amazon.com/sandbox"
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_NAMES = re.compile(rf"{_UUID}|(?<=[SPBC]\d\d-)\d{{7}}-\d{{7}}|KEY[0-9a-z]{{29}}")


def story(api: str = "v2") -> list[Exchange]:
    """Return the exchanges of one checkout: created, paid, captured, refunded, and two refusals."""
    return _Shop(api).checkout()


class _Shop:
    """A merchant of an embedded mock that notes down what it sends and gets."""

    def __init__(self, api: str) -> None:
        self._target = EmbeddedMock()
        self._api = api
        self._merchant = self._target.merchant()
        self._signer = Signer(self._merchant.public_key_id, self._merchant.private_key)
        self._told: list[Exchange] = []

    def checkout(self) -> list[Exchange]:
        details, payment = self._name("webCheckoutDetails"), self._name("paymentDetails")
        made = self._send(
            "POST",
            "/checkoutSessions",
            {
                details: {"checkoutReviewReturnUrl": "https://shop.example/review"},
                "storeId": self._merchant.store_id,
            },
        )
        session = f"/checkoutSessions/{made['checkoutSessionId']}"
        self._send("GET", session)
        self._buyer(session, "signIn")
        self._buyer(session, "selectPayment")
        self._send("GET", session)
        price = {"amount": "100.00", "currencyCode": "USD"}
        update = {
            details: {"checkoutResultReturnUrl": "https://shop.example/result"},
            payment: {"paymentIntent": "Authorize", "chargeAmount": price},
            "merchantMetadata": {"merchantReferenceId": "order-1", "merchantStoreName": "Shop"},
        }
        self._send("PATCH", session, update)
        self._send("GET", session)
        self._buyer(session, "approve")
        if self._api == "v2":
            self._send("POST", f"{session}/complete", {"chargeAmount": price})
        done = self._send("GET", session)
        permission = f"/chargePermissions/{done['chargePermissionId']}"
        charge = f"/charges/{done['chargeId']}"
        self._send("GET", permission)
        self._send("GET", charge)
        self._send(
            "POST", f"{charge}/capture", {"captureAmount": price, "softDescriptor": "Shop 1"}
        )
        self._send("GET", charge)
        self._send("POST", f"{charge}/capture", {"captureAmount": price})
        self._send("GET", permission)
        part = {"amount": "30.00", "currencyCode": "USD"}
        refund = self._send(
            "POST", "/refunds", {"chargeId": done["chargeId"], "refundAmount": part}
        )
        self._send("GET", f"/refunds/{refund['refundId']}")
        self._send("GET", charge)
        self._send("GET", f"/refunds/{done['chargePermissionId']}-R000000")
        return self._told

    def _name(self, plural: str) -> str:
        return plural if self._api == "v2" else plural.removesuffix("s")

    def _buyer(self, session: str, action: str) -> None:
        control = self._target.control
        if control is not None:
            body = json.dumps({"action": action}).encode()
            path = f"/_control/merchants/{self._merchant.public_key_id}{session}/buyer"
            answer = self._target.mock.control(Request("POST", path, (), body))
            if answer.status >= 300:
                raise RuntimeError(answer.body.decode())

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        raw = b"" if body is None else json.dumps(body).encode()
        url = f"{BASE}/{self._api}{path}"
        key = f"KEY{len(self._told):029d}" if method == "POST" else None
        headers = tuple(self._signer.sign(method, url, raw, idempotency_key=key))
        request = Request(method, url, headers, raw)
        began = datetime.now(UTC)
        response = self._target.send(request)
        ended = began + timedelta(milliseconds=80)
        self._told.append(Exchange(request, response, began, ended))
        answer: dict[str, Any] = json.loads(response.body)
        return answer


def as_line(exchange: Exchange) -> str:
    """Return an exchange as one line of the form that ``check`` reads."""
    request, response = exchange.request, exchange.response
    data: dict[str, Any] = {"started": _iso(exchange.started), "ended": _iso(exchange.ended)}
    if request is not None:
        data["request"] = {
            "method": request.method,
            "url": request.url,
            "headers": [list(pair) for pair in request.headers],
            "body": request.body.decode(),
        }
    if response is not None:
        data["response"] = {
            "status": response.status,
            "headers": [list(pair) for pair in response.headers],
            "body": response.body.decode(),
        }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def lines(count: int, seed: int = 0, at_once: int = 8) -> Iterator[str]:
    """Yield so many exchanges as lines; stories of both versions run ``at_once`` side by side."""
    chosen = random.Random(seed)
    told = [[as_line(each) for each in story(api)] for api in ("v2", "v1", "v2")]
    running: list[Iterator[str]] = []
    for _ in range(count):
        while len(running) < at_once:
            running.append(_retold(chosen.choice(told), chosen))
        place = chosen.randrange(len(running))
        line = next(running[place], None)
        while line is None:
            running[place] = _retold(chosen.choice(told), chosen)
            line = next(running[place], None)
        yield line


def _retold(told: list[str], chosen: random.Random) -> Iterator[str]:
    names: dict[str, str] = {}

    def renamed(found: re.Match[str]) -> str:
        text = found[0]
        return names.get(text) or names.setdefault(text, _other(text, chosen))

    for line in told:
        yield _NAMES.sub(renamed, line)


def _other(name: str, chosen: random.Random) -> str:
    if name.startswith("KEY"):
        return f"KEY{chosen.getrandbits(96):029d}"[:32]
    if len(name) == 36:
        return str(uuid.UUID(int=chosen.getrandbits(128), version=4))
    return f"{chosen.randrange(10**7):07d}-{chosen.randrange(10**7):07d}"


def write(path: Path, count: int, change: Callable[[str], str] = str) -> None:
    """Write so many exchanges to a file, a line each."""
    with path.open("w", encoding="utf-8") as file:
        for line in lines(count):
            file.write(change(line) + "\n")


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
