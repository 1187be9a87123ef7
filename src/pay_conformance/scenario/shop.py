"""The Shop: a merchant's client of the API, one method for each operation, in both versions.

A method sends a sensible body unless told otherwise, and expects a success: anything else ends the
scenario, because what it is about can't be tested then. ``shop.attempt`` is the same shop without
that expectation.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from pay_conformance.contract.model import Operation
from pay_conformance.scenario.answer import Answer
from pay_conformance.scenario.calls import Call
from pay_conformance.scenario.story import Story
from pay_conformance.targets import Merchant

Named = Answer | str
"""An object of the API: an answer that holds it, or its id."""

CURRENCY = {"na": "USD", "eu": "EUR", "jp": "JPY"}
"""The currency in which a merchant of a region sells."""

REVIEW_URL = "https://shop.example/review"
RESULT_URL = "https://shop.example/result"
_BARE = ("SANDBOX", "LIVE")


class Shop:
    """One merchant's client. Bodies are written with the names of v2."""

    def __init__(self, story: Story, merchant: Merchant, *, strict: bool = True) -> None:
        self.story = story
        self.merchant = merchant
        self._strict = strict
        self._operations = story.setting.contract.operations(story.api)
        bare = merchant.public_key_id.upper().startswith(_BARE)
        self.prefix = f"/{story.api}" if bare else f"/sandbox/{story.api}"
        """What stands before the path of a resource: version, and environment where needed."""

    @property
    def attempt(self) -> Shop:
        """The same shop, whose methods return whatever comes back."""
        return Shop(self.story, self.merchant, strict=False)

    @property
    def currency(self) -> str:
        """The currency in which the merchant sells."""
        return CURRENCY[self.merchant.region]

    @property
    def environment_is_in_key(self) -> bool:
        """Whether the key id names its environment, so that paths need not."""
        return self.prefix == f"/{self.story.api}"

    def name(self, name: str) -> str:
        """Return the name of a field, given in v2, as this version has it."""
        singular = {
            "webCheckoutDetails": "webCheckoutDetail",
            "paymentDetails": "paymentDetail",
            "statusDetails": "statusDetail",
        }
        return singular.get(name, name) if self.story.api == "v1" else name

    def price(self, amount: str | Decimal, currency: str | None = None) -> dict[str, str]:
        """Return an amount as the API writes it; in yen without decimals that are zero."""
        currency = currency or self.currency
        text = str(amount)
        if currency == "JPY" and text.endswith(".00"):
            text = text[:-3]
        return {"amount": text, "currencyCode": currency}

    def payment(
        self, amount: str | None = "15.00", intent: str | None = "Authorize", **more: Any
    ) -> dict[str, Any]:
        """Return the paymentDetails of a request."""
        details: dict[str, Any] = {}
        if intent is not None:
            details["paymentIntent"] = intent
        if amount is not None:
            details["chargeAmount"] = self.price(amount)
        return {**details, **more}

    def call(self, operation: str, *ids: str, body: Mapping[str, Any] | None = None) -> Call:
        """Return a call of an operation; ``ids`` fill the places of its path."""
        known = self._operations[operation]
        return Call(
            operation=operation,
            method=known.method.upper(),
            path=self._path(known, ids),
            body=None if body is None else dict(body),
            idempotent=known.idempotency_key == "required",
            api=self.story.api,
        )

    def creating_session(self, **fields: Any) -> Call:
        """Return Create Checkout Session, by default ready but for the buyer.

        A field given as ``None`` is left out.
        """
        body = {
            "webCheckoutDetails": {
                "checkoutReviewReturnUrl": REVIEW_URL,
                "checkoutResultReturnUrl": RESULT_URL,
            },
            "storeId": self.merchant.store_id,
            "paymentDetails": self.payment(),
            **fields,
        }
        return self.call("createCheckoutSession", body=_given(body))

    def creating_bare_session(self) -> Call:
        """Return Create Checkout Session with nothing but what is required."""
        return self.creating_session(
            webCheckoutDetails={"checkoutReviewReturnUrl": REVIEW_URL}, paymentDetails=None
        )

    def updating_session(self, session: Named, **fields: Any) -> Call:
        """Return Update Checkout Session, by default of the merchant's note to the buyer."""
        body = fields or {"merchantMetadata": {"noteToBuyer": "Thank you"}}
        return self.call("updateCheckoutSession", _id(session), body=body)

    def completing(self, session: Named, amount: str = "15.00", **fields: Any) -> Call:
        """Return Complete Checkout Session with that amount."""
        body = {"chargeAmount": self.price(amount), **fields}
        return self.call("completeCheckoutSession", _id(session), body=_given(body))

    def finalizing(self, session: Named, amount: str = "15.00", **fields: Any) -> Call:
        """Return Finalize Checkout Session with that amount."""
        body = {"chargeAmount": self.price(amount), "paymentIntent": "Authorize", **fields}
        return self.call("finalizeCheckoutSession", _id(session), body=_given(body))

    def updating_permission(self, permission: Named, **fields: Any) -> Call:
        """Return Update Charge Permission, by default of the merchant's reference."""
        body = fields or {"merchantMetadata": {"merchantReferenceId": "order-1"}}
        return self.call("updateChargePermission", _id(permission), body=body)

    def closing(self, permission: Named, reason: str = "No more charges", **fields: Any) -> Call:
        """Return Close Charge Permission."""
        body = {"closureReason": reason, **fields}
        return self.call("closeChargePermission", _id(permission), body=_given(body))

    def charging(self, permission: Named, amount: str = "10.00", **fields: Any) -> Call:
        """Return Create Charge with that amount."""
        body = {
            "chargePermissionId": _id(permission),
            "chargeAmount": self.price(amount),
            **fields,
        }
        return self.call("createCharge", body=_given(body))

    def capturing(self, charge: Named, amount: str = "10.00", **fields: Any) -> Call:
        """Return Capture Charge with that amount."""
        body = {"captureAmount": self.price(amount), **fields}
        return self.call("captureCharge", _id(charge), body=_given(body))

    def canceling(self, charge: Named, reason: str = "Out of stock") -> Call:
        """Return Cancel Charge."""
        return self.call("cancelCharge", _id(charge), body={"cancellationReason": reason})

    def refunding(self, charge: Named, amount: str = "10.00", **fields: Any) -> Call:
        """Return Create Refund with that amount."""
        body = {"chargeId": _id(charge), "refundAmount": self.price(amount), **fields}
        return self.call("createRefund", body=_given(body))

    def disputing(self, charge: Named, amount: str = "10.00", **fields: Any) -> Call:
        """Return Create Dispute, as a payment service provider sends it."""
        body = {
            "chargeId": _id(charge),
            "providerMetadata": {"providerDisputeId": "D-1"},
            "disputeAmount": self.price(amount),
            "filingReason": "ProductNotReceived",
            "statusDetails": {"state": "ActionRequired"},
            **fields,
        }
        return self.call("createDispute", body=_given(body))

    def contesting(self, dispute: Named, *evidences: Mapping[str, Any]) -> Call:
        """Return Contest Dispute, by default with a text."""
        given = evidences or ({"evidenceType": "Other", "evidenceText": "It was delivered."},)
        return self.call("contestDispute", _id(dispute), body={"merchantEvidences": list(given)})

    def ending(
        self, dispute: Named, state: str = "Resolved", resolution: str = "MerchantWon"
    ) -> Call:
        """Return Update Dispute, as a payment service provider ends one."""
        status = {
            "state": state,
            "resolution": resolution,
            "reasonCode": "InvestigatorResolved",
            "reasonDescription": "Decided",
        }
        return self.call("updateDispute", _id(dispute), body={"statusDetails": status})

    def uploading(self, type_: str = "pdf") -> Call:
        """Return Upload File, of evidence in a dispute."""
        return self.call("uploadFile", body={"type": type_, "purpose": "disputeEvidence"})

    def tracking(self, permission: Named, number: str, carrier: str = "UPS") -> Call:
        """Return Create Delivery Tracker of one shipment."""
        shipment = {"trackingNumber": number, "carrierCode": carrier}
        body = {"chargePermissionId": _id(permission), "deliveryDetails": [shipment]}
        return self.call("createDeliveryTracker", body=body)

    def create_checkout_session(self, **fields: Any) -> Answer:
        """Create a session, by default ready but for the buyer."""
        return self.make(self.creating_session(**fields))

    def create_bare_session(self) -> Answer:
        """Create a session with nothing but what is required."""
        return self.make(self.creating_bare_session())

    def get_checkout_session(self, session: Named) -> Answer:
        """Read a session."""
        return self.make(self.call("getCheckoutSession", _id(session)))

    def update_checkout_session(self, session: Named, **fields: Any) -> Answer:
        """Update a session."""
        return self.make(self.updating_session(session, **fields))

    def complete_checkout_session(
        self, session: Named, amount: str = "15.00", **fields: Any
    ) -> Answer:
        """Complete a session that the buyer approved."""
        return self.make(self.completing(session, amount, **fields))

    def finalize_checkout_session(
        self, session: Named, amount: str = "15.00", **fields: Any
    ) -> Answer:
        """Finalize a session."""
        return self.make(self.finalizing(session, amount, **fields))

    def get_charge_permission(self, permission: Named) -> Answer:
        """Read a Charge Permission."""
        return self.make(self.call("getChargePermission", _id(permission)))

    def update_charge_permission(self, permission: Named, **fields: Any) -> Answer:
        """Update a Charge Permission."""
        return self.make(self.updating_permission(permission, **fields))

    def close_charge_permission(
        self, permission: Named, reason: str = "No more charges", **fields: Any
    ) -> Answer:
        """Close a Charge Permission."""
        return self.make(self.closing(permission, reason, **fields))

    def create_charge(self, permission: Named, amount: str = "10.00", **fields: Any) -> Answer:
        """Authorize an amount, or capture it at once with ``captureNow=True``."""
        return self.make(self.charging(permission, amount, **fields))

    def get_charge(self, charge: Named) -> Answer:
        """Read a Charge."""
        return self.make(self.call("getCharge", _id(charge)))

    def capture_charge(self, charge: Named, amount: str = "10.00", **fields: Any) -> Answer:
        """Capture a Charge."""
        return self.make(self.capturing(charge, amount, **fields))

    def cancel_charge(self, charge: Named, reason: str = "Out of stock") -> Answer:
        """Cancel a Charge."""
        return self.make(self.canceling(charge, reason))

    def create_refund(self, charge: Named, amount: str = "10.00", **fields: Any) -> Answer:
        """Refund some or all of a Charge."""
        return self.make(self.refunding(charge, amount, **fields))

    def get_refund(self, refund: Named) -> Answer:
        """Read a Refund."""
        return self.make(self.call("getRefund", _id(refund)))

    def get_buyer(self, token: str) -> Answer:
        """Read the buyer who signed in."""
        return self.make(self.call("getBuyer", token))

    def get_dispute(self, dispute: Named) -> Answer:
        """Read a Dispute."""
        return self.make(self.call("getDispute", _id(dispute)))

    def read(self, thing: Answer) -> Answer:
        """Read the object that an answer holds once more."""
        return self.make(self.reading(thing))

    def reading(self, thing: Answer) -> Call:
        """Return the Get of the object that an answer holds."""
        return self.call(f"get{thing.kind}", thing.id)

    def make(self, call: Call) -> Answer:
        """Send a call.

        Raises:
            Unmet: if it does not succeed, unless this is an ``attempt``.

        """
        answer = self.story.send(self.merchant, call)
        if self._strict and not answer.succeeded:
            raise self.story.unmet(answer)
        return answer

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        *,
        idempotent: bool = False,
    ) -> Answer:
        """Send a request that is no operation of the API, or one put together by hand.

        ``path`` follows the version; ``body`` is a JSON value or bytes.
        """
        return self.story.send(
            self.merchant,
            Call(
                "",
                method,
                self.prefix + path,
                body,
                tuple((headers or {}).items()),
                idempotent=idempotent,
                api=self.story.api,
            ),
        )

    def at_once(self, *calls: Call) -> list[Answer]:
        """Send calls side by side."""
        return self.story.at_once(self.merchant, calls)

    def _path(self, operation: Operation, ids: tuple[str, ...]) -> str:
        parts = operation.path.split("/")
        left = list(ids)
        filled = [quote(left.pop(0), safe="") if part[:1] == "{" else part for part in parts]
        if left:
            raise ValueError(f"{operation.id} has fewer ids in its path than were given")
        return self.prefix + "/".join(filled)


def _id(thing: Named) -> str:
    return thing if isinstance(thing, str) else thing.id


def _given(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}
