"""Assertions make evidence when they hold, and a finding that can be acted on when they don't."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pay_conformance.findings import Finding, Held, Unmet, Violation
from pay_conformance.scenario import Expect
from tests.suite.fakes import charge, error, shop_of, story_of

RULE = "CH-CAP-003"


def finding_of(raised: pytest.ExceptionInfo[Violation]) -> Finding:
    return raised.value.finding


def test_assertion_that_holds_is_evidence() -> None:
    story = story_of((200, charge()))
    answer = shop_of(story).get_charge("S01-1111111-2222222-C333333")
    Expect(story)(answer, RULE).status(200).state("Authorized")
    assert story.evidence == [Held(RULE, "test_one[v2]#1")] * 2


def test_wrong_status_says_both_statuses_and_how_to_see_it_again() -> None:
    story = story_of((200, charge()))
    answer = shop_of(story).get_charge("S01-1111111-2222222-C333333")
    with pytest.raises(Violation) as raised:
        Expect(story)(answer, RULE).refused(400, "TransactionAmountExceeded")
    found = finding_of(raised)
    assert found.message == "Get Charge answered 200 Authorized, not 400"
    assert found.reproduce == "pay-conformance run -k test_one --seed 7"
    assert found.exchange == "test_one[v2]#1"


def test_right_status_with_another_reason_is_a_violation() -> None:
    story = story_of((400, error("InvalidParameterValue")))
    answer = shop_of(story).attempt.get_charge("S01-1111111-2222222-C333333")
    with pytest.raises(Violation) as raised:
        Expect(story)(answer, RULE).refused(400, "TransactionAmountExceeded")
    assert finding_of(raised).pointer == "/reasonCode"


def test_place_is_named_as_the_version_names_it() -> None:
    body = {"statusDetail": {"state": "Captured"}}
    story = story_of((200, body), api="v1")
    answer = shop_of(story).get_charge("S01-1111111-2222222-C333333")
    with pytest.raises(Violation) as raised:
        Expect(story)(answer, RULE).state("Authorized")
    assert finding_of(raised).pointer == "/statusDetail/state"
    assert (finding_of(raised).expected, finding_of(raised).actual) == ("Authorized", "Captured")


def test_requirement_that_the_scenario_is_not_marked_with_is_an_error_of_ours() -> None:
    story = story_of((200, charge()))
    answer = shop_of(story).get_charge("S01-1111111-2222222-C333333")
    with pytest.raises(ValueError, match="add it to @requirement"):
        Expect(story)(answer, "CH-CAP-009")


@pytest.mark.parametrize(
    ("shown", "holds"),
    [
        ({"amount": "10", "currencyCode": "USD"}, True),
        ({"amount": "10.00", "currencyCode": "USD"}, True),
        ({"amount": "10.01", "currencyCode": "USD"}, False),
        ({"amount": "10.00", "currencyCode": "EUR"}, False),
        ({"amount": 10, "currencyCode": "USD"}, False),
        ({"amount": "ten", "currencyCode": "USD"}, False),
        (None, False),
    ],
)
def test_price_is_compared_by_value_and_has_to_be_a_text(shown: Any, holds: bool) -> None:
    story = story_of((200, charge(captureAmount=shown)))
    answer = shop_of(story).get_charge("S01-1111111-2222222-C333333")
    place = Expect(story)(answer, RULE).at("/captureAmount")
    assert holds_of(lambda: place.costs({"amount": "10.00", "currencyCode": "USD"})) is holds


def holds_of(assertion: Any) -> bool:
    try:
        assertion()
    except Violation:
        return False
    return True


@pytest.mark.parametrize(
    ("shown", "holds"),
    [
        ("20260102T000000Z", True),
        ("20260102T000001Z", False),
        ("2026-01-02T00:00:00Z", False),
        (None, False),
    ],
)
def test_time_is_compared_to_the_second(shown: Any, holds: bool) -> None:
    story = story_of((200, charge(expirationTimestamp=shown)))
    answer = shop_of(story).get_charge("S01-1111111-2222222-C333333")
    place = Expect(story)(answer, RULE).at("/expirationTimestamp")
    created = datetime(2026, 1, 1, tzinfo=UTC)
    assert holds_of(lambda: place.is_after(created, by=timedelta(days=1))) is holds


def test_time_that_there_is_nothing_to_compare_with_is_not_tested() -> None:
    story = story_of((200, charge(expirationTimestamp="20260102T000000Z")))
    answer = shop_of(story).get_charge("S01-1111111-2222222-C333333")
    with pytest.raises(Unmet):
        Expect(story)(answer, RULE).at("/expirationTimestamp").is_after(None)


def test_body_that_differs_is_named_by_its_first_place() -> None:
    story = story_of((200, charge()), (200, charge("Canceled")))
    shop = shop_of(story)
    before = shop.get_charge("S01-1111111-2222222-C333333")
    after = shop.get_charge("S01-1111111-2222222-C333333")
    with pytest.raises(Violation) as raised:
        Expect(story)(after, RULE).same_as(before)
    assert finding_of(raised).pointer == "/statusDetails/state"


@pytest.mark.parametrize("value", [0, None, "", "false"])
def test_false_is_false_and_nothing_else(value: Any) -> None:
    story = story_of((200, charge(flag=value)))
    answer = shop_of(story).get_charge("S01-1111111-2222222-C333333")
    with pytest.raises(Violation):
        Expect(story)(answer, RULE).at("/flag").is_false()


def test_null_is_no_value_and_not_no_member() -> None:
    story = story_of((200, charge(flag=None)))
    answer = shop_of(story).get_charge("S01-1111111-2222222-C333333")
    Expect(story)(answer, RULE).at("/flag").is_null()
    with pytest.raises(Violation):
        Expect(story)(answer, RULE).at("/flag").is_absent()
