"""The OpenAPI documents are valid, refer to the schemas, and give the operations of a version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import validate

from pay_conformance.contract.openapi import bundle
from pay_conformance.contract.operations import Operations
from pay_conformance.contract.schema_files import references
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.resources import data_path
from tests.contract.bodies import store

OPERATIONS = Operations(data_path("contracts"))
V1 = {
    "createCheckoutSession",
    "getCheckoutSession",
    "updateCheckoutSession",
    "getChargePermission",
    "updateChargePermission",
    "closeChargePermission",
    "createCharge",
    "getCharge",
    "captureCharge",
    "cancelCharge",
    "createRefund",
    "getRefund",
    "createDeliveryTracker",
}
V2 = V1 | {
    "completeCheckoutSession",
    "finalizeCheckoutSession",
    "getBuyer",
    "createDispute",
    "getDispute",
    "updateDispute",
    "contestDispute",
    "uploadFile",
}
EACH = [entry for api in ("v1", "v2") for entry in OPERATIONS.all(api).values()]


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_a_document_is_valid_openapi_as_it_lies_in_its_folder(api: str) -> None:
    path = data_path("contracts", api, "openapi.yaml")
    validate(yaml.safe_load(path.read_text(encoding="utf-8")), base_uri=path.as_uri())


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_a_bundle_is_valid_openapi_and_refers_to_nothing_outside(api: Any) -> None:
    document = bundle(api)
    validate(document)
    assert {target[:2] for target in references(document)} == {"#/"}


@pytest.mark.parametrize(("api", "expected"), [("v1", V1), ("v2", V2)])
def test_a_version_has_exactly_its_operations(api: Any, expected: set[str]) -> None:
    assert set(OPERATIONS.all(api)) == expected


@pytest.mark.parametrize("operation", EACH, ids=lambda entry: f"{entry.api}-{entry.id}")
def test_an_operation_names_schemas_that_exist(operation: Any) -> None:
    names = {*operation.responds.values(), operation.request} - {""}
    assert names <= set(store().names(operation.api))


def test_creating_and_capturing_need_an_idempotency_key() -> None:
    required = {entry.id for entry in EACH if entry.idempotency_key == "required"}
    assert required == {
        "createCheckoutSession",
        "createCharge",
        "captureCharge",
        "createRefund",
        "createDispute",
        "uploadFile",
    }


def test_only_creations_answer_201_and_only_complete_may_answer_202() -> None:
    created = {entry.id for entry in EACH if entry.success == 201}
    accepted = {entry.id for entry in EACH if 202 in entry.responds}
    assert created == {"createCheckoutSession", "createCharge", "createRefund"}
    assert accepted == {"completeCheckoutSession"}


@pytest.mark.parametrize(
    ("method", "path", "operation", "api", "environment", "parameters"),
    [
        ("POST", "/v2/charges", "createCharge", "v2", "", {}),
        ("get", "/sandbox/v2/charges/C1", "getCharge", "v2", "sandbox", {"chargeId": "C1"}),
        ("DELETE", "/live/v1/charges/C1/cancel/", "cancelCharge", "v1", "live", {"chargeId": "C1"}),
        ("GET", "/v2/buyers/Atza%7Cx", "getBuyer", "v2", "", {"buyerToken": "Atza|x"}),
        ("POST", "/v1/checkoutSessions/", "createCheckoutSession", "v1", "", {}),
    ],
)
def test_a_request_finds_its_operation(
    method: str, path: str, operation: str, api: str, environment: str, parameters: dict[str, str]
) -> None:
    found = OPERATIONS.match(method, path)
    assert found is not None
    assert (found.operation.id, found.operation.api) == (operation, api)
    assert (found.environment, found.parameters) == (environment, parameters)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/v2/charges"),
        ("GET", "/v2/charges"),
        ("POST", "/v1/checkoutSessions/x/complete"),
        ("GET", "/v1/buyers/x"),
        ("POST", "/v3/charges"),
        ("POST", "/test/v2/charges"),
        ("POST", "/charges"),
        ("POST", "/v2/charges//"),
        ("GET", "/v2/charges/a/b"),
        ("GET", ""),
    ],
)
def test_a_request_for_nothing_known_finds_no_operation(method: str, path: str) -> None:
    assert OPERATIONS.match(method, path) is None


def test_an_operation_without_an_idempotency_rule_is_named_by_file_and_line(tmp_path: Path) -> None:
    root = tmp_path / "contracts"
    for api in ("v1", "v2"):
        (root / api).mkdir(parents=True)
        (root / api / "openapi.yaml").write_text(
            "paths:\n  /charges:\n    post:\n      operationId: createCharge\n"
        )
    with pytest.raises(ConfigurationProblem, match=r"contracts/v1/openapi.yaml:3: POST /charges"):
        Operations(root)
