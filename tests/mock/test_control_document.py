"""The control API is what its OpenAPI document says."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from tests.mock.shop import Shop


@pytest.fixture
def document(shop2: Shop) -> dict[str, Any]:
    found: dict[str, Any] = shop2.control("GET", "/openapi.json")
    return found


def test_document_is_openapi(document: dict[str, Any]) -> None:
    validate(document)


def test_document_has_every_route_and_no_other(document: dict[str, Any], mock: Any) -> None:
    served = {
        (method, re.sub(r"\(\?P<(\w+)>.*?\)", r"{\1}", pattern.pattern).rstrip("?"))
        for method, pattern, _, _ in mock._control._routes
    }
    described = {
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method in item.keys() - {"parameters"}
    }
    assert served == described


def schema(document: dict[str, Any], path: str, method: str, status: str) -> dict[str, Any]:
    response = document["paths"][path][method]["responses"][status]
    name = response.get("$ref", "").rpartition("/")[2]
    found = document["components"]["responses"][name] if name else response
    inner: dict[str, Any] = found["content"]["application/json"]["schema"]
    return {**inner, "components": document["components"]}


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", "/", "200", None),
        ("POST", "/merchants", "201", {"region": "jp"}),
        ("POST", "/merchants", "400", {"region": "moon"}),
        ("GET", "/merchants/{key}/clock", "200", None),
        ("POST", "/merchants/{key}/clock", "200", {"advance": "PT1S"}),
        ("POST", "/merchants/{key}/reset", "200", None),
        ("POST", "/merchants/{key}/snapshots", "201", None),
        ("GET", "/merchants/{key}/signature-failures", "200", None),
        ("POST", "/merchants/{key}/faults", "201", {"kind": "reset"}),
        ("GET", "/merchants/{key}/faults", "200", None),
        ("DELETE", "/merchants/{key}/faults", "200", None),
        ("POST", "/merchants/{key}/notifications", "200", {"mode": "never"}),
        ("GET", "/merchants/{key}/notifications", "200", None),
        ("GET", "/notifications/certificate", "200", None),
        ("POST", "/merchants/{key}/buyers", "201", {"scopes": ["name"]}),
    ],
)
def test_answers_are_as_described(
    shop2: Shop, document: dict[str, Any], method: str, path: str, status: str, body: Any
) -> None:
    answer = shop2.refused_control(method, path.replace("{key}", shop2.key_id), body)
    described = schema(document, path, method.lower(), status)
    assert answer.status == int(status)
    assert list(Draft202012Validator(described).iter_errors(answer.body)) == []
