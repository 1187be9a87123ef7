"""Makes schemathesis a merchant: signs what it sends, and gives it objects that exist.

Schemathesis loads this module because ``benchmarks/outside.py`` names it. Three in four of the ids,
amounts and simulation codes that a case invents are replaced by ones that mean something to the
server: ids of objects in many states, the amount that they are about, a documented code or none.
The rest stay as they are.
"""

from __future__ import annotations

import atexit
import json
import os
from collections import Counter, defaultdict, deque
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import requests
import schemathesis
from schemathesis import Case, HookContext

from pay_conformance.signing import Signer

MOCK: dict[str, Any] = json.loads(os.environ["OUTSIDE_MOCK"])
CONTROL = MOCK["api"] == "control"
API: str = "v2" if CONTROL else MOCK["api"]
_PLURAL = "s" if API == "v2" else ""
_RANDOM = Random(MOCK["seed"])
_RESTOCK_AFTER = 60
"""Cases after which new objects are made: most cases use one up."""
_KEPT = 8
_REAL = 0.75
_MONEY = {"amount": "20.00", "currencyCode": "USD"}
_AMOUNTS = frozenset({"chargeAmount", "captureAmount", "refundAmount", "disputeAmount"})
_CODE = "x-amz-pay-simulation-code"
_CODES = ("AmazonRejected", "Declined", "HardDeclined", "CaptureInitiated", "AmazonClosed")

_FIXED = {"storeId": MOCK["storeId"], "key": MOCK["publicKeyId"]}
_IDS = {
    "actAsBuyer": {"id": "checkoutSessionId"},
    "fileChargeback": {"id": "chargeId"},
    "restoreSnapshot": {"id": "snapshotId"},
    "letHappen": {"id": "checkoutSessionId"},
}
"""What the id in a path of the control API is of."""
_NOBODY = "http://127.0.0.1:9/"
"""Where notifications go that a case asks for: no case may reach another machine."""

statuses: Counter[int] = Counter()
"""How often each status was answered to a case."""


