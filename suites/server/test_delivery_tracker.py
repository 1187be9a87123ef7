"""Delivery Trackers: shipments told to Amazon, each once, of orders that exist."""

from __future__ import annotations

import pytest

from pay_conformance.scenario import Checkout, Expect, Negative, Shop, requirement


@requirement("DT-OK-001", "DT-FIELD-003")
def test_shipment_is_tracked(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    permission, number = checkout.permission(), shop.story.fresh_word(16)
    tracked = shop.attempt.make(shop.tracking(permission, number))
    expect(tracked, "DT-OK-001").status(200)
    name = "chargePermissionId" if tracked.has("/chargePermissionId") else "amazonOrderReferenceId"
    expect(tracked, "DT-FIELD-003").at(f"/{name}").equals(permission.id)
    expect(tracked, "DT-FIELD-003").at("/deliveryDetails/0/trackingNumber").equals(number)
    expect(tracked, "DT-FIELD-003").at("/deliveryDetails/0/carrierCode").equals("UPS")


@requirement("DT-ONCE-001")
def test_tracking_number_serves_once(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    tracking = shop.tracking(checkout.permission(), shop.story.fresh_word(16))
    shop.make(tracking)
    expect(shop.attempt.make(tracking), "DT-ONCE-001").refused(400)


@requirement("DT-REF-001")
def test_shipment_of_an_unknown_order_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    tracking = shop.tracking(checkout.permission(), shop.story.fresh_word(16))
    negative(
        "DT-REF-001",
        baseline=tracking,
        refused=tracking.with_("/chargePermissionId", "S01-0000000-0000000"),
        status=400,
        reason="InvalidParameterValue",
    )


@requirement("DT-REF-002")
def test_shipment_without_an_order_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    tracking = shop.tracking(checkout.permission(), shop.story.fresh_word(16))
    negative(
        "DT-REF-002",
        baseline=tracking,
        refused=tracking.without("/chargePermissionId"),
        status=400,
        reason=("MissingParameterValue", "InvalidParameterValue"),
    )


@requirement("DT-REF-003")
@pytest.mark.parametrize("missing", ["trackingNumber", "carrierCode"])
def test_shipment_without_number_or_carrier_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative, missing: str
) -> None:
    number = shop.story.fresh_word(16)
    tracking = shop.tracking(checkout.permission(), number)
    shipment = {"trackingNumber": number, "carrierCode": "UPS"}
    del shipment[missing]
    negative(
        "DT-REF-003",
        baseline=tracking,
        refused=tracking.with_("/deliveryDetails", [shipment]),
        status=400,
        reason=("MissingParameterValue", "InvalidParameterValue"),
    )
