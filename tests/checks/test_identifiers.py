"""Identifiers that belong together, and what of an object never changes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.exchanges import (
    CHARGE,
    PERMISSION,
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
    refund,
    session,
    yen,
)


def test_charge_that_does_not_begin_with_its_permission_is_found() -> None:
    wrong = good("observed/v1-charge-authorized", chargeId="S03-4260904-6894065-C010879")
    found = finding(bare(wrong))
    assert (found.requirement, found.pointer) == ("CH-ID-002", "/chargeId")
    assert found.expected == "S03-4260904-6894064-…"


def test_charge_of_a_recurring_permission_need_not_begin_with_it() -> None:
    assert findings(bare(charge())) == set()
    assert "CH-ID-002" not in held(bare(charge()))


def test_charge_of_another_region_is_found() -> None:
    assert findings(bare(charge(chargeId="S01-5890444-1926095-C064126"))) == {
        ("FMT-ID-002", "/chargeId")
    }


def test_refund_that_does_not_begin_as_its_charge_is_found() -> None:
    assert findings(bare(refund(refundId="S03-5890444-1926096-R000001"))) == {
        ("RF-ID-002", "/refundId")
    }


def test_sandbox_id_in_live_is_found() -> None:
    assert findings(bare(charge(releaseEnvironment="Live"))) == {("FMT-ID-003", "/chargeId")}


def test_live_object_under_a_sandbox_path_is_found() -> None:
    live = session(releaseEnvironment="Live")
    found = findings(get(f"/sandbox{SESSION}", live))
    assert found == {("FMT-ENV-002", "/releaseEnvironment")}


def test_sandbox_object_under_a_sandbox_path_is_evidence() -> None:
    assert "FMT-ENV-002" in held(get(f"/sandbox{SESSION}", session()))


@pytest.mark.parametrize(
    ("path", "before", "after", "requirement", "pointer"),
    [
        (CHARGE, charge(), charge(chargeAmount=yen("501")), "CH-LIFE-013", "/chargeAmount"),
        (
            CHARGE,
            charge(),
            charge(chargePermissionId="C03-1442027-5744375"),
            "CH-LIFE-014",
            "/chargePermissionId",
        ),
        (
            SESSION,
            session(),
            session(storeId="amzn1.application-oa2-client.1"),
            "OP-SAME-001",
            "/storeId",
        ),
        (
            SESSION,
            session(),
            session(buyer__buyerId="amzn1.account.ANOTHER"),
            "CS-LIFE-024",
            "/buyer/buyerId",
        ),
        (
            PERMISSION,
            permission(),
            permission(presentmentCurrency="EUR"),
            "OP-SAME-001",
            "/presentmentCurrency",
        ),
    ],
)
def test_what_is_fixed_and_changes_is_found(
    path: str, before: Any, after: Any, requirement: str, pointer: str
) -> None:
    assert findings(get(path, before), get(path, after, at=5)) == {(requirement, pointer)}


def test_amount_that_is_only_written_otherwise_has_not_changed() -> None:
    dollars = {"amount": "5.0", "currencyCode": "USD"}
    first = charge(chargeAmount=dollars)
    second = charge(chargeAmount={**dollars, "amount": "5.00"})
    assert "CH-LIFE-013" in held(get(CHARGE, first), get(CHARGE, second, at=5))


def test_new_object_with_a_known_id_is_found() -> None:
    sent = {"chargePermissionId": "C03-1442027-5744374", "chargeAmount": yen("500")}
    first = call("POST", "/v2/charges", charge(), status=201, sent=sent, key="k1")
    second = call("POST", "/v2/charges", charge(), status=201, sent=sent, key="k2", at=5)
    assert findings(first, second) == {("CH-LIFE-001", "/chargeId")}


def test_notification_about_another_kind_of_object_is_found() -> None:
    wrong = good("observed/v2-notification-charge", ObjectType="CHARGE_PERMISSION")
    assert ("NT-BODY-006", "/ObjectId") in findings(bare(wrong))
