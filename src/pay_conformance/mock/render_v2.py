"""Shows records as v2 does: every member in the order of the service, null rather than absent.

The order of a session is the one that Amazon's own test of its Node SDK asserts of the live
service, and so is that of a charge, a charge permission and a refund.
"""

from __future__ import annotations

import json
from typing import Any

from pay_conformance.mock.clock import stamp
from pay_conformance.mock.facts import shown_balance, shown_refunded
from pay_conformance.mock.records import Charge, Dispute, Permission, Refund, Session, Token
from pay_conformance.mock.rendering import (
    Sight,
    constraints,
    hide,
    metadata,
    permission_status,
    price,
    redirect_url,
    status,
)
from pay_conformance.mock.store import Merchant
from pay_conformance.mock.wallet import addresses_of

OVER = (
    "/chargePermissionType",
    "/platformId",
    "/supplementaryData",
    "/paymentMethodOnFileMetadata",
    "/deliverySpecifications",
)
"""Null once a session is over, besides what its lifecycle lists: two recorded Complete answers
have nothing left but ids, status and the creation time."""

CANCELED = (
    "/webCheckoutDetails",
    "/productType",
    "/paymentDetails",
    "/recurringMetadata",
    "/merchantMetadata",
    "/constraints",
    "/expirationTimestamp",
    "/storeId",
    "/providerMetadata",
    "/releaseEnvironment",
)
"""Null in a canceled session: it "will only return state and reasonCode" (documents of 2020)."""


def session(record: Session, merchant: Merchant, sight: Sight) -> dict[str, Any]:
    """Return a Checkout Session."""
    wallet = record.wallet
    remaining = constraints(record, sight)
    multiple = record.product == "PayAndShipMultiAddress"
    body: dict[str, Any] = {
        "checkoutSessionId": record.id,
        "webCheckoutDetails": {
            "checkoutReviewReturnUrl": record.review_url,
            "checkoutResultReturnUrl": record.result_url,
            "amazonPayRedirectUrl": redirect_url(record, merchant, sight, remaining),
            "checkoutCancelUrl": record.cancel_url,
        },
        "productType": record.product,
        "paymentDetails": {
            "paymentIntent": record.intent,
            "canHandlePendingAuthorization": record.pending,
            "chargeAmount": price(record.amount),
            "totalOrderAmount": price(record.total),
            "softDescriptor": record.soft_descriptor,
            "presentmentCurrency": record.presentment,
            "allowOvercharge": record.overcharge,
            "extendExpiration": record.extended,
        },
        "chargePermissionType": record.kind,
        "orderType": None,
        "recurringMetadata": recurring(record) if record.kind == "Recurring" else None,
        "paymentMethodOnFileMetadata": on_file(record),
        "merchantDetails": None,
        "merchantMetadata": metadata(record.metadata),
        "supplementaryData": record.supplementary,
        "buyer": dict(wallet.buyer) if wallet else None,
        "billingAddress": dict(wallet.billing) if wallet and wallet.billing else None,
        "paymentPreferences": [
            {"paymentDescriptor": sight.descriptors[wallet.card]} if wallet else None
        ],
        "statusDetails": status(record),
        "shippingAddress": dict(wallet.shipping) if wallet and wallet.shipping else None,
    }
    if multiple:
        # The official SDKs parse each element: it is an address as a JSON text.
        body["shippingAddress"] = None
        body["shippingAddressList"] = [json.dumps(entry) for entry in addresses_of(wallet)]
        body["multiAddressesCheckoutMetadata"] = [
            {"addressId": key, "price": price(amount)} for key, amount in record.shares
        ]
    body |= {
        "platformId": record.platform,
        "chargePermissionId": record.permission,
        "chargeId": record.charge,
        "constraints": remaining,
        "creationTimestamp": stamp(record.created),
        "expirationTimestamp": sight.expiry(record),
        "storeId": record.store,
        "providerMetadata": {"providerReferenceId": record.provider_reference},
        "releaseEnvironment": merchant.environment,
        "checkoutButtonText": None,
        "deliverySpecifications": record.delivery,
        "tokens": None,
    }
    hidden = sight.hidden[record.object, "v2", record.state]
    if hidden:
        hide(body, hidden)
    if record.state == "Open":
        return body
    if multiple:
        hide(body, ("/shippingAddressList", "/multiAddressesCheckoutMetadata"))
    return hide(body, OVER if record.state == "Completed" else OVER + CANCELED)


def finalized(record: Session, merchant: Merchant, sight: Sight) -> dict[str, Any]:
    """Return the answer of Finalize: it has cartDetails after paymentDetails."""
    shown: dict[str, Any] = {}
    for name, value in session(record, merchant, sight).items():
        shown[name] = value
        if name == "paymentDetails":
            shown["cartDetails"] = None
    return shown


