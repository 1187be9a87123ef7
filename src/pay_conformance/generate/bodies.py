"""Generators of valid request bodies, one for each operation that has a body.

Bodies are written with the names of v2. What a version's schema does not know is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api
from pay_conformance.generate.fields import request_fields
from pay_conformance.generate.values import amounts, prices, sent_amounts, texts, urls

Body = dict[str, Any]
Bodies = SearchStrategy[Body]

_V1_NAMES = {"webCheckoutDetails": "webCheckoutDetail", "paymentDetails": "paymentDetail"}


@dataclass(frozen=True, slots=True)
class Ground:
    """What a request has to fit: the version, the merchant, and the object that it is about.

    ``most`` is the largest amount that can succeed there, by default that of the contract.
    """

    contract: Contract
    api: Api
    currency: str
    store_id: str = ""
    target: str = ""
    most: Decimal | None = None


def bodies(operation: str, ground: Ground) -> Bodies:
    """Generate bodies that the schema of an operation allows and that can succeed.

    Raises:
        KeyError: if the operation has no body.

    """
    known = request_fields(ground.contract, ground.api, operation).children
    return _OF[operation](ground).map(
        lambda body: {
            name: value for name, value in body.items() if _spelt(name, ground.api) in known
        }
    )


def _spelt(name: str, api: Api) -> str:
    return _V1_NAMES.get(name, name) if api == "v1" else name


def _some(required: Mapping[str, Any] | None = None, **optional: Any) -> SearchStrategy[Body]:
    return st.fixed_dictionaries(dict(required or {}), optional=optional)


def _metadata() -> Bodies:
    return _some(
        merchantReferenceId=texts(256),
        merchantStoreName=texts(50),
        noteToBuyer=texts(255),
        customInformation=texts(4096),
    )


def _provider() -> Bodies:
    return _some(providerReferenceId=texts(60))


def _payment(ground: Ground) -> Bodies:
    intents = ["Confirm", "Authorize"]
    if ground.api == "v2":
        intents.append("AuthorizeWithCapture")
    amount = sent_amounts(amounts(ground.contract, ground.currency, most=ground.most))
    members = _some(
        paymentIntent=st.sampled_from(intents),
        canHandlePendingAuthorization=st.booleans(),
        chargeAmount=st.fixed_dictionaries(
            {"amount": amount, "currencyCode": st.just(ground.currency)}
        ),
        softDescriptor=texts(16),
    )
    return members.map(_consistent_payment)


def _consistent_payment(payment: Body) -> Body:
    """Take out what can't go with the intent."""
    intent = payment.get("paymentIntent")
    if intent == "AuthorizeWithCapture":
        payment.pop("canHandlePendingAuthorization", None)
    elif intent is not None:
        payment.pop("softDescriptor", None)
    return payment


def _web(*, first: bool = False) -> Bodies:
    required = {"checkoutReviewReturnUrl": urls()} if first else {}
    optional: dict[str, Any] = {"checkoutResultReturnUrl": urls()}
    if not first:
        optional["checkoutReviewReturnUrl"] = urls()
    return _some(required, **optional)


def _delivery() -> Bodies:
    return _some(
        specialRestrictions=st.lists(
            st.sampled_from(["RestrictPOBoxes", "RestrictPackstations"]), unique=True
        ),
        addressRestrictions=st.fixed_dictionaries(
            {
                "type": st.sampled_from(["Allowed", "NotAllowed"]),
                "restrictions": st.sampled_from(
                    [
                        {"US": {"statesOrRegions": ["WA"], "zipCodes": ["95050", "93405"]}},
                        {"GB": {"zipCodes": ["72046", "72047"]}},
                        {"JP": {}},
                    ]
                ),
            }
        ),
    )


def _create_session(ground: Ground) -> Bodies:
    required = {
        "webCheckoutDetails": _web(first=True),
        "storeId": st.just(ground.store_id),
    }
    scopes = ["name", "email", "phoneNumber", "billingAddress", "postalCode", "shippingAddress"]
    return _some(
        required,
        paymentDetails=_payment(ground),
        merchantMetadata=_metadata(),
        supplementaryData=texts(100),
        platformId=st.sampled_from(["A2IDNSH3EXAMPL", "SP-1"]),
        providerMetadata=_provider(),
        deliverySpecifications=_delivery(),
        chargePermissionType=st.just("OneTime"),
        scopes=st.lists(st.sampled_from(scopes), unique=True, min_size=1),
    )


def _update_session(ground: Ground) -> Bodies:
    return _some(
        webCheckoutDetails=_web(),
        paymentDetails=_payment(ground),
        merchantMetadata=_metadata(),
        supplementaryData=texts(100),
        platformId=st.sampled_from(["A2IDNSH3EXAMPL", "SP-1"]),
        providerMetadata=_provider(),
    )


def _complete(ground: Ground) -> Bodies:
    exact = st.just(str(ground.most))
    return st.fixed_dictionaries(
        {
            "chargeAmount": st.fixed_dictionaries(
                {"amount": sent_amounts(exact), "currencyCode": st.just(ground.currency)}
            )
        }
    )


