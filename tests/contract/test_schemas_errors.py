"""What the store says about a wrong body: where, what, and which requirement."""

from __future__ import annotations

from typing import Any

import pytest

from pay_conformance.contract.schema_errors import SchemaError, explained, precise_validator
from tests.contract.bodies import body, store


def errors_of(schema: dict[str, Any], instance: Any) -> list[SchemaError]:
    document = {"$ref": "#/$defs/it", "$defs": {"it": schema}}
    return explained(document, precise_validator(document).iter_errors(instance))


def test_a_missing_member_is_pointed_at_where_it_should_be() -> None:
    (error,) = store().validate("v2", "error", {"reasonCode": "InvalidRequest"})
    assert error == SchemaError(
        "/message", "message is missing", "required", "to be present", None, "ERR-BODY-001"
    )


def test_each_unknown_member_of_a_request_is_an_error_of_its_own() -> None:
    request = {**body("requests/v2-create-refund-request").content, "a": 1, "b": {}}
    found = store().validate("v2", "create-refund-request", request)
    assert [(error.pointer, error.keyword, error.actual) for error in found] == [
        ("/a", "additionalProperties", 1),
        ("/b", "additionalProperties", {}),
    ]


def test_an_unknown_member_of_a_response_is_no_error() -> None:
    good = body("observed/v2-charge-authorized")
    assert store().is_valid("v2", "charge", {**good.content, "new": 1})


def test_a_wrong_form_is_explained_in_words() -> None:
    good = body("observed/v2-charge-authorized")
    (error,) = store().validate("v2", "charge", {**good.content, "creationTimestamp": "now"})
    assert error.expected == "yyyyMMdd'T'HHmmss'Z'"
    assert error.message == ("creationTimestamp is \"now\", but should be yyyyMMdd'T'HHmmss'Z'")


def test_a_member_name_is_escaped_in_the_pointer() -> None:
    schema = {"additionalProperties": {"type": "string"}}
    assert [error.pointer for error in errors_of(schema, {"a/b~c": 1})] == ["/a~1b~0c"]


def test_the_error_of_a_choice_comes_from_the_branch_that_is_nearest() -> None:
    choice = {
        "anyOf": [
            {"type": "string"},
            {"type": "object", "required": ["id", "name"], "x-requirement": "X-NEAR-001"},
            {"type": "object", "required": ["a", "b", "c"]},
        ]
    }
    found = errors_of(choice, {"id": 1})
    assert [(error.pointer, error.requirement) for error in found] == [("/name", "X-NEAR-001")]


def test_the_requirement_is_the_nearest_one_through_references() -> None:
    schema = {
        "x-requirement": "X-FAR-001",
        "properties": {"a": {"$ref": "#/$defs/it/$defs/a", "x-requirement": "X-MID-001"}},
        "$defs": {"a": {"items": {"type": "string", "x-requirement": "X-NEAR-001"}}},
    }
    found = errors_of(schema, {"a": [1]})
    assert [(error.pointer, error.requirement) for error in found] == [("/a/0", "X-NEAR-001")]


@pytest.mark.parametrize("instance", [None, 0, "", [], True, 1e400])
def test_a_body_that_is_no_object_is_one_error_at_the_root(instance: Any) -> None:
    found = store().validate("v2", "charge", instance)
    assert [(error.pointer, error.requirement) for error in found] == [("", "CH-FIELD-001")]


def test_a_request_that_is_no_object_is_one_error_at_the_root() -> None:
    found = store().validate("v2", "create-charge-request", [])
    assert [(error.pointer, error.requirement) for error in found] == [("", "FMT-BODY-001")]


def test_deep_nesting_in_an_unknown_member_is_tolerated() -> None:
    deep: dict[str, Any] = {}
    for _ in range(50_000):
        deep = {"a": deep}
    good = body("observed/v2-charge-authorized")
    assert store().is_valid("v2", "charge", {**good.content, "new": deep})
    assert store().validate("v2", "charge", {**good.content, "new": deep}) == []
    assert store().touched("v2", "charge", {**good.content, "new": deep})
