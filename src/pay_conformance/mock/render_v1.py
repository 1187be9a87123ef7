"""Shows records as v1 does: singular names, fewer members, the billing address with the card.

Members and their order are those of the bodies recorded in 2020.
"""

from __future__ import annotations

from typing import Any

from pay_conformance.mock.clock import stamp
from pay_conformance.mock.facts import shown_refunded
from pay_conformance.mock.records import Charge, Permission, Refund, Session, Wallet
from pay_conformance.mock.render_v2 import permission_expiry
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

NAMES = {
    "/webCheckoutDetails": "/webCheckoutDetail",
    "/paymentDetails": "/paymentDetail",
    "/statusDetails": "/statusDetail",
    "/limits/amountLimit": "/chargeAmountLimit",
}
"""How v1 spells what the contract's pointers name as in v2 (Amazon's migration guide)."""

CANCELED = (
    "/webCheckoutDetail",
    "/productType",
    "/paymentDetail",
    "/merchantMetadata",
    "/supplementaryData",
    "/platformId",
    "/constraints",
    "/expirationTimestamp",
    "/storeId",
    "/providerMetadata",
    "/releaseEnvironment",
    "/deliverySpecifications",
)
"""Null in a canceled session: it "will only return state and reasonCode" (documents of 2020)."""


def session(record: Session, merchant: Merchant, sight: Sight) -> dict[str, Any]:
    """Return a Checkout Session."""
    wallet = record.wallet
    remaining = constraints(record, sight)
    body: dict[str, Any] = {
        "checkoutSessionId": record.id,
        "webCheckoutDetail": {
            "checkoutReviewReturnUrl": record.review_url,
            "checkoutResultReturnUrl": record.result_url,
            "amazonPayRedirectUrl": redirect_url(record, merchant, sight, remaining),
        },
        "productType": record.product,
        "paymentDetail": {
            "paymentIntent": record.intent,
            "canHandlePendingAuthorization": record.pending,
            "chargeAmount": price(record.amount),
            "softDescriptor": record.soft_descriptor,
            "presentmentCurrency": record.presentment,
        },
        "merchantMetadata": metadata(record.metadata),
        "supplementaryData": record.supplementary,
        "buyer": _buyer(wallet),
        "paymentPreferences": [_preference(wallet, sight) if wallet else None],
        "statusDetail": status(record),
        "shippingAddress": dict(wallet.shipping) if wallet and wallet.shipping else None,
        "platformId": record.platform,
        "chargePermissionId": record.permission,
        "chargeId": record.charge,
        "constraints": remaining,
        "creationTimestamp": stamp(record.created),
        "expirationTimestamp": sight.expiry(record),
        "storeId": record.store,
        "providerMetadata": {"providerReferenceId": record.provider_reference},
        "releaseEnvironment": merchant.environment,
        "deliverySpecifications": record.delivery,
    }
    _hide(body, record.object, record.state, sight)
    return hide(body, CANCELED) if record.state == "Canceled" else body


def permission(record: Permission, merchant: Merchant, sight: Sight) -> dict[str, Any]:
    """Return a Charge Permission; its limit is one price."""
    wallet = record.wallet
    body: dict[str, Any] = {
        "chargePermissionId": record.id,
        "chargePermissionReferenceId": None,
        "platformId": record.platform,
        "buyer": _buyer(wallet),
        "shippingAddress": dict(wallet.shipping) if wallet and wallet.shipping else None,
        "paymentPreferences": [_preference(wallet, sight)],
        "statusDetail": permission_status(record),
        "creationTimestamp": stamp(record.created),
        "expirationTimestamp": permission_expiry(record, sight),
        "merchantMetadata": metadata(record.metadata),
        "releaseEnvironment": merchant.environment,
        "chargeAmountLimit": price(record.limit),
        "presentmentCurrency": record.currency,
    }
    return _hide(body, record.object, record.state, sight)


def charge(record: Charge, merchant: Merchant, sight: Sight) -> dict[str, Any]:
    """Return a Charge."""
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
        "statusDetail": status(record),
        "creationTimestamp": stamp(record.created),
        "expirationTimestamp": sight.expiry(record),
        "releaseEnvironment": merchant.environment,
    }
    return _hide(body, record.object, record.state, sight)


def refund(record: Refund, merchant: Merchant, sight: Sight) -> dict[str, Any]:
    """Return a Refund.

    creationTimestamp is a timestamp as the documents say; the one recording has a number there.
    """
    body: dict[str, Any] = {
        "refundId": record.id,
        "chargeId": record.charge,
        "creationTimestamp": stamp(record.created),
        "refundAmount": price(record.amount),
        "statusDetail": status(record),
        "softDescriptor": record.soft_descriptor,
        "releaseEnvironment": merchant.environment,
    }
    return _hide(body, record.object, record.state, sight)


def _buyer(wallet: Wallet | None) -> dict[str, Any] | None:
    return {name: wallet.buyer[name] for name in ("name", "email", "buyerId")} if wallet else None


def _preference(wallet: Wallet | None, sight: Sight) -> dict[str, Any]:
    return {
        "billingAddress": dict(wallet.billing) if wallet and wallet.billing else None,
        "paymentDescriptor": sight.descriptors[wallet.card] if wallet else None,
    }


def _hide(body: dict[str, Any], name: str, state: str, sight: Sight) -> dict[str, Any]:
    pointers = sight.hidden[name, "v1", state]
    return hide(body, tuple(NAMES.get(pointer, pointer) for pointer in pointers))