def _finalize(ground: Ground) -> Bodies:
    return _complete(ground).flatmap(
        lambda body: _some(
            {
                "chargeAmount": st.just(body["chargeAmount"]),
                "paymentIntent": st.sampled_from(["Confirm", "Authorize", "AuthorizeWithCapture"]),
            },
            supplementaryData=texts(100),
        )
    )


def _update_permission(_ground: Ground) -> Bodies:
    return _some(merchantMetadata=_metadata())


def _close(_ground: Ground) -> Bodies:
    return _some({"closureReason": texts(255)}, cancelPendingCharges=st.booleans())


def _create_charge(ground: Ground) -> Bodies:
    required = {
        "chargePermissionId": st.just(ground.target),
        "chargeAmount": prices(ground.contract, ground.currency, most=ground.most),
    }
    return _some(
        required,
        captureNow=st.booleans(),
        softDescriptor=texts(16),
        canHandlePendingAuthorization=st.booleans(),
        platformId=st.sampled_from(["A2IDNSH3EXAMPL", "SP-1"]),
        providerMetadata=_provider(),
        merchantMetadata=_metadata(),
        chargeInitiator=st.sampled_from(["CITU", "MITU", "CITR", "MITR"]),
        channel=st.sampled_from(["Web", "App", "Phone", "PointOfSale", "Alexa"]),
    ).map(_consistent_charge)


def _consistent_charge(charge: Body) -> Body:
    """Take out what needs captureNow, or can't be pending."""
    if charge.get("captureNow") is True:
        charge.pop("canHandlePendingAuthorization", None)
    else:
        charge.pop("softDescriptor", None)
    return charge


def _capture(ground: Ground) -> Bodies:
    price = prices(ground.contract, ground.currency, most=ground.most)
    return _some({"captureAmount": price}, softDescriptor=texts(16))


def _cancel(_ground: Ground) -> Bodies:
    return _some({"cancellationReason": texts(255)})


def _refund(ground: Ground) -> Bodies:
    required = {
        "chargeId": st.just(ground.target),
        "refundAmount": prices(ground.contract, ground.currency, most=ground.most),
    }
    return _some(required, softDescriptor=texts(16))


def _tracker(ground: Ground) -> Bodies:
    # A merchant may use each number once, and where there is one merchant, all stories are its own.
    order = ground.target.replace("-", "") or "4711"
    shipment = st.fixed_dictionaries(
        {
            "trackingNumber": st.sampled_from([f"1Z{order}", order]),
            "carrierCode": st.sampled_from(["UPS", "DHL", "FEDEX"]),
        }
    )
    return st.fixed_dictionaries(
        {"chargePermissionId": st.just(ground.target), "deliveryDetails": st.tuples(shipment)}
    ).map(lambda body: {**body, "deliveryDetails": list(body["deliveryDetails"])})


def _create_dispute(ground: Ground) -> Bodies:
    required = {
        "chargeId": st.just(ground.target),
        "disputeAmount": prices(ground.contract, ground.currency, most=ground.most),
        "filingReason": st.sampled_from(["Fraudulent", "ProductNotReceived", "Other"]),
        "statusDetails": st.just({"state": "ActionRequired"}),
    }
    return _some(required, providerMetadata=_some(providerDisputeId=texts(60)))


def _update_dispute(_ground: Ground) -> Bodies:
    status = _some(
        {
            "state": st.sampled_from(["Resolved", "Closed"]),
            "resolution": st.sampled_from(["BuyerWon", "MerchantWon", "NoFault"]),
        },
        reasonCode=st.sampled_from(["InvestigatorResolved", "MerchantAcceptedDispute"]),
        reasonDescription=texts(100),
    )
    return _some({"statusDetails": status})


def _contest_dispute(_ground: Ground) -> Bodies:
    evidence = st.fixed_dictionaries(
        {
            "evidenceType": st.sampled_from(["Other", "Receipt", "TrackingNumber"]),
            "evidenceText": texts(200),
        }
    )
    return _some({"merchantEvidences": st.lists(evidence, min_size=1, max_size=2)})


def _upload_file(_ground: Ground) -> Bodies:
    return _some(
        {"type": st.sampled_from(["pdf", "jpg", "csv"]), "purpose": st.just("disputeEvidence")}
    )


_OF: Mapping[str, Callable[[Ground], Bodies]] = {
    "createCheckoutSession": _create_session,
    "updateCheckoutSession": _update_session,
    "completeCheckoutSession": _complete,
    "finalizeCheckoutSession": _finalize,
    "updateChargePermission": _update_permission,
    "closeChargePermission": _close,
    "createCharge": _create_charge,
    "captureCharge": _capture,
    "cancelCharge": _cancel,
    "createRefund": _refund,
    "createDeliveryTracker": _tracker,
    "createDispute": _create_dispute,
    "updateDispute": _update_dispute,
    "contestDispute": _contest_dispute,
    "uploadFile": _upload_file,
}

WITH_BODY = tuple(_OF)
"""The operations whose requests have a body, in the order of a payment."""
