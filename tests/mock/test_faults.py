"""Faults: aimed at requests, before or after their effect, and the same again for a seed."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest

from pay_conformance.contract import Contract
from pay_conformance.exchange import Request, Response
from pay_conformance.mock import Mock
from tests.mock.shop import HOST, Shop, embedded
from tests.mock.test_serve import serving, shop_at


def add(shop: Shop, kind: str, **more: Any) -> Any:
    return shop.control("POST", f"/merchants/{shop.key_id}/faults", {"kind": kind, **more})


def raw(shop: Shop, mock: Mock) -> Response:
    url = f"{HOST}/{shop.api}/charges/x"
    return mock.handle(Request("GET", url, tuple(shop.signer.sign("GET", url, b""))))


def test_error_befalls_the_next_requests_of_one_operation(shop: Shop) -> None:
    add(shop, "error", status=429, count=2, operation="createCheckoutSession")
    seen = [shop.send("GET", "/charges/x").status, *(shop.create().status for _ in range(3))]
    assert seen == [404, 429, 429, 201]


def test_error_before_the_effect_leaves_nothing_behind(shop: Shop) -> None:
    session = shop.ready()
    add(shop, "error", status=500)
    path = f"/checkoutSessions/{session}"
    refused = shop.send("PATCH", path, {"merchantMetadata": {"noteToBuyer": "hello"}})
    assert (refused.status, refused.code) == (500, "InternalServerError")
    assert shop.get(path)["merchantMetadata"]["noteToBuyer"] is None


def test_error_after_the_effect_hides_it_and_the_key_still_finds_it(shop: Shop) -> None:
    body = {
        shop.name("webCheckoutDetails"): {"checkoutReviewReturnUrl": "https://shop.example/r"},
        "storeId": shop.store_id,
    }
    add(shop, "error", status=503, moment="after")
    lost = shop.send("POST", "/checkoutSessions", body, key="k1")
    found = shop.send("POST", "/checkoutSessions", body, key="k1")
    assert (lost.code, found.status) == ("ServiceUnavailable", 201)
    assert shop.send("POST", "/checkoutSessions", body, key="k1").body == found.body


def test_share_is_the_same_again_for_a_seed(contract: Contract) -> None:
    seen = []
    for seed in (5, 5, 6):
        mock = Mock(contract, seed=seed)
        shop = embedded(mock, contract)
        add(shop, "error", share=0.5)
        seen.append([raw(shop, mock).status for _ in range(40)])
    assert seen[0] == seen[1] != seen[2]
    assert set(seen[0]) == {404, 500}


@pytest.mark.parametrize("status", [502, 504])
def test_gateway_errors_are_pages(shop: Shop, mock: Mock, status: int) -> None:
    add(shop, "error", status=status)
    answer = raw(shop, mock)
    assert (answer.status, answer.header("content-type")) == (status, "text/html")


def test_answers_can_be_spoilt(shop: Shop, mock: Mock) -> None:
    for kind in ("truncated", "html", "content type"):
        add(shop, kind)
    cut, page, typed = (raw(shop, mock) for _ in range(3))
    with pytest.raises(json.JSONDecodeError):
        json.loads(cut.body)
    assert page.body.startswith(b"<html>")
    assert typed.header("content-type") == "text/plain"


def test_faults_are_listed_and_dropped(shop: Shop) -> None:
    add(shop, "latency", seconds=2, count=None)
    path = f"/merchants/{shop.key_id}/faults"
    [listed] = shop.control("GET", path)
    assert (listed["kind"], listed["seconds"], listed["count"]) == ("latency", 2, None)
    assert shop.control("DELETE", path) == {"dropped": 1}
    assert shop.control("GET", path) == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "rain"},
        {"kind": "error", "status": 418},
        {"kind": "error", "status": 429.0},
        {"kind": "error", "status": []},
        {"kind": "error", "operation": {}},
        {"kind": "error", "colour": "red"},
        {"kind": "error", "operation": "createUnicorn"},
        {"kind": "error", "moment": "during"},
        {"kind": "error", "count": 0},
        {"kind": "error", "share": 2},
        {"kind": "latency", "seconds": True},
    ],
)
def test_fault_that_makes_no_sense_is_refused(shop: Shop, body: dict[str, Any]) -> None:
    assert shop.refused_control("POST", f"/merchants/{shop.key_id}/faults", body).status == 400


@pytest.mark.parametrize("option", [(), ("--tls",)])
def test_faults_of_the_network_happen_on_the_wire(
    contract: Contract, option: tuple[str, ...]
) -> None:
    with serving(*option) as (line, _), shop_at(line, contract) as shop:
        add(shop, "reset")
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            shop.send("GET", "/charges/x")
        add(shop, "cut")
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            shop.send("GET", "/charges/x")
        for kind in ("latency", "slow body"):
            add(shop, kind, seconds=0.3)
            started = time.monotonic()
            assert shop.send("GET", "/charges/x").status == 404
            assert time.monotonic() - started >= 0.25


def test_tls_alert_is_what_a_client_of_tls_sees(contract: Contract) -> None:
    with serving("--tls") as (line, _), shop_at(line, contract) as shop:
        add(shop, "tls alert", operation="getCharge")
        with pytest.raises(httpx.ReadError, match="SSL"):
            shop.send("GET", "/charges/x")
        assert shop.send("GET", "/charges/x").status == 404


def test_tls_alert_without_tls_is_a_reset(contract: Contract) -> None:
    with serving() as (line, _), shop_at(line, contract) as shop:
        add(shop, "tls alert")
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            shop.send("GET", "/charges/x")
        assert shop.send("GET", "/charges/x").status == 404
