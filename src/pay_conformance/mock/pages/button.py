"""What a button sends when it is pressed: verified, judged, and made into a checkout session."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from pay_conformance.mock import sessions
from pay_conformance.mock.buyer_acts import PRODUCTS
from pay_conformance.mock.calls import Call, World
from pay_conformance.mock.control import SIGN_IN_SCOPES
from pay_conformance.mock.json_body import Unreadable, read
from pay_conformance.mock.merchants import Merchants
from pay_conformance.mock.pages.problems import Wrong
from pay_conformance.mock.pages.signatures import explain
from pay_conformance.mock.records import Session
from pay_conformance.mock.refusals import Refused, refusal
from pay_conformance.mock.signature_failures import add, failed
from pay_conformance.mock.store import Merchant
from pay_conformance.mock.validation import body_of
from pay_conformance.signing import Algorithm, Refusal, verify_button

_SIGN_IN_FIELDS = frozenset({"signInReturnUrl", "signInCancelUrl", "storeId", "signInScopes"})


@dataclass(frozen=True, slots=True)
class Button:
    """A press of a button with a signed payload.

    Without ``algorithm`` the older one is meant (observed).
    """

    payload: str
    signature: str
    key_id: str
    merchant_id: str = ""
    algorithm: str = Algorithm.PSS
    product: str = "PayAndShip"


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a sign-in button asks for."""

    return_url: str
    cancel_url: str
    scopes: tuple[str, ...]


def read_button(form: Mapping[str, str]) -> Button:
    """Return the button whose form was sent.

    Raises:
        Refused: ``MissingParameterValue`` if it lacks something.
    """
    for name in ("payloadJSON", "signature", "publicKeyId"):
        if not form.get(name):
            raise Refused("MissingParameterValue", parameter=name)
    return Button(
        form["payloadJSON"],
        form["signature"],
        form["publicKeyId"],
        form.get("merchantId", ""),
        form.get("algorithm") or Algorithm.PSS,
        form.get("productType") or "PayAndShip",
    )


def owner_of(button: Button, merchants: Merchants) -> Merchant:
    """Return the merchant that signed a button.

    Raises:
        Refused: if the button names a key, a merchant or an algorithm that doesn't exist.
        Wrong: ``InvalidSignatureError`` if the signature does not fit, with what it would fit.
    """
    merchant = merchants.by_key.get(button.key_id)
    if merchant is None:
        raise Refused("InvalidParameterValue", parameter="publicKeyId", value=button.key_id[:64])
    if button.merchant_id and button.merchant_id != merchant.id:
        raise Refused(
            "InvalidParameterValue", parameter="merchantId", value=button.merchant_id[:64]
        )
    if button.algorithm not in tuple(Algorithm):
        raise Refused("InvalidParameterValue", parameter="algorithm", value=button.algorithm[:64])
    result = verify_button(button.payload, button.signature, merchant.key, button.algorithm)
    if isinstance(result, Refusal):
        signed = result.string_to_sign.replace("\n", " ")
        message = (
            f"Signature {button.signature} does not match signedString {signed} "
            f"for merchant {merchant.id}"
        )
        hint = explain(button.payload, button.signature, button.algorithm, merchant, merchants)
        wrong = Wrong(403, "InvalidSignatureError", message, (hint,), button.payload)
        _keep(merchant, wrong, result.string_to_sign)
        raise wrong
    return merchant


def judged(world: World, button: Button) -> dict[str, Any]:
    """Return the payload of a checkout button as the body that would create its session.

    It is a create request with one member of its own, ``webCheckoutDetails.checkoutMode``. Where
    the buyer pays on the same visit, no review page is needed (documented).

    Raises:
        Refused: with the reason code of what is wrong with it.
    """
    operation = world.contract.operations("v2")["createCheckoutSession"]
    body = _object(button.payload)
    urls = body.get("webCheckoutDetails")
    at_once = False
    if isinstance(urls, dict):
        urls = dict(urls)
        mode = urls.pop("checkoutMode", None)
        if mode not in (None, "ProcessOrder"):
            raise Refused("InvalidParameterValue", parameter="checkoutMode", value=str(mode)[:64])
        at_once = mode == "ProcessOrder" or body.get("chargePermissionType") == (
            "PaymentMethodOnFile"
        )
        at_once = at_once and not urls.get("checkoutReviewReturnUrl")
        if at_once:
            _require_all(button, body, urls, processes=mode == "ProcessOrder")
            urls["checkoutReviewReturnUrl"] = urls["checkoutResultReturnUrl"]
        body["webCheckoutDetails"] = urls
    valid = dict(body_of(world.contract, operation, json.dumps(body).encode()))
    if at_once:
        details = dict(valid["webCheckoutDetails"])
        del details["checkoutReviewReturnUrl"]
        valid["webCheckoutDetails"] = details
    return valid


