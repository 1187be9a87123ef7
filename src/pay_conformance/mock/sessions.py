"""Checkout sessions: created, filled, approved by the buyer, and concluded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pay_conformance.contract.model import Simulation
from pay_conformance.mock import charges, permissions, render_v2
from pay_conformance.mock.calls import Answer, Call, World, metadata_of
from pay_conformance.mock.life import required
from pay_conformance.mock.money import Money, money
from pay_conformance.mock.moves import Guards
from pay_conformance.mock.records import Session
from pay_conformance.mock.refusals import Refused
from pay_conformance.mock.show import show
from pay_conformance.mock.store import Merchant

Some = TypeVar("Some")


def create(call: Call) -> Answer:
    """Create Checkout Session."""
    merchant, body = call.merchant, call.body
    session = Session(merchant.ids.uuid(), call.operation.api, call.now, store=body["storeId"])
    while session.id in merchant.sessions:
        session.id = merchant.ids.uuid()
    # A recorded session that was given its amount at creation still has no presentment currency.
    _fill(call.world, session, body)
    payment = body.get("paymentDetails") or {}
    session.presentment = payment.get("presentmentCurrency")
    session.delivery = body.get("deliverySpecifications")
    scopes = body.get("scopes")
    session.scopes = tuple(scopes) if scopes is not None else None
    on_file = body.get("paymentMethodOnFileMetadata")
    if on_file is not None:
        session.setup_only = on_file.get("setupOnly") in (True, "true")
    merchant.sessions[session.id] = session
    required(call.life.on(merchant, session, call.operation.id, {}), "RequestNotSupported")
    return call.operation.success, show(call, session)


def read(call: Call) -> Answer:
    """Get Checkout Session."""
    return call.operation.success, show(call, _asked(call))


def update(call: Call) -> Answer:
    """Update Checkout Session, until the buyer has approved what it says."""
    session = _asked(call)
    call.life.moves.require(session, call.operation.id)
    if session.approved:
        raise Refused(call.life.moves.life(session).refusals[call.operation.id])
    _fill(call.world, session, call.body)
    if (call.body.get("paymentDetails") or {}).get("chargeAmount") and session.amount:
        session.presentment = session.amount.currency
    session.updated = call.now
    call.merchant.touch(session)
    return call.operation.success, show(call, session)


def complete(call: Call) -> Answer:
    """Complete Checkout Session: the merchant confirms what the buyer approved."""
    session = _asked(call)
    if call.body.get("chargeAmount") is None and not session.setup_only:
        raise Refused("MissingParameterValue", parameter="chargeAmount")
    call.life.moves.require(session, call.operation.id)
    return _concluded(call, session), show(call, session)


def finalize(call: Call) -> Answer:
    """Finalize Checkout Session: as Complete, for a checkout that the shop's page drove itself."""
    session = _asked(call)
    call.life.moves.require(session, call.operation.id)
    asked = money(call.body["chargeAmount"])
    before = session.amount, session.intent, session.pending
    if session.amount is None:
        session.amount = asked
    if _same(asked, session.amount):
        session.intent = call.body["paymentIntent"]
        session.pending = bool(call.body.get("canHandlePendingAuthorization", session.pending))
    try:
        status = _concluded(call, session)
    except Refused:
        session.amount, session.intent, session.pending = before
        raise
    return status, render_v2.finalized(session, call.merchant, call.world.sight)


def conclude(
    world: World,
    merchant: Merchant,
    session: Session,
    *,
    on: str,
    guards: Guards,
    effect: Simulation | None,
) -> bool:
    """Complete a session: make its permission and, unless only confirmed, its charge.

    Return whether the authorization is pending.

    Raises:
        Refused: if the session can't be completed by that operation or event.
    """
    life = world.life
    move = life.moves.choose(session, on, guards, merchant.time.now(), _amounts(session))
    if move is None:
        raise Refused("InvalidCheckoutSessionStatus")
    permission = permissions.prepare(world, merchant, session)
    pending = False
    if session.amount is not None and session.intent not in (None, "Confirm"):
        asked = charges.Asked(
            session.amount,
            capture=session.intent == "AuthorizeWithCapture",
            pending=session.pending,
            soft_descriptor=session.soft_descriptor,
            effect=effect,
        )
        given = {
            "platformId": session.platform,
            "providerMetadata": {"providerReferenceId": session.provider_reference},
        }
        charge = charges.bear(world, merchant, permission, on=on, asked=asked, given=given)
        session.charge = charge.id
        pending = charge.state == "AuthorizationInitiated"
    born = life.on(merchant, permission, on, life.permission_guards(merchant, permission))
    required(born, "RequestNotSupported")
    session.permission = permission.id
    life.go(merchant, session, move.target, move.reason)
    return pending


def effect_of_card(world: World, session: Session) -> Simulation | None:
    """Return what the buyer's card does to the charge of a session.

    Raises:
        Refused: if the card decides late, but the session doesn't allow that.
    """
    card = world.cards.get(session.wallet.card) if session.wallet else None
    effect = card.effect if card else None
    if effect is None or effect.object != "charge":
        return None
    guards = _charge_guards(session)
    if not all(guards[need]() for need in effect.needs):
        raise Refused("InvalidSandboxSimulationSpecified", code=effect.code or effect.state)
    return effect


