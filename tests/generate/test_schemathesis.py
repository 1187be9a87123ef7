"""Schemathesis's cases are judged: right ones accepted, wrong ones refused, nothing changed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pay_conformance.contract.model import APIS, Api
from pay_conformance.exchange import Request, Response
from pay_conformance.findings import Violation
from pay_conformance.generate.fuzz import cover, covering, fire, hit
from pay_conformance.generate.schemathesis_cases import covering_cases
from pay_conformance.generate.stage import set_stage
from pay_conformance.targets import EmbeddedMock
from tests.generate.making import CONTRACT, examples_of, lenient

Told = tuple[Request, Response]


class Listening(EmbeddedMock):
    """The right server, which keeps what was said."""

    def __init__(self) -> None:
        super().__init__(CONTRACT)
        self.told: list[Told] = []

    def send(self, request: Request) -> Response:
        response = super().send(request)
        self.told.append((request, response))
        return response


def volley(operation: str, target: EmbeddedMock, api: Api = "v2") -> None:
    fire(examples_of(target, api=api), operation, covering(api, operation))


def charges(target: Listening) -> set[str]:
    """Return the paths at which a charge that was there could be captured."""
    told = [json.loads(answer.body) for _, answer in target.told]
    return {f"/v2/charges/{body['chargeId']}/capture" for body in told if body.get("chargeId")}


def reasons(told: list[Told]) -> set[str]:
    return {json.loads(answer.body).get("reasonCode", "") for _, answer in told}


@pytest.mark.parametrize("api", APIS)
def test_every_operation_is_covered_with_right_and_wrong_requests(api: Api) -> None:
    for operation in CONTRACT.operations(api):
        what = {shot.what for shot in covering(api, operation)}
        assert len(what) >= 2, operation
        assert what & {"Valid value", "Default positive test case"}, operation


@pytest.mark.parametrize("api", APIS)
def test_walk_of_the_covering_cases_is_the_same_every_time(api: Api) -> None:
    names = sorted(CONTRACT.operations(api))
    made = {name: covering_cases(api, name) for name in reversed(names)}
    assert {name: covering(api, name) for name in names} == made


def test_requests_are_signed_over_the_bytes_that_go_out() -> None:
    target = Listening()
    volley("captureCharge", target)
    sent = {request.body for request, _ in target.told}
    assert len(sent) > 20
    assert not [reason for reason in reasons(target.told) if "Signature" in reason]


def test_right_requests_are_accepted_and_wrong_ones_refused() -> None:
    target = Listening()
    volley("captureCharge", target)
    captures = [
        (CONTRACT.is_valid("v2", "capture-charge-request", json.loads(request.body)), answer.status)
        for request, answer in target.told
        if request.path in charges(target) and request.method == "POST" and request.body[:1] == b"{"
    ]
    answers = [(valid, status) for valid, status in captures if status != 404]
    assert {status for valid, status in answers if valid} == {200}
    assert {status for valid, status in answers if not valid} == {400}


@pytest.mark.parametrize("operation", ["createRefund", "createDispute", "uploadFile"])
def test_server_that_accepts_a_wrong_request_is_caught(operation: str) -> None:
    with pytest.raises(Violation, match=r"although|for a body that is not JSON"):
        volley(operation, lenient(operation))


def test_server_that_refuses_a_right_request_is_caught() -> None:
    def alter(request: Request, response: Response) -> Response:
        if not request.path.endswith("/capture") or response.status != 200:
            return response
        refusal = b'{"reasonCode": "InvalidParameterValue", "message": "Value is invalid."}'
        return replace(response, status=400, body=refusal)

    with pytest.raises(Violation, match="for a valid request"):
        volley("captureCharge", EmbeddedMock(CONTRACT, alter=alter))


def test_server_that_refuses_with_an_undocumented_reason_is_caught() -> None:
    def alter(request: Request, response: Response) -> Response:
        if response.status != 400:
            return response
        return replace(response, body=b'{"reasonCode": "Nope", "message": "No."}')

    with pytest.raises(Violation, match="ERR-BODY"):
        volley("captureCharge", EmbeddedMock(CONTRACT, alter=alter))


def test_server_whose_refusal_changes_the_object_is_caught() -> None:
    refused: list[Request] = []

    def alter(request: Request, response: Response) -> Response:
        if request.method == "PATCH" and response.status == 400:
            refused.append(request)
        if request.method != "GET" or not refused:
            return response
        body = json.loads(response.body)
        body["merchantMetadata"] = {**body["merchantMetadata"], "noteToBuyer": "changed"}
        return replace(response, body=json.dumps(body).encode())

    with pytest.raises(Violation, match="was refused, and still changed"):
        volley("updateCheckoutSession", EmbeddedMock(CONTRACT, alter=alter))


def test_method_that_a_resource_does_not_have_is_not_accepted() -> None:
    def alter(request: Request, response: Response) -> Response:
        unknown = response.status == 405
        return replace(response, status=200, body=b"{}") if unknown else response

    scene = examples_of(EmbeddedMock(CONTRACT, alter=alter)).scene()
    stage = set_stage("captureCharge", scene)
    shot = next(one for one in covering("v2", "captureCharge") if one.method != "POST")
    with pytest.raises(Violation, match="OP-PATH-004"):
        hit(scene, stage, shot)


def test_some_operations_are_covered_however_few_examples_are_asked_for() -> None:
    target = Listening()
    examples = examples_of(target)
    examples.factor = 0.01

    cover(examples, operations=8)

    assert len({request.path for request, _ in target.told}) >= 4
