"""What control requests make is counted: who asks for more than is kept reads why."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from pay_conformance.contract import Contract
from pay_conformance.exchange import Request
from pay_conformance.mock import Mock, bounds
from tests.mock.shop import HOST, Shop, embedded
from tests.mock.test_serve import serving


def refused(shop: Shop, path: str, body: dict[str, Any] | None = None) -> str:
    """Post something that is one too many; return why it is refused."""
    answer = shop.refused_control("POST", f"/merchants/{shop.key_id}{path}", body)
    assert answer.status == 409
    return str(answer.body["error"])


def test_faults_that_wait_are_at_most_a_hundred(shop2: Shop) -> None:
    path = f"/merchants/{shop2.key_id}/faults"
    for _ in range(bounds.MOST_FAULTS):
        shop2.control("POST", path, {"kind": "error"})

    assert "100 faults wait already" in refused(shop2, "/faults", {"kind": "error"})
    assert len(shop2.control("GET", path)) == bounds.MOST_FAULTS
    assert shop2.send("GET", "/charges/x").status == 500
    assert shop2.control("POST", path, {"kind": "error"})


def test_merchants_are_as_many_as_the_server_was_told(contract: Contract, tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    mock = Mock(contract, most_merchants=3, state=state)
    shops = [embedded(mock, contract) for _ in range(3)]

    answer = shops[0].refused_control("POST", "/merchants")
    last = shops[2].create()
    mock.close()

    assert (answer.status, len(mock.merchants.by_key)) == (409, 3)
    assert "start it anew, or with more --merchants" in answer.body["error"]
    assert last.status == 201
    again = Mock(contract, most_merchants=3, state=state)
    request = Request("POST", "http://mock/_control/merchants", (), b"")
    assert again.control(request).status == 409
    again.close()


def test_merchants_of_an_embedded_mock_are_not_counted(mock: Mock, shop2: Shop) -> None:
    assert mock.merchants.most is None


def test_serve_takes_the_number_of_merchants(contract: Contract) -> None:
    with serving("--merchants", "1") as (line, _):
        port = int(line["url"].rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as raw:
            raw.sendall(
                b"POST /_control/merchants HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Length: 0\r\nConnection: close\r\n\r\n"
            )
            answer = b"".join(iter(lambda: raw.recv(65536), b""))

    assert answer.startswith(b"HTTP/1.1 409 ")
    assert b"has registered 1 merchants" in answer


def test_tokens_of_buyers_are_at_most_a_thousand_in_a_day(mock: Mock, shop2: Shop) -> None:
    path = f"/merchants/{shop2.key_id}/buyers"
    for _ in range(bounds.MOST_SIGN_INS - 1):
        shop2.control("POST", path)
    last = shop2.control("POST", path)["buyerToken"]

    assert "1000 times in a day" in refused(shop2, "/buyers")
    assert shop2.send("GET", f"/buyers/{last.replace('|', '%7C')}").status == 200
    shop2.advance("PT24H")
    assert shop2.control("POST", path)["buyerToken"]
    assert len(mock.merchants.by_key[shop2.key_id].tokens) == 1


def test_chargebacks_are_counted(shop2: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pay_conformance.mock.control.MOST_CHARGEBACKS", 1)
    charge = shop2.bought()["chargeId"]
    shop2.send("POST", f"/charges/{charge}/capture", {"captureAmount": {"amount": "1.00",
               "currencyCode": "USD"}})  # fmt: skip
    shop2.control("POST", f"/merchants/{shop2.key_id}/charges/{charge}/disputes")

    assert "1 disputes already" in refused(shop2, f"/charges/{charge}/disputes")


def test_notifications_sent_again_push_out_the_oldest(mock: Mock, shop2: Shop) -> None:
    shop2.control("POST", f"/merchants/{shop2.key_id}/notifications", {"mode": "never"})
    shop2.bought()
    path = f"/merchants/{shop2.key_id}/notifications"
    first = shop2.control("GET", path)["notifications"][-1]["id"]
    for _ in range(bounds.MOST_NOTIFICATIONS + 5):
        shop2.control("POST", f"{path}/{first}/send")

    kept = mock.merchants.by_key[shop2.key_id].outbox.sent
    assert len(kept) == bounds.MOST_NOTIFICATIONS
    assert {entry.id for entry in kept} == {first}


def test_notification_that_would_never_come_is_refused(shop2: Shop) -> None:
    path = f"/merchants/{shop2.key_id}/notifications"

    late = shop2.refused_control("POST", path, {"mode": "late", "seconds": bounds.LATEST + 1})

    assert late.status == 400


def test_canonical_requests_that_are_compared_stay_small(mock: Mock, shop2: Shop) -> None:
    headers = shop2.signer.sign("GET", f"{HOST}/v2/charges/x", b"")
    answer = shop2.exchange(Request("GET", f"{HOST}/v2/charges/y", tuple(headers)))
    path = f"/merchants/{shop2.key_id}/signature-failures"
    failure = f"{path}/{answer.response.header('x-amz-pay-request-id')}"
    half = bounds.LONGEST_CANONICAL // 2
    wide = "x" * half + "\n" * half

    shown = shop2.control("POST", failure, {"canonicalRequest": wide})
    refusal = shop2.refused_control("POST", failure, {"canonicalRequest": wide + "x"})

    assert len(json.dumps(shown)) < 8 * bounds.LONGEST_CANONICAL
    assert shown["sideBySide"].endswith("lines more")
    assert refusal.status == 400
