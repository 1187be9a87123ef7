"""Reckons with money: within one object, and between a permission, its charges and refunds."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from pay_conformance.checks.history import History, Money
from pay_conformance.checks.registry import check, held
from pay_conformance.checks.values import Price, price
from pay_conformance.checks.view import View
from pay_conformance.contract import Contract
from pay_conformance.findings import Finding, Outcome

WHOLE_YEN: Final = "FMT-MONEY-001"
ONE_CURRENCY: Final = "FMT-MONEY-002"
WITHIN_AUTHORIZED: Final = "CH-MONEY-001"
REFUNDED: Final = "CH-MONEY-002"
REFUND_SUM: Final = "RF-MONEY-001"
WITHIN_LIMIT: Final = "CP-MONEY-001"
CAPTURE_SUM: Final = "CP-MONEY-002"
BALANCE: Final = "CP-MONEY-003"
MOST_AUTHORIZED: Final = "LIM-AMT-001"
MOST_REFUNDED: Final = "LIM-REF-003"

_MONEY: Final = {
    "checkout-session": ("/paymentDetails/chargeAmount", "/paymentDetails/totalOrderAmount"),
    "charge": ("/chargeAmount", "/captureAmount", "/refundedAmount"),
    "refund": ("/refundAmount",),
    "charge-permission": ("/limits/amountLimit", "/limits/amountBalance"),
}
_OPEN = frozenset({"AuthorizationInitiated", "Authorized", "CaptureInitiated"})


@check(WHOLE_YEN)
def amounts_fit_their_currency(view: View, _history: History) -> Iterator[Outcome]:
    """A yen amount is a whole number of yen, even where zeros are written after the point."""
    for pointer in _MONEY.get(view.object, ()):
        found = price(view.at(pointer))
        if found is None or _digits(view.contract, found.currency) > 0:
            continue
        if found.amount == found.amount.to_integral_value():
            yield held(WHOLE_YEN)
        else:
            yield Finding(
                WHOLE_YEN,
                f"{found.currency} has no smaller unit",
                view.pointer(f"{pointer}/amount"),
                "a whole number",
                view.at(f"{pointer}/amount"),
            )


@check(ONE_CURRENCY)
def an_object_has_one_currency(view: View, history: History) -> Iterator[Outcome]:
    """A charge, its captures, refunds and permission all have one currency."""
    expected, whose = _expected_currency(view, history)
    for pointer in _MONEY.get(view.object, ()):
        found = price(view.at(pointer))
        if found is None:
            continue
        if not expected:
            expected, whose = found.currency, pointer.rpartition("/")[2]
            continue
        if found.currency == expected:
            yield held(ONE_CURRENCY)
        else:
            yield Finding(
                ONE_CURRENCY,
                f"{pointer.rpartition('/')[2]} is in {found.currency}, {whose} in {expected}",
                view.pointer(f"{pointer}/currencyCode"),
                expected,
                found.currency,
            )


@check(WITHIN_AUTHORIZED, MOST_AUTHORIZED)
def captures_stay_within_the_authorization(view: View, _history: History) -> Iterator[Outcome]:
    """No more is captured than was authorized, and no more authorized than a charge may have."""
    if view.object != "charge":
        return
    authorized, captured = price(view.at("/chargeAmount")), price(view.at("/captureAmount"))
    if authorized is None:
        return
    if captured is not None and captured.currency == authorized.currency:
        yield _at_most(
            view,
            WITHIN_AUTHORIZED,
            "/captureAmount",
            captured,
            authorized.amount,
            "more is captured than was authorized",
        )
    yield from _limited(view, "charge-amount", MOST_AUTHORIZED, "/chargeAmount", authorized)


@check(REFUNDED)
def refunds_stay_within_the_capture(view: View, _history: History) -> Iterator[Outcome]:
    """No more is refunded than was captured, plus the allowance that Amazon grants."""
    if view.object != "charge":
        return
    captured, refunded = price(view.at("/captureAmount")), price(view.at("/refundedAmount"))
    if refunded is None or refunded.amount == 0:
        if refunded is not None:
            yield held(REFUNDED)
        return
    most = _refundable(view.contract, captured) if captured else Decimal(0)
    yield _at_most(
        view, REFUNDED, "/refundedAmount", refunded, most, "more is refunded than may be"
    )


@check(REFUND_SUM, MOST_REFUNDED)
def refunds_add_up(view: View, history: History) -> Iterator[Outcome]:
    """All refunds of a charge together stay within its capture and the allowance."""
    amount = price(view.at("/refundAmount")) if view.object == "refund" else None
    charge, name = view.at("/chargeId"), view.at("/refundId")
    if amount is None:
        return
    yield from _limited(view, "refund-amount", MOST_REFUNDED, "/refundAmount", amount)
    known = history.objects.get(("charge", charge)) if isinstance(charge, str) else None
    captured = price(known.body.get("captureAmount")) if known is not None else None
    if captured is None or captured.currency != amount.currency or view.state == "Declined":
        return
    others = history.refunds.get(charge, {})
    total = amount.amount + sum(
        part for key, (part, state) in others.items() if key != name and state != "Declined"
    )
    most = _refundable(view.contract, captured)
    if total <= most:
        yield held(REFUND_SUM)
    else:
        yield Finding(
            REFUND_SUM,
            f"the refunds of {charge} add up to {total} {amount.currency}, and {captured} "
            "was captured",
            "/refundAmount/amount",
            f"at most {most} in all",
            str(total),
        )


@check(WITHIN_LIMIT)
def balance_stays_within_the_limit(view: View, _history: History) -> Iterator[Outcome]:
    """What is left of a permission is neither more than its limit nor less than nothing."""
    limit, balance = price(view.at("/limits/amountLimit")), price(view.at("/limits/amountBalance"))
    if view.object != "charge-permission" or limit is None or balance is None:
        return
    if 0 <= balance.amount <= limit.amount:
        yield held(WITHIN_LIMIT)
    else:
        yield Finding(
            WITHIN_LIMIT,
            f"{balance} is left of a limit of {limit}",
            "/limits/amountBalance/amount",
            f"from 0 to {limit.amount}",
            view.at("/limits/amountBalance/amount"),
        )


@check(CAPTURE_SUM, BALANCE)
def charges_add_up(view: View, history: History) -> Iterator[Outcome]:
    """A one-time permission's captures stay within its limit, and its balance is what is left.

    The balance counts captures, or captures and open charges: documents and recordings leave open
    which. Only where the permission's whole life was seen can it be known from below as well.
    """
    if view.object != "charge-permission" or view.at("/chargePermissionType") != "OneTime":
        return
    limit, balance = price(view.at("/limits/amountLimit")), price(view.at("/limits/amountBalance"))
    name = view.at("/chargePermissionId")
    charges = list(history.charges.get(name, {}).values()) if isinstance(name, str) else []
    if limit is None or not charges or any(each.currency != limit.currency for each in charges):
        return
    captured = sum((each.captured for each in charges), Decimal(0))
    if captured <= limit.amount:
        yield held(CAPTURE_SUM)
    else:
        yield Finding(
            CAPTURE_SUM,
            f"{captured} {limit.currency} was captured on a permission limited to {limit}",
            "/limits/amountLimit/amount",
            f"captures of at most {limit.amount}",
            str(captured),
        )
    if balance is not None:
        yield from _balance(view, limit, balance, captured, charges)


def _balance(
    view: View, limit: Price, balance: Price, captured: Decimal, charges: list[Money]
) -> Iterator[Outcome]:
    most = limit.amount - captured
    held_back = sum((each.authorized for each in charges if each.state in _OPEN), Decimal(0))
    if balance.amount in (most, most - held_back):
        yield held(BALANCE)
    elif balance.amount > most:
        yield Finding(
            BALANCE,
            f"{balance} is left of {limit} although {captured} of it was captured",
            "/limits/amountBalance/amount",
            str(most),
            view.at("/limits/amountBalance/amount"),
        )


def _expected_currency(view: View, history: History) -> tuple[str, str]:
    """Return the currency that related objects have already shown, and whose it is."""
    last = history.before(view)
    if last is not None:
        for pointer in _MONEY[view.object]:
            seen = price(last.at(view, pointer))
            if seen is not None:
                return seen.currency, f"{last.object} {last.id} until now"
    if view.object == "refund":
        charge = history.objects.get(("charge", str(view.at("/chargeId"))))
        paid = price(charge.body.get("chargeAmount")) if charge is not None else None
        if paid is not None:
            return paid.currency, "its charge"
    return "", ""


def _at_most(
    view: View, rule: str, pointer: str, found: Price, most: Decimal, message: str
) -> Outcome:
    if found.amount <= most:
        return held(rule)
    place = f"{pointer}/amount"
    return Finding(
        rule, message, view.pointer(place), f"at most {most} {found.currency}", view.at(place)
    )


def _limited(view: View, limit: str, rule: str, pointer: str, found: Price) -> Iterator[Outcome]:
    most = view.contract.limits[limit].of(found.currency)
    if most is not None:
        message = f"{found} is more than {view.contract.limits[limit].name} allows"
        yield _at_most(view, rule, pointer, found, most, message)


def _refundable(contract: Contract, captured: Price) -> Decimal:
    """Return what may be refunded of a capture: all of it, plus the lesser of share and amount."""
    share = contract.limits["over-refund-share"].of(captured.currency) or Decimal(0)
    extra = captured.amount * share / 100
    most = contract.limits["over-refund-amount"].of(captured.currency)
    return captured.amount + (min(extra, most) if most is not None else extra)


def _digits(contract: Contract, currency: str) -> int:
    return int(contract.limits["currency-digits"].of(currency) or 0)
