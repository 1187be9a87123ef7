"""Reckons with money: within one object, and between a permission, its charges and refunds."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from pay_conformance.checks.history import History, Money, identity
from pay_conformance.checks.registry import Fact, check, held
from pay_conformance.checks.values import Price, price
from pay_conformance.checks.view import View
from pay_conformance.findings import Finding, Outcome

WHOLE_YEN: Final = "FMT-AMOUNT-007"
ONE_CURRENCY: Final = "FMT-CURRENCY-002"
WITHIN_AUTHORIZED: Final = "CH-CAP-008"
MOST_AUTHORIZED: Final = "LIM-AMT-001"
CAPTURE_SUM: Final = "LIM-AMT-004"
NOTHING_REFUNDED: Final = "CH-CAP-012"
PROMISED: Final = "CS-COMP-017"
WITHIN_LIMIT: Final = "CP-AMT-003"
BALANCE: Final = "CP-AMT-002"

_MONEY: Final = {
    "checkout-session": ("/paymentDetails/chargeAmount", "/paymentDetails/totalOrderAmount"),
    "charge": ("/chargeAmount", "/captureAmount", "/refundedAmount"),
    "refund": ("/refundAmount",),
    "dispute": ("/disputeAmount",),
    "charge-permission": ("/limits/amountLimit", "/limits/amountBalance"),
}
_OPEN = frozenset({"AuthorizationInitiated", "Authorized", "CaptureInitiated"})


@check(WHOLE_YEN, of=["refund"])
def refunded_yen_are_whole(view: View, _history: History) -> Iterator[Outcome]:
    """A refund in yen is a whole number of yen, even where zeros are written after the point.

    Elsewhere the schemas let yen have no decimals at all.
    """
    found = price(view.at("/refundAmount")) if view.object == "refund" else None
    if found is None or view.contract.limits["currency-digits"].of(found.currency) != 0:
        return
    if found.amount == found.amount.to_integral_value():
        yield held(WHOLE_YEN)
    else:
        yield Finding(
            WHOLE_YEN,
            f"{found.currency} has no smaller unit",
            "/refundAmount/amount",
            "a whole number",
            view.at("/refundAmount/amount"),
        )


@check(ONE_CURRENCY, of=_MONEY)
def an_object_has_one_currency(view: View, history: History) -> Iterator[Outcome]:
    """A charge, its captures, refunds and permission all have one currency."""
    expected, whose = _expected_currency(view, history)
    for pointer in _MONEY.get(view.object, ()):
        found = price(view.at(pointer))
        if found is None:
            continue
        if view.broken and view.is_broken(view.pointer(f"{pointer}/currencyCode")):
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


@check(WITHIN_AUTHORIZED, MOST_AUTHORIZED, of=["charge"])
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
            authorized.amount,
            "more is captured than was authorized",
        )
    most = view.contract.limits["charge-amount"].of(authorized.currency)
    if most is not None and authorized.amount > most:
        yield _at_most(view, MOST_AUTHORIZED, "/chargeAmount", most, "so much can't be charged")


@check(
    NOTHING_REFUNDED,
    of=["charge"],
    calls=["captureCharge", "createCharge"],
    when=[Fact.ANSWERED, Fact.SUCCEEDED],
)
def a_new_capture_has_no_refund(view: View, history: History) -> Iterator[Outcome]:
    """The answer to a capture shows a refundedAmount of zero."""
    refunded = price(view.at("/refundedAmount")) if view.object == "charge" else None
    if refunded is None or view.operation is None or history.is_repeat(view):
        return
    if view.operation.id not in ("captureCharge", "createCharge") or not view.succeeded:
        return
    if refunded.amount == 0:
        yield held(NOTHING_REFUNDED)
    else:
        yield Finding(
            NOTHING_REFUNDED,
            "the charge was just captured, and something is refunded already",
            "/refundedAmount/amount",
            "0",
            view.at("/refundedAmount/amount"),
        )


@check(PROMISED, of=["charge"])
def the_sessions_charge_has_its_amount(view: View, history: History) -> Iterator[Outcome]:
    """The charge that a completed session named has the session's chargeAmount."""
    found = price(view.at("/chargeAmount")) if view.object == "charge" else None
    expected = history.promised.get(identity(view))
    if found is None or expected is None:
        return
    if (found.amount, found.currency) == (expected.amount, expected.currency):
        yield held(PROMISED)
    else:
        yield Finding(
            PROMISED,
            "the charge has another amount than the session that made it",
            "/chargeAmount",
            str(expected),
            view.at("/chargeAmount"),
        )


