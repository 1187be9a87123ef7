"""Holds identifiers against each other: what belongs together shares its digits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from pay_conformance.checks.history import FIXED, History, identity
from pay_conformance.checks.names import ID_OF
from pay_conformance.checks.registry import Fact, check, held
from pay_conformance.checks.values import price
from pay_conformance.checks.view import View
from pay_conformance.findings import Finding, Outcome

CHARGE_PREFIX: Final = "CH-ID-002"
REFUND_PREFIX: Final = "RF-ID-002"
DISPUTE_PREFIX: Final = "DI-ID-001"
REGION: Final = "FMT-ID-002"
ENVIRONMENT: Final = "FMT-ID-003"
PATH_ENVIRONMENT: Final = "FMT-ENV-002"
NOTIFIED: Final = "NT-BODY-006"

NEW_IDS: Final = {
    "createCheckoutSession": "CS-NEW-005",
    "createCharge": "CH-LIFE-001",
    "createRefund": "OP-SAME-002",
    "createDispute": "DI-NEW-007",
}

_PERMISSION = re.compile(r"([SPBC])([0-9]{2})-[0-9]{7}-[0-9]{7}")
_PART = re.compile(r"(([SP])([0-9]{2})-[0-9]{7}-[0-9]{7})-([CRB])[0-9]+")
_TYPES = {"C": "CHARGE", "R": "REFUND", "B": "CHARGEBACK"}
_ENVIRONMENTS = {"S": "Sandbox", "P": "Live"}
_LETTERED: Final = ("chargePermissionId", "chargeId", "refundId", "disputeId")


@check(CHARGE_PREFIX, REGION, of=["charge", "checkout-session"])
def charge_shares_the_digits_of_its_permission(view: View, _history: History) -> Iterator[Outcome]:
    """A charge's id begins with its one-time permission's; region digits agree in any case."""
    charge, permission = view.at("/chargeId"), view.at("/chargePermissionId")
    owner, part = _matched(_PERMISSION, permission), _matched(_PART, charge)
    if view.object not in ("charge", "checkout-session") or owner is None or part is None:
        return
    if owner[1] in "SP":
        yield _prefix(CHARGE_PREFIX, "/chargeId", charge, permission, part[1])
    if owner[2] == part[3]:
        yield held(REGION)
    else:
        yield Finding(
            REGION,
            f"the charge's region is {part[3]}, its permission's {owner[2]}",
            "/chargeId",
            f"region {owner[2]}",
            charge,
        )


@check(REFUND_PREFIX, of=["refund"])
def refund_shares_the_digits_of_its_charge(view: View, _history: History) -> Iterator[Outcome]:
    """A refund's id begins with the same letter and digits as its charge's."""
    refund, charge = view.at("/refundId"), view.at("/chargeId")
    part, owner = _matched(_PART, refund), _matched(_PART, charge)
    if view.object == "refund" and part is not None and owner is not None:
        yield _prefix(REFUND_PREFIX, "/refundId", refund, owner[1], part[1])


@check(DISPUTE_PREFIX, of=["dispute"])
def dispute_shares_the_digits_of_its_charge(view: View, _history: History) -> Iterator[Outcome]:
    """A dispute's id begins with the same letter and digits as its charge's."""
    dispute, charge = view.at("/disputeId"), view.at("/chargeId")
    part, owner = _matched(_PART, dispute), _matched(_PART, charge)
    if view.object == "dispute" and part is not None and owner is not None:
        yield _prefix(DISPUTE_PREFIX, "/disputeId", dispute, owner[1], part[1])


@check(ENVIRONMENT, when=[Fact.ANSWERED])
def letter_tells_the_environment(view: View, _history: History) -> Iterator[Outcome]:
    """An id with S is of the Sandbox, one with P of Live."""
    answer = view.answer or {}
    environment = answer.get("releaseEnvironment")
    if not isinstance(environment, str) or environment not in _ENVIRONMENTS.values():
        return
    for member in _LETTERED:
        name = answer.get(member)
        expected = _ENVIRONMENTS.get(name[:1]) if isinstance(name, str) else None
        if expected is None:
            continue
        if expected == environment:
            yield held(ENVIRONMENT)
        else:
            yield Finding(
                ENVIRONMENT,
                f"{name} is an id of {expected}, and releaseEnvironment is {environment}",
                f"/{member}",
                f"an id of {environment}",
                name,
            )


@check(PATH_ENVIRONMENT, when=[Fact.ANSWERED])
def answer_is_of_the_environment_asked(view: View, _history: History) -> Iterator[Outcome]:
    """Under /sandbox everything is Sandbox, under /live everything Live."""
    found = view.at("/releaseEnvironment")
    if not view.environment or not isinstance(found, str):
        return
    expected = view.environment.capitalize()
    if found == expected:
        yield held(PATH_ENVIRONMENT)
    else:
        yield Finding(
            PATH_ENVIRONMENT,
            f"the request asked under /{view.environment}",
            "/releaseEnvironment",
            expected,
            found,
        )


@check(
    *{rule for rules in FIXED.values() for rule in rules.values()},
    of=FIXED,
    when=[Fact.SEEN_BEFORE],
)
def what_is_fixed_never_changes(view: View, history: History) -> Iterator[Outcome]:
    """Creation time, amount, owner and environment of an object stay what they were."""
    last = history.before(view)
    if last is None:
        return
    for pointer, rule in FIXED.get(view.object, {}).items():
        before, now = last.fixed.get(pointer), view.at(pointer)
        if before is None or now is None:
            continue
        if before == now or _same_price(before, now):
            yield held(rule)
        else:
            yield Finding(
                rule,
                f"{pointer.rpartition('/')[2]} of {view.object} {last.id} changed",
                view.pointer(pointer),
                before,
                now,
            )


@check(*NEW_IDS.values(), calls=NEW_IDS, when=[Fact.ANSWERED, Fact.SUCCEEDED])
def a_new_object_has_a_new_id(view: View, history: History) -> Iterator[Outcome]:
    """What was just created has an id that no other object had."""
    rule = NEW_IDS.get(view.operation.id) if view.operation is not None else None
    name = identity(view)
    if rule is None or not view.succeeded or not name:
        return
    if (view.merchant, view.key) in history.attempts:
        return  # the same request sent twice is to give the same object
    if (view.object, name) not in history.objects:
        yield held(rule)
    else:
        yield Finding(
            rule,
            f"the {view.object} is new, and its id is that of one seen before",
            f"/{ID_OF[view.object]}",
            "an id of its own",
            name,
        )


@check(NOTIFIED, of=["notification"])
def notification_names_one_object(view: View, _history: History) -> Iterator[Outcome]:
    """The object's id has the letter of its type; a permission's is the permission's own."""
    if view.object != "notification" or view.answer is None:
        return
    kind, name = view.answer.get("ObjectType"), view.answer.get("ObjectId")
    permission = view.answer.get("ChargePermissionId")
    if not isinstance(kind, str) or not isinstance(name, str):
        return
    if kind == "CHARGE_PERMISSION":
        expected, ok = permission, name == permission
    else:
        part = _matched(_PART, name)
        if part is None or kind not in _TYPES.values():
            return
        letter = next(key for key, value in _TYPES.items() if value == kind)
        expected, ok = f"an id with -{letter}", part[4] == letter
    if ok:
        yield held(NOTIFIED)
    else:
        yield Finding(
            NOTIFIED, f"ObjectId {name} is not that of a {kind}", "/ObjectId", expected, name
        )


def _matched(form: re.Pattern[str], value: Any) -> re.Match[str] | None:
    return form.fullmatch(value) if isinstance(value, str) else None


def _prefix(rule: str, pointer: str, name: Any, expected: str, actual: str) -> Outcome:
    if actual == expected:
        return held(rule)
    return Finding(
        rule,
        f"{pointer[1:]} {name} does not begin with {expected}",
        pointer,
        f"{expected}-…",
        name,
    )


def _same_price(before: Any, now: Any) -> bool:
    old, new = price(before), price(now)
    return (
        old is not None
        and new is not None
        and (old.amount, old.currency) == (new.amount, new.currency)
    )
