"""Tells the objects of the API by their members, and knows how v1 names what v2 names otherwise.

Rules here are written with the names of v2; the v1 names come from Amazon's migration guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from pay_conformance.checks.members import known_members
from pay_conformance.contract import Contract
from pay_conformance.contract.model import APIS, Api

ID_OF: Final[Mapping[str, str]] = {
    "checkout-session": "checkoutSessionId",
    "charge": "chargeId",
    "charge-permission": "chargePermissionId",
    "refund": "refundId",
    "dispute": "disputeId",
}
"""The member that identifies each object that has a life."""

ANSWERS: Final = (
    "checkout-session",
    "charge",
    "charge-permission",
    "refund",
    "buyer",
    "dispute",
    "file",
    "delivery-tracker",
    "error",
    "notification",
    "notification-envelope",
)
"""What a bare body may turn out to be."""

_SINGULAR: Final[Mapping[str, str]] = {
    "webCheckoutDetails": "webCheckoutDetail",
    "paymentDetails": "paymentDetail",
    "statusDetails": "statusDetail",
}
_NEVER_IN_ERRORS = frozenset({*ID_OF.values(), "buyerId", "statusDetails", "statusDetail"})
_V1_ONLY = frozenset({*_SINGULAR.values(), "chargeAmountLimit"})
_V2_ONLY = frozenset({*_SINGULAR, "limits"})
_V2_LIMIT: Final = "/limits/amountLimit"
_LEAST_LIKENESS = 0.2


def in_api(pointer: str, api: Api) -> str:
    """Return a JSON Pointer written with v2 names as this version of the API spells it."""
    return _in_v1(pointer) if api == "v1" else pointer


@lru_cache(maxsize=256)
def _in_v1(pointer: str) -> str:
    if pointer.startswith(_V2_LIMIT):
        return f"/chargeAmountLimit{pointer.removeprefix(_V2_LIMIT)}"
    steps = pointer.split("/")
    return "/".join(_SINGULAR.get(step, step) for step in steps)


def look_up(value: Any, pointer: str) -> Any:
    """Return what a JSON Pointer leads to, or ``None`` where something on the way is missing."""
    return walk(value, _steps(pointer))


def walk(value: Any, steps: tuple[str, ...]) -> Any:
    """Return what the steps of a JSON Pointer lead to, or ``None`` as :func:`look_up` does."""
    for step in steps:
        if isinstance(value, dict):
            value = value.get(step)
        elif value is None:
            return None
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


class _Steps(dict[str, tuple[str, ...]]):
    """The steps of JSON Pointers that are written with v2 names, as one version spells them."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def __missing__(self, pointer: str) -> tuple[str, ...]:
        found = self[pointer] = _steps(in_api(pointer, self._api))
        return found


STEPS: Final[Mapping[Api, Mapping[str, tuple[str, ...]]]] = {api: _Steps(api) for api in APIS}
"""Pointers written with v2 names are those of rules, which are few."""


@lru_cache(maxsize=1024)
def _steps(pointer: str) -> tuple[str, ...]:
    return tuple(pointer.split("/")[1:])


def names_of_other(api: Api) -> frozenset[str]:
    """Return the members that the other version has, and this one has under another name."""
    return _V2_ONLY if api == "v1" else _V1_ONLY


def recognise_api(body: Mapping[str, Any]) -> Api:
    """Return the version whose names a body uses; v2 where its names are the same in both."""
    old = len(_V1_ONLY & body.keys()) + (body.get("NotificationVersion") == "V1")
    return "v1" if old > len(_V2_ONLY & body.keys()) else "v2"


def recognise_object(contract: Contract, api: Api, body: Mapping[str, Any]) -> str:
    """Return the name of the object that a body's members are most like, or ``""``.

    Likeness is the share of members that body and schema have in common, so that a body with one
    member missing, added or misspelt is still known for what it is.
    """
    scores = sorted(
        (
            (_likeness(frozenset(known_members(contract, api, name).named), body), name)
            for name in answers(contract, api)
        ),
        reverse=True,
    )
    best, second = scores[0], scores[1]
    return best[1] if best[0] >= _LEAST_LIKENESS and best[0] > second[0] else ""


def answers(contract: Contract, api: Api) -> tuple[str, ...]:
    """Return the names of the bodies that a version of the API answers, or notifies, with."""
    there = contract.schemas.names(api)
    return tuple(name for name in ANSWERS if name in there)


def _likeness(members: frozenset[str], body: Mapping[str, Any]) -> float:
    return 2 * len(members & body.keys()) / max(1, len(members) + len(body))


def looks_like_error(body: Any) -> bool:
    """Say whether a body reports an error rather than an object of the API."""
    return (
        isinstance(body, dict)
        and ("reasonCode" in body or "message" in body)
        and _NEVER_IN_ERRORS.isdisjoint(body)
    )
