"""What came back for a call, read with the names of v2 in both versions of the API."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from pay_conformance.checks.body import Body, parse
from pay_conformance.checks.names import ID_OF, STEPS, in_api, look_up, walk
from pay_conformance.checks.values import moment
from pay_conformance.contract.model import Api
from pay_conformance.exchange import Response
from pay_conformance.scenario.calls import Call

_KINDS = {
    "CheckoutSession": (ID_OF["checkout-session"], "checkoutSessions", "checkout-session"),
    "ChargePermission": (ID_OF["charge-permission"], "chargePermissions", "charge-permission"),
    "Charge": (ID_OF["charge"], "charges", "charge"),
    "Refund": (ID_OF["refund"], "refunds", "refund"),
    "Dispute": (ID_OF["dispute"], "disputes", "dispute"),
}
"""The word at the end of an operation, to what identifies its object, its path, and its name."""


@dataclass(frozen=True)
class Answer:
    """A response: ``exchange`` is the id under which reports show it.

    ``body`` is its body where it was read already, to be judged. Nobody changes it.
    """

    call: Call
    response: Response
    exchange: str
    body: Body | None = None

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status

    @property
    def api(self) -> Api:
        """The version of the API that was called."""
        return self.call.api

    @property
    def succeeded(self) -> bool:
        """Whether the status is a 2xx."""
        return 200 <= self.status < 300

    @cached_property
    def json(self) -> Any:
        """The body as JSON, or ``None`` where it is none."""
        body = parse(self.response.body) if self.body is None else self.body
        if not body.problem:
            return body.value
        try:
            return json.loads(self.response.body)  # which reads what is not quite JSON, too
        except ValueError:
            return None

    def header(self, name: str) -> str | None:
        """Return the first value of a response header."""
        return self.response.header(name)

    def pointer(self, pointer: str) -> str:
        """Return a pointer written with v2 names as this answer spells it."""
        return in_api(pointer, self.api)

    def at(self, pointer: str) -> Any:
        """Return what the body holds at a pointer written with v2 names, or ``None``."""
        return walk(self.json, STEPS[self.api][pointer])

    def has(self, pointer: str) -> bool:
        """Say whether the body has that member, be it null."""
        way, _, last = self.pointer(pointer).rpartition("/")
        place = look_up(self.json, way) if way else self.json
        return isinstance(place, dict) and last in place

    def time(self, pointer: str) -> datetime | None:
        """Return a timestamp of the body, or ``None`` where there is none of the API's form."""
        value = self.at(pointer)
        return moment(value) if isinstance(value, str) else None

    @property
    def kind(self) -> str:
        """What the operation is about, e.g. CheckoutSession."""
        word = _kind_of(self.call.operation)
        if not word:
            raise ValueError(f"{self.call.title} does not answer an object with an id")
        return word

    @property
    def object(self) -> str:
        """The object as the contract calls it, e.g. ``charge-permission``."""
        return _KINDS[self.kind][2]

    @property
    def id(self) -> str:
        """The id of the object that it holds."""
        return str(self.at(f"/{_KINDS[self.kind][0]}"))

    @property
    def collection(self) -> str:
        """The collection of which the object is one, as paths have it, e.g. ``charges``."""
        return _KINDS[self.kind][1]

    @property
    def state(self) -> Any:
        """The state of the object."""
        return self.at("/statusDetails/state")

    @property
    def reason(self) -> Any:
        """The reasonCode of an error."""
        return self.at("/reasonCode")

    @property
    def reasons(self) -> Sequence[Any]:
        """The reason codes of the object's state: of a Charge Permission there may be several."""
        status = self.at("/statusDetails")
        listed = status.get("reasons") if isinstance(status, dict) else None
        if isinstance(listed, list):
            return [look_up(reason, "/reasonCode") for reason in listed]
        code = self.at("/statusDetails/reasonCode")
        return [] if code is None else [code]

    @property
    def summary(self) -> str:
        """What it says in a few words, e.g. ``Complete Checkout Session answered 409 …``."""
        what = self.reason if not self.succeeded else self.state
        return f"{self.call.title} answered {self.status}" + (f" {what}" if what else "")


@lru_cache(maxsize=128)
def _kind_of(operation: str) -> str:
    """Return what an operation answers, or ``""``."""
    return next((word for word in _KINDS if operation.endswith(word)), "")
