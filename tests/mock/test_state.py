"""Snapshots, and the file that keeps a mock's state whatever happens to its process."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from pay_conformance.contract import Contract
from pay_conformance.mock import Mock
from pay_conformance.problems import ConfigurationProblem
from tests.mock.shop import Shop, embedded, usd
from tests.mock.test_serve import serving, shop_at


def everything(shop: Shop, done: dict[str, Any]) -> list[Any]:
    return [
        shop.get(f"/checkoutSessions/{done['checkoutSessionId']}"),
        shop.get(f"/chargePermissions/{done['chargePermissionId']}"),
        shop.get(f"/charges/{done['chargeId']}"),
    ]


def test_restored_snapshot_has_objects_time_and_keys_as_they_were(shop: Shop) -> None:
    done = shop.bought(usd("50.00"))
    open_session = shop.ready()
    before = everything(shop, done)
    taken = shop.control("POST", f"/merchants/{shop.key_id}/snapshots")

    capture = f"/charges/{done['chargeId']}/capture"
    shop.send("POST", capture, {"captureAmount": usd("50.00")}, key="k1")
    shop.advance("P40D")
    shop.control("POST", f"/merchants/{shop.key_id}/snapshots/{taken['snapshotId']}/restore")

    assert everything(shop, done) == before
    assert shop.send("POST", capture, {"captureAmount": usd("40.00")}, key="k1").status == 200
    shop.advance("PT24H")
    assert shop.state(shop.get(f"/checkoutSessions/{open_session}")) == "Canceled"


def test_unknown_snapshot_is_not_found(shop: Shop) -> None:
    path = f"/merchants/{shop.key_id}/snapshots/none/restore"
    assert shop.refused_control("POST", path).status == 404


def test_member_that_looks_like_a_tag_survives_a_snapshot(shop2: Shop) -> None:
    delivery = {
        "specialRestrictions": None,
        "addressRestrictions": {"type": "Allowed", "restrictions": {"US": {"zipCodes": ["1"]}}},
    }
    session = shop2.create(deliverySpecifications=delivery).body["checkoutSessionId"]
    taken = shop2.control("POST", f"/merchants/{shop2.key_id}/snapshots")
    shop2.control("POST", f"/merchants/{shop2.key_id}/snapshots/{taken['snapshotId']}/restore")
    assert shop2.get(f"/checkoutSessions/{session}")["deliverySpecifications"] == delivery


def test_state_file_brings_everything_back(contract: Contract, tmp_path: Path) -> None:
    first = Mock(contract, state=tmp_path / "state.db")
    shop = embedded(first, contract)
    done = shop.bought(usd("50.00"))
    open_session = shop.ready()
    shop.advance("PT5H")
    token = shop.control("POST", f"/merchants/{shop.key_id}/buyers", {"scopes": ["name"]})
    before = everything(shop, done)
    first.close()

    second = Mock(contract, state=tmp_path / "state.db")
    again = embedded(second, contract)
    again.signer = shop.signer
    again.key_id = shop.key_id
    assert everything(again, done) == before
    assert again.get(f"/buyers/{token['buyerToken'].replace('|', '%7C')}")["name"]
    again.advance("PT19H")
    assert again.state(again.get(f"/checkoutSessions/{open_session}")) == "Canceled"
    second.close()


def test_notifications_are_signed_with_one_key_before_and_after_a_restart(
    contract: Contract, tmp_path: Path
) -> None:
    certificates = []
    for _ in range(2):
        mock = Mock(contract, state=tmp_path / "state.db")
        certificates.append(
            x509.load_pem_x509_certificate(mock.notifications.authority.certificate)
        )
        mock.close()
    before, after = (certificate.public_key() for certificate in certificates)
    assert before == after


def test_reset_reaches_the_state_file(contract: Contract, tmp_path: Path) -> None:
    first = Mock(contract, state=tmp_path / "state.db")
    shop = embedded(first, contract)
    session = shop.create().body["checkoutSessionId"]
    shop.control("POST", f"/merchants/{shop.key_id}/reset")
    first.close()
    second = Mock(contract, state=tmp_path / "state.db")
    assert session not in second.merchants.by_key[shop.key_id].sessions
    second.close()


def test_killed_server_loses_nothing_that_it_acknowledged(
    contract: Contract, tmp_path: Path
) -> None:
    state = ("--state", str(tmp_path / "state.db"))
    with serving(*state) as (line, process):
        with shop_at(line, contract) as shop:
            made = [
                shop.send("POST", "/checkoutSessions", body_of(shop), key=f"k{n}")
                for n in range(30)
            ]
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    with serving(*state) as (revived, _), shop_at(revived, contract) as again:
        assert revived["publicKeyId"] == line["publicKeyId"]
        again.signer, again.store_id = shop.signer, shop.store_id
        for number, first in enumerate(made):
            answer = again.send("POST", "/checkoutSessions", body_of(shop), key=f"k{number}")
            assert answer.response.body == first.response.body


def body_of(shop: Shop) -> dict[str, Any]:
    return {
        "webCheckoutDetails": {"checkoutReviewReturnUrl": "https://shop.example/r"},
        "storeId": shop.store_id,
    }


@pytest.mark.parametrize("content", [b"this is no database at all, but long enough", b"\0" * 5000])
def test_file_that_is_no_state_is_refused(
    contract: Contract, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(content)
    with pytest.raises(ConfigurationProblem, match=r"state\.db"):
        Mock(contract, state=path)


def test_state_file_in_a_folder_that_is_not_there_is_refused(
    contract: Contract, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationProblem, match="can't be used"):
        Mock(contract, state=tmp_path / "nowhere" / "state.db")


def test_state_file_in_use_is_refused(contract: Contract, tmp_path: Path) -> None:
    first = Mock(contract, state=tmp_path / "state.db")
    with pytest.raises(ConfigurationProblem, match="can't be used"):
        Mock(contract, state=tmp_path / "state.db")
    first.close()
