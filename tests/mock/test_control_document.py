"""The control API is what its OpenAPI document says."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from pay_conformance.exchange import Request
from tests.mock.shop import HOST, Shop


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


def test_signature_failures_are_as_described(
    shop2: Shop, mock: Any, document: dict[str, Any]
) -> None:
    for signed, sent in (("x", "y"), ("sandbox/v2/x", "x")):
        headers = shop2.signer.sign("GET", f"{HOST}/v2/charges/{signed}", b"")
        shop2.exchange(Request("GET", f"{HOST}/v2/charges/{sent}", tuple(headers)))
    form = {"payloadJSON": "{}", "signature": "bm8=", "publicKeyId": shop2.key_id}
    mock.page(Request("POST", "http://mock/checkout/start", (), urlencode(form).encode()))
    path = "/merchants/{key}/signature-failures"
    kept = shop2.control("GET", path.replace("{key}", shop2.key_id))
    assert len(kept) == 3
    described = schema(document, path, "get", "200")
    assert list(Draft202012Validator(described).iter_errors(kept)) == []


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
