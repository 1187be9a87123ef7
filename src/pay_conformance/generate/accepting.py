"""Sends valid requests, and sees to it that each is accepted, and that its values come back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from hypothesis import strategies as st

from pay_conformance.generate.bodies import bodies
from pay_conformance.generate.examples import Examples, Scene, holds
from pay_conformance.generate.stage import Stage, set_stage
from pay_conformance.scenario import Answer

_ECHO: Mapping[str, str] = {
    "createCheckoutSession": "CS-NEW-008",
    "updateCheckoutSession": "CS-UPD-001",
    "updateChargePermission": "CP-OP-004",
    "createCharge": "CH-NEW-004",
    "captureCharge": "CH-CAP-008",
    "createRefund": "RF-NEW-005",
}
"""Which requirement says that what was sent is what the object then has."""

ACCEPTED: Mapping[str, str] = {
    "createCheckoutSession": "CS-NEW-001",
    "updateCheckoutSession": "OP-OK-002",
    "completeCheckoutSession": "CS-COMP-001",
    "finalizeCheckoutSession": "CS-FIN-001",
    "updateChargePermission": "CP-OP-004",
    "closeChargePermission": "CP-CLOSE-001",
    "createCharge": "CH-NEW-001",
    "captureCharge": "CH-CAP-001",
    "cancelCharge": "CH-LIFE-006",
    "createRefund": "RF-LIFE-001",
    "createDeliveryTracker": "DT-OK-001",
    "createDispute": "DI-NEW-001",
    "updateDispute": "DI-OP-004",
    "contestDispute": "DI-LIFE-002",
    "uploadFile": "DI-OK-001",
}
"""Which requirement a server violates that refuses a valid request."""

_RETURNED = {
    "createCheckoutSession": (
        "webCheckoutDetails", "storeId", "platformId", "providerMetadata", "merchantMetadata",
        "deliverySpecifications", "chargePermissionType",
        "paymentDetails/paymentIntent", "paymentDetails/chargeAmount",
        "paymentDetails/canHandlePendingAuthorization",
    ),
    "updateCheckoutSession": (
        "webCheckoutDetails", "platformId", "providerMetadata", "merchantMetadata",
        "paymentDetails/paymentIntent", "paymentDetails/chargeAmount",
    ),
    "updateChargePermission": ("merchantMetadata",),
    "createCharge": ("chargePermissionId", "chargeAmount"),
    "captureCharge": ("captureAmount",),
    "createRefund": ("chargeId", "refundAmount"),
}  # fmt: skip
"""What an object returns of a request. Some members are written otherwise in the answer."""

_WAITS_FOR = {"createCharge": "CaptureInitiated"}


def accept_valid(examples: Examples, operation: str, count: int) -> None:
    """Send generated valid requests of an operation, each in a story of its own.

    Raises:
        Violation: if one was refused, or a value that was sent did not come back.

    """

    @examples.each(count, data=st.data())
    def accepted(scene: Scene, data: st.DataObject) -> None:
        stage = set_stage(operation, scene)
        body = data.draw(bodies(operation, stage.ground), label=operation)
        _accepted(stage, body)


def _accepted(stage: Stage, body: dict[str, Any]) -> None:
    scene, operation = stage.scene, stage.operation
    answer = scene.shop.attempt.make(stage.call(body))
    rule = ACCEPTED[operation]
    if not answer.succeeded:
        raise scene.story.violated_in(
            rule,
            f"{answer.summary} for a valid request",
            answer,
            expected="a success",
            actual={"status": answer.status, "body": answer.json},
        )
    holds(scene.story, rule, answer)
    if operation not in _ECHO:
        return
    for reading in (answer, scene.shop.attempt.read(answer)):
        _comes_back(stage, body, reading)


def _comes_back(stage: Stage, body: dict[str, Any], reading: Answer) -> None:
    story, rule = stage.scene.story, _ECHO[stage.operation]
    for place in _RETURNED[stage.operation]:
        for pointer, sent in _leaves(body, place):
            found = reading.at(pointer)
            if not _same(sent, found):
                raise story.violated_in(
                    rule,
                    f"{reading.call.title}: {reading.pointer(pointer)} is {found!r}, not {sent!r}",
                    reading,
                    pointer=reading.pointer(pointer),
                    expected=sent,
                    actual=found,
                )
            holds(story, rule, reading)


def _leaves(body: Mapping[str, Any], place: str) -> Iterator[tuple[str, Any]]:
    """Yield every single value of a part of a body, with its pointer; lists count as one value."""
    value: Any = body
    for step in place.split("/"):
        if not isinstance(value, Mapping) or step not in value:
            return
        value = value[step]
    yield from _below(f"/{place}", value)


def _below(pointer: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for name, member in value.items():
            yield from _below(f"{pointer}/{name}", member)
    elif value not in ({}, []):
        yield pointer, value


def _same(sent: Any, found: Any) -> bool:
    """Compare by value: an amount may be sent as a number, and with more zeros than it has."""
    if sent == found and type(sent) is type(found):
        return True
    if isinstance(sent, bool) or not isinstance(found, str):
        return False
    try:
        return Decimal(str(sent)) == Decimal(found)
    except InvalidOperation:
        return False
