"""What time does to objects: at its moment, in order, and only when the clock says so."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from pay_conformance.contract import Contract
from pay_conformance.mock import Mock
from pay_conformance.mock.clock import Mortal, Timeline, manual, scaled
from tests.mock.shop import Shop, embedded, usd


@pytest.fixture(params=["v1", "v2"])
def shop(request: pytest.FixtureRequest, contract: Contract) -> Shop:
    """Return a shop of a mock whose clock stands still."""
    return embedded(Mock(contract, clock=manual(1_700_000_000)), contract, request.param)


@dataclass
class Thing:
    """Something that happens at ``due``, and lets the others be due at other seconds then."""

    name: str
    due: int
    moves: tuple[tuple[Thing, int], ...] = ()


def happened(timeline: Timeline, things: list[Thing]) -> list[tuple[str, int]]:
    """Let time pass; return what happened at what second."""
    seen = []

    def happen(found: Mortal) -> None:
        thing = next(each for each in things if each is found)
        thing.due = 0
        seen.append((thing.name, timeline.now()))
        for other, other.due in thing.moves:
            timeline.schedule(other)

    for thing in things:
        timeline.schedule(thing)
    timeline.catch_up(happen)
    return seen


@pytest.fixture
def timeline() -> Timeline:
    return Timeline(manual(100))


def test_what_falls_due_in_one_second_happens_in_the_order_in_which_it_was_queued(
    timeline: Timeline,
) -> None:
    things = [Thing("late", 90), Thing("b", 50), Thing("never", 101), Thing("a", 50)]
    assert happened(timeline, things) == [("b", 50), ("a", 50), ("late", 90)]


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        (40, [("first", 50), ("again", 40), ("rest", 50)]),
        (50, [("first", 50), ("rest", 50), ("again", 50)]),
    ],
    ids=["earlier", "in the same second"],
)
def test_what_is_made_to_fall_due_happens_before_the_rest_of_a_second_if_it_is_earlier(
    timeline: Timeline, due: int, expected: list[tuple[str, int]]
) -> None:
    rest, again = Thing("rest", 50), Thing("again", 99)
    first = Thing("first", 50, ((again, due),))
    assert happened(timeline, [first, rest, again]) == expected


def test_what_can_not_happen_holds_up_nothing_else(timeline: Timeline) -> None:
    def fail(thing: Mortal) -> None:
        raise ZeroDivisionError

    first, rest = Thing("first", 50), Thing("rest", 50)
    timeline.schedule(first)
    timeline.schedule(rest)
    with pytest.raises(ZeroDivisionError):
        timeline.catch_up(fail)
    seen: list[Mortal] = []
    timeline.catch_up(seen.append)
    assert seen == [rest]


def reason(shop: Shop, body: dict[str, object]) -> object:
    status = body[shop.name("statusDetails")]
    assert isinstance(status, dict)
    return status["reasonCode"]


def test_session_expires_at_24_hours_and_not_before(shop: Shop) -> None:
    path = f"/checkoutSessions/{shop.create().body['checkoutSessionId']}"
    shop.advance("PT23H59M59S")
    assert shop.state(shop.get(path)) == "Open"
    shop.advance("PT1S")
    expired = shop.get(path)
    assert (shop.state(expired), reason(shop, expired)) == ("Canceled", "Expired")


def test_session_is_gone_after_30_days(shop: Shop) -> None:
    path = f"/checkoutSessions/{shop.create().body['checkoutSessionId']}"
    shop.advance("P30D")
    gone = shop.send("GET", path)
    assert (gone.status, gone.code) == (404, "ResourceNotFound")
    assert gone.body["message"].endswith(f"'/{shop.api}{path}'")


def test_one_move_of_the_clock_dates_each_event_at_its_own_moment(shop: Shop) -> None:
    done = shop.bought()
    shop.advance("P200D")
    charge = shop.get(f"/charges/{done['chargeId']}")
    permission = shop.get(f"/chargePermissions/{done['chargePermissionId']}")
    assert charge["expirationTimestamp"] == "20231214T221320Z"
    assert charge[shop.name("statusDetails")]["lastUpdatedTimestamp"] == "20231214T221320Z"
    assert reason(shop, charge) == "ExpiredUnused"
    assert permission["expirationTimestamp"] == "20240512T221320Z"
    assert permission[shop.name("statusDetails")] == {
        "state": "Closed",
        "reasons": [
            {"reasonCode": "Expired", "reasonDescription": "The charge permission has expired."}
        ],
        "lastUpdatedTimestamp": "20240512T221320Z",
    }


def test_permission_is_chargeable_again_when_its_charge_expires(shop: Shop) -> None:
    permission = shop.bought()["chargePermissionId"]
    assert shop.state(shop.get(f"/chargePermissions/{permission}")) == "NonChargeable"
    shop.advance("P30D")
    assert shop.state(shop.get(f"/chargePermissions/{permission}")) == "Chargeable"


def test_buyer_of_a_permission_is_forgotten_after_30_days(shop: Shop) -> None:
    path = f"/chargePermissions/{shop.bought()['chargePermissionId']}"
    shop.advance("P29D")
    assert shop.get(path)["buyer"] is not None
    shop.advance("P1D")
    assert shop.get(path)["buyer"] is None


@pytest.mark.parametrize(("age", "state"), [("P7D", "Captured"), ("P7DT1S", "CaptureInitiated")])
def test_capture_after_seven_days_settles_later(shop: Shop, age: str, state: str) -> None:
    path = f"/charges/{shop.bought()['chargeId']}"
    shop.advance(age)
    captured = shop.send("POST", f"{path}/capture", {"captureAmount": usd("60.00")})
    assert shop.state(captured.body) == state
    shop.advance("PT30S")
    settled = shop.get(path)
    assert (shop.state(settled), settled["captureAmount"]) == ("Captured", usd("60.00"))


@pytest.mark.parametrize(
    ("card", "state", "why"), [("0701", "Authorized", None), ("4354", "Declined", "HardDeclined")]
)
def test_card_decides_a_pending_authorization_after_30_seconds(
    shop: Shop, card: str, state: str, why: str | None
) -> None:
    done = shop.bought(card=card, canHandlePendingAuthorization=True)
    path = f"/charges/{done['chargeId']}"
    assert shop.state(shop.get(path)) == "AuthorizationInitiated"
    shop.advance("PT29S")
    assert shop.state(shop.get(path)) == "AuthorizationInitiated"
    shop.advance("PT1S")
    decided = shop.get(path)
    assert (shop.state(decided), reason(shop, decided)) == (state, why)


def test_hard_decline_leaves_the_permission_without_a_valid_instrument(shop: Shop) -> None:
    done = shop.bought(card="4354", canHandlePendingAuthorization=True)
    shop.advance("PT30S")
    permission = shop.get(f"/chargePermissions/{done['chargePermissionId']}")
    assert shop.state(permission) == "NonChargeable"
    reasons = permission[shop.name("statusDetails")]["reasons"]
    assert [entry["reasonCode"] for entry in reasons] == ["PaymentMethodInvalid"]


def test_recurring_permission_lives_13_months_from_its_last_charge(contract: Contract) -> None:
    shop = embedded(Mock(contract, clock=manual(1_700_000_000)), contract)
    monthly = {
        "chargePermissionType": "Recurring",
        "recurringMetadata": {"frequency": {"unit": "Month", "value": "1"}, "amount": None},
    }
    permission = shop.bought(usd("10.00"), more=monthly)["chargePermissionId"]
    shop.advance("P12M")
    body = {"chargePermissionId": permission, "chargeAmount": usd("10.00")}
    assert shop.send("POST", "/charges", body).status == 201
    path = f"/chargePermissions/{permission}"
    assert shop.get(path)["expirationTimestamp"] == "20251214T221320Z"
    shop.advance("P12M")
    assert shop.get(path)["statusDetails"]["state"] == "Chargeable"
    shop.advance("P1M")
    assert shop.get(path)["statusDetails"]["state"] == "Closed"


def test_monthly_balance_starts_anew_on_the_first(contract: Contract) -> None:
    shop = embedded(Mock(contract, clock=manual(1_700_000_000)), contract)
    monthly = {
        "chargePermissionType": "Recurring",
        "recurringMetadata": {"frequency": {"unit": "Variable", "value": 0}},
    }
    permission = shop.bought(usd("900.00"), more=monthly)["chargePermissionId"]
    body = {"chargePermissionId": permission, "chargeAmount": usd("100.01")}
    refused = shop.send("POST", "/charges", body)
    assert (refused.status, refused.code) == (400, "PeriodicAmountExceeded")
    shop.control("POST", f"/merchants/{shop.key_id}/clock", {"set": "2023-12-01T00:00:00Z"})
    assert shop.send("POST", "/charges", body).status == 201


def test_date_header_is_virtual_time(shop: Shop) -> None:
    shop.advance("P10D")
    answer = shop.create()
    assert answer.response.header("date") == "Fri, 24 Nov 2023 22:13:20 GMT"
    assert answer.body["creationTimestamp"] == "20231124T221320Z"


def test_scaled_clock_runs_ahead_and_lets_fall_due_what_is_due(
    contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [1_700_000_000.0]
    monkeypatch.setattr("pay_conformance.mock.clock.real", lambda: seconds[0])
    shop = embedded(Mock(contract, clock=scaled(3600)), contract, "v2")
    session = shop.create().body["checkoutSessionId"]
    path = f"/checkoutSessions/{session}"
    states = []
    for seconds[0] in (1_700_000_023.0, 1_700_000_025.0):
        states.append(shop.state(shop.get(path)))
    assert states == ["Open", "Canceled"]


def test_clock_does_not_go_back(shop: Shop) -> None:
    path = f"/merchants/{shop.key_id}/clock"
    assert shop.refused_control("POST", path, {"set": "2020-01-01T00:00:00Z"}).status == 400


@pytest.mark.parametrize("body", [{}, {"advance": "1 day"}, {"set": "soon"}, {"advance": 5}])
def test_wrong_time_is_refused(shop: Shop, body: dict[str, object]) -> None:
    assert shop.refused_control("POST", f"/merchants/{shop.key_id}/clock", body).status == 400
