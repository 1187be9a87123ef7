"""The sandbox buyer of each region: who they are, where they live, what they pay with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pay_conformance.mock.records import Address, Wallet

ADDRESS_MEMBERS = (
    "name",
    "addressLine1",
    "addressLine2",
    "addressLine3",
    "city",
    "county",
    "district",
    "stateOrRegion",
    "postalCode",
    "countryCode",
    "phoneNumber",
)
"""The members of an address in the order of every observed response."""

CURRENCY = {"na": "USD", "eu": "EUR", "jp": "JPY"}
"""The ledger currency of each region."""

API_HOST = {
    "na": "pay-api.amazon.com",
    "eu": "pay-api.amazon.eu",
    "jp": "pay-api.amazon.jp",
}

SCRIPT_HOST = {
    "na": "static-na.payments-amazon.com",
    "eu": "static-eu.payments-amazon.com",
    "jp": "static-fe.payments-amazon.com",
}
"""Where the script that draws buttons is, as /checkout.js (documented)."""

PAGES = {
    "na": "https://apay-us.amazon.com",
    "eu": "https://payments.amazon.de",
    "jp": "https://payments.amazon.co.jp",
}
"""Where the hosted pages of each region are (observed in amazonPayRedirectUrl)."""

DEFAULT_CARD = "1111"

EVERY_SCOPE = frozenset(
    {"name", "email", "phoneNumber", "postalCode", "shippingAddress", "primeStatus"}
)
"""What a buyer shares unless the shop asks for other scopes: all but the billing address."""


def address(members: Mapping[str, Any]) -> Address:
    """Return an address with all its members, in order; what is not given is null."""
    return {name: members.get(name) for name in ADDRESS_MEMBERS}


ADDRESSES: Mapping[str, Address] = {
    "na": address(
        {
            "name": "Sample Buyer",
            "addressLine1": "10 Example Street",
            "addressLine2": "Suite 1",
            "city": "Chicago",
            "stateOrRegion": "IL",
            "postalCode": "60602",
            "countryCode": "US",
            "phoneNumber": "800-000-0000",
        }
    ),
    "eu": address(
        {
            "name": "Sample Buyer",
            "addressLine1": "Beispielstr. 10",
            "city": "Berlin",
            "postalCode": "10115",
            "countryCode": "DE",
            "phoneNumber": "800-000-0000",
        }
    ),
    "jp": address(
        {
            "name": "Sample Buyer",
            "addressLine1": "10 Example Street",
            "city": "Kawasaki-shi",
            "stateOrRegion": "Kanagawa",
            "postalCode": "211-8588",
            "countryCode": "JP",
            "phoneNumber": "800-000-0000",
        }
    ),
}
"""Samples, as the observed bodies have them after their people were replaced."""


def profile(account: str) -> Mapping[str, Any]:
    """Return a buyer with every member that some response shows."""
    return {
        "name": "Sample Buyer",
        "email": "buyer@example.com",
        "buyerId": f"amzn1.account.{account}",
        # null means that the merchant is not on the list of those who may see it.
        "primeMembershipTypes": None,
        "phoneNumber": "800-000-0000",
    }


def addresses_of(wallet: Wallet | None) -> list[dict[str, str | None]]:
    """Return the addresses that a buyer picked for an order that goes to several."""
    if wallet is None or wallet.shipping is None:
        return []
    shipping = wallet.shipping
    other = {**shipping, "name": "Other Recipient", "addressLine2": "Flat 2"}
    return [
        {"addressId": "amzn1.address.SAMPLEADDRESSONE", **shipping},
        {"addressId": "amzn1.address.SAMPLEADDRESSTWO", **other},
    ]
