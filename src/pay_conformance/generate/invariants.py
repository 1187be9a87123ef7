"""What must hold of the money in any story, whatever happened in it, read off the answers alone."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from pay_conformance.contract import Contract
from pay_conformance.generate.model import Illegal
from pay_conformance.scenario import Answer

RULES = ("CH-CAP-008", "LIM-AMT-004", "LIM-REF-004", "CP-AMT-003")
"""The requirements that they prove, in the order in which they are held."""


def hold_invariants(contract: Contract, seen: Iterable[Answer]) -> list[str]:
    """Hold the last reading of each object against the invariants.

    Returns the ids of those that had something to judge.

    Captured is at most what was authorized; captures add up to the permission's limit at most;
    refunded is at most what was captured and the allowance; a balance is from zero to the limit.

    Raises:
        Illegal: for the first that is broken.

    """
    readings = list(seen)
    charges = [answer for answer in readings if answer.call.operation.endswith("Charge")]
    permissions = [answer for answer in readings if answer.at("/limits") is not None]
    return [
        *_captures(charges),
        *_limits(permissions, charges),
        *_refunds(contract, charges),
        *_balances(permissions),
    ]


def _captures(charges: list[Answer]) -> list[str]:
    spoke = []
    for charge in charges:
        taken, authorized = amount(charge, "/captureAmount"), amount(charge, "/chargeAmount")
        if taken is not None and authorized is not None:
            holds = taken <= authorized
            _require("CH-CAP-008", charge, "/captureAmount", authorized, taken, holds=holds)
            spoke.append("CH-CAP-008")
    return spoke


def _limits(permissions: list[Answer], charges: list[Answer]) -> list[str]:
    spoke = []
    for permission in permissions:
        limit = amount(permission, "/limits/amountLimit")
        if limit is None or permission.at("/chargePermissionType") not in ("OneTime", None):
            continue
        own = [one for one in charges if one.at("/chargePermissionId") == permission.id]
        total = sum((amount(one, "/captureAmount") or Decimal(0) for one in own), Decimal(0))
        place = "/limits/amountLimit"
        _require("LIM-AMT-004", permission, place, limit, total, holds=total <= limit)
        if own:
            spoke.append("LIM-AMT-004")
    return spoke


def _refunds(contract: Contract, charges: list[Answer]) -> list[str]:
    spoke = []
    for charge in charges:
        taken, given = amount(charge, "/captureAmount"), amount(charge, "/refundedAmount")
        if taken is None or not given:
            continue
        currency = str(charge.at("/captureAmount/currencyCode"))
        share = contract.limits["over-refund-share"].of(currency) or Decimal(0)
        most = contract.limits["over-refund-amount"].of(currency)
        extra = taken * share / 100
        allowed = taken + (extra if most is None else min(extra, most))
        place = "/refundedAmount"
        _require("LIM-REF-004", charge, place, allowed, given, holds=given <= allowed)
        spoke.append("LIM-REF-004")
    return spoke


def _balances(permissions: list[Answer]) -> list[str]:
    spoke = []
    for permission in permissions:
        limit = amount(permission, "/limits/amountLimit")
        left = amount(permission, "/limits/amountBalance")
        if limit is not None and left is not None:
            place = "/limits/amountBalance"
            _require("CP-AMT-003", permission, place, limit, left, holds=0 <= left <= limit)
            spoke.append("CP-AMT-003")
    return spoke


def amount(answer: Answer, pointer: str) -> Decimal | None:
    """Return the amount of a price in an answer, or ``None`` where there is none."""
    price = answer.at(pointer)
    try:
        return Decimal(str(price["amount"])) if isinstance(price, dict) else None
    except (KeyError, InvalidOperation):
        return None


def _require(
    requirement: str,
    answer: Answer,
    pointer: str,
    most: Decimal,
    found: Decimal,
    *,
    holds: bool,
) -> None:
    if not holds:
        raise Illegal(
            requirement,
            f"{answer.call.title}: {pointer} stands for {found}, where at most {most} is allowed",
            answer,
            answer.pointer(pointer),
            f"at most {most}",
            str(found),
        )
