"""Times: the calendar, the lives of objects, and the order of what was seen."""

from __future__ import annotations

import pytest

from tests.checks.exchanges import (
    CHARGE,
    SESSION,
    bare,
    call,
    charge,
    finding,
    findings,
    get,
    good,
    held,
    permission,
    session,
)


@pytest.mark.parametrize("day", ["20230230", "20231131", "20230229"])
def test_day_that_does_not_exist_is_found(day: str) -> None:
    found = finding(bare(charge(creationTimestamp=f"{day}T062827Z")))
    assert (found.requirement, found.pointer) == ("FMT-TIME-002", "/creationTimestamp")
    assert found.actual == f"{day}T062827Z"


def test_leap_day_of_a_leap_year_exists() -> None:
    born = {"creationTimestamp": "20240229T000000Z", "expirationTimestamp": "20240330T000000Z"}
    changed = {"statusDetails__lastUpdatedTimestamp": "20240229T000000Z"}
    assert findings(bare(charge(**born, **changed))) == set()


@pytest.mark.parametrize(
    ("content", "requirement"),
    [
        (session(expirationTimestamp="20201024T211908Z"), "CS-TIME-002"),
        (session(expirationTimestamp="20201024T201909Z"), "CS-TIME-002"),
        (charge(expirationTimestamp="20231124T062827Z"), "CH-LIFE-008"),
        (charge(expirationTimestamp="20231126T062827Z"), "CH-LIFE-008"),
        (permission(expirationTimestamp="20220612T152829Z"), "CP-LIFE-009"),
        (
            permission(chargePermissionType="Recurring", expirationTimestamp="20221215T152829Z"),
            "CP-LIFE-016",
        ),
        (
            good(
                "observed/v1-charge-permission-chargeable", expirationTimestamp="20200819T100318Z"
            ),
            "CP-LIFE-009",
        ),
    ],
)
def test_object_that_lives_too_short_or_too_long_is_found(
    content: dict[str, object], requirement: str
) -> None:
    assert (requirement, "/expirationTimestamp") in findings(bare(content))


@pytest.mark.parametrize(
    ("content", "requirement"),
    [
        (session(), "CS-TIME-002"),
        (charge(), "CH-LIFE-008"),
        (permission(expirationTimestamp="20220613T152829Z"), "CP-LIFE-009"),
        (permission(expirationTimestamp="20230115T152829Z"), "CP-LIFE-015"),
    ],
)
def test_object_that_lives_as_long_as_it_should_is_evidence(
    content: dict[str, object], requirement: str
) -> None:
    assert requirement in held(bare(content))


def test_update_before_creation_is_found() -> None:
    wrong = session(statusDetails__lastUpdatedTimestamp="20201023T211908Z")
    found = finding(bare(wrong))
    assert found.requirement == "FMT-TIME-003"
    assert found.pointer == "/statusDetails/lastUpdatedTimestamp"
    assert found.expected == "20201023T211909Z or later"


def test_update_at_creation_is_evidence() -> None:
    assert "FMT-TIME-003" in held(bare(charge()))


def test_time_that_goes_backward_is_found() -> None:
    later = session(statusDetails__lastUpdatedTimestamp="20201023T212000Z")
    assert findings(get(SESSION, later), get(SESSION, session(), at=5)) == {
        ("CS-TIME-003", "/statusDetails/lastUpdatedTimestamp")
    }


def test_answers_that_overlap_in_time_have_no_order() -> None:
    later = session(statusDetails__lastUpdatedTimestamp="20201023T212000Z")
    first = call("GET", SESSION, later, at=0, lasts=9)
    assert findings(first, get(SESSION, session(), at=5)) == set()


def test_creation_that_changes_is_found() -> None:
    other = charge(creationTimestamp="20231026T062826Z", expirationTimestamp="20231125T062826Z")
    assert findings(get(CHARGE, charge()), get(CHARGE, other, at=5)) == {
        ("CH-LIFE-016", "/creationTimestamp"),
        ("OP-SAME-001", "/expirationTimestamp"),
    }


def test_buyer_of_an_old_permission_is_found() -> None:
    path = "/v2/chargePermissions/S00-0000000-0000000"
    answer = get(path, permission(), date="Sat, 15 Jan 2022 15:28:29 GMT")
    assert findings(answer) == {("CP-LIFE-017", "/buyer")}


def test_buyer_of_a_young_permission_is_fine() -> None:
    path = "/v2/chargePermissions/S00-0000000-0000000"
    assert findings(get(path, permission(), date="Fri, 14 Jan 2022 15:28:29 GMT")) == set()


def test_new_session_with_another_time_than_the_answer_is_found() -> None:
    new = good("observed/v2-checkout-session-open-ready")
    made = call(
        "POST",
        "/v2/checkoutSessions",
        {**new, "creationTimestamp": "20201023T211909Z"},
        status=201,
        key="k1",
        sent=good("requests/v2-create-checkout-session-request"),
        date="Fri, 23 Oct 2020 21:19:20 GMT",
    )
    assert {
        ("CS-TIME-004", "/statusDetails/lastUpdatedTimestamp"),
        (
            "CS-TIME-006",
            "/creationTimestamp",
        ),
    } <= findings(made)
