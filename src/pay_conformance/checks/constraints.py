"""Holds a session's constraints against the members whose absence they report."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from pay_conformance.checks.history import History
from pay_conformance.checks.registry import Fact, check, held
from pay_conformance.checks.view import View
from pay_conformance.contract import Contract
from pay_conformance.contract.model import ConstraintRule
from pay_conformance.findings import Finding, Outcome

ORDER: Final = "CS-CONS-005"
NONE_LEFT: Final = "CS-CONS-006"
WORDING: Final = "CS-CONS-007"
NO_REDIRECT: Final = "CS-CONS-009"
REDIRECT: Final = "CS-CONS-010"
OWN_REDIRECT: Final = "CS-URL-001"
NO_BUYER: Final = "CS-LIFE-023"

_ID: Final = "/checkoutSessionId"
_REDIRECT: Final = "/webCheckoutDetails/amazonPayRedirectUrl"
# Its name is known from the documents; its text was never seen.
_PARAMETER: Final = "amazonCheckoutSessionId"
_PLAIN_NAME: Final = re.compile(r"[0-9A-Za-z-]+")
_PLAIN_URL: Final = re.compile(rf"https://[a-z0-9.-]+/[^?#\s]*\?{_PARAMETER}=([0-9A-Za-z-]+)")
_UNSEEN: Final = frozenset({"RecurringFrequencyNotSet"})


def _each(contract: Contract) -> set[str]:
    return {rule.requirement for rule in contract.constraints}


@check(named=_each, of=["checkout-session"])
def constraints_report_what_is_missing(view: View, _history: History) -> Iterator[Outcome]:
    """Each constraint is there while its member is null, and gone once it is set."""
    shown = _shown(view)
    if shown is None:
        return
    for rule in view.contract.constraints:
        if view.api not in rule.api or not _applies(view, rule):
            continue
        if view.is_broken(view.pointer(rule.unless_set)):
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


@check(ORDER, of=["checkout-session"])
def constraints_keep_their_order(view: View, _history: History) -> Iterator[Outcome]:
    """Constraints come in the order of the contract, each once."""
    shown = _shown(view)
    if not shown:
        return
    order = _order(view.contract)
    known = [name for name in shown if name in order]
    expected = [name for name in order if name in known]
    if known == expected:
        yield held(ORDER)
    else:
        yield Finding(ORDER, "the constraints are out of order", "/constraints", expected, known)


@check(WORDING, of=["checkout-session"])
def constraints_have_their_wording(view: View, _history: History) -> Iterator[Outcome]:
    """Each constraint comes with its description, word for word."""
    if _shown(view) is None:
        return
    texts = _texts(view.contract)
    for index, entry in enumerate(view.at("/constraints")):
        name = entry.get("constraintId") if isinstance(entry, dict) else None
        expected = texts.get(name) if isinstance(name, str) else None
        if expected is None:
            continue
        if entry.get("description") == expected:
            yield held(WORDING)
        else:
            yield Finding(
                WORDING,
                f"{name} is described in other words",
                f"/constraints/{index}/description",
                expected,
                entry.get("description"),
            )


@check(NONE_LEFT, NO_REDIRECT, REDIRECT, of=["checkout-session"])
def redirect_waits_for_the_constraints(view: View, _history: History) -> Iterator[Outcome]:
    """The page to send the buyer to is given once no constraint remains, and not before."""
    if view.object != "checkout-session" or view.state != "Open" or view.at("/chargePermissionId"):
        return
    listed, url = view.at("/constraints"), view.at(_REDIRECT)
    if view.is_broken("/constraints"):
        return
    if listed is None:
        yield Finding(
            NONE_LEFT, "an open session lists its constraints", "/constraints", [], listed
        )
    elif listed == []:
        yield held(NONE_LEFT)
        if isinstance(url, str) and url.startswith("https://"):
            yield held(REDIRECT)
        elif view.at("/webCheckoutDetails/checkoutReviewReturnUrl") is not None:
            yield _redirect(view, REDIRECT, "no constraint remains", "an https URL")
    elif url is None:
        yield held(NO_REDIRECT)
    else:
        yield _redirect(view, NO_REDIRECT, "a constraint remains", None)


@check(OWN_REDIRECT, when=[Fact.ANSWERED])
def redirect_is_the_sessions_own(view: View, _history: History) -> Iterator[Outcome]:
    """The parameter amazonCheckoutSessionId of the redirect is the session's id."""
    url = view.at(_REDIRECT)
    if not isinstance(url, str):
        return
    name = view.at(_ID)
    if not isinstance(name, str) or view.is_broken(_ID):
        return
    # Most URLs end with the parameter, and only the others need to be taken apart.
    plain = _PLAIN_NAME.fullmatch(name) and _PLAIN_URL.fullmatch(url)
    found = [plain[1]] if plain else _parameter(url)
    if found == [name]:
        yield held(OWN_REDIRECT)
    elif found:
        yield _redirect(
            view, OWN_REDIRECT, "it leads to another session", f"…?amazonCheckoutSessionId={name}"
        )


@check(NO_BUYER, of=["checkout-session"])
def nothing_of_the_buyer_before_sign_in(view: View, _history: History) -> Iterator[Outcome]:
    """Until the buyer signs in there is neither a buyer nor a payment instrument."""
    if "BuyerNotAssociated" not in (_shown(view) or ()):
        return
    expected = {"/buyer": None, "/paymentPreferences": [None]}
    wrong = [pointer for pointer, value in expected.items() if view.at(pointer) != value]
    if not wrong:
        yield held(NO_BUYER)
    for pointer in wrong:
        yield Finding(
            NO_BUYER,
            "no buyer has signed in yet",
            pointer,
            expected[pointer],
            view.at(pointer),
        )


def _parameter(url: str) -> list[str] | None:
    try:
        return parse_qs(urlsplit(url).query).get(_PARAMETER)
    except ValueError:
        return None


def _redirect(view: View, rule: str, why: str, expected: Any) -> Finding:
    return Finding(
        rule, f"amazonPayRedirectUrl: {why}", view.pointer(_REDIRECT), expected, view.at(_REDIRECT)
    )


@lru_cache(maxsize=1024)
def _order(contract: Contract) -> list[str]:
    return [rule.id for rule in contract.constraints]


@lru_cache(maxsize=1024)
def _texts(contract: Contract) -> Mapping[str, str]:
    return {rule.id: rule.description for rule in contract.constraints if rule.id not in _UNSEEN}


def _shown(view: View) -> list[Any] | None:
    """Return the ids of the constraints of an open session, or ``None`` if there is nothing."""
    if view.state != "Open" or view.object != "checkout-session":
        return None
    listed = view.at("/constraints")
    if not isinstance(listed, list):
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
