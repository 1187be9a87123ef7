"""Wrong Charge Permissions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pay_conformance.contract import Contract
from tests.mutants.model import mutant
from tests.mutants.server.changes import (
    with_limit,
    with_moves,
    with_operation,
    with_status,
    with_timer,
    without_limit,
    without_moves,
)

Body = dict[str, Any]


@mutant(breaks="CP-LIFE-008")
def permission_outlives_its_expiration(contract: Contract) -> Contract:
    """A one-time permission is still chargeable after 180 days."""
    return without_moves(contract, "charge-permission", timer="expiry")


@mutant(breaks="CP-LIFE-017")
def buyer_is_never_forgotten(contract: Contract) -> Contract:
    """The buyer's details stay readable for two months."""
    return with_timer(contract, "charge-permission", "buyer-details", timedelta(days=60))


@mutant(breaks="CP-LIFE-013")
def buyer_ends_the_permission_as_amazon(contract: Contract) -> Contract:
    """A permission that the buyer ends says that Amazon canceled it."""
    change = {"reason": "AmazonCanceled"}
    return with_moves(contract, "charge-permission", change, on="buyer closes")


@mutant(breaks="CP-OP-002")
def closed_permission_can_be_updated(contract: Contract) -> Contract:
    """Update works on a closed permission."""
    return with_operation(contract, "charge-permission", "Closed", "updateChargePermission")


@mutant(breaks="CP-CLOSE-002")
def closing_forgets_the_merchant_s_words(permission: Body, operation: str) -> None:
    """The description of a closed permission is not what the merchant wrote."""
    if operation == "closeChargePermission":
        permission["statusDetails"]["reasons"][0]["reasonDescription"] = "Closed."


@mutant(breaks="CP-OP-004")
def metadata_is_not_kept(permission: Body, operation: str) -> None:
    """Update answers without the metadata that was sent."""
    if operation == "updateChargePermission":
        permission["merchantMetadata"] = dict.fromkeys(permission["merchantMetadata"])


@mutant(breaks=("CP-AMT-004", "FMT-CURRENCY-002"))
def presentment_currency_is_always_pounds(permission: Body) -> None:
    """A permission in dollars says that it is in pounds."""
    permission["presentmentCurrency"] = "GBP"


@mutant(breaks="CP-LIFE-009")
def permission_expires_a_day_late(permission: Body) -> None:
    """The expiration of a permission is a day off."""
    stamp = permission["expirationTimestamp"]
    if stamp:
        permission["expirationTimestamp"] = (
            f"{stamp[:9]}{(int(stamp[9:11]) + 1) % 24:02}{stamp[11:]}"
        )


@mutant(breaks="LIM-COUNT-001")
def permission_takes_24_charges(contract: Contract) -> Contract:
    """The 25th charge of a permission is refused."""
    return with_limit(contract, "charges-per-one-time-permission", "24")


@mutant(breaks="LIM-COUNT-001")
def permission_takes_any_number_of_charges(contract: Contract) -> Contract:
    """The 26th charge of a permission is made."""
    return without_limit(contract, "charges-per-one-time-permission")


@mutant(breaks="LIM-AMT-003")
def overcharge_is_only_double(contract: Contract) -> Contract:
    """allowOvercharge widens the limit to 200 percent."""
    return with_limit(contract, "overcharge-share", "200")


@mutant(breaks="LIM-MONTH-001")
def recurring_limit_is_ten_times_too_high(contract: Contract) -> Contract:
    """Recurring charges have a limit of 10,000 a month."""
    return with_limit(contract, "recurring-per-month", "10000000")


@mutant(breaks=("CP-OP-002", "ERR-BODY-003"))
def closed_permission_is_refused_with_409(contract: Contract) -> Contract:
    """ChargePermissionNotModifiable comes with 409."""
    return with_status(contract, "ChargePermissionNotModifiable", 409)
