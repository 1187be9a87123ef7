"""Delivery Trackers: a shop tells of a shipment, so that Amazon can tell the buyer."""

from __future__ import annotations

from typing import Any

from pay_conformance.mock.calls import Answer, Call
from pay_conformance.mock.refusals import Refused

_OLD_NAME = "amazonOrderReferenceId"


def create(call: Call) -> Answer:
    """Create Delivery Tracker: each tracking number once, for an order that exists (documented)."""
    merchant, body = call.merchant, call.body
    name = _OLD_NAME if "chargePermissionId" not in body else "chargePermissionId"
    order = body[name]
    if order not in merchant.permissions:
        raise Refused("InvalidParameterValue", parameter=name, value=order)
    shipments: list[dict[str, Any]] = body["deliveryDetails"]
    numbers = [shipment["trackingNumber"] for shipment in shipments]
    for number in numbers:
        if number in merchant.tracked or numbers.count(number) > 1:
            raise Refused("InvalidParameterValue", parameter="trackingNumber", value=number[:64])
    for number in numbers:
        merchant.tracked[number] = order
        merchant.touched["tracked", number] = None
    return call.operation.success, {name: order, "deliveryDetails": shipments}
