"""A whole checkout, in both versions, without a network."""

from __future__ import annotations

import json

from tests.mock.shop import Shop, usd


def test_checkout_walks_from_creation_to_closure(shop: Shop) -> None:
    created = shop.create()
    assert (created.status, shop.state(created.body)) == (201, "Open")
    assert [entry["constraintId"] for entry in created.body["constraints"]] == [
        "BuyerNotAssociated",
        "ChargeAmountNotSet",
        "CheckoutResultReturnUrlNotSet",
        "PaymentIntentNotSet",
    ]

    done = shop.bought(usd(14.5))
    permission, charge = done["chargePermissionId"], done["chargeId"]
    assert shop.state(done) == "Completed"
    assert shop.state(shop.get(f"/chargePermissions/{permission}")) == "NonChargeable"

    captured = shop.send("POST", f"/charges/{charge}/capture", {"captureAmount": usd("14.00")})
    assert (captured.status, shop.state(captured.body)) == (200, "Captured")
    assert captured.body["softDescriptor"] == "AMZ*Example Store"

    refund = shop.send("POST", "/refunds", {"chargeId": charge, "refundAmount": usd("10.00")})
    assert (refund.status, shop.state(refund.body)) == (201, "RefundInitiated")

    closed = shop.send(
        "DELETE", f"/chargePermissions/{permission}/close", {"closureReason": "delivered"}
    )
    assert closed.status == 200
    assert closed.body[shop.name("statusDetails")]["reasons"] == [
        {"reasonCode": "MerchantClosed", "reasonDescription": "delivered"}
    ]


def test_ready_session_has_a_page_for_the_buyer(shop: Shop) -> None:
    session = shop.ready()
    details = shop.get(f"/checkoutSessions/{session}")[shop.name("webCheckoutDetails")]
    assert details["amazonPayRedirectUrl"] == (
        f"https://apay-us.amazon.com/checkout/processing?amazonCheckoutSessionId={session}"
    )


def test_members_of_a_v2_session_come_in_the_order_of_the_service(shop2: Shop) -> None:
    assert " ".join(shop2.create().body) == (
        "checkoutSessionId webCheckoutDetails productType paymentDetails chargePermissionType "
        "orderType recurringMetadata paymentMethodOnFileMetadata merchantDetails merchantMetadata "
        "supplementaryData buyer billingAddress paymentPreferences statusDetails shippingAddress "
        "platformId chargePermissionId chargeId constraints creationTimestamp expirationTimestamp "
        "storeId providerMetadata releaseEnvironment checkoutButtonText deliverySpecifications "
        "tokens"
    )


def test_complete_leaves_only_ids_status_and_creation_time(shop2: Shop) -> None:
    session = shop2.ready()
    shop2.buyer(session, "approve")
    answer = shop2.complete(session)
    assert {name for name, value in answer.body.items() if value is not None} == {
        "checkoutSessionId",
        "statusDetails",
        "chargePermissionId",
        "chargeId",
        "creationTimestamp",
    }


def test_complete_before_the_buyer_approved_is_refused(shop2: Shop) -> None:
    session = shop2.ready()
    answer = shop2.complete(session)
    assert (answer.status, answer.code) == (422, "InvalidCheckoutSessionStatus")
    assert shop2.get(f"/checkoutSessions/{session}")["statusDetails"]["state"] == "Open"


def test_complete_with_another_amount_is_refused_and_can_be_repeated(shop2: Shop) -> None:
    session = shop2.ready()
    shop2.buyer(session, "approve")
    refused = shop2.complete(session, usd("99.99"))
    assert (refused.status, refused.code) == (409, "AmountMismatch")
    assert shop2.complete(session, usd(100)).status == 200


def test_authorize_with_capture_closes_the_permission(shop2: Shop) -> None:
    done = shop2.bought(paymentIntent="AuthorizeWithCapture", softDescriptor="order 7")
    charge = shop2.get(f"/charges/{done['chargeId']}")
    permission = shop2.get(f"/chargePermissions/{done['chargePermissionId']}")
    assert charge["statusDetails"]["state"] == "Captured"
    assert charge["softDescriptor"] == "AMZ*order 7"
    assert permission["statusDetails"]["reasons"][0]["reasonCode"] == "AmazonClosed"


def test_confirm_makes_a_chargeable_permission_and_no_charge(shop: Shop) -> None:
    done = shop.bought(paymentIntent="Confirm")
    assert done["chargeId"] is None
    permission = shop.get(f"/chargePermissions/{done['chargePermissionId']}")
    assert shop.state(permission) == "Chargeable"


def test_addresses_of_an_order_to_several_are_json_texts(shop2: Shop) -> None:
    session = str(shop2.create().body["checkoutSessionId"])
    shop2.buyer(session, "signIn", productType="PayAndShipMultiAddress")
    path = f"/checkoutSessions/{session}"
    addresses = [json.loads(text) for text in shop2.get(path)["shippingAddressList"]]
    shares = [
        {"addressId": address["addressId"], "price": usd(amount)}
        for address, amount in zip(addresses, ("1.00", "2.00"), strict=True)
    ]
    updated = shop2.send("PATCH", path, {"multiAddressesCheckoutMetadata": shares})
    assert updated.body["multiAddressesCheckoutMetadata"] == shares
    assert addresses[0]["addressId"].startswith("amzn1.address.")


def test_pay_only_session_has_a_billing_address_and_no_shipping_address(shop2: Shop) -> None:
    session = str(shop2.create().body["checkoutSessionId"])
    shop2.buyer(session, "signIn", productType="PayOnly")
    body = shop2.get(f"/checkoutSessions/{session}")
    assert (body["productType"], body["shippingAddress"]) == ("PayOnly", None)
    assert body["billingAddress"]["countryCode"] == "US"


def test_finalize_completes_and_shows_the_cart(shop2: Shop) -> None:
    session = shop2.ready()
    body = {"chargeAmount": usd("100.00"), "paymentIntent": "Authorize"}
    done = shop2.send("POST", f"/checkoutSessions/{session}/finalize", body)
    assert (done.status, done.body["statusDetails"]["state"]) == (200, "Completed")
    assert list(done.body)[4] == "cartDetails"


def test_charge_of_a_recurring_permission_has_a_reference_of_its_own(shop2: Shop) -> None:
    recurring = {
        "chargePermissionType": "Recurring",
        "recurringMetadata": {"frequency": {"unit": "Month", "value": 1}, "amount": usd(30)},
    }
    done = shop2.bought(more=recurring)
    permission = shop2.get(f"/chargePermissions/{done['chargePermissionId']}")
    assert done["chargePermissionId"].startswith("C01-")
    assert done["chargeId"].startswith("S01-")
    assert permission["recurringMetadata"]["frequency"] == {"unit": "Month", "value": "1"}
    assert permission["limits"]["amountLimit"] == usd("1000")