class Signature(requests.auth.AuthBase):
    """Signs a request as it goes out, over the bytes of its body and the headers of its case."""

    def __init__(self) -> None:
        key = Path(MOCK["privateKeyFile"]).read_text("ascii")
        self._signer = Signer(MOCK["publicKeyId"], key)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Return the request with a signature."""
        body = request.body or b""
        content = body.encode() if isinstance(body, str) else body
        key = request.headers.get("x-amz-pay-idempotency-key")
        text = key.decode("latin-1") if isinstance(key, bytes) else key
        signed = self._signer.sign(
            str(request.method), str(request.url), content, idempotency_key=text
        )
        request.headers.update(
            {name: value for name, value in signed if name != "x-amz-pay-idempotency-key"}
        )
        return request


class Stock:
    """Objects of the merchant, by the name of the parameter that takes their ids."""

    def __init__(self) -> None:
        self.ids: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=_KEPT))
        self._session = requests.Session()
        self._session.auth = Signature()
        self._left = 0

    def serve(self) -> None:
        """Take note that a case comes, and make new objects when many were used up."""
        self._left -= 1
        if self._left < 0:
            self._left = _RESTOCK_AFTER
            self._make()

    def _make(self) -> None:
        if CONTROL:  # the faults of earlier cases would befall what is made now
            url = f"{MOCK['control']}/merchants/{MOCK['publicKeyId']}"
            self._answered(requests.delete(f"{url}/faults", timeout=30))
            self._keep("snapshotId", self._control("/snapshots", {}))
        self._open()
        self._approved()
        charge = self._bought()
        self._call("POST", f"/charges/{charge}/capture", {"captureAmount": _MONEY})
        refund = {"chargeId": charge, "refundAmount": {**_MONEY, "amount": "1.00"}}
        self._keep("refundId", self._call("POST", "/refunds", refund))
        self._bought()
        self._keep("buyerToken", self._control("/buyers", {}))
        if API == "v2":
            self._keep("disputeId", self._control(f"/charges/{charge}/disputes", {}))

    def _open(self) -> str:
        made = self._call("POST", "/checkoutSessions", {
            "storeId": MOCK["storeId"],
            f"webCheckoutDetail{_PLURAL}": {"checkoutReviewReturnUrl": "https://shop.example/r"},
        })  # fmt: skip
        self._keep("checkoutSessionId", made)
        return str(made["checkoutSessionId"])

    def _approved(self, act: str = "approve") -> str:
        session = self._open()
        buyer = f"/checkoutSessions/{session}/buyer"
        self._control(buyer, {"action": "signIn"})
        self._call("PATCH", f"/checkoutSessions/{session}", {
            f"webCheckoutDetail{_PLURAL}": {"checkoutResultReturnUrl": "https://shop.example/d"},
            f"paymentDetail{_PLURAL}": {"paymentIntent": "Authorize", "chargeAmount": _MONEY},
        })  # fmt: skip
        self._control(buyer, {"action": act})
        return session

    def _bought(self) -> str:
        path = f"/checkoutSessions/{self._approved()}"
        if API == "v2":
            self._call("POST", f"{path}/complete", {"chargeAmount": _MONEY})
        bought = self._call("GET", path)
        self._keep("chargePermissionId", bought)
        self._keep("chargeId", bought)
        return str(bought["chargeId"])

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self._session.request(
            method,
            f"{MOCK['url']}/{API}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"x-amz-pay-idempotency-key": UUID(int=_RANDOM.getrandbits(128)).hex}
            if method == "POST" else {},
            timeout=30,
        )  # fmt: skip
        return self._answered(answer)

    def _control(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        url = f"{MOCK['control']}/merchants/{MOCK['publicKeyId']}{path}"
        return self._answered(requests.post(url, json=body, timeout=30))

    def _answered(self, answer: requests.Response) -> dict[str, Any]:
        if not answer.ok:
            raise RuntimeError(f"{answer.request.method} {answer.url}: {answer.text}")
        shown: dict[str, Any] = answer.json()
        return shown

    def _keep(self, name: str, shown: dict[str, Any]) -> None:
        self.ids[name].append(str(shown[name]))


stock = Stock()


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Put what means something to the server where a case has invented it."""
    del context, kwargs  # schemathesis passes them
    stock.serve()
    if isinstance(case.path_parameters, dict):
        named = _IDS.get(str(case.operation.definition.raw.get("operationId")), {})
        case.path_parameters = {
            name: _real(named.get(name, name), value)
            for name, value in case.path_parameters.items()
        }
    if CONTROL and isinstance(case.body, dict) and "endpoint" in case.body:
        case.body = {**case.body, "endpoint": _NOBODY}
    if isinstance(case.body, dict):
        case.body = {name: _real(name, value) for name, value in case.body.items()}
    if _CODE in (case.headers or {}) and _RANDOM.random() < _REAL:
        del case.headers[_CODE]
        if _RANDOM.random() >= _REAL:
            case.headers[_CODE] = _RANDOM.choice(_CODES)


@schemathesis.hook
def after_call(context: HookContext, case: Case[Any], response: schemathesis.Response) -> None:
    """Count how a case was answered."""
    del context, case  # schemathesis passes them
    statuses[response.status_code] += 1


def _real(name: str, value: Any) -> Any:
    if _RANDOM.random() >= _REAL:
        return value
    if name in _AMOUNTS and isinstance(value, dict):
        return dict(_MONEY)
    known = [_FIXED[name]] if name in _FIXED else list(stock.ids[name])
    return _RANDOM.choice(known) if known and isinstance(value, str) else value


def _tell() -> None:
    Path(MOCK["tally"]).write_text(json.dumps(statuses), encoding="ascii")


if not CONTROL:
    schemathesis.auth.set_from_requests(Signature())
atexit.register(_tell)
