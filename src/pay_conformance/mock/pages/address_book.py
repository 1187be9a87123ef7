"""The addresses that the sandbox buyer keeps, and which of them a shop delivers to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pay_conformance.mock.records import Address
from pay_conformance.mock.wallet import ADDRESSES, address

_PO_BOX = re.compile(r"\bp\.?\s*o\.?\s*box\b|\bpost office box\b|\bpostfach\b", re.IGNORECASE)
_PACKSTATION = re.compile(r"\bpackstation\b", re.IGNORECASE)

_SPECIAL = {
    "RestrictPOBoxes": (_PO_BOX, "The shop does not deliver to PO boxes."),
    "RestrictPackstations": (_PACKSTATION, "The shop does not deliver to Packstations."),
}

_ELSEWHERE: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "na": (
        {
            "name": "Sample Buyer",
            "addressLine1": "22 Sample Avenue",
            "city": "Appleton",
            "stateOrRegion": "WI",
            "postalCode": "54911",
            "countryCode": "US",
            "phoneNumber": "800-000-0000",
        },
        {
            "name": "Sample Buyer",
            "addressLine1": "PO Box 1234",
            "city": "Honolulu",
            "stateOrRegion": "HI",
            "postalCode": "96801",
            "countryCode": "US",
        },
        {
            "name": "Other Recipient",
            "addressLine1": "3 Example Crescent",
            "city": "Toronto",
            "stateOrRegion": "ON",
            "postalCode": "M5V 2T6",
            "countryCode": "CA",
            "phoneNumber": "800-000-0000",
        },
    ),
    "eu": (
        {
            "name": "Sample Buyer",
            "addressLine1": "Packstation 123",
            "addressLine2": "Postnummer 0000000",
            "city": "Berlin",
            "postalCode": "10117",
            "countryCode": "DE",
        },
        {
            "name": "Other Recipient",
            "addressLine1": "Musterweg 3",
            "city": "Wien",
            "postalCode": "1010",
            "countryCode": "AT",
            "phoneNumber": "800-000-0000",
        },
        {
            "name": "Other Recipient",
            "addressLine1": "3 Example Road",
            "city": "London",
            "postalCode": "SW1A 1AA",
            "countryCode": "GB",
            "phoneNumber": "800-000-0000",
        },
    ),
    "jp": (
        {
            "name": "Sample Buyer",
            "addressLine1": "1-2-3 Sample Street",
            "city": "Meguro-ku",
            "stateOrRegion": "Tokyo",
            "postalCode": "153-0064",
            "countryCode": "JP",
            "phoneNumber": "800-000-0000",
        },
    ),
}


def addresses(region: str) -> tuple[Address, ...]:
    """Return the addresses of a region's buyer; the first is the one they live at."""
    return (ADDRESSES[region], *(address(entry) for entry in _ELSEWHERE[region]))


def lines(shown: Address) -> list[str]:
    """Return an address as lines to read."""
    city = " ".join(filter(None, (shown["city"], shown["stateOrRegion"], shown["postalCode"])))
    street = (shown[f"addressLine{number}"] for number in (1, 2, 3))
    return [line for line in (shown["name"], *street, city, shown["countryCode"]) if line]


def refused(delivery: Mapping[str, Any] | None, candidate: Address) -> str:
    """Return why a shop's deliverySpecifications exclude an address; ``""`` if they don't.

    Source: the samples of Amazon's page "Shipping address restriction samples".
    """
    if not delivery:
        return ""
    street = " ".join(candidate[f"addressLine{number}"] or "" for number in (1, 2, 3))
    for name in delivery.get("specialRestrictions") or ():
        pattern, why = _SPECIAL[name]
        if pattern.search(street):
            return why
    rules = delivery.get("addressRestrictions")
    if rules and _named(rules["restrictions"], candidate) != (rules["type"] == "Allowed"):
        return "The shop does not deliver to this address."
    return ""


def _named(restrictions: Mapping[str, Any], candidate: Address) -> bool:
    """Say whether restrictions name an address: its country, and there its state or its ZIP code.

    A country without either stands for all of it.
    """
    country = candidate["countryCode"] or ""
    if country not in restrictions:
        return False
    within = restrictions[country] or {}
    states, codes = within.get("statesOrRegions"), within.get("zipCodes")
    if not states and not codes:
        return True
    return candidate["stateOrRegion"] in (states or ()) or _code(candidate["postalCode"]) in {
        _code(code) for code in codes or ()
    }


def _code(code: str | None) -> str:
    """Return a postal code in the one spelling in which two are compared."""
    return (code or "").replace("-", "").replace(" ", "").upper()