def session_of(world: World, merchant: Merchant, button: Button) -> tuple[Session, dict[str, Any]]:
    """Make the session of a checkout button; return it with the body that made it.

    Raises:
        Refused: as Create Checkout Session refuses.
    """
    body = judged(world, button)
    if button.product not in PRODUCTS["v2"]:
        raise Refused("InvalidParameterValue", parameter="productType", value=button.product[:64])
    operation = world.contract.operations("v2")["createCheckoutSession"]
    _, shown = sessions.create(Call(world, merchant, operation, {}, body))
    session = merchant.session(shown["checkoutSessionId"])
    session.product = button.product
    return session, body


def sign_in_of(button: Button) -> SignIn:
    """Return what the payload of a sign-in button asks for.

    Raises:
        Refused: with the reason code of what is wrong with it.
    """
    body = _object(button.payload)
    for name in body:
        if name not in _SIGN_IN_FIELDS:
            raise Refused("UnrecognizedField", field=name)
    for name in ("signInReturnUrl", "storeId"):
        if not body.get(name):
            raise Refused("MissingParameterValue", parameter=name)
    for name in ("signInReturnUrl", "signInCancelUrl"):
        if body.get(name) and not is_url(body[name]):
            raise Refused("InvalidParameterValue", parameter=name, value=str(body[name])[:64])
    scopes = body.get("signInScopes") or ["name", "email"]
    if not isinstance(scopes, list) or not SIGN_IN_SCOPES.issuperset(map(str, scopes)):
        raise Refused("InvalidParameterValue", parameter="signInScopes", value=str(scopes)[:64])
    return SignIn(body["signInReturnUrl"], body.get("signInCancelUrl") or "", tuple(scopes))


def told(world: World, refused: Refused, button: Button | None) -> Wrong:
    """Return what the page shows for a refusal."""
    status, error = refusal(world.contract, refused)
    wrong = Wrong(status, error["reasonCode"], error["message"])
    return replace(wrong, payload=button.payload) if button else wrong


def is_url(value: Any) -> bool:
    """Say whether a value is a web address to which a browser may be sent."""
    if not isinstance(value, str):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _require_all(
    button: Button, body: Mapping[str, Any], urls: Mapping[str, Any], *, processes: bool
) -> None:
    """Refuse a button that lets the buyer pay at once, but lacks what paying needs."""
    if not urls.get("checkoutResultReturnUrl"):
        raise Refused("MissingParameterValue", parameter="checkoutResultReturnUrl")
    if not processes:
        return
    payment = body.get("paymentDetails")
    for name in ("paymentIntent", "chargeAmount"):
        if not isinstance(payment, dict) or not payment.get(name):
            raise Refused("MissingParameterValue", parameter=name)
    if button.product == "PayAndShip" and not body.get("addressDetails"):
        raise Refused("MissingParameterValue", parameter="addressDetails")


def _object(payload: str) -> dict[str, Any]:
    try:
        value = read(payload.encode())
    except (Unreadable, UnicodeEncodeError):
        raise Refused("InvalidRequestFormat") from None
    if not isinstance(value, dict):
        raise Refused("InvalidRequestFormat")
    return value


def _keep(merchant: Merchant, wrong: Wrong, text: str) -> None:
    """Keep a failed signature where the control API shows those of requests."""
    failure = failed(
        request_id="",
        method="POST",
        url="/checkout/start",
        stage="button",
        reason_code=wrong.code,
        message=wrong.message,
        detail="the signature does not fit the button's payload",
        canonical=wrong.payload,
        string_to_sign=text,
    )
    add(merchant, {**failure, "explanation": list(wrong.hints)})
