"""Holds a session's constraints against the members whose absence they report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pay_conformance.checks.history import History
from pay_conformance.checks.registry import check, held
from pay_conformance.checks.view import View
from pay_conformance.contract import Contract
from pay_conformance.contract.model import ConstraintRule
from pay_conformance.findings import Finding, Outcome

ORDER: Final = "CS-CONS-005"


def _each(contract: Contract) -> set[str]:
    return {rule.requirement for rule in contract.constraints}


@check(named=_each)
def constraints_report_what_is_missing(view: View, _history: History) -> Iterator[Outcome]:
    """Each constraint is there while its member is null, and gone once it is set."""
    shown = _shown(view)
    if shown is None:
        return
    for rule in view.contract.constraints:
        if view.api not in rule.api or not _applies(view, rule):
            continue
        missing = view.at(rule.unless_set) is None
        if missing == (rule.id in shown):
            yield held(rule.requirement)
            continue
        member = rule.unless_set.rpartition("/")[2]
        yield Finding(
            rule.requirement,
            f"{member} is {'not set' if missing else 'set'}, and {rule.id} is "
            f"{'not among' if missing else 'still among'} the constraints",
            "/constraints",
            rule.id if missing else f"no {rule.id}",
            shown,
        )


@check(ORDER)
def constraints_keep_their_order(view: View, _history: History) -> Iterator[Outcome]:
    """Constraints come in the order of the contract, each once."""
    shown = _shown(view)
    if not shown:
        return
    order = [rule.id for rule in view.contract.constraints]
    known = [name for name in shown if name in order]
    expected = [name for name in order if name in known]
    if known == expected:
        yield held(ORDER)
    else:
        yield Finding(ORDER, "the constraints are out of order", "/constraints", expected, known)


def _shown(view: View) -> list[Any] | None:
    """Return the ids of the constraints of an open session, or ``None`` if there is nothing."""
    listed = view.at("/constraints") if view.object == "checkout-session" else None
    if view.state != "Open" or not isinstance(listed, list):
        return None
    return [entry.get("constraintId") for entry in listed if isinstance(entry, dict)]


def _applies(view: View, rule: ConstraintRule) -> bool:
    """A stored payment method can be set up without an amount: nothing is known of that case."""
    if view.at("/chargePermissionType") == "PaymentMethodOnFile":
        return False
    if not rule.when:
        return True
    pointer, _, value = rule.when.partition("=")
    return bool(view.at(pointer) == value)
