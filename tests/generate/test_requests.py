"""Generated requests: the walk is complete, each case wrong by the schema, each valid one right."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pay_conformance.contract import Contract
from pay_conformance.contract.model import APIS, Api
from pay_conformance.generate.bodies import WITH_BODY, Ground, bodies
from pay_conformance.generate.fields import request_fields
from pay_conformance.generate.wrong import wrong_bodies
from pay_conformance.scenario import Call

CONTRACT = Contract.load()
STORE = "amzn1.application-oa2-client.abc"
PERMISSION = "S01-1234567-1234567"
TARGETS = {
    "createCharge": PERMISSION,
    "createRefund": f"{PERMISSION}-C123456",
    "createDeliveryTracker": PERMISSION,
    "createDispute": f"{PERMISSION}-C123456",
}
OPERATIONS = [(api, name) for api in APIS for name in WITH_BODY if name in CONTRACT.operations(api)]


def ground(api: Api, operation: str) -> Ground:
    return Ground(CONTRACT, api, "USD", STORE, TARGETS.get(operation, ""), Decimal("40.00"))


@pytest.mark.parametrize(("api", "operation"), OPERATIONS)
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_valid_body_is_valid_by_the_schema(api: Api, operation: str, data: st.DataObject) -> None:
    body = data.draw(bodies(operation, ground(api, operation)))
    call = Call(operation, "POST", "/", body, api=api)
    schema = CONTRACT.operations(api)[operation].request
    sent = json.loads(call.content())
    assert CONTRACT.validate(api, schema, sent) == []


@pytest.mark.parametrize(("api", "operation"), OPERATIONS)
def test_walk_breaks_every_field_at_least_once(api: Api, operation: str) -> None:
    walked = " ".join(case.what for case in wrong_bodies(operation, ground(api, operation), {}))
    fields = request_fields(CONTRACT, api, operation).walk()
    # What takes any value at all can't be broken.
    missed = [field.pointer for field in fields if field.types or field.enum]
    missed = [pointer for pointer in missed if pointer and f"{pointer[1:]} " not in walked]
    assert missed == []


@pytest.mark.parametrize(("api", "operation"), OPERATIONS)
def test_walk_is_the_same_every_time(api: Api, operation: str) -> None:
    first = [case.what for case in wrong_bodies(operation, ground(api, operation), {})]
    again = [case.what for case in wrong_bodies(operation, ground(api, operation), {})]
    assert first == again


def test_generators_exist_for_every_operation_that_has_a_body() -> None:
    with_body = {
        name
        for api in APIS
        for name, operation in CONTRACT.operations(api).items()
        if operation.request
    }
    assert with_body == set(WITH_BODY)


@pytest.mark.parametrize(("api", "operation"), OPERATIONS)
def test_walk_names_requirements_that_exist(api: Api, operation: str) -> None:
    cases = list(wrong_bodies(operation, ground(api, operation), {}))
    named = {case.requirement for case in cases}
    assert named <= set(CONTRACT.requirements)
    codes = {code for case in cases for code in case.codes}
    assert codes <= set(CONTRACT.errors)
