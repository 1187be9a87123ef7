"""Two rules that no server, and two cases that no SDK, could keep are found before they are run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pay_conformance.contract.contradictions import between
from pay_conformance.sdk.cases import Expectation, load_cases
from pay_conformance.sdk.contradictions import contradictions
from tests.contract.copies import Copy

REFUND = "shared/lifecycles/refund.yaml"
CHARGE = "shared/lifecycles/charge.yaml"
SESSION = "v2/lifecycles/checkout-session.yaml"


def test_two_moves_of_one_timer_to_different_states_are_a_contradiction(copy: Copy) -> None:
    move = "  - {from: RefundInitiated, to: Declined, timer: settlement, reason: AmazonRejected}\n"
    copy.change(REFUND, "moves:\n", f"moves:\n{move}")
    (told,) = copy.complaints()
    assert told == (
        f"contracts/{REFUND}: on settlement a refund that is RefundInitiated goes to "
        "Declined (AmazonRejected) and to Refunded; tell the two apart by 'needs', or remove one"
    )


def test_two_reasons_of_one_operation_are_a_contradiction(copy: Copy) -> None:
    move = "  - {from: Open, to: Canceled, timer: expiry, reason: Declined}\n"
    copy.change(SESSION, "moves:\n", f"moves:\n{move}")
    (told,) = copy.complaints()
    assert "goes to Canceled (Declined) and to Canceled (Expired)" in told


def test_move_on_what_its_state_refuses_is_a_contradiction(copy: Copy) -> None:
    move = "  - {from: CaptureInitiated, to: Captured, on: captureCharge}\n"
    copy.change(CHARGE, "moves:\n", f"moves:\n{move}")
    assert (
        f"contracts/{CHARGE}: captureCharge moves a charge that is CaptureInitiated, and is "
        "refused there; add captureCharge to the operations of CaptureInitiated, or remove the move"
    ) in copy.complaints()


@pytest.mark.parametrize(
    ("one", "other", "place"),
    [
        ({"status": 200}, {"status": 201}, "/status"),
        ({"status": 200}, {"body": {}}, ""),
        ({"body": {"/a": 1, "/b": 2}}, {"body": {"/b": 3}}, "/body//b"),
        ({"body": "sent"}, {"body": "an object"}, ""),
        (3, 3, ""),
        (3, 4, "/"),
    ],
)
def test_expectations_contradict_each_other_where_they_say_different_things(
    one: object, other: object, place: str
) -> None:
    assert between(one, other) == place


def test_cases_do_not_contradict_one_another() -> None:
    assert list(contradictions(load_cases())) == []


def test_case_that_expects_another_number_of_tries_is_a_contradiction() -> None:
    case = next(
        case for case in load_cases() if any(each.kind == "requests" for each in case.expectations)
    )
    other = (Expectation("SDK-RETRY-001", "requests", 99),)
    (told,) = contradictions([case, replace(case, name="other", expectations=other)])
    assert f"{case.name} and other are given the same, and expect another requests" in told
