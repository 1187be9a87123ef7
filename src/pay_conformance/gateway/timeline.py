"""What happened around an application, in order: its calls, the buyer's returns, notifications."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api
from pay_conformance.exchange import Exchange

_PUBLIC_KEY_ID = re.compile(r"PublicKeyId=([^,\s]+)")
_V1_NAMES = {
    "webCheckoutDetails": "webCheckoutDetail",
    "paymentDetails": "paymentDetail",
    "statusDetails": "statusDetail",
}
_RETRYABLE = frozenset({408, 425, 429, 500, 502, 503, 504})

SESSION, PERMISSION, CHARGE, REFUND = "checkout-session", "charge-permission", "charge", "refund"


@dataclass(frozen=True, slots=True)
class Call:
    """One request of the application, and what it got to see of the answer.

    ``operation`` is the operationId, or ``""`` for a request that the API does not have. ``ids``
    are the ids of objects in the path, by kind. ``status`` is 0 when no answer arrived; ``answer``
    is the JSON object that did. ``done`` is the answer that was lost on the way, where the request
    had its effect all the same. ``subject_time`` is the server's, so it follows its clock.
    """

    exchange: str
    operation: str
    method: str
    url: str
    ids: Mapping[str, str]
    key: str
    public_key_id: str
    body: bytes
    sent: Mapping[str, Any]
    status: int
    answer: Mapping[str, Any]
    done: Mapping[str, Any] | None
    started: datetime
    ended: datetime
    subject_time: datetime | None
    retry_after: float | None
    environment: str
    api: Api

    @property
    def succeeded(self) -> bool:
        """Whether a success arrived."""
        return 200 <= self.status < 300

    @property
    def effect(self) -> Mapping[str, Any] | None:
        """The answer to a call that had its effect, whether it arrived or not, or ``None``."""
        return self.answer if self.succeeded else self.done

    @property
    def lost(self) -> bool:
        """Whether no answer arrived."""
        return self.status == 0

    @property
    def failed_for_a_while(self) -> bool:
        """Whether the same request may succeed when it is sent again."""
        return self.lost or self.status in _RETRYABLE

    @property
    def reads(self) -> bool:
        """Whether it is a request that changes nothing."""
        return self.method == "GET"

    @property
    def reason(self) -> str:
        """The reason code of an error, or ``""``."""
        return str(self.answer.get("reasonCode") or "") if not self.succeeded else ""

    @property
    def state(self) -> str:
        """The state of the object answered, or ``""``."""
        return str(self.seen("statusDetails", "state") or "")

    def seen(self, *path: str) -> Any:
        """Return a member of the answer by its v2 names, or ``None``."""
        return _within(self.answer, path, self.api)

    def said(self, *path: str) -> Any:
        """Return a member of the request by its v2 names, or ``None``."""
        return _within(self.sent, path, self.api)

    def about(self, kind: str) -> str:
        """Return the id of the object of that kind which it names or was answered, or ``""``."""
        name = _ID_NAMES[kind]
        found = self.ids.get(kind) or self.sent.get(name) or self.answer.get(name)
        return found if isinstance(found, str) else ""

    def repeats(self, other: Call) -> bool:
        """Say whether it is the same request as an earlier one, whatever its key."""
        return (self.method, self.url, self.body) == (other.method, other.url, other.body)


@dataclass(frozen=True, slots=True)
class Returned:
    """The buyer's browser was sent to a page of the shop; ``status`` 0 when none was shown.

    ``urls`` are all the addresses on the way: the one asked for, and those redirected to.
    """

    session: str
    urls: tuple[str, ...]
    status: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Notified:
    """A notification was delivered; ``status`` is the application's answer, 0 for none."""

    notification: str
    kind: str
    id: str
    status: int
    at: datetime


Moment = Call | Returned | Notified
_ID_NAMES = {
    SESSION: "checkoutSessionId",
    PERMISSION: "chargePermissionId",
    CHARGE: "chargeId",
    REFUND: "refundId",
}
_KINDS = {name: kind for kind, name in _ID_NAMES.items()}


@dataclass(slots=True)
class Timeline:
    """The moments of a run in the order in which they ended; safe to add to from several threads.

    Past ``most`` moments the run is too long to be told as a story: ``full`` says so.
    """

    contract: Contract
    most: int = 5000
    moments: list[Moment] = field(default_factory=list)
    full: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, moment: Moment) -> None:
        """Take one more moment."""
        with self._lock:
            if len(self.moments) < self.most:
                self.moments.append(moment)
            else:
                self.full = True

    def calls(self) -> Iterator[Call]:
        """Yield the calls, in order."""
        return (moment for moment in list(self.moments) if isinstance(moment, Call))

    def call(self, exchange: Exchange, done: bytes | None = None) -> Call:
        """Return the call that an exchange was, as the application saw it.

        ``done`` is the body of an answer that was made and lost.
        """
        request, response = exchange.request, exchange.response
        if request is None:
            raise ValueError("an exchange without a request is no call")
        match = self.contract.match(request.method, request.path)
        ids = {
            _KINDS[name]: value
            for name, value in (match.parameters if match else {}).items()
            if name in _KINDS
        }
        key_id = _PUBLIC_KEY_ID.search(request.header("authorization") or "")
        now = datetime.now(UTC)
        retry_after = (response.header("retry-after") or "") if response else ""
        return Call(
            exchange=exchange.id,
            operation=match.operation.id if match else "",
            method=request.method.upper(),
            url=request.url,
            ids=ids,
            key=request.header("x-amz-pay-idempotency-key") or "",
            public_key_id=key_id[1] if key_id else "",
            body=request.body,
            sent=_object(request.body),
            status=response.status if response else 0,
            answer=_object(response.body) if response else {},
            done=_object(done) if done is not None else None,
            started=exchange.started or now,
            ended=exchange.ended or now,
            subject_time=exchange.subject_time,
            retry_after=float(retry_after) if retry_after.isdecimal() else None,
            environment=match.environment if match else "",
            api=match.operation.api if match else "v2",
        )


def _object(body: bytes) -> Mapping[str, Any]:
    if not body:
        return {}
    try:
        value = orjson.loads(body)
    except ValueError:
        try:
            value = json.loads(body)  # which takes more than JSON allows, as applications do
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


def _within(value: Any, path: tuple[str, ...], api: Api) -> Any:
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(_V1_NAMES.get(name, name) if api == "v1" else name)
    return value
