"""The sandbox target against a stand-in that throttles, runs on its own time and has no control."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from pay_conformance.contract import Contract
from pay_conformance.exchange import Response
from pay_conformance.problems import ConfigurationProblem, SubjectProblem
from pay_conformance.scenario import Checkout, Shop, Story
from pay_conformance.scenario.story import Setting
from pay_conformance.signing import new_private_pem
from pay_conformance.targets import NoAnswer, open_target
from pay_conformance.targets.careful_transport import ServerClock
from pay_conformance.targets.sandbox import Sandbox
from tests.sandbox.stand_in import StandIn, throttled

LIVE = Response(200, (), b'{"releaseEnvironment":"Live"}')


def shop_of(target: Sandbox) -> Shop:
    setting = Setting(target, Contract.load(), "v2", "test", 0, "", frozenset())
    return Shop(Story(setting), target.merchant())


@pytest.fixture
def stand_in() -> StandIn:
    return StandIn()


def test_target_names_what_it_is(stand_in, tmp_path):
    target = stand_in.open(tmp_path)

    assert (target.name, target.base_url) == ("sandbox", "https://pay-api.amazon.com")
    assert target.capabilities == {"simulation"}
    assert target.control is None
    assert target.merchant("eu").public_key_id == stand_in.merchant.public_key_id


@pytest.mark.parametrize(
    ("region", "host"),
    [("us", "pay-api.amazon.com"), ("EU", "pay-api.amazon.eu"), ("jp", "pay-api.amazon.jp")],
)
def test_target_goes_to_the_host_of_its_region(stand_in, tmp_path, region, host):
    stand_in.open(tmp_path, AMAZON_PAY_REGION=region)

    assert stand_in.seen[0].url.startswith(f"https://{host}/v2/")
    assert stand_in.seen[0].header("x-amz-pay-host") == host


@pytest.mark.parametrize("algorithm", ["AMZN-PAY-RSASSA-PSS", "AMZN-PAY-RSASSA-PSS-V2"])
def test_target_signs_with_the_algorithm_asked_for(stand_in, tmp_path, algorithm):
    target = stand_in.open(tmp_path, AMAZON_PAY_ALGORITHM=algorithm)
    session = shop_of(target).create_checkout_session()

    assert session.status == 201
    assert {seen.header("authorization").split(" ")[0] for seen in stand_in.seen} == {algorithm}


def test_key_without_environment_names_the_sandbox_in_every_path(stand_in, tmp_path):
    stand_in.also_known_as("AF5PBEXAMPLE")
    target = stand_in.open(tmp_path, AMAZON_PAY_PUBLIC_KEY_ID="AF5PBEXAMPLE")
    shop_of(target).create_checkout_session()

    assert [seen.path for seen in stand_in.seen] == [
        "/sandbox/v2/checkoutSessions/0",
        "/sandbox/v2/checkoutSessions",
    ]


@pytest.mark.parametrize("hours", [-30, -1, 1, 30])
def test_requests_are_dated_by_the_servers_clock(tmp_path, monkeypatch, hours):
    stand_in = StandIn(ahead=timedelta(hours=hours))
    stand_in.live_in_its_time(monkeypatch)

    target = stand_in.open(tmp_path)

    assert shop_of(target).create_checkout_session().status == 201
    assert abs(target.merchant().ahead + timedelta(hours=hours)) < timedelta(seconds=3)


def test_clock_is_never_dated_into_the_servers_future():
    now = datetime(2026, 1, 31, 9, 44, 1, 900_000, tzinfo=UTC)
    clock = ServerClock(lambda: now)

    clock.learn("Sat, 31 Jan 2026 09:44:01 GMT")

    assert now - clock.ahead <= now


def test_clock_takes_the_best_of_several_answers_and_follows_a_jump():
    moments = iter(datetime(2026, 1, 31, 9, 44, second, tzinfo=UTC) for second in (9, 6, 8, 50))
    clock = ServerClock(lambda: next(moments))
    learnt = []
    for _ in range(4):
        clock.learn("Sat, 31 Jan 2026 09:44:00 GMT")
        learnt.append(clock.ahead.total_seconds())

    assert learnt == [9, 6, 6, 50]


@pytest.mark.parametrize("date", [None, "", "yesterday", "2026"])
def test_clock_learns_nothing_from_a_date_that_is_none(date):
    clock = ServerClock(lambda: datetime.now(UTC))
    clock.learn(date)

    assert clock.ahead == timedelta(0)


def test_throttled_request_is_sent_again_after_the_time_asked_for(stand_in, tmp_path):
    slept = []
    target = stand_in.open(tmp_path, sleep=slept.append)
    before = len(stand_in.seen)
    stand_in.answers.extend([throttled("7"), throttled("3")])

    session = shop_of(target).create_checkout_session()

    assert session.status == 201
    first, *again = stand_in.seen[before:]
    assert [seen.body for seen in again] == [first.body, first.body]
    assert {seen.header("x-amz-pay-idempotency-key") for seen in again} == {
        first.header("x-amz-pay-idempotency-key")
    }
    assert max(slept) == pytest.approx(7, abs=0.1)
    assert sum(slept) >= 9.9


def test_throttled_request_waits_longer_each_time_without_retry_after(stand_in, tmp_path):
    slept = []
    target = stand_in.open(tmp_path, sleep=slept.append)
    stand_in.answers.extend([throttled()] * 3)
    shop_of(target).create_checkout_session()

    assert [round(seconds) for seconds in slept if seconds > 0.5] == [1, 2, 4]


def test_throttling_that_goes_on_is_the_answer(stand_in, tmp_path):
    target = stand_in.open(tmp_path, sleep=lambda _: None)
    before = len(stand_in.seen)
    stand_in.answers.extend([throttled("0")] * 9)

    assert shop_of(target).attempt.create_checkout_session().status == 429
    assert len(stand_in.seen) - before == 5


def test_pause_of_an_hour_is_not_waited_for(stand_in, tmp_path):
    slept = []
    target = stand_in.open(tmp_path, sleep=slept.append)
    stand_in.answers.append(throttled("3600"))

    assert shop_of(target).attempt.create_checkout_session().status == 429
    assert sum(slept) < 1


def test_server_that_bears_little_is_never_asked_for_more(tmp_path):
    stand_in = StandIn(rate=20)
    target = stand_in.open(tmp_path, PAY_CONFORMANCE_RATE="15")
    shop = shop_of(target)
    session = shop.create_checkout_session()
    for _ in range(20):
        shop.get_checkout_session(session)

    assert stand_in.throttled == 0
    assert len(stand_in.arrived) == 22
    assert (stand_in.arrived[-1] - stand_in.arrived[0]) >= 21 / 15 - 0.05


def test_budget_that_is_spent_makes_no_more_calls(stand_in, tmp_path):
    target = stand_in.open(tmp_path, PAY_CONFORMANCE_CALLS="3")
    shop = shop_of(target)
    session = shop.create_checkout_session()
    shop.get_checkout_session(session)

    with pytest.raises(NoAnswer, match="the budget of 3 calls a day is spent"):
        target.send(shop.story.signed(shop.merchant, shop.creating_session()))
    assert len(stand_in.seen) == 3


def test_run_that_finds_its_budget_spent_says_so(stand_in, tmp_path):
    stand_in.open(tmp_path, PAY_CONFORMANCE_CALLS="1").close()

    with pytest.raises(SubjectProblem, match="PAY_CONFORMANCE_CALLS if the budget is spent"):
        stand_in.open(tmp_path, PAY_CONFORMANCE_CALLS="1")


def test_what_was_opened_is_closed_at_the_end(stand_in, tmp_path):
    target = stand_in.open(tmp_path)
    shop = shop_of(target)
    done = Checkout(shop, stand_in.buyer()).completed()
    permission = shop.get_charge_permission(done.at("/chargePermissionId"))
    charge = shop.get_charge(done.at("/chargeId"))
    assert (permission.state, charge.state) == ("NonChargeable", "Authorized")

    target.close()

    assert [(seen.method, seen.path) for seen in stand_in.seen[-2:]] == [
        ("DELETE", f"/v2/charges/{charge.id}/cancel"),
        ("DELETE", f"/v2/chargePermissions/{permission.id}/close"),
    ]
    again = shop_of(stand_in.open(tmp_path))
    assert again.get_charge(charge.id).state == "Canceled"
    assert again.get_charge_permission(permission.id).state == "Closed"


def test_what_a_killed_run_left_open_is_closed_by_the_next(stand_in, tmp_path):
    killed = stand_in.open(tmp_path)
    done = Checkout(shop_of(killed), stand_in.buyer()).completed()
    killed._leftovers.close()  # a killed process lets go of its lock and does nothing else

    target = stand_in.open(tmp_path)

    assert target.left_open == []
    assert shop_of(target).get_charge(done.at("/chargeId")).state == "Canceled"


def test_budget_leaves_enough_calls_to_close_what_is_open(stand_in, tmp_path):
    target = stand_in.open(tmp_path, PAY_CONFORMANCE_CALLS="9")
    shop = shop_of(target)
    session = Checkout(shop, stand_in.buyer()).approved()
    shop.complete_checkout_session(session)
    calls = []
    while target.budget.used < 7:
        calls.append(shop.get_checkout_session(session))

    with pytest.raises(NoAnswer, match="2 of them kept for cleaning up"):
        target.send(shop.story.signed(shop.merchant, shop.call("getCheckoutSession", session.id)))
    target.close()

    assert target.left_open == []
    assert target.budget.used == 9


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"AMAZON_PAY_PUBLIC_KEY_ID": "LIVE-A"}, "live environment"),
        ({"AMAZON_PAY_PUBLIC_KEY_ID": ""}, "AMAZON_PAY_PUBLIC_KEY_ID not set"),
        ({"AMAZON_PAY_STORE_ID": ""}, "AMAZON_PAY_STORE_ID not set"),
        ({"AMAZON_PAY_REGION": "moon"}, "AMAZON_PAY_REGION"),
        ({"AMAZON_PAY_ALGORITHM": "RSA"}, "AMAZON_PAY_ALGORITHM is 'RSA'"),
        ({"PAY_CONFORMANCE_RATE": "fast"}, "PAY_CONFORMANCE_RATE is 'fast'"),
        ({"PAY_CONFORMANCE_RATE": "0"}, "PAY_CONFORMANCE_RATE is '0'"),
        ({"PAY_CONFORMANCE_RATE": "nan"}, "PAY_CONFORMANCE_RATE is 'nan'"),
        ({"PAY_CONFORMANCE_CALLS": "-5"}, "PAY_CONFORMANCE_CALLS is '-5'"),
    ],
)
def test_wrong_configuration_is_refused_before_anything_is_sent(
    stand_in, tmp_path, variables, says
):
    with pytest.raises(ConfigurationProblem, match=says):
        stand_in.open(tmp_path, **variables)
    assert stand_in.seen == []


def test_no_credentials_at_all_are_one_message(tmp_path):
    with pytest.raises(ConfigurationProblem, match="no credentials for the sandbox"):
        Sandbox({"PAY_CONFORMANCE_STATE": str(tmp_path)})


def test_key_that_is_not_accepted_is_named_before_the_suite_starts(stand_in, tmp_path):
    with pytest.raises(ConfigurationProblem, match="does not accept the credentials: 403"):
        stand_in.open(tmp_path, AMAZON_PAY_PRIVATE_KEY=new_private_pem())


def test_key_id_that_is_not_known_is_named_before_the_suite_starts(stand_in, tmp_path):
    with pytest.raises(ConfigurationProblem, match="does not accept the credentials: 400"):
        stand_in.open(tmp_path, AMAZON_PAY_PUBLIC_KEY_ID="SANDBOX-UNKNOWN")


def test_network_that_is_not_there_is_a_problem_of_the_subject(stand_in, tmp_path):
    stand_in.answers.append(httpx.ConnectError("no route"))

    with pytest.raises(SubjectProblem, match=r"pay-api.amazon.com can't be reached: no route"):
        stand_in.open(tmp_path)


def test_request_without_an_answer_ends_a_scenario_and_three_end_the_run(stand_in, tmp_path):
    target = stand_in.open(tmp_path)
    shop = shop_of(target)
    request = shop.story.signed(shop.merchant, shop.creating_session())
    stand_in.answers.extend([httpx.ReadTimeout("slow")] * 3)

    with pytest.raises(NoAnswer):
        target.send(request)
    with pytest.raises(NoAnswer):
        target.send(request)
    with pytest.raises(SubjectProblem):
        target.send(request)


def test_request_for_live_never_leaves(stand_in, tmp_path):
    target = stand_in.open(tmp_path)
    shop = shop_of(target)
    call = shop.creating_session()
    before = len(stand_in.seen)

    with pytest.raises(NoAnswer, match="not sent"):
        target.send(shop.story.signed(shop.merchant, call.at_path("/live/v2/checkoutSessions")))
    assert len(stand_in.seen) == before


def test_request_for_live_never_leaves_by_the_transport_either(stand_in, tmp_path):
    target = stand_in.open(tmp_path)
    before = len(stand_in.seen)
    with httpx.Client(transport=target.transport()) as client, pytest.raises(NoAnswer):
        client.get("https://pay-api.amazon.com/live/v2/charges/1")

    assert len(stand_in.seen) == before


def test_answer_from_live_ends_the_run(stand_in, tmp_path):
    target = stand_in.open(tmp_path)
    shop = shop_of(target)
    stand_in.answers.append(LIVE)

    with pytest.raises(SubjectProblem, match="came from the live environment"):
        target.send(shop.story.signed(shop.merchant, shop.creating_session()))


@pytest.mark.parametrize("region", ["com", "eu", "jp"])
def test_url_of_amazon_is_not_taken_for_that_of_an_emulator(region):
    with pytest.raises(ConfigurationProblem, match="use --target sandbox"):
        open_target(f"https://pay-api.amazon.{region}/v2")
