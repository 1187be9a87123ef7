"""What the product type of the button makes of a session."""

from __future__ import annotations

import json

from pay_conformance.scenario import Buyer, Expect, Shop, requirement


@requirement("CS-FIELD-030", "CS-FIELD-031")
def test_order_to_several_addresses_lists_them_as_json_texts(
    shop: Shop, buyer: Buyer, expect: Expect
) -> None:
    session = shop.create_checkout_session()
    buyer.signs_in(session, product="PayAndShipMultiAddress")
    listed = shop.get_checkout_session(session)
    first = "/shippingAddressList/0"
    expect(listed, "CS-FIELD-030").at(first).matches(r'\{.*"addressId"\s*:\s*".+".*\}')
    share = {
        "addressId": json.loads(listed.at(first))["addressId"],
        "price": shop.price("15.00"),
    }
    updated = shop.update_checkout_session(session, multiAddressesCheckoutMetadata=[share])
    expect(updated, "CS-FIELD-031").at("/multiAddressesCheckoutMetadata").equals([share])
