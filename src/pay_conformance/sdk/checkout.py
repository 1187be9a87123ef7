"""Walks an SDK through one whole checkout on a real server, the buyer played by its control API."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pay_conformance.exchange import Exchange, Request, Response
from pay_conformance.problems import SubjectProblem
from pay_conformance.sdk.bench import Bench
from pay_conformance.sdk.process import Adapter
from pay_conformance.sdk.protocol import Called, Given, called
from pay_conformance.sdk.server import CaseServer, Reply
from pay_conformance.sdk.turn import Smoke

Handle = Callable[[Request], Response]
_SECONDS = 20
_PRICE = {"amount": "14.00", "currencyCode": "USD"}
_TOTAL = {"amount": "20.00", "currencyCode": "USD"}
"""More than is captured: a charge permission that is used up closes by itself."""
_REVIEW = "https://shop.example/review"
_RESULT = "https://shop.example/result"


@dataclass(frozen=True)
class Stage:
    """One step of the checkout: what was called, and what the SDK gave back."""

    operation: str
    given: Given | None
    general: bool = False
    """The SDK has no method for it, so its general method was used."""


@dataclass(frozen=True)
class Walk:
    """A checkout as far as it went."""

    stages: tuple[Stage, ...]
    exchanges: tuple[Exchange, ...]
    stopped: str = ""
    """Why it did not go on to the end; empty when it did."""
    public_keys: Mapping[str, str] = field(default_factory=dict)


class _Stopped(Exception):
    pass


def walk_checkout(
    bench: Bench, found: Smoke, handle: Handle, control: Handle, key_pem: tuple[str, str]
) -> Walk:
    """Create, let the buyer approve, update, complete, capture, refund, close: through the SDK.

    ``handle`` is the API and ``control`` its control API, each as a function. ``key_pem`` is the
    merchant's private and public key. A step that fails ends the walk, which says so.

    Raises:
        SubjectProblem: if the server has no control API that makes a merchant.
    """
    lock = threading.Lock()

    def answer(request: Request) -> Reply:
        with lock:
            return Reply(handle(request))

    private, public = key_pem
    merchant = _control(control, "/merchants", {"publicKey": public, "region": "na"})
    with (
        CaseServer(bench.authority, answer) as server,
        bench.launch(server.address) as adapter,
    ):
        adapter.start(_SECONDS)
        story = _Story(adapter, found, control, merchant)
        stopped = ""
        try:
            story.configure(private, bench)
            story.tell()
        except _Stopped as reason:
            stopped = str(reason)
        exchanges = tuple(
            Exchange(
                each.request, each.response, each.started, each.ended,
                id=f"checkout#{number}", source="checkout",
            )
            for number, each in enumerate(server.exchanges, 1)
        )  # fmt: skip
    return Walk(tuple(story.stages), exchanges, stopped, {merchant["publicKeyId"]: public})


class _Story:
    def __init__(
        self, adapter: Adapter, found: Smoke, control: Handle, merchant: Mapping[str, str]
    ) -> None:
        self._adapter = adapter
        self._found = found
        self._control = control
        self._merchant = merchant
        self.stages: list[Stage] = []

    def configure(self, private: str, bench: Bench) -> None:
        key = private
        if self._found.key_form == "path":
            path = bench.folder / "merchant.pem"
            path.touch(mode=0o600)
            path.write_text(private, encoding="utf-8")
            key = str(path)
        answer = self._adapter.ask(
            {
                "do": "configure",
                "client": "merchant",
                "publicKeyId": self._merchant["publicKeyId"],
                "privateKey": key,
                "keyForm": self._found.key_form,
                "region": "na",
                "environment": "sandbox",
                "algorithm": None,
                "endpoint": None,
            },
            _SECONDS,
        )
        if "raised" in answer or "unsupported" in answer:
            raise _Stopped(f"the client can't be configured: {answer}")

    def tell(self) -> None:
        session = self._call(
            "createCheckoutSession", "POST", "checkoutSessions", None,
            {
                "webCheckoutDetails": {"checkoutReviewReturnUrl": _REVIEW},
                "storeId": self._merchant["storeId"],
                "scopes": ["name", "email", "phoneNumber", "billingAddress"],
            },
        )["checkoutSessionId"]  # fmt: skip
        self._buyer(session, "signIn")
        path = f"checkoutSessions/{session}"
        self._call("getCheckoutSession", "GET", path, session, None)
        self._call(
            "updateCheckoutSession", "PATCH", path, session,
            {
                "webCheckoutDetails": {"checkoutResultReturnUrl": _RESULT},
                "paymentDetails": {
                    "paymentIntent": "Authorize",
                    "canHandlePendingAuthorization": False,
                    "chargeAmount": _PRICE,
                    "totalOrderAmount": _TOTAL,
                },
                "merchantMetadata": {"merchantReferenceId": "ORDER-1", "noteToBuyer": "Danke"},
            },
        )  # fmt: skip
        self._buyer(session, "approve")
        done = self._call(
            "completeCheckoutSession", "POST", f"{path}/complete", session, {"chargeAmount": _PRICE}
        )
        charge, permission = done["chargeId"], done["chargePermissionId"]
        self._call("getCharge", "GET", f"charges/{charge}", charge, None)
        self._call(
            "captureCharge", "POST", f"charges/{charge}/capture", charge, {"captureAmount": _PRICE}
        )
        refund = {"chargeId": charge, "refundAmount": _PRICE}
        made = self._call("createRefund", "POST", "refunds", None, refund)["refundId"]
        self._call("getRefund", "GET", f"refunds/{made}", made, None)
        closing = {"closureReason": "The order is complete", "cancelPendingCharges": True}
        path = f"chargePermissions/{permission}"
        self._call("closeChargePermission", "DELETE", f"{path}/close", permission, closing)
        self._call("getChargePermission", "GET", path, permission, None)

    def _call(
        self, operation: str, method: str, path: str, object_id: str | None, payload: Any
    ) -> Mapping[str, Any]:
        offered = operation in self._found.hello.offers
        arguments: dict[str, Any] = {"id": object_id, "payload": payload}
        if not offered:
            arguments = {"method": method, "path": path, "payload": payload}
        message = {
            "do": "call",
            "client": "merchant",
            "operation": operation if offered else "request",
            "arguments": {key: value for key, value in arguments.items() if value is not None},
            "headers": None,
            "times": 1,
        }
        headers = self._own_key(method)
        result = called(self._adapter.ask({**message, "headers": headers}, _SECONDS))
        if headers and not isinstance(result, Called):  # this SDK makes keys, and takes none
            result = called(self._adapter.ask(message, _SECONDS))
        given = result.given[-1] if isinstance(result, Called) else None
        self.stages.append(Stage(operation, given, general=not offered))
        if given is None or given.error or not isinstance(given.body, dict):
            what = given.what if given else "it has no way to call it"
            raise _Stopped(f"{operation}: {what}")
        if given.status is None or given.status >= 300:
            raise _Stopped(f"{operation}: status {given.status}, {json.dumps(given.body)[:300]}")
        return given.body

    def _own_key(self, method: str) -> dict[str, str] | None:
        if method != "POST":
            return None
        return {"x-amz-pay-idempotency-key": f"walk{len(self.stages)}"}

    def _buyer(self, session: str, action: str) -> None:
        key = self._merchant["publicKeyId"]
        path = f"/merchants/{key}/checkoutSessions/{session}/buyer"
        _control(self._control, path, {"action": action})


def _control(control: Handle, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    headers = (("content-type", "application/json"),)
    response = control(Request("POST", f"/_control{path}", headers, json.dumps(body).encode()))
    if response.status >= 300:
        text = response.body.decode("utf-8", "replace")[:200]
        raise SubjectProblem(f"the control API refuses {path}: {text}", "is it the mock's?")
    answer: dict[str, Any] = json.loads(response.body)
    return answer
