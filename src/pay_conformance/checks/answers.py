"""Holds single answers against what Amazon fills in by itself: defaults, texts, references."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pay_conformance.checks.history import History
from pay_conformance.checks.names import in_api, look_up
from pay_conformance.checks.registry import Fact, check, held
from pay_conformance.checks.view import View
from pay_conformance.findings import Finding, Outcome

DEFAULTS: Final = {
    "/chargePermissionType": ("CS-NEW-004", "OneTime"),
    "/productType": ("CS-NEW-006", None),
    "/paymentDetails/canHandlePendingAuthorization": ("CS-NEW-010", False),
    "/merchantMetadata": (
        "CS-NEW-011",
        {
            "merchantReferenceId": None,
            "merchantStoreName": None,
            "noteToBuyer": None,
            "customInformation": None,
        },
    ),
}
"""What a new session holds at a pointer where the merchant set nothing, and which rule says so."""

CAPTURED_TEXT: Final = "CH-CAP-013"
REFUNDED_TEXT: Final = "RF-NEW-006"
NOT_RETURNED: Final = "CH-NEW-010"
CLOSURE: Final = "CP-CLOSE-002"
CANCELLATION: Final = "CH-LIFE-009"
SAYS_WHY: Final = "CS-LIFE-018"
PENDING: Final = "CS-COMP-010"
CHARGE_BY_INTENT: Final = {
    "Authorize": "CS-LIFE-013",
    "AuthorizeWithCapture": "CS-LIFE-028",
    "Confirm": "CS-LIFE-014",
}
"""Which rule says of each paymentIntent whether a completed session refers to a charge."""

_PREFIX: Final = "AMZ*"


@check(
    *(rule for rule, _ in DEFAULTS.values()), calls=["createCheckoutSession"], when=[Fact.ANSWERED]
)
def a_new_session_has_its_defaults(view: View, history: History) -> Iterator[Outcome]:
    """What the merchant did not set has its default in the answer to Create."""
    if view.operation is None or view.operation.id != "createCheckoutSession":
        return
    if view.answer is None or view.sent is None or history.is_repeat(view):
        return
    for pointer, (rule, default) in DEFAULTS.items():
        place = in_api(pointer, view.api)
        if look_up(view.sent, place) is not None or look_up(view.answer, _around(place)) is None:
            continue
        found = look_up(view.answer, place)
        if found == default:
            yield held(rule)
        else:
            yield Finding(rule, "the merchant did not set it", place, default, found)


@check(CAPTURED_TEXT, REFUNDED_TEXT, of=["charge", "refund"])
def descriptors_begin_with_the_mark_of_amazon(view: View, history: History) -> Iterator[Outcome]:
    """What the buyer's statement shows begins with AMZ*, and goes on as the merchant asked.

    The samples of the documents do without the mark, so a bare body is not judged by it.
    """
    found = view.at("/softDescriptor")
    if not isinstance(found, str) or view.operation is None:
        return
    if view.object == "refund":
        rule = REFUNDED_TEXT
    elif view.object == "charge" and view.state == "Captured":
        rule = CAPTURED_TEXT
    else:
        return
    asked = (view.sent or {}).get("softDescriptor") if view.succeeded else None
    # An empty text asks for nothing.
    expected = f"{_PREFIX}{asked}" if isinstance(asked, str) and asked else ""
    expected = expected if rule == CAPTURED_TEXT else ""
    ok = found == expected if expected and not history.is_repeat(view) else _marked(found)
    if ok:
        yield held(rule)
    else:
        yield Finding(
            rule,
            "the descriptor is not that of Amazon Pay",
            "/softDescriptor",
            expected or f"{_PREFIX}…",
            found,
        )


@check(NOT_RETURNED, of=["charge"])
def a_charge_does_not_return_its_orders(view: View, _history: History) -> Iterator[Outcome]:
    """An answer has neither captureNow nor canHandlePendingAuthorization: they are for requests."""
    if view.object != "charge" or view.answer is None:
        return
    there = [
        name for name in ("captureNow", "canHandlePendingAuthorization") if name in view.answer
    ]
    if not there:
        yield held(NOT_RETURNED)
    for name in there:
        yield Finding(
            NOT_RETURNED,
            f"{name} is no member of an answer",
            f"/{name}",
            "to be absent",
            view.answer[name],
        )


@check(
    CLOSURE, CANCELLATION, calls=["closeChargePermission", "cancelCharge"], when=[Fact.SUCCEEDED]
)
def the_merchants_reason_is_given_back(view: View, history: History) -> Iterator[Outcome]:
    """The reason that the merchant gave for closing or canceling becomes the description."""
    places = {
        "closeChargePermission": (
            CLOSURE,
            "closureReason",
            "/statusDetails/reasons/0/reasonDescription",
        ),
        "cancelCharge": (CANCELLATION, "cancellationReason", "/statusDetails/reasonDescription"),
    }
    operation = view.operation.id if view.operation is not None else ""
    if operation not in places or not view.succeeded or view.sent is None:
        return
    rule, member, pointer = places[operation]
    asked = view.sent.get(member)
    if not isinstance(asked, str) or _was_simulated(view) or history.is_repeat(view):
        return
    if view.at(pointer) == asked:
        yield held(rule)
    else:
        yield Finding(rule, f"{member} was sent", view.pointer(pointer), asked, view.at(pointer))


@check(SAYS_WHY, of=["checkout-session"])
def a_canceled_session_describes_its_reason(view: View, _history: History) -> Iterator[Outcome]:
    """A canceled session has a reasonDescription."""
    if view.object != "checkout-session" or view.state != "Canceled":
        return
    pointer = "/statusDetails/reasonDescription"
    if view.at(pointer):
        yield held(SAYS_WHY)
    else:
        yield Finding(
            SAYS_WHY, "the reason is not described", view.pointer(pointer), "a text", None
        )


@check(*CHARGE_BY_INTENT.values(), PENDING, of=["checkout-session"])
def a_completed_session_refers_to_its_charge(view: View, history: History) -> Iterator[Outcome]:
    """A session completes with a charge, unless its paymentIntent was only to confirm."""
    if view.object != "checkout-session" or view.answer is None:
        return
    if view.status == 202:
        yield from _pending(view)
    last = history.before(view)
    if view.state != "Completed" or last is None or last.state != "Open":
        return
    if last.at(view, "/chargePermissionType") == "PaymentMethodOnFile":
        return
    intent = last.at(view, "/paymentDetails/paymentIntent")
    if view.operation is not None and view.operation.id == "finalizeCheckoutSession":
        intent = (view.sent or {}).get("paymentIntent", intent)
    rule = CHARGE_BY_INTENT.get(intent) if isinstance(intent, str) else None
    if rule is None:
        return
    charge = view.at("/chargeId")
    if (charge is None) == (intent == "Confirm"):
        yield held(rule)
    else:
        yield Finding(
            rule,
            f"the session completed with the paymentIntent {intent}",
            "/chargeId",
            None if intent == "Confirm" else "a chargeId",
            charge,
        )


def _pending(view: View) -> Iterator[Outcome]:
    missing = [
        pointer for pointer in ("/chargePermissionId", "/chargeId") if view.at(pointer) is None
    ]
    if not missing:
        yield held(PENDING)
    for pointer in missing:
        yield Finding(PENDING, "the authorization is pending", pointer, "an id", None)


def _marked(text: Any) -> bool:
    return isinstance(text, str) and text.startswith(_PREFIX)


def _around(pointer: str) -> str:
    return pointer.rpartition("/")[0]


def _was_simulated(view: View) -> bool:
    return "x-amz-pay-simulation-code" in view.asked
