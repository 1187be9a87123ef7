"""Reckons with refunds: what a charge was refunded, and what its refunds add up to."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from pay_conformance.checks.history import History
from pay_conformance.checks.registry import check, held
from pay_conformance.checks.values import Price, price
from pay_conformance.checks.view import View
from pay_conformance.contract import Contract
from pay_conformance.findings import Finding, Outcome

TOO_MUCH: Final = "LIM-REF-004"
MOST: Final = "LIM-REF-003"
SUM: Final = "RF-AMT-001"

_EXCEEDED: Final = "TransactionAmountExceeded"


@check(TOO_MUCH, MOST, of=["refund"])
def refunds_stay_within_the_capture(view: View, history: History) -> Iterator[Outcome]:
    """All refunds of a charge together are no more than its capture and the allowance."""
    amount = price(view.at("/refundAmount")) if view.object == "refund" else None
    charge = view.at("/chargeId")
    if amount is None or not isinstance(charge, str) or view.state == "Declined":
        return
    name = view.at("/refundId")
    total = amount.amount + _refunded(history, charge, but=name if isinstance(name, str) else "")
    captured = _captured(view, history, charge)
    if captured is not None and captured.currency == amount.currency:
        most = refundable(view.contract, captured)
        if total > most:
            yield _exceeds(
                TOO_MUCH, f"the refunds of {charge}, of which {captured} was captured", total, most
            )
    ceiling = view.contract.limits["refund-amount"].of(amount.currency)
    if ceiling is not None and total > ceiling:
        yield _exceeds(MOST, f"the refunds of {charge}", total, ceiling)


@check(TOO_MUCH, calls=["createRefund"])
def a_refund_too_many_is_refused(view: View, history: History) -> Iterator[Outcome]:
    """A refund that would exceed what may be refunded is refused as TransactionAmountExceeded."""
    if view.operation is None or view.operation.id != "createRefund" or view.sent is None:
        return
    amount, charge = price(view.sent.get("refundAmount")), view.sent.get("chargeId")
    captured = _captured(view, history, charge) if isinstance(charge, str) else None
    if amount is None or captured is None or captured.currency != amount.currency:
        return
    total = amount.amount + _refunded(history, str(charge))
    refused = view.error is not None and view.error.get("reasonCode") == _EXCEEDED
    if refused and total > refundable(view.contract, captured):
        yield held(TOO_MUCH)


@check(TOO_MUCH, SUM, of=["charge"])
def a_charge_shows_what_was_refunded(view: View, history: History) -> Iterator[Outcome]:
    """A charge's refundedAmount is the sum of its refunds that are not declined.

    A refund that was pending when it was last seen may have been declined since, and one that was
    never seen may be there as well: only what neither explains is a finding. An answer that was
    saved, and is given again, shows the charge as it was before its refunds.
    """
    if view.object != "charge" or history.is_repeat(view):
        return
    shown, captured = price(view.at("/refundedAmount")), price(view.at("/captureAmount"))
    charge = view.at("/chargeId")
    if shown is None or captured is None or not isinstance(charge, str):
        return
    most = refundable(view.contract, captured)
    if shown.amount > most:
        yield Finding(
            TOO_MUCH,
            f"{shown} is refunded of a charge of which {captured} was captured",
            "/refundedAmount/amount",
            f"at most {most}",
            view.at("/refundedAmount/amount"),
        )
    known = history.refunds.get(charge, {}).values()
    if not known or history.before(view, "charge", charge) is None:
        return
    done = sum((amount for amount, state in known if state == "Refunded"), Decimal(0))
    if shown.amount < done:
        yield Finding(
            SUM,
            f"refunds of {done} {shown.currency} are done, and the charge shows {shown}",
            "/refundedAmount/amount",
            f"{done}",
            view.at("/refundedAmount/amount"),
        )
    elif shown.amount == _refunded(history, charge):
        yield held(SUM)


def refundable(contract: Contract, captured: Price) -> Decimal:
    """Return what may be refunded of a capture: all of it, plus the lesser of share and amount."""
    share = contract.limits["over-refund-share"].of(captured.currency) or Decimal(0)
    extra = captured.amount * share / 100
    most = contract.limits["over-refund-amount"].of(captured.currency)
    return captured.amount + (min(extra, most) if most is not None else extra)


def _refunded(history: History, charge: str, but: str = "") -> Decimal:
    known = history.refunds.get(charge, {})
    return sum(
        (amount for name, (amount, state) in known.items() if name != but and state != "Declined"),
        Decimal(0),
    )


def _captured(view: View, history: History, charge: str) -> Price | None:
    known = history.objects.get(("charge", charge))
    return price(known.at(view, "/captureAmount")) if known is not None else None


def _exceeds(rule: str, what: str, total: Decimal, most: Decimal) -> Finding:
    return Finding(
        rule, f"{what} add up to too much", "/refundAmount/amount", f"at most {most}", str(total)
    )
