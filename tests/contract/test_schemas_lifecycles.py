"""Schemas and lifecycles know the same states, and the same reasons in each of them."""

from __future__ import annotations

from typing import Any

import pytest

from pay_conformance.contract import Contract
from pay_conformance.contract.schema_files import read_schemas
from pay_conformance.resources import data_path

SCHEMAS = read_schemas(data_path("contracts"))
OBJECTS = ["checkout-session", "charge", "charge-permission", "refund"]


def reasons_by_state(kind: str) -> dict[str, set[str]]:
    """Return the reason codes that the schema allows in each state that has any."""
    found: dict[str, set[str]] = {}
    for rule in SCHEMAS[f"shared.{kind}-status"]["allOf"]:
        state = rule["if"]["properties"]["state"].get("const")
        members: dict[str, Any] = rule["then"]["properties"]
        item = members.get("reasons", {}).get("items", {}).get("properties", members)
        codes = set(item.get("reasonCode", {}).get("enum", ()))
        if codes:
            found[state] = codes
    return found


@pytest.mark.parametrize("api", ["v1", "v2"])
@pytest.mark.parametrize("kind", OBJECTS)
def test_a_schema_and_its_lifecycle_have_the_same_states(kind: str, api: Any) -> None:
    states = SCHEMAS[f"shared.{kind}-status"]["properties"]["state"]["enum"]
    assert set(states) == set(Contract.load().lifecycle(kind, api).states)


@pytest.mark.parametrize("kind", OBJECTS)
def test_a_schema_and_its_lifecycles_have_the_same_reasons(kind: str) -> None:
    contract = Contract.load()
    v1 = contract.lifecycle(kind, "v1").states
    v2 = contract.lifecycle(kind, "v2").states
    assert reasons_by_state(kind) == {
        name: {*v1[name].reasons, *v2[name].reasons} for name in v2 if v2[name].reasons
    }