def _concluded(call: Call, session: Session) -> int:
    merchant, life = call.merchant, call.life
    guards = _guards(call, session)
    life.moves.choose(session, call.operation.id, guards, call.now, _amounts(session, call))
    wanted = call.simulated(_charge_guards(session))
    if wanted is not None and wanted.object == session.object:
        life.simulate(merchant, session, wanted)
        raise Refused(wanted.answers or "CheckoutSessionCanceled")
    effect = wanted or effect_of_card(call.world, session)
    pending = conclude(
        call.world, merchant, session, on=call.operation.id, guards=guards, effect=effect
    )
    return max(call.operation.responds) if pending else call.operation.success


def _guards(call: Call, session: Session) -> Guards:
    constraints = call.life.constraints

    def match() -> bool:
        pairs = [
            (call.body.get("chargeAmount"), session.amount),
            (call.body.get("totalOrderAmount"), session.total),
        ]
        return all(given is None or _same(money(given), own) for given, own in pairs)

    return {
        "no constraint remains": lambda: not constraints.remaining(session),
        "buyer approved": lambda: session.approved,
        "amounts match": match,
    }


def _charge_guards(session: Session) -> Guards:
    return {
        "pending authorization allowed": lambda: session.pending and session.intent == "Authorize",
        "capture now": lambda: session.intent == "AuthorizeWithCapture",
    }


def _same(given: Money, own: Money | None) -> bool:
    """Compare by value: a plugin that works sends 475.45 as a number for a session's "475.45"."""
    return own is not None and given.value == own.value and given.currency == own.currency


def _amounts(session: Session, call: Call | None = None) -> dict[str, str]:
    given = (call.body.get("chargeAmount") or {}).get("amount") if call else None
    return {
        "amount": str(given) if given is not None else "",
        "expected": session.amount.text if session.amount else "",
    }


def _asked(call: Call) -> Session:
    return call.merchant.session(call.parameters["checkoutSessionId"])


def _fill(world: World, session: Session, body: Mapping[str, Any]) -> None:
    """Take what a request names into a session.

    A null is taken as not sent: clients that serialise whole objects send nulls for what their
    caller left alone.
    """
    # First what can be refused, so that a refused request changes nothing.
    _fill_payment(world, session, body.get("paymentDetails") or {})
    urls = body.get("webCheckoutDetails") or {}
    session.review_url = urls.get("checkoutReviewReturnUrl") or session.review_url
    session.result_url = urls.get("checkoutResultReturnUrl") or session.result_url
    session.cancel_url = urls.get("checkoutCancelUrl") or session.cancel_url
    recurring = body.get("recurringMetadata") or {}
    session.kind = body.get("chargePermissionType") or session.kind
    session.frequency = permissions.frequency_of(recurring) or session.frequency
    if recurring.get("amount"):
        session.recurring_amount = money(recurring["amount"])
    session.metadata = metadata_of(body.get("merchantMetadata"), session.metadata)
    session.supplementary = _either(body.get("supplementaryData"), session.supplementary)
    session.platform = _either(body.get("platformId"), session.platform)
    provider = body.get("providerMetadata") or {}
    reference = provider.get("providerReferenceId")
    session.provider_reference = _either(reference, session.provider_reference)
    shares = body.get("multiAddressesCheckoutMetadata")
    if shares:
        session.shares = tuple(
            (share["addressId"], money(share["price"])) for share in shares if share.get("price")
        )


def _fill_payment(world: World, session: Session, payment: Mapping[str, Any]) -> None:
    amount = money(payment["chargeAmount"]) if payment.get("chargeAmount") else session.amount
    total = money(payment["totalOrderAmount"]) if payment.get("totalOrderAmount") else session.total
    for given in (amount, total):
        if given is not None:
            world.limit("charge-amount", given.currency, given)
    if amount and total and amount.currency != total.currency:
        # The catalogue has no CurrencyMismatch for Create Checkout Session.
        parameters = f"chargeAmount in {amount.currency}, totalOrderAmount in {total.currency}"
        raise Refused("InvalidParameterCombination", parameters=parameters)
    intent = payment.get("paymentIntent") or session.intent
    asked = payment.get("canHandlePendingAuthorization")
    pending = session.pending if asked is None else bool(asked)
    if pending and intent == "AuthorizeWithCapture":
        raise Refused(
            "InvalidParameterCombination",
            parameters="paymentIntent AuthorizeWithCapture and canHandlePendingAuthorization",
        )
    session.amount, session.total, session.intent, session.pending = amount, total, intent, pending
    session.soft_descriptor = _either(payment.get("softDescriptor"), session.soft_descriptor)
    session.overcharge = _either(payment.get("allowOvercharge"), session.overcharge)
    session.extended = _either(payment.get("extendExpiration"), session.extended)


def _either(given: Some | None, before: Some | None) -> Some | None:
    """Return what was given, be it empty or false, and otherwise what there was before."""
    return before if given is None else given
