"""Generated valid requests of every operation: each is accepted, and what it said comes back."""

from __future__ import annotations

from pay_conformance.generate.accepting import accept_valid
from pay_conformance.generate.examples import Examples
from pay_conformance.scenario import api, needs, requirement


@requirement("CS-NEW-001", "CS-NEW-008")
def test_create_checkout_session_accepts_all_that_its_schema_allows(examples: Examples) -> None:
    accept_valid(examples, "createCheckoutSession", 20)


@requirement("OP-OK-002")
def test_update_checkout_session_accepts_all_that_its_schema_allows(examples: Examples) -> None:
    accept_valid(examples, "updateCheckoutSession", 20)


@requirement("CS-COMP-001")
@needs("buyer")
@api("v2")
def test_complete_checkout_session_accepts_all_that_its_schema_allows(examples: Examples) -> None:
    accept_valid(examples, "completeCheckoutSession", 5)


@requirement("CS-FIN-001")
@needs("buyer")
@api("v2")
def test_finalize_checkout_session_accepts_all_that_its_schema_allows(examples: Examples) -> None:
    accept_valid(examples, "finalizeCheckoutSession", 5)


@requirement("CP-OP-004")
@needs("buyer")
def test_update_charge_permission_accepts_all_that_its_schema_allows(examples: Examples) -> None:
    accept_valid(examples, "updateChargePermission", 5)


@requirement("CP-CLOSE-001")
@needs("buyer")
def test_close_charge_permission_accepts_all_that_its_schema_allows(examples: Examples) -> None:
    accept_valid(examples, "closeChargePermission", 5)


@requirement("CH-NEW-001", "CH-NEW-004")
@needs("buyer")
def test_create_charge_accepts_all_that_its_schema_allows(examples: Examples) -> None:
    accept_valid(examples, "createCharge", 10)


@requirement("CH-CAP-001", "CH-CAP-008")
@needs("buyer")
def test_capture_charge_accepts_all_that_its_schema_allows(examples: Examples) -> None:
    accept_valid(examples, "captureCharge", 5)


@requirement("CH-LIFE-006")
@needs("buyer")
def test_cancel_charge_accepts_all_that_its_schema_allows(examples: Examples) -> None:
    accept_valid(examples, "cancelCharge", 5)


@requirement("RF-LIFE-001", "RF-NEW-005")
@needs("buyer")
def test_create_refund_accepts_all_that_its_schema_allows(examples: Examples) -> None:
    accept_valid(examples, "createRefund", 5)


@requirement("DT-OK-001")
@needs("buyer")
def test_create_delivery_tracker_accepts_all_that_its_schema_allows(examples: Examples) -> None:
    accept_valid(examples, "createDeliveryTracker", 5)


@requirement("DI-NEW-001")
@needs("buyer")
@api("v2")
def test_create_dispute_accepts_all_that_its_schema_allows(examples: Examples) -> None:
    accept_valid(examples, "createDispute", 5)


@requirement("DI-OP-004")
@needs("buyer")
@api("v2")
def test_update_dispute_accepts_all_that_its_schema_allows(examples: Examples) -> None:
    accept_valid(examples, "updateDispute", 5)


@requirement("DI-LIFE-002")
@needs("buyer")
@api("v2")
def test_contest_dispute_accepts_all_that_its_schema_allows(examples: Examples) -> None:
    accept_valid(examples, "contestDispute", 5)


@requirement("DI-OK-001")
@api("v2")
def test_upload_file_accepts_all_that_its_schema_allows(examples: Examples) -> None:
    accept_valid(examples, "uploadFile", 5)