def permission(record: Permission, merchant: Merchant, sight: Sight) -> dict[str, Any]:
    """Return a Charge Permission."""
    wallet = record.wallet
    body: dict[str, Any] = {
        "chargePermissionId": record.id,
        "chargePermissionReferenceId": None,
        "platformId": record.platform,
        "buyer": dict(wallet.buyer) if wallet else None,
        "shippingAddress": dict(wallet.shipping) if wallet and wallet.shipping else None,
        "billingAddress": dict(wallet.billing) if wallet and wallet.billing else None,
        "paymentPreferences": [
            {"paymentDescriptor": sight.descriptors[wallet.card] if wallet else None}
        ],
        "statusDetails": permission_status(record),
        "creationTimestamp": stamp(record.created),
        "expirationTimestamp": permission_expiry(record, sight),
    }
    if record.kind == "PaymentMethodOnFile":
        body["paymentMethodOnFileMetadata"] = on_file(record)
    body |= {
        "merchantMetadata": metadata(record.metadata),
        "releaseEnvironment": merchant.environment,
        "limits": {
            "amountLimit": price(record.limit),
            "amountBalance": price(shown_balance(merchant, record)),
        },
        "chargePermissionType": record.kind,
        "recurringMetadata": recurring(record),
        "presentmentCurrency": record.currency,
    }
    return hide(body, sight.hidden[record.object, "v2", record.state])


def charge(record: Charge, merchant: Merchant, sight: Sight) -> dict[str, Any]:
    """Return a Charge. What was asked of the authorization is not echoed (observed)."""
    body: dict[str, Any] = {
        "chargeId": record.id,
        "chargeAmount": price(record.amount),
        "chargePermissionId": record.permission,
        "captureAmount": price(record.captured),
        "refundedAmount": price(shown_refunded(merchant, record)),
        "softDescriptor": record.soft_descriptor,
        "providerMetadata": {"providerReferenceId": record.provider_reference},
        "convertedAmount": None,
        "conversionRate": None,
        "channel": record.channel,
        "chargeInitiator": record.initiator,
        "statusDetails": status(record),
        "creationTimestamp": stamp(record.created),
        "expirationTimestamp": sight.expiry(record),
        "releaseEnvironment": merchant.environment,
        "merchantMetadata": metadata(record.metadata),
        "platformId": record.platform,
        "webCheckoutDetails": None
        if record.result_url is None
        else {
            "checkoutReviewReturnUrl": None,
            "checkoutResultReturnUrl": record.result_url,
            "amazonPayRedirectUrl": None,
            "checkoutCancelUrl": None,
        },
    }
    return hide(body, sight.hidden[record.object, "v2", record.state])


def refund(record: Refund, merchant: Merchant, sight: Sight) -> dict[str, Any]:
    """Return a Refund."""
    body: dict[str, Any] = {
        "refundId": record.id,
        "chargeId": record.charge,
        "creationTimestamp": stamp(record.created),
        "refundAmount": price(record.amount),
        "statusDetails": status(record),
        "softDescriptor": record.soft_descriptor,
        "releaseEnvironment": merchant.environment,
    }
    return hide(body, sight.hidden[record.object, "v2", record.state])


def buyer(token: Token) -> dict[str, Any]:
    """Return a Buyer: everything but the id is null unless sign-in asked for its scope."""
    profile, shipping = token.wallet.buyer, token.wallet.shipping
    postal = dict(shipping or {})
    asked = token.scopes
    return {
        "buyerId": profile["buyerId"],
        "name": profile["name"] if "name" in asked else None,
        "email": profile["email"] if "email" in asked else None,
        "postalCode": postal.get("postalCode") if "postalCode" in asked else None,
        "countryCode": postal.get("countryCode") if "postalCode" in asked else None,
        "phoneNumber": profile["phoneNumber"] if "phoneNumber" in asked else None,
        "shippingAddress": postal if "shippingAddress" in asked else None,
        "billingAddress": dict(token.wallet.billing or {}) or None
        if "billingAddress" in asked
        else None,
        "primeMembershipTypes": profile["primeMembershipTypes"],
    }


def dispute(record: Dispute, merchant: Merchant, sight: Sight) -> dict[str, Any]:
    """Return a Dispute: the members that Amazon's own test of its Node SDK asserts, then the rest.

    The status has a resolution besides what others have.
    """
    body = {
        "disputeId": record.id,
        "chargeId": record.charge,
        "disputeType": "Chargeback",
        "disputeAmount": price(record.amount),
        "filingReason": record.filing_reason,
        "resolutionAuthority": "AmazonPay",
        "statusDetails": {**status(record), "resolution": record.resolution},
        "merchantResponseDeadline": stamp(record.deadline),
        "releaseEnvironment": merchant.environment,
        "merchantEvidences": [dict(evidence) for evidence in record.evidences],
        "creationTimestamp": stamp(record.created),
    }
    return hide(body, sight.hidden[record.object, "v2", record.state])


def permission_expiry(record: Permission, sight: Sight) -> str | None:
    """Return when a permission expires: never for a payment method on file (documented)."""
    if record.kind == "OneTime":
        return sight.expiry(record, "extended-expiry" if record.extended else "expiry")
    return sight.expiry(record, "recurring-expiry") if record.kind == "Recurring" else None


def recurring(record: Session | Permission) -> dict[str, Any]:
    """Return recurringMetadata: the value of the frequency is a string (observed).

    Of a permission of another kind it is an object of nulls.
    """
    frequency = None
    if record.kind != "Recurring":
        return {"frequency": None, "amount": None}
    if record.frequency:
        unit, value = record.frequency
        frequency = {"unit": unit, "value": value}
    return {"frequency": frequency, "amount": price(record.recurring_amount)}


def on_file(record: Session | Permission) -> dict[str, bool] | None:
    """Return paymentMethodOnFileMetadata, or null for any other kind of permission."""
    if record.kind != "PaymentMethodOnFile":
        return None
    return {"setupOnly": bool(record.setup_only)}
