"""Answers against what was asked: status, identity, names, and the values written."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.exchanges import (
    CHARGE,
    SESSION,
    call,
    captured,
    charge,
    drift,
    finding,
    findings,
    get,
    good,
    held,
    refund,
    session,
    yen,
)

ORDER = {"merchantMetadata": {"noteToBuyer": "Goodbye"}}
ASKED = {"chargePermissionId": "C03-1442027-5744374", "chargeAmount": yen(500)}


def test_creation_that_answers_200_is_found() -> None:
    found = finding(call("POST", "/v2/charges", charge(), status=200, sent=ASKED, key="k1"))
    assert (found.requirement, found.expected, found.actual) == (
        "OP-OK-001",
        "status 201",
        "status 200",
    )


def test_reading_that_answers_202_is_found() -> None:
    assert findings(get(CHARGE, charge(), status=202)) == {("OP-OK-002", "")}


@pytest.mark.parametrize("answer", [None, [], "done", 1])
def test_success_without_an_object_is_found(answer: Any) -> None:
    assert ("OP-OK-003", "") in findings(get(CHARGE, answer))


def test_answer_with_another_object_is_found() -> None:
    other = "/v2/charges/S03-5890444-1926095-C064127"
    found = finding(get(other, charge()))
    assert (found.requirement, found.pointer) == ("OP-GET-003", "/chargeId")
    assert found.expected == "S03-5890444-1926095-C064127"


def test_answer_with_the_object_asked_for_is_evidence() -> None:
    assert {"OP-GET-003", "OP-OK-002", "OP-OK-003"} <= held(get(CHARGE, charge()))


def test_v1_names_under_a_v2_path_are_found() -> None:
    old = good("observed/v1-charge-authorized")
    found = findings(get("/v2/charges/" + old["chargeId"], old))
    assert ("OP-V1-002", "/statusDetail") in found


def test_write_that_is_not_answered_with_what_was_sent_is_found() -> None:
    found = finding(call("PATCH", SESSION, session(), sent=ORDER))
    assert (found.requirement, found.pointer) == ("CS-UPD-001", "/merchantMetadata/noteToBuyer")
    assert (found.expected, found.actual) == ("Goodbye", "Thank you")


def test_number_that_comes_back_as_a_string_is_what_was_sent() -> None:
    made = call("POST", "/v2/charges", charge(), status=201, sent=ASKED, key="k1")
    assert findings(made) == set()
    assert "CH-NEW-004" in held(made)


@pytest.mark.parametrize(
    ("path", "answer", "status", "sent", "requirement"),
    [
        (
            "/v2/charges",
            charge(),
            201,
            {**ASKED, "chargeAmount": yen("499")},
            "CH-NEW-004",
        ),
        (f"{CHARGE}/capture", captured(), 200, {"captureAmount": yen("499")}, "CH-CAP-008"),
        (
            "/v2/refunds",
            refund(statusDetails__state="RefundInitiated"),
            201,
            {"chargeId": "S03-5890444-1926095-C064126", "refundAmount": yen("99")},
            "RF-NEW-005",
        ),
    ],
)
def test_answer_with_another_amount_than_was_sent_is_found(
    path: str, answer: Any, status: int, sent: Any, requirement: str
) -> None:
    made = call("POST", path, answer, status=status, sent=sent, key="k1")
    assert {rule for rule, _ in findings(made)} == {requirement}


def test_reading_that_forgets_what_was_written_is_found() -> None:
    written = session(merchantMetadata__noteToBuyer="Goodbye")
    story = [call("PATCH", SESSION, written, sent=ORDER), get(SESSION, session(), at=5)]
    assert findings(*story) == {("OP-GET-002", "/merchantMetadata/noteToBuyer")}


def test_reading_that_shows_what_was_written_is_evidence() -> None:
    written = session(merchantMetadata__noteToBuyer="Goodbye")
    story = [call("PATCH", SESSION, written, sent=ORDER), get(SESSION, written, at=5)]
    assert "OP-GET-002" in held(*story)


def test_update_that_loses_another_value_is_found() -> None:
    written = session(merchantMetadata__noteToBuyer="Goodbye")
    other = {"merchantMetadata": {"merchantStoreName": "Example Store"}}
    story = [
        call("PATCH", SESSION, written, sent=ORDER),
        call("PATCH", SESSION, session(), sent=other, at=5),
    ]
    assert findings(*story) == {("CS-UPD-001", "/merchantMetadata/noteToBuyer")}


def test_unknown_member_of_an_answer_is_drift_and_no_finding() -> None:
    new = {**session(), "loyalty": {"points": 3}}
    new["buyer"]["nickname"] = "Sam"
    assert findings(get(SESSION, new)) == set()
    assert drift(get(SESSION, new)) == {"/loyalty", "/buyer/nickname"}


def test_answer_without_a_request_id_is_found() -> None:
    answer = get(CHARGE, charge())
    stripped = type(answer.response)(200, (("content-type", "application/json"),), b"{}")
    wrong = type(answer)(answer.request, stripped, notes=answer.notes)
    assert ("HDR-RESP-001", "") in findings(wrong)


def test_answer_announced_as_html_is_found() -> None:
    answer = get(CHARGE, charge())
    assert answer.response is not None
    headers = (("content-type", "text/html"), ("x-amz-pay-request-id", "1"))
    html = type(answer.response)(200, headers, answer.response.body)
    assert findings(type(answer)(answer.request, html, notes=answer.notes)) == {
        ("HDR-RESP-002", "")
    }