@check(WITHIN_LIMIT, of=["charge-permission"])
def balance_stays_within_the_limit(view: View, _history: History) -> Iterator[Outcome]:
    """What is left of a permission is neither more than its limit nor less than nothing."""
    if view.object != "charge-permission":
        return
    limit, balance = price(view.at("/limits/amountLimit")), price(view.at("/limits/amountBalance"))
    if limit is None or balance is None:
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


@check(CAPTURE_SUM, BALANCE, of=["charge-permission"])
def charges_add_up(view: View, history: History) -> Iterator[Outcome]:
    """A one-time permission's captures stay within its limit, and its balance is what is left.

    Charges that were never seen, and open ones that ended unseen, leave the balance uncertain on
    one side each; only what no unseen charge can explain is a finding.
    """
    if view.object != "charge-permission" or view.at("/chargePermissionType") != "OneTime":
        return
    limit, balance = price(view.at("/limits/amountLimit")), price(view.at("/limits/amountBalance"))
    name = view.at("/chargePermissionId")
    charges = list(history.charges.get(name, {}).values()) if isinstance(name, str) else []
    if limit is None or any(each.currency != limit.currency for each in charges):
        return
    captured = sum((each.captured for each in charges), Decimal(0))
    if captured > limit.amount:
        yield Finding(
            CAPTURE_SUM,
            f"{captured} {limit.currency} was captured on a permission limited to {limit}",
            "/limits/amountLimit/amount",
            f"captures of at most {limit.amount}",
            str(captured),
        )
    elif captured:
        yield held(CAPTURE_SUM)
    if balance is not None and charges:
        yield from _balance(view, limit, balance, captured, charges)


@check(BALANCE, of=["charge-permission"])
def limit_and_balance_come_together(view: View, _history: History) -> Iterator[Outcome]:
    """A one-time permission has both a limit and a balance, or neither."""
    if view.object != "charge-permission" or view.at("/chargePermissionType") != "OneTime":
        return
    limit, balance = view.at("/limits/amountLimit"), view.at("/limits/amountBalance")
    if view.is_broken(view.pointer("/limits")):
        return
    if (limit is None) != (balance is None):
        missing, there = ("amountLimit", balance) if limit is None else ("amountBalance", limit)
        yield Finding(
            BALANCE,
            f"{missing} is null, and its counterpart is not",
            f"/limits/{missing}",
            "a price" if there is not None else None,
            None,
        )


def _balance(
    view: View, limit: Price, balance: Price, captured: Decimal, charges: list[Money]
) -> Iterator[Outcome]:
    most = limit.amount - captured
    held_back = sum((each.authorized for each in charges if each.state in _OPEN), Decimal(0))
    if balance.amount == most - held_back:
        yield held(BALANCE)
    elif balance.amount > most:
        yield Finding(
            BALANCE,
            f"{balance} is left of {limit} although {captured} of it was captured",
            "/limits/amountBalance/amount",
            f"at most {most}",
            view.at("/limits/amountBalance/amount"),
        )


def _expected_currency(view: View, history: History) -> tuple[str, str]:
    """Return the currency that related objects have already shown, and whose it is."""
    presented = view.at("/presentmentCurrency") if view.object == "charge-permission" else None
    if isinstance(presented, str):
        return presented, "presentmentCurrency"
    last = history.before(view)
    if last is not None:
        for pointer in _MONEY.get(view.object, ()):
            seen = price(last.at(view, pointer))
            if seen is not None:
                return seen.currency, f"{last.object} {last.id} until now"
    if view.object == "refund":
        charge = history.objects.get(("charge", str(view.at("/chargeId"))))
        paid = price(charge.at(view, "/chargeAmount")) if charge is not None else None
        if paid is not None:
            return paid.currency, "its charge"
    return "", ""


def _at_most(view: View, rule: str, pointer: str, most: Decimal, message: str) -> Outcome:
    found = price(view.at(pointer))
    if found is None or found.amount <= most:
        return held(rule)
    place = f"{pointer}/amount"
    return Finding(
        rule, message, view.pointer(place), f"at most {most} {found.currency}", view.at(place)
    )
