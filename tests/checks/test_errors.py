"""Errors: their form, their status, their place, and what their message names."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.exchanges import CHARGE, bare, call, charge, finding, findings, get, held

GONE = f"Resource you are trying to access is not available. Requested path '{CHARGE}'"


def error(code: str, message: str = "It is wrong.", **more: Any) -> dict[str, Any]:
    return {"reasonCode": code, "message": message, **more}


def test_error_with_a_third_member_is_found() -> None:
    found = finding(bare(error("InvalidRequest", status=400)))
    assert (found.requirement, found.pointer, found.actual) == ("ERR-BODY-001", "/status", 400)


def test_error_with_its_members_in_the_wrong_order_is_found() -> None:
    wrong = {"message": "It is wrong.", "reasonCode": "InvalidRequest"}
    assert findings(bare(wrong)) == {("ERR-BODY-006", "")}


@pytest.mark.parametrize(
    "answer", [None, b"<html>Bad Gateway</html>", {"errors": []}, [], "no", charge()]
)
def test_status_of_an_error_without_its_body_is_found(answer: Any) -> None:
    rules = {rule for rule, _ in findings(get(CHARGE, answer, status=500))}
    assert "ERR-BODY-001" in rules


def test_status_of_success_with_the_body_of_an_error_is_found() -> None:
    assert ("ERR-BODY-010", "") in findings(get(CHARGE, error("InvalidRequest")))


def test_error_of_the_catalogue_is_evidence() -> None:
    answer = get(CHARGE, error("ResourceNotFound", GONE), status=404)
    assert findings(answer) == set()
    assert {"ERR-BODY-001", "ERR-BODY-003", "ERR-BODY-004", "ERR-BODY-008"} <= held(answer)


def test_reason_code_of_nobody_is_found() -> None:
    assert findings(bare(error("Oops"))) == {("ERR-BODY-004", "/reasonCode")}


def test_reason_code_under_another_status_is_found() -> None:
    found = finding(get(CHARGE, error("ResourceNotFound", GONE), status=400))
    assert (found.requirement, found.expected, found.actual) == (
        "ERR-BODY-003",
        "status 404",
        "status 400",
    )


def test_reason_code_of_another_operation_is_found() -> None:
    answer = get(CHARGE, error("AmountMismatch"), status=409)
    assert findings(answer) == {("ERR-BODY-005", "/reasonCode")}


@pytest.mark.parametrize(
    ("code", "message", "status", "requirement"),
    [
        ("UnrecognizedField", "Some field is not known.", 400, "ERR-BODY-007"),
        ("ResourceNotFound", "Not here.", 404, "ERR-BODY-008"),
        ("MissingParameterValue", "Something is missing.", 400, "ERR-BODY-009"),
    ],
)
def test_message_that_names_nothing_is_found(
    code: str, message: str, status: int, requirement: str
) -> None:
    sent = {"chargeId": "S03-5890444-1926095-C064126", "colour": "red"}
    asked = call("POST", "/v2/refunds", error(code, message), status=status, sent=sent, key="k1")
    assert (requirement, "/message") in findings(asked)


@pytest.mark.parametrize(
    ("code", "message", "requirement"),
    [
        ("UnrecognizedField", "The field 'colour' is invalid for this API.", "ERR-BODY-007"),
        (
            "MissingParameterValue",
            "Value is missing for the required parameter refundAmount",
            "ERR-BODY-009",
        ),
    ],
)
def test_message_that_names_the_culprit_is_evidence(
    code: str, message: str, requirement: str
) -> None:
    sent = {"chargeId": "S03-5890444-1926095-C064126", "colour": "red"}
    asked = call("POST", "/v2/refunds", error(code, message), status=400, sent=sent, key="k1")
    assert requirement in held(asked)
