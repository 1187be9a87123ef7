"""Wrong Checkout Sessions."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pay_conformance.contract import Contract
from tests.mutants.model import mutant
from tests.mutants.server.changes import (
    with_lifecycle,
    with_moves,
    with_operation,
    with_refusal,
    with_timer,
    without_moves,
    without_needs,
)

Body = dict[str, Any]


@mutant(breaks="CS-TIME-002")
def session_says_that_it_lives_23_hours(session: Body) -> None:
    """The session says that it expires an hour early."""
    if session["expirationTimestamp"]:
        session["expirationTimestamp"] = _an_hour_before(session["expirationTimestamp"])


@mutant(breaks="CS-FIELD-030")
def addresses_are_objects(session: Body) -> None:
    """shippingAddressList has the addresses themselves, not their JSON texts."""
    if session.get("shippingAddressList"):
        session["shippingAddressList"] = [json.loads(t) for t in session["shippingAddressList"]]


@mutant(breaks="CS-FIELD-031")
def shares_have_no_price(session: Body) -> None:
    """The shares of an order to several addresses come back without their prices."""
    for share in session.get("multiAddressesCheckoutMetadata") or ():
        del share["price"]


@mutant(breaks=("CS-LIFE-005", "CS-LIFE-019", "CS-COMP-007"))
def session_never_expires(contract: Contract) -> Contract:
    """A session that is left alone stays Open."""
    return without_moves(contract, "checkout-session", timer="expiry")


@mutant(breaks="CS-LIFE-016")
def session_is_kept_for_ever(contract: Contract) -> Contract:
    """A session is never deleted."""
    return with_lifecycle(contract, "checkout-session", forgotten="")


@mutant(breaks="CS-LIFE-016")
def session_is_deleted_a_day_early(contract: Contract) -> Contract:
    """A session is deleted after 29 days."""
    return with_timer(contract, "checkout-session", "deletion", timedelta(days=29))


@mutant(breaks="CS-LIFE-006")
def expired_session_says_declined(contract: Contract) -> Contract:
    """A session that expires says that it was declined."""
    return with_moves(contract, "checkout-session", {"reason": "Declined"}, timer="expiry")


@mutant(breaks="CS-COMP-002")
def completes_with_any_amount(contract: Contract) -> Contract:
    """Complete does not compare the amount with that of the session."""
    return without_needs(contract, "checkout-session", "amounts match")


@mutant(breaks="CS-COMP-002")
def wrong_amount_has_another_reason(contract: Contract) -> Contract:
    """A wrong amount is refused as an invalid parameter."""
    code = "InvalidCheckoutSessionStatus"
    return with_refusal(contract, "checkout-session", "amounts match", code)


@mutant(breaks="CS-COMP-005")
def completes_without_the_buyer(contract: Contract) -> Contract:
    """Complete does not ask whether the buyer approved."""
    return without_needs(contract, "checkout-session", "buyer approved")


@mutant(breaks=("CS-UPD-001", "CS-UPD-002"))
def canceled_session_can_be_updated(contract: Contract) -> Contract:
    """Update works on a canceled session."""
    return with_operation(contract, "checkout-session", "Canceled", "updateCheckoutSession")


@mutant(breaks="CS-LIFE-018")
def canceled_session_does_not_explain(session: Body) -> None:
    """A canceled session has no description of its reason."""
    session["statusDetails"]["reasonDescription"] = None


@mutant(breaks="CS-CONS-007")
def constraint_is_described_otherwise(contract: Contract) -> Contract:
    """A constraint comes with a text of its own."""
    rules = tuple(
        replace(rule, description=rule.description + "!") for rule in contract.constraints
    )
    return contract.replaced(constraints=rules)


@mutant(breaks="CS-CONS-005")
def constraints_come_in_another_order(contract: Contract) -> Contract:
    """Constraints are listed last first."""
    return contract.replaced(constraints=tuple(reversed(contract.constraints)))


@mutant(breaks="CS-NEW-010")
def pending_authorization_is_the_default(session: Body, operation: str) -> None:
    """A new session says that it can handle pending authorizations."""
    if operation == "createCheckoutSession":
        session["paymentDetails"]["canHandlePendingAuthorization"] = True


@mutant(breaks="CS-NEW-006")
def product_type_is_known_too_early(session: Body, operation: str) -> None:
    """A session has a productType before the buyer used the button."""
    if operation == "createCheckoutSession":
        session["productType"] = "PayAndShip"


@mutant(breaks="CS-UPD-003")
def presentment_currency_stays_empty(session: Body) -> None:
    """An update of the amount does not set the presentment currency."""
    if session["paymentDetails"]:
        session["paymentDetails"]["presentmentCurrency"] = None


@mutant(breaks="CS-TIME-005")
def session_does_not_say_when_it_changed(session: Body) -> None:
    """lastUpdatedTimestamp is always the creation."""
    session["statusDetails"]["lastUpdatedTimestamp"] = session["creationTimestamp"]


@mutant(breaks="FMT-TIME-001")
def timestamps_have_dashes(session: Body) -> None:
    """creationTimestamp is in the extended form of ISO 8601."""
    stamp = session["creationTimestamp"]
    session["creationTimestamp"] = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:]}"


@mutant(breaks="CS-LIFE-007")
def buyer_who_turns_back_is_declined(contract: Contract) -> Contract:
    """Leaving the hosted page cancels as Declined."""
    return with_moves(contract, "checkout-session", {"reason": "Declined"}, on="buyer cancels")


def _an_hour_before(stamp: str) -> str:
    moment = datetime.strptime(stamp, "%Y%m%dT%H%M%S%z") - timedelta(hours=1)
    return f"{moment:%Y%m%dT%H%M%SZ}"
