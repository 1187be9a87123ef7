"""Idempotency keys: what the server promises, and what the client has to do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.exchanges import CHARGE, call, captured, charge, findings, get, held, yen

ASKED = {"chargePermissionId": "C03-1442027-5744374", "chargeAmount": yen("500")}
OTHER = {**ASKED, "chargeAmount": yen("400")}
DUPLICATE = {"reasonCode": "DuplicateIdempotencyKey", "message": "The key was used."}


def create(sent: Any = ASKED, key: str | None = "k1", at: int = 0, **more: Any) -> Any:
    answer = more.pop("answer", charge())
    return call("POST", "/v2/charges", answer, sent=sent, key=key, at=at, **{"status": 201, **more})


def test_repeated_request_with_the_saved_answer_is_evidence() -> None:
    story = [create(), get(CHARGE, captured(), at=3), create(at=6)]
    assert findings(*story) == set()
    assert "IDEM-SAME-001" in held(*story)


@pytest.mark.parametrize(
    "again",
    [
        {"status": 200},
        {"answer": charge(chargeId="S03-5890444-1926095-C064127")},
        {"status": 500, "answer": {"reasonCode": "InternalServerError", "message": "Sorry."}},
    ],
)
def test_repeated_request_that_is_answered_otherwise_is_found(again: dict[str, Any]) -> None:
    assert ("IDEM-SAME-001", "") in findings(create(), create(at=5, **again))


def test_equal_requests_at_once_that_make_two_objects_are_found() -> None:
    other = charge(chargeId="S03-5890444-1926095-C064127")
    story = [create(lasts=9), create(at=5, answer=other)]
    assert findings(*story) == {("IDEM-SAME-003", "/chargeId")}


def test_key_that_serves_another_body_is_found() -> None:
    answer = charge(chargeId="S03-5890444-1926095-C064127", chargeAmount=yen("400"))
    found = findings(create(), create(OTHER, at=5, answer=answer))
    assert {("IDEM-DIFF-001", ""), ("IDEM-SEND-004", "")} == found


def test_key_that_serves_another_operation_is_found() -> None:
    sent = {"captureAmount": yen("500")}
    capture = call("POST", f"{CHARGE}/capture", captured(), sent=sent, key="k1", at=5)
    assert ("IDEM-DIFF-002", "") in findings(create(), capture)


def test_key_that_is_refused_for_another_body_is_evidence() -> None:
    story = [create(), create(OTHER, at=5, status=400, answer=DUPLICATE)]
    assert "IDEM-DIFF-001" in held(*story)
    assert findings(*story) == {("IDEM-SEND-004", "")}


def test_same_json_in_other_bytes_is_neither_the_same_nor_another() -> None:
    reordered = dict(reversed(ASKED.items()))
    story = [create(), create(reordered, at=5, status=400, answer=DUPLICATE)]
    assert findings(*story) == set()


def test_key_of_another_merchant_is_another_key() -> None:
    other = charge(chargeId="S03-5890444-1926095-C064127", chargeAmount=yen("400"))
    story = [create(merchant="A"), create(OTHER, at=5, answer=other, merchant="B")]
    assert findings(*story) == set()


def test_missing_key_is_found_on_both_sides() -> None:
    assert findings(create(key=None)) == {("IDEM-MISS-001", ""), ("IDEM-SEND-001", "")}


def test_missing_key_that_is_refused_is_evidence() -> None:
    refusal = {"reasonCode": "MissingHeaderValue", "message": "The key is missing."}
    assert "IDEM-MISS-001" in held(create(key=None, status=400, answer=refusal))


def test_get_needs_no_key() -> None:
    assert findings(get(CHARGE, charge())) == set()


@pytest.mark.parametrize(
    ("key", "requirement"),
    [("k" * 33, "IDEM-SEND-002"), ("0b1f-22", "IDEM-SEND-003"), ("clé", "IDEM-SEND-003")],
)
def test_key_of_the_wrong_form_is_found(key: str, requirement: str) -> None:
    assert findings(create(key=key)) == {(requirement, "")}


def test_retry_with_another_key_is_found() -> None:
    lost = create(status=503, answer={"reasonCode": "ServiceUnavailable", "message": "Later."})
    assert findings(lost, create(key="k2", at=5)) == {("IDEM-SEND-005", "")}


def test_retry_with_its_key_is_evidence() -> None:
    lost = create(status=503, answer={"reasonCode": "ServiceUnavailable", "message": "Later."})
    assert {"IDEM-SEND-004", "IDEM-SEND-005"} <= held(lost, create(at=5))
