"""Holds answers against what was asked: status, identity, and the values that were written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pay_conformance.checks.history import History
from pay_conformance.checks.names import ID_OF, look_up, names_of_other
from pay_conformance.checks.registry import Fact, check, held
from pay_conformance.checks.values import price
from pay_conformance.checks.view import View
from pay_conformance.findings import Finding, Outcome

CREATED: Final = "OP-OK-001"
DONE: Final = "OP-OK-002"
BODY: Final = "OP-OK-003"
SAME_ID: Final = "OP-GET-003"
READ: Final = "OP-GET-002"
NAMES: Final = "OP-V1-002"
ECHO: Final[Mapping[str, str]] = {
    "createCheckoutSession": "CS-NEW-008",
    "updateCheckoutSession": "CS-UPD-001",
    "updateChargePermission": "CP-OP-004",
    "createCharge": "CH-NEW-004",
    "captureCharge": "CH-CAP-008",
    "createRefund": "RF-NEW-005",
}
"""Which rule says of each operation that its answer shows what was sent."""

_SESSION = (
    "webCheckoutDetails",
    "webCheckoutDetail",
    "paymentDetails",
    "paymentDetail",
    "merchantMetadata",
    "providerMetadata",
    "platformId",
    "chargePermissionType",
    "recurringMetadata",
)
_ECHOED: Final[Mapping[str, tuple[str, ...]]] = {
    "createCheckoutSession": (*_SESSION, "storeId"),
    "updateCheckoutSession": _SESSION,
    "updateChargePermission": ("merchantMetadata",),
    "createCharge": ("chargePermissionId", "chargeAmount"),
    "captureCharge": ("captureAmount",),
    "createRefund": ("chargeId", "refundAmount"),
}
_IDS: Final = frozenset(ID_OF.values())
# The service rewrites these: it puts AMZ* before a descriptor, and fills in the currency.
_REWRITTEN = frozenset(
    {"softDescriptor", "presentmentCurrency", "estimateOrderTotal", "checkoutMode"}
)


@check(CREATED, DONE, BODY, when=[Fact.SUCCEEDED])
def success_has_its_status(view: View, _history: History) -> Iterator[Outcome]:
    """An operation that succeeds answers with its documented status, and with a JSON object."""
    if view.operation is None or not view.succeeded or view.status is None:
        return
    rule = CREATED if view.operation.success == 201 else DONE
    if view.status in view.operation.responds:
        yield held(rule)
    else:
        expected = sorted(view.operation.responds)
        yield Finding(
            rule,
            f"{view.operation.id} succeeded with status {view.status}",
            "",
            f"status {' or '.join(map(str, expected))}",
            f"status {view.status}",
        )
    if view.response.object is not None:
        yield held(BODY)
    elif not view.response.problem:
        yield Finding(
            BODY,
            f"{view.operation.id} succeeded without a JSON object",
            "",
            f"a {view.operation.object}",
            "no body" if view.response.empty else view.response.value,
        )


@check(SAME_ID, when=[Fact.ANSWERED, Fact.SUCCEEDED])
def answer_is_what_was_asked_for(view: View, _history: History) -> Iterator[Outcome]:
    """The object in the answer has the id that stands in the path."""
    if view.operation is None or view.answer is None or not view.succeeded:
        return
    for name, asked in view.parameters.items():
        if name not in _IDS or not isinstance(view.answer.get(name), str):
            continue
        if view.answer[name] == asked:
            yield held(SAME_ID)
        else:
            yield Finding(
                SAME_ID,
                f"another {view.object} was asked for",
                f"/{name}",
                asked,
                view.answer[name],
            )


@check(NAMES, of=ID_OF, when=[Fact.ANSWERED])
def answer_has_the_names_of_its_version(view: View, _history: History) -> Iterator[Outcome]:
    """Under /v1 the details are singular, under /v2 plural."""
    if view.operation is None or view.answer is None or view.object not in ID_OF:
        return
    foreign = names_of_other(view.api)
    if foreign.isdisjoint(view.answer):
        yield held(NAMES)
        return
    for name in sorted(foreign & view.answer.keys()):
        yield Finding(
            NAMES,
            f"{name} is a name of {'v2' if view.api == 'v1' else 'v1'}",
            f"/{name}",
            "to be absent",
            view.answer[name],
        )


@check(*ECHO.values(), calls=ECHO, when=[Fact.ANSWERED, Fact.SUCCEEDED])
def answer_shows_what_was_written(view: View, history: History) -> Iterator[Outcome]:
    """The answer to a write holds the values that were sent."""
    if view.answer is None or not view.succeeded or history.is_repeat(view):
        return
    for pointer, sent in written(view).items():
        yield _same(ECHO[view.operation.id if view.operation else ""], view, pointer, sent)


@check(READ, ECHO["updateCheckoutSession"], of=ID_OF, when=[Fact.SEEN_BEFORE])
def reading_shows_what_was_written(view: View, history: History) -> Iterator[Outcome]:
    """A later answer still holds the values that the last write sent."""
    last = history.before(view)
    if last is None or (view.object == "checkout-session" and view.state != "Open"):
        return
    updated = view.operation is not None and view.operation.id == "updateCheckoutSession"
    new = written(view)
    for pointer, sent in last.written.items():
        if pointer not in new:
            rule = ECHO["updateCheckoutSession"] if updated else READ
            yield _same(rule, view, pointer, sent, "was written before")


def written(view: View) -> dict[str, Any]:
    """Return the values that a request wrote, by JSON Pointer as the request spells them."""
    if view.operation is None or view.sent is None or view.operation.id not in _ECHOED:
        return {}
    if view.operation.id == "captureCharge" and view.state != "Captured":
        return {}  # whether a pending capture shows its amount was never seen
    members = _ECHOED[view.operation.id]
    return dict(
        leaf
        for name in members
        if name in view.sent
        # A session that is not recurring was recorded without recurring metadata.
        and (name != "recurringMetadata" or view.at("/chargePermissionType") == "Recurring")
        for leaf in _leaves(view.sent[name], f"/{name}")
    )


def _leaves(value: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    if pointer.rpartition("/")[2] in _REWRITTEN:
        return
    if isinstance(value, dict) and "currencyCode" not in value:
        for key, part in value.items():
            yield from _leaves(part, f"{pointer}/{key}")
    elif value is not None and not isinstance(value, list):
        yield pointer, value


def _same(rule: str, view: View, pointer: str, sent: Any, how: str = "was sent") -> Outcome:
    got = look_up(view.answer, pointer)
    if got == sent or _alike(sent, got):
        return held(rule)
    name = pointer.rpartition("/")[2]
    return Finding(rule, f"{name} is not what {how}", pointer, sent, got)


def _alike(sent: Any, got: Any) -> bool:
    """Compare as the service writes: amounts by value, numbers as strings."""
    if isinstance(sent, dict):
        asked, given = price(sent), price(got)
        return (
            asked is not None
            and given is not None
            and (asked.amount, asked.currency) == (given.amount, given.currency)
        )
    return isinstance(sent, int | float) and not isinstance(sent, bool) and str(sent) == got
