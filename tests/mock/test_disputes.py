"""Disputes and delivery trackers on the mock: chargebacks, deadlines, evidence, shipments."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mock.shop import Shop, usd


@pytest.fixture
def charge(shop2: Shop) -> str:
    """A captured charge of 100 dollars."""
    name = str(shop2.bought()["chargeId"])
    shop2.send("POST", f"/charges/{name}/capture", {"captureAmount": usd("100.00")})
    return name


@pytest.fixture
def dispute(shop2: Shop, charge: str) -> str:
    """A chargeback of it, which waits for the merchant."""
    made = shop2.control("POST", f"/merchants/{shop2.key_id}/charges/{charge}/disputes", {})
    assert made["state"] == "ActionRequired"
    return str(made["disputeId"])


def happen(shop: Shop, dispute: str, **body: Any) -> str:
    made = shop.control("POST", f"/merchants/{shop.key_id}/disputes/{dispute}", body)
    return str(made["state"])


def report(charge: str, **more: Any) -> dict[str, Any]:
    return {
        "chargeId": charge,
        "disputeAmount": usd("40.00"),
        "filingReason": "ProductNotReceived",
        "statusDetails": {"state": "ActionRequired"},
        **more,
    }


def test_chargeback_is_lost_when_nobody_answers(shop2: Shop, dispute: str) -> None:
    shop2.advance("P12D")
    status = shop2.get(f"/disputes/{dispute}")["statusDetails"]
    assert (status["state"], status["resolution"]) == ("Resolved", "BuyerWon")
    assert status["reasonCode"] == "MerchantResponseDeadlineExpired"


def test_contested_chargeback_is_decided_by_who_decides(shop2: Shop, dispute: str) -> None:
    file = shop2.send("POST", "/files", {"type": "pdf", "purpose": "disputeEvidence"}).body["id"]
    evidence = [{"evidenceType": "Receipt", "fileId": file}]
    path = f"/disputes/{dispute}/contest"
    contested = shop2.send("POST", path, {"merchantEvidences": evidence})
    assert contested.body["statusDetails"]["state"] == "UnderReview"
    assert contested.body["merchantEvidences"] == evidence
    happen(shop2, dispute, event="Amazon decides", resolution="MerchantWon")
    assert shop2.get(f"/disputes/{dispute}")["statusDetails"]["resolution"] == "MerchantWon"
    assert happen(shop2, dispute, event="dispute is closed") == "Closed"
    closed = shop2.get(f"/disputes/{dispute}")["statusDetails"]
    assert (closed["reasonCode"], closed["resolution"]) == ("InvestigatorResolved", "MerchantWon")


def test_dispute_closed_before_it_is_resolved_has_no_reason_left(shop2: Shop, dispute: str) -> None:
    ending = {"statusDetails": {"state": "Closed", "resolution": "BuyerWon"}}
    closed = shop2.send("PATCH", f"/disputes/{dispute}", ending)
    assert closed.body["statusDetails"]["reasonCode"] is None


def test_more_evidence_may_be_asked_for(shop2: Shop, dispute: str) -> None:
    evidence = {"merchantEvidences": [{"evidenceType": "Other", "evidenceText": "It arrived."}]}
    shop2.send("POST", f"/disputes/{dispute}/contest", evidence)
    assert happen(shop2, dispute, event="Amazon asks the merchant for more") == "ActionRequired"
    again = shop2.send("POST", f"/disputes/{dispute}/contest", evidence)
    assert len(again.body["merchantEvidences"]) == 2


@pytest.mark.parametrize("deadline", [1900000000, 1900000000000, "20300317T174640Z"])
def test_deadline_is_read_in_each_form_that_sdks_send(
    shop2: Shop, charge: str, deadline: int | str
) -> None:
    made = shop2.send("POST", "/disputes", report(charge, merchantResponseDeadline=deadline))
    assert made.body["merchantResponseDeadline"] == "20300317T174640Z"


def test_deadline_on_a_day_that_does_not_exist_is_refused(shop2: Shop, charge: str) -> None:
    body = report(charge, merchantResponseDeadline="20300230T000000Z")
    assert shop2.send("POST", "/disputes", body).code == "InvalidParameterValue"


def test_chargeback_of_an_open_charge_can_not_be_filed(shop2: Shop) -> None:
    charge = shop2.bought()["chargeId"]
    path = f"/merchants/{shop2.key_id}/charges/{charge}/disputes"
    assert shop2.refused_control("POST", path, {}).status == 409


def test_chargeback_for_an_unknown_reason_can_not_be_filed(shop2: Shop, charge: str) -> None:
    path = f"/merchants/{shop2.key_id}/charges/{charge}/disputes"
    assert shop2.refused_control("POST", path, {"filingReason": "Bored"}).status == 400


def test_resolution_is_of_disputes_alone(shop2: Shop, charge: str) -> None:
    path = f"/merchants/{shop2.key_id}/charges/{charge}"
    body = {"event": "Amazon cancels", "resolution": "BuyerWon"}
    assert shop2.refused_control("POST", path, body).status == 400


def test_shipments_are_tracked_once_and_by_order(shop: Shop) -> None:
    permission = shop.bought()["chargePermissionId"]
    shipments = [{"trackingNumber": "1Z999AA10123456784", "carrierCode": "UPS"}]
    body = {"chargePermissionId": permission, "deliveryDetails": shipments}
    assert shop.send("POST", "/deliveryTrackers", body).body == body
    assert shop.send("POST", "/deliveryTrackers", body).code == "InvalidParameterValue"
    old = {
        "amazonOrderReferenceId": permission,
        "deliveryDetails": [{**shipments[0], "trackingNumber": "2"}],
    }
    assert shop.send("POST", "/deliveryTrackers", old).body == old
    unknown = {**body, "chargePermissionId": "S01-0000000-0000000"}
    assert shop.send("POST", "/deliveryTrackers", unknown).code == "InvalidParameterValue"
