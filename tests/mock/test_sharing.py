"""Mocks that share a state are one mock: what happens on one is so on the other."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from pay_conformance.contract import Contract
from pay_conformance.exchange import Request, Response
from pay_conformance.mock import Mock
from pay_conformance.mock.sharing import Engine, open_engine
from tests.mock.engines import alternating, postgresql_server, redis_server, sharing
from tests.mock.shop import Shop, usd
from tests.mock.test_notifications import tell, told, verify
from tests.mock.test_serve import SERVE, serving

Mocks = tuple[Mock, Mock]
SERVERS = {"postgresql": postgresql_server, "redis": redis_server}


@pytest.fixture(scope="module", params=SERVERS)
def state(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with SERVERS[request.param](tmp_path_factory.mktemp(request.param)) as url:
        yield url


@pytest.fixture
def engine(state: str) -> Iterator[Callable[[], Engine]]:
    opened: list[Engine] = []

    def another() -> Engine:
        opened.append(open_engine(state))
        return opened[-1]

    yield another
    for each in opened:
        each.close()


@pytest.fixture
def mocks(engine: Callable[[], Engine], contract: Contract) -> Mocks:
    return Mock(contract, state=engine()), Mock(contract, state=engine())


@pytest.fixture
def shop(mocks: Mocks, contract: Contract) -> Shop:
    """A shop each of whose requests comes to the other mock than the one before."""
    return shop_of(mocks, contract)


def shop_of(mocks: Mocks, contract: Contract) -> Shop:
    turns = itertools.cycle(mocks)

    def handle(request: Request) -> Response:
        return next(turns).handle(request)

    def control(request: Request) -> Response:
        return next(turns).control(request)

    return Shop(handle, control, contract=contract)


def at(mock: Mock, shop: Shop, contract: Contract) -> Shop:
    """Return the same shop, all of whose requests come to one mock."""
    other = Shop(mock.handle, mock.control, contract=contract)
    other.key_id, other.store_id, other.signer = shop.key_id, shop.store_id, shop.signer
    return other


def test_purchase_goes_on_wherever_the_next_request_comes_to(shop: Shop) -> None:
    charge = shop.bought(usd("50.00"))["chargeId"]
    shop.send("POST", f"/charges/{charge}/capture", {"captureAmount": usd("50.00")})
    for _ in range(2):
        assert shop.state(shop.get(f"/charges/{charge}")) == "Captured"


def test_time_that_is_moved_on_one_has_passed_on_the_other(shop: Shop) -> None:
    session = shop.ready()
    shop.advance("PT24H")
    for _ in range(2):
        assert shop.state(shop.get(f"/checkoutSessions/{session}")) == "Canceled"


def test_key_that_was_used_on_one_has_its_answer_on_the_other(
    mocks: Mocks, contract: Contract
) -> None:
    shop = shop_of(mocks, contract)
    first, second = (create(shop, "once") for _ in range(2))
    assert first.body == second.body
    assert first.body != create(shop, "twice").body


def create(shop: Shop, key: str) -> Response:
    body = {
        "webCheckoutDetails": {"checkoutReviewReturnUrl": "https://shop.example/r"},
        "storeId": shop.store_id,
    }
    return shop.send("POST", "/checkoutSessions", body, key=key).response


def test_equal_requests_at_once_make_one_session(
    mocks: Mocks, shop: Shop, contract: Contract
) -> None:
    shops = [at(mock, shop, contract) for mock in mocks] * 10
    with ThreadPoolExecutor(4) as clients:
        answers = list(clients.map(lambda each: create(each, "once"), shops))
    assert len({answer.body for answer in answers}) == 1


def test_request_ids_differ_between_mocks(mocks: Mocks) -> None:
    unsigned = Request("GET", "/v2/charges/x")
    seen = [mock.handle(unsigned).header("x-amz-pay-request-id") for mock in mocks * 3]
    assert len(set(seen)) == 6


def test_reset_on_one_empties_the_other(shop: Shop) -> None:
    session = shop.ready()
    shop.get(f"/checkoutSessions/{session}")
    shop.control("POST", f"/merchants/{shop.key_id}/reset")
    for _ in range(2):
        assert shop.send("GET", f"/checkoutSessions/{session}").status == 404


def test_snapshot_taken_on_one_is_restored_on_the_other(shop: Shop) -> None:
    done = shop.bought()
    before = shop.get(f"/charges/{done['chargeId']}")
    taken = shop.control("POST", f"/merchants/{shop.key_id}/snapshots")
    shop.advance("P40D")
    shop.control("POST", f"/merchants/{shop.key_id}/snapshots/{taken['snapshotId']}/restore")
    for _ in range(2):
        assert shop.get(f"/charges/{done['chargeId']}") == before


def test_fault_asked_for_on_one_befalls_one_request(shop: Shop) -> None:
    fault = {"kind": "error", "status": 503}
    shop.control("POST", f"/merchants/{shop.key_id}/faults", fault)
    assert [shop.send("GET", "/charges/x").status for _ in range(3)] == [503, 404, 404]


def test_signature_that_failed_on_one_is_told_by_the_other(shop: Shop) -> None:
    url = "https://pay-api.amazon.com/v2/charges/x"
    signed = shop.signer.sign("GET", url, b"")
    shop.exchange(Request("GET", f"{url}y", tuple(signed)))
    for _ in range(2):
        failures = shop.control("GET", f"/merchants/{shop.key_id}/signature-failures")
        assert [entry["reasonCode"] for entry in failures] == ["InvalidRequestSignature"]


def test_notifications_are_of_one_list_and_one_key(shop: Shop) -> None:
    tell(shop, mode="out of order")
    shop.bought()
    first, second = told(shop), told(shop)
    assert first == second
    assert [entry["message"]["ObjectType"] for entry in first] == ["CHARGE_PERMISSION", "CHARGE"]
    for _ in range(2):
        verify(shop, first[0]["envelope"])


def test_notification_is_delivered_by_one_mock_alone(mocks: Mocks, shop: Shop) -> None:
    tell(shop, endpoint="http://127.0.0.1:9/none")
    shop.bought()
    due = [mock.notifications_due() for mock in mocks]
    assert [len(found) for found in due] == [1, 0]
    merchant, deliveries = due[0][0]
    for delivery in deliveries:
        mocks[0].notified(merchant, delivery, 200)
    assert [entry["done"] for entry in told(shop)] == [True, True]
    assert mocks[0].notifications_due() == []


def test_turn_that_fails_leaves_nothing_behind(
    mocks: Mocks, shop: Shop, contract: Contract
) -> None:
    first, second = (at(mock, shop, contract) for mock in mocks)
    session = first.ready()
    merchant = mocks[0].merchants.by_key[shop.key_id]

    def cancel_and_fail() -> None:
        with mocks[0].keeper.turn(merchant):
            mocks[0].world.life.go(merchant, merchant.sessions[session], "Canceled")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cancel_and_fail()
    for each in (first, second):
        assert each.state(each.get(f"/checkoutSessions/{session}")) == "Open"


def test_server_that_is_killed_is_missed_by_nobody(state: str) -> None:
    with serving("--state", state) as (line, process), serving("--state", state) as (other, _):
        assert line["publicKeyId"] == other["publicKeyId"]
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
        path = f"{other['control']}/merchants/{line['publicKeyId']}/clock"
        assert httpx.post(path, json={"advance": "PT1H"}, timeout=60).status_code == 200


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://localhost/mock", "mysql:// is no state that can be shared"),
        ("redis://127.0.0.1:9/0", "can't be kept in Redis"),
        ("redis://127.0.0.1:port/0", "can't be kept in Redis"),
        ("postgresql://127.0.0.1:9/mock", "can't be kept in PostgreSQL"),
    ],
)
def test_state_that_cannot_be_had_is_a_wrong_call(url: str, says: str) -> None:
    ended = subprocess.run([*SERVE, "--state", url], check=False, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr


def test_suite_is_green_against_two_servers_in_turn(state: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with sharing(state) as lines, alternating(lines) as front:
        ended = subprocess.run(
            [sys.executable, "-m", "pay_conformance", "run", "--target", front,
             "--control", f"{front}/_control", "--api", "v2", "--examples", "5",
             "--report", f"json={report}"],
            check=False, capture_output=True, text=True, cwd=tmp_path,
        )  # fmt: skip
    found: dict[str, Any] = json.loads(report.read_text())
    assert found["findings"] == []
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert found["summary"]["passed"] > 300
