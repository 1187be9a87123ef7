"""The schema files are well formed, complete, and bound to the catalogue of requirements."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pay_conformance.contract.requirements import load_requirements
from pay_conformance.contract.schema_files import read_schemas
from pay_conformance.contract.schemas import SchemaStore
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.resources import data_path
from tests.contract.bodies import store

SCHEMAS = read_schemas(data_path("contracts"))
REQUIREMENTS = load_requirements(data_path("contracts"))
EACH = [(api, name) for api in ("v1", "v2") for name in store().names(api)]
OBJECTS = {
    "checkout-session",
    "charge",
    "charge-permission",
    "refund",
    "error",
    "notification",
    "notification-envelope",
}


def named(schema: Any) -> set[str]:
    text = json.dumps(schema)
    return {part.partition('"')[0] for part in text.split('"x-requirement": "')[1:]}


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_schema_file_is_valid_json_schema_2020_12(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize(("api", "name"), EACH)
def test_a_schema_names_only_requirements_that_bind_its_version(api: Any, name: str) -> None:
    unreachable = {"FMT-FORM-005"} if api == "v1" else set()
    wrong = {
        entry
        for entry in named(store().schema(api, name))
        if entry not in REQUIREMENTS or api not in REQUIREMENTS[entry].api
    }
    assert wrong <= unreachable


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_every_object_of_a_version_has_a_schema(api: Any) -> None:
    assert set(store().names(api)) >= OBJECTS


def test_every_requirement_on_fields_that_no_check_proves_is_named_by_a_schema() -> None:
    of_several_members_or_of_the_text = {
        "CH-ID-002",
        "FMT-AMOUNT-007",
        "FMT-CURRENCY-002",
        "FMT-ENV-002",
        "FMT-ID-002",
        "FMT-ID-003",
        "FMT-JSON-001",
        "FMT-JSON-002",
        "FMT-TIME-002",
        "FMT-TIME-003",
        "RF-ID-002",
    }
    fields = {entry.id for entry in REQUIREMENTS.values() if "/fields-" in entry.where}
    assert fields - store().requirement_ids() == of_several_members_or_of_the_text


def test_an_unknown_schema_is_refused_with_the_known_names() -> None:
    with pytest.raises(ConfigurationProblem, match="v1 has no schema 'buyer'; use one of: cancel"):
        store().validate("v1", "buyer", {})


def test_a_reference_that_leads_nowhere_is_named_with_its_file(tmp_path: Path) -> None:
    folder = tmp_path / "contracts" / "v2" / "schemas"
    folder.mkdir(parents=True)
    (folder / "charge.schema.json").write_text('{"$ref": "../../shared/schemas/x.schema.json"}')
    with pytest.raises(
        ConfigurationProblem,
        match=r"contracts/v2/schemas/charge.schema.json: the reference to shared.x leads nowhere",
    ):
        SchemaStore(tmp_path / "contracts")


def test_a_schema_that_is_not_json_is_named_with_its_line(tmp_path: Path) -> None:
    folder = tmp_path / "contracts" / "v2" / "schemas"
    folder.mkdir(parents=True)
    (folder / "charge.schema.json").write_text('{\n"type": }')
    with pytest.raises(ConfigurationProblem, match=r"v2/schemas/charge.schema.json:2: not valid"):
        SchemaStore(tmp_path / "contracts")
