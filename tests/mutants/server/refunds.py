"""Wrong Refunds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pay_conformance.contract import Contract
from tests.mutants.model import mutant
from tests.mutants.server.changes import with_limit, with_simulation, with_timer

Body = dict[str, Any]


@mutant(breaks="RF-LIFE-003")
def refund_settles_too_late(contract: Contract) -> Contract:
    """A refund takes an hour in the sandbox."""
    return with_timer(contract, "refund", "settlement", timedelta(hours=1))


@mutant(breaks="LIM-REF-001")
def refund_may_not_exceed_the_capture(contract: Contract) -> Contract:
    """There is no allowance above what was captured."""
    return with_limit(contract, "over-refund-share", "0")


@mutant(breaks=("LIM-REF-002", "LIM-REF-004"))
def allowance_has_no_largest_amount(contract: Contract) -> Contract:
    """The allowance is 15 percent, however much that is."""
    return with_limit(contract, "over-refund-amount", "999999")


@mutant(breaks="LIM-REF-004")
def allowance_is_20_percent(contract: Contract) -> Contract:
    """A refund may exceed the capture by 20 percent."""
    return with_limit(contract, "over-refund-share", "20")


@mutant(breaks="LIM-COUNT-002")
def charge_takes_11_refunds(contract: Contract) -> Contract:
    """The 11th refund of a charge is made."""
    return with_limit(contract, "refunds-per-charge", "11")


@mutant(breaks="RF-NEW-006")
def descriptor_of_a_refund_has_no_prefix(refund: Body) -> None:
    """The soft descriptor comes without AMZ*."""
    refund["softDescriptor"] = "SHOP"


@mutant(breaks="SIM-RF-001")
def refund_is_declined_at_once_for_another_reason(contract: Contract) -> Contract:
    """The simulation ProcessingFailure declines as AmazonRejected."""
    reason = "AmazonRejected"
    return with_simulation(contract, "createRefund", "ProcessingFailure", then_reason=reason)
