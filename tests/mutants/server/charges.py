"""Wrong Charges."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Move
from tests.mutants.model import mutant
from tests.mutants.server.changes import (
    with_card,
    with_limit,
    with_move,
    with_operation,
    with_refusal,
    with_simulation,
    with_timer,
    without_moves,
    without_needs,
)

Body = dict[str, Any]


@mutant(breaks=("CH-CAP-003", "CH-CAP-008"))
def captures_more_than_authorized(contract: Contract) -> Contract:
    """Capture does not compare the amount with that of the charge."""
    return without_needs(contract, "charge", "amount within the authorization")


@mutant(breaks=("CH-CAP-009", "FMT-CURRENCY-002"))
def captures_in_any_currency(contract: Contract) -> Contract:
    """Capture does not look at the currency."""
    return without_needs(contract, "charge", "currency is that of the charge")


@mutant(breaks="CH-NEW-008")
def charges_in_any_currency(contract: Contract) -> Contract:
    """Create Charge does not look at the currency."""
    return without_needs(contract, "charge", "currency is that of the charge permission")


@mutant(breaks="CH-NEW-007")
def charge_beyond_the_limit_has_another_reason(contract: Contract) -> Contract:
    """A charge of too much is refused as an invalid status."""
    code = "InvalidChargePermissionStatus"
    return with_refusal(contract, "charge", "amount within the balance", code)


@mutant(breaks="CH-LIFE-007")
def charge_never_expires(contract: Contract) -> Contract:
    """An authorization stays for ever."""
    return without_moves(contract, "charge", timer="expiry")


@mutant(breaks="CH-CAP-002")
def late_capture_is_synchronous(contract: Contract) -> Contract:
    """A capture after 7 days is captured at once."""
    return with_timer(contract, "charge", "late-capture", timedelta(days=29))


@mutant(breaks="CH-CAP-005")
def capture_settles_too_late(contract: Contract) -> Contract:
    """A pending capture takes an hour in the sandbox."""
    changed = with_timer(contract, "charge", "settlement", timedelta(hours=1))
    return with_simulation(changed, "captureCharge", "CaptureInitiated", after=timedelta(hours=1))


@mutant(breaks="CH-CAP-006")
def authorized_charge_shows_a_captured_amount(charge: Body) -> None:
    """captureAmount is zero instead of null before a capture."""
    if charge["captureAmount"] is None and charge["statusDetails"]["state"] == "Authorized":
        charge["refundedAmount"] = {"amount": "0", "currencyCode": "USD"}


@mutant(breaks="CH-NEW-010")
def charge_echoes_the_request(charge: Body) -> None:
    """A charge returns captureNow."""
    charge["captureNow"] = False


@mutant(breaks="CH-LIFE-009")
def canceling_forgets_the_merchant_s_words(charge: Body) -> None:
    """The description of a canceled charge is not what the merchant wrote."""
    if charge["statusDetails"]["reasonCode"] == "MerchantCanceled":
        charge["statusDetails"]["reasonDescription"] = "Canceled."


@mutant(breaks="CH-CAP-013")
def descriptor_has_no_prefix(charge: Body) -> None:
    """The soft descriptor comes without AMZ*."""
    if charge["softDescriptor"]:
        charge["softDescriptor"] = charge["softDescriptor"].removeprefix("AMZ*")


@mutant(breaks="CH-LIFE-008")
def charge_says_that_it_expires_with_its_birth(charge: Body) -> None:
    """The expiration of a charge is its creation."""
    charge["expirationTimestamp"] = charge["creationTimestamp"]


@mutant(breaks="LIM-AMT-001")
def any_amount_is_accepted(contract: Contract) -> Contract:
    """There is no largest amount."""
    return with_limit(contract, "charge-amount", "99999999")


@mutant(breaks="LIM-AMT-002")
def largest_amount_is_a_cent_too_small(contract: Contract) -> Contract:
    """Exactly 150,000 is refused."""
    return with_limit(contract, "charge-amount", "149999.99")


@mutant(breaks="SIM-CH-001")
def soft_decline_is_a_hard_one(contract: Contract) -> Contract:
    """The simulation SoftDeclined declines as HardDeclined."""
    return with_simulation(contract, "createCharge", "SoftDeclined", reason="HardDeclined")


@mutant(breaks="SIM-CARD-003")
def declining_card_works(contract: Contract) -> Contract:
    """The card 3434 pays."""
    return with_card(contract, "3434", effect=None)


@mutant(breaks=("CH-CAP-004", "CH-LIFE-003"), perhaps=("CH-CAP-017",))
def captured_charge_can_be_canceled(contract: Contract) -> Contract:
    """Cancel works on a captured charge."""
    changed = with_operation(contract, "charge", "Captured", "cancelCharge")
    move = Move("Captured", "Canceled", on="cancelCharge", reason="MerchantCanceled")
    return with_move(changed, "charge", move)
