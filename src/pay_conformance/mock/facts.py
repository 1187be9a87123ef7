"""What can be read off records without changing them: constraints, sums, due times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from operator import attrgetter
from typing import Any

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api, ConstraintRule
from pay_conformance.mock.clock import moment
from pay_conformance.mock.money import Money, text_of
from pay_conformance.mock.records import Charge, Permission, Session
from pay_conformance.mock.store import Merchant
from pay_conformance.problems import ConfigurationProblem

_Read = Callable[[Session], Any]
_AMOUNT = "/paymentDetails/chargeAmount"

_READ: Mapping[str, _Read] = {
    "/buyer": attrgetter("wallet"),
    "/chargePermissionType": attrgetter("kind"),
    "/paymentDetails/chargeAmount": attrgetter("amount"),
    "/paymentDetails/totalOrderAmount": attrgetter("total"),
    "/paymentDetails/paymentIntent": attrgetter("intent"),
    "/webCheckoutDetails/checkoutReviewReturnUrl": attrgetter("review_url"),
    "/webCheckoutDetails/checkoutResultReturnUrl": attrgetter("result_url"),
    "/webCheckoutDetails/checkoutCancelUrl": attrgetter("cancel_url"),
    "/merchantMetadata/merchantReferenceId": lambda session: session.metadata[0],
    "/recurringMetadata/frequency": attrgetter("frequency"),
}
"""What a constraint may refer to."""

OPEN = frozenset({"AuthorizationInitiated", "Authorized", "CaptureInitiated"})
"""States of a charge that hold money without having taken it."""


class Constraints:
    """The constraint rules of the contract, applied to sessions.

    Raises:
        ConfigurationProblem: if a rule refers to a member that the mock doesn't keep.
    """

    def __init__(self, contract: Contract) -> None:
        self._rules: dict[Api, list[tuple[ConstraintRule, _Read, _Read | None, str]]] = {}
        for rule in contract.constraints:
            pointer, _, wanted = rule.when.partition("=")
            for named in filter(None, (rule.unless_set, pointer)):
                if named not in _READ:
                    raise ConfigurationProblem(
                        f"the constraint {rule.id} refers to {named}, which the mock can't judge",
                        f"use one of: {', '.join(sorted(_READ))}",
                    )
            entry = rule, _READ[rule.unless_set], _READ[pointer] if pointer else None, wanted
            for api in rule.api:
                self._rules.setdefault(api, []).append(entry)

    def remaining(self, session: Session) -> list[ConstraintRule]:
        """Return the rules that a session doesn't satisfy yet, in the contract's order."""
        return [
            rule
            for rule, member, condition, wanted in self._rules.get(session.api, ())
            if member(session) is None
            and (condition is None or condition(session) == wanted)
            and not (rule.unless_set == _AMOUNT and _charges_nothing(session))
        ]


def _charges_nothing(session: Session) -> bool:
    """Say whether a session only stores a payment method.

    Its Complete has the body {} (documented), so that no amount can be asked for.
    """
    return bool(session.setup_only) and session.kind == "PaymentMethodOnFile"


def charges_of(merchant: Merchant, permission: Permission) -> list[Charge]:
    """Return the charges of a permission, oldest first."""
    return [merchant.charges[key] for key in permission.charges]


def taken(merchant: Merchant, permission: Permission) -> Decimal:
    """Return what was captured of a permission."""
    return _sum(charges_of(merchant, permission), _captured)


def held(merchant: Merchant, permission: Permission) -> Decimal:
    """Return what open charges hold of a permission."""
    return _sum(charges_of(merchant, permission), _open)


def balance(merchant: Merchant, permission: Permission) -> Decimal | None:
    """Return what is left to charge; ``None`` without a limit.

    A one-time permission has one limit for all its life; the others start anew on the first of
    each calendar month (documented).
    """
    if permission.limit is None:
        return None
    charges = charges_of(merchant, permission)
    if permission.kind != "OneTime":
        month = _month(merchant.time.now())
        charges = [charge for charge in charges if _month(charge.created) == month]
    used = _sum(charges, lambda charge: _captured(charge) + _open(charge))
    return permission.limit.value - used


def shown_balance(merchant: Merchant, permission: Permission) -> Money | None:
    """Return the balance as ``limits.amountBalance`` shows it: never below zero."""
    left = balance(merchant, permission)
    if left is None:
        return None
    return Money(text_of(max(left, Decimal(0)), permission.currency), permission.currency)


def refunded(merchant: Merchant, charge: Charge) -> Decimal:
    """Return what was refunded of a charge, or is about to be; a declined refund counts not."""
    refunds = (merchant.refunds[key] for key in charge.refunds)
    return sum((refund.amount.value for refund in refunds if refund.state != "Declined"), Decimal())


def shown_refunded(merchant: Merchant, charge: Charge) -> Money | None:
    """Return ``refundedAmount``: null before the capture, ``"0"`` right after it (observed)."""
    if charge.captured is None:
        return None
    currency = charge.captured.currency
    return Money(text_of(refunded(merchant, charge), currency), currency)


def _captured(charge: Charge) -> Decimal:
    return charge.captured.value if charge.state == "Captured" and charge.captured else Decimal()


def _open(charge: Charge) -> Decimal:
    if charge.state not in OPEN:
        return Decimal()
    return charge.to_capture.value if charge.to_capture else charge.amount.value


def _sum(charges: list[Charge], amount: Callable[[Charge], Decimal]) -> Decimal:
    return sum((amount(charge) for charge in charges), Decimal())


def _month(seconds: int) -> tuple[int, int]:
    at = moment(seconds)
    return at.year, at.month
