"""The control API of a server: merchants, clocks, buyers, as a client sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import orjson

from pay_conformance.exchange import Request, Response
from pay_conformance.problems import SubjectProblem
from pay_conformance.targets.merchant import Merchant, process_key

Send = Callable[[Request], Response]

_JSON = (("content-type", "application/json"), ("accept", "application/json"))


class ControlRefused(Exception):
    """The control API refused what a scenario asked of it."""


class ControlClient:
    """Speaks the control API over ``send``; paths are relative to its base."""

    def __init__(self, send: Send) -> None:
        self.send = send

    def capabilities(self) -> frozenset[str]:
        """Return what the server lets us do, e.g. ``{"clock", "buyer", "merchants"}``.

        Raises:
            SubjectProblem: if what answers there is not a control API.

        """
        try:
            found = self.call("GET", "/")["capabilities"]
        except (ControlRefused, KeyError, TypeError) as error:
            raise SubjectProblem(
                "what answers at the control URL is not a control API",
                "check --control: serve prints the right one",
            ) from error
        return frozenset(str(name) for name in found)

    def new_merchant(self, region: str = "na") -> Merchant:
        """Return a new merchant that signs with the key of this process."""
        private, public = process_key()
        made = self.call("POST", "/merchants", {"publicKey": public, "region": region})
        return Merchant(
            public_key_id=str(made["publicKeyId"]),
            private_key=private,
            store_id=str(made["storeId"]),
            region=str(made.get("region", region)),
            merchant_id=str(made.get("merchantId", "")),
        )

    def now(self, merchant: Merchant) -> datetime:
        """Return the time on the merchant's clock."""
        return _moment(self.call("GET", _of(merchant, "clock")))

    def advance(self, merchant: Merchant, duration: str) -> datetime:
        """Move the merchant's clock forward by an ISO 8601 duration, and return its time."""
        return _moment(self.call("POST", _of(merchant, "clock"), {"advance": duration}))

    def set_clock(self, merchant: Merchant, moment: datetime) -> datetime:
        """Put the merchant's clock to a moment in its future, and return its time."""
        return _moment(self.call("POST", _of(merchant, "clock"), {"set": moment.isoformat()}))

    def act_as_buyer(
        self, merchant: Merchant, session: str, action: str, **details: Any
    ) -> Mapping[str, Any]:
        """Do what a buyer does on the hosted pages of a session, e.g. ``approve``."""
        path = _of(merchant, "checkoutSessions", session, "buyer")
        return self.call("POST", path, {"action": action, **details})

    def buyer_token(self, merchant: Merchant, scopes: list[str]) -> str:
        """Return the token with which a buyer comes back from the sign-in button."""
        made = self.call("POST", _of(merchant, "buyers"), {"scopes": scopes})
        return str(made["buyerToken"])

    def happen(
        self, merchant: Merchant, kind: str, id_: str, event: str, reason: str | None = None
    ) -> None:
        """Let an event of its lifecycle happen to an object, e.g. ``buyer closes``.

        ``kind`` is the name of its collection, e.g. ``chargePermissions``; ``reason`` chooses among
        the reasons that the event may have.
        """
        body = {"event": event} if reason is None else {"event": event, "reason": reason}
        self.call("POST", _of(merchant, kind, id_), body)

    def charge_back(self, merchant: Merchant, charge: str, reason: str) -> str:
        """Let the buyer's bank take a captured charge back; return the id of the dispute."""
        path = _of(merchant, "charges", charge, "disputes")
        made = self.call("POST", path, {"filingReason": reason})
        return str(made["disputeId"])

    def break_next(self, merchant: Merchant, operation: str, fault: Mapping[str, Any]) -> None:
        """Let the merchant's next request for an operation fail.

        ``fault`` has at least a ``kind``, e.g. ``{"kind": "reset", "moment": "after"}``.
        """
        self.call("POST", _of(merchant, "faults"), {"operation": operation, **fault})

    def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        """Send one request and return the JSON object that comes back.

        Raises:
            ControlRefused: if the answer is not a success with a JSON object.

        """
        content = b"" if body is None else orjson.dumps(body)
        response = self.send(Request(method, path, _JSON, content))
        if not 200 <= response.status < 300:
            text = response.body[:300].decode(errors="replace")
            raise ControlRefused(f"{method} {path} of the control API: {response.status} {text}")
        try:
            found = orjson.loads(response.body or b"{}")
        except ValueError as error:
            raise ControlRefused(f"{method} {path} of the control API: not JSON") from error
        if not isinstance(found, dict):
            raise ControlRefused(f"{method} {path} of the control API: not a JSON object")
        return found


def _of(merchant: Merchant, *parts: str) -> str:
    steps = ("merchants", merchant.public_key_id, *parts)
    return "/" + "/".join([_quoted(step) for step in steps])


@lru_cache(maxsize=1024)
def _quoted(step: str) -> str:
    return quote(step, safe="")


def _moment(answer: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(str(answer["now"]))
