"""Every constraint of every request schema, broken once: each is refused for what is wrong."""

from __future__ import annotations

from pay_conformance.generate.examples import Examples
from pay_conformance.generate.refusing import refuse_all
from pay_conformance.generate.varying import refuse_at_random
from pay_conformance.scenario import api, long, needs, requirement

pytestmark = long

# What holds of every walk; the walks of single operations add what only they can show.
UNLIMITED = ("ERR-IN-001", "ERR-IN-003", "ERR-IN-006", "ERR-IN-007", "ERR-SAFE-004")
BASICS = (*UNLIMITED, "ERR-IN-005")
ON_OBJECT = (*BASICS, "ERR-SAFE-002")
CREATING = (*BASICS, "ERR-SAFE-001")


@requirement("ERR-IN-002", "ERR-IN-004", "ERR-IN-008", "ERR-IN-009", "ERR-IN-010", "ERR-IN-011")
@requirement("ERR-IN-012", "CS-NEW-002", "CS-NEW-003", *CREATING)
def test_create_checkout_session_refuses_each_broken_constraint(examples: Examples) -> None:
    refuse_all(examples, "createCheckoutSession")


@requirement("ERR-IN-002", "ERR-IN-004", "ERR-IN-008", "ERR-IN-009", "ERR-IN-012", *ON_OBJECT)
def test_update_checkout_session_refuses_each_broken_constraint(examples: Examples) -> None:
    refuse_all(examples, "updateCheckoutSession")


@requirement("ERR-IN-001", "ERR-IN-003", "ERR-IN-008", "ERR-IN-009", "ERR-SAFE-002")
@needs("buyer")
@api("v2")
def test_complete_checkout_session_refuses_each_broken_constraint(examples: Examples) -> None:
    refuse_all(examples, "completeCheckoutSession")


@requirement("ERR-IN-002", "ERR-IN-004", "ERR-IN-008", "ERR-IN-009", *ON_OBJECT)
@needs("buyer")
@api("v2")
def test_finalize_checkout_session_refuses_each_broken_constraint(examples: Examples) -> None:
    refuse_all(examples, "finalizeCheckoutSession")


@requirement("ERR-IN-002", *ON_OBJECT)
@needs("buyer")
def test_update_charge_permission_refuses_each_broken_constraint(examples: Examples) -> None:
    refuse_all(examples, "updateChargePermission")


@requirement("CP-CLOSE-005", "ERR-IN-010", "ERR-IN-012", *ON_OBJECT)
@needs("buyer")
def test_close_charge_permission_refuses_each_broken_constraint(examples: Examples) -> None:
    refuse_all(examples, "closeChargePermission")


@requirement("CH-NEW-005", "ERR-IN-002", "ERR-IN-008", "ERR-IN-009", "ERR-IN-010", *CREATING)
@needs("buyer")
def test_create_charge_refuses_each_broken_constraint(examples: Examples) -> None:
    refuse_all(examples, "createCharge")


@requirement("CH-CAP-015", "ERR-IN-002", "ERR-IN-008", "ERR-IN-009", "ERR-IN-010", *ON_OBJECT)
@needs("buyer")
def test_capture_charge_refuses_each_broken_constraint(examples: Examples) -> None:
    refuse_all(examples, "captureCharge")


@requirement("CH-LIFE-015", "ERR-IN-010", "ERR-IN-012", *ON_OBJECT)
@needs("buyer")
def test_cancel_charge_refuses_each_broken_constraint(examples: Examples) -> None:
    refuse_all(examples, "cancelCharge")


@requirement("RF-NEW-003", "ERR-IN-002", "ERR-IN-008", "ERR-IN-009", "ERR-IN-010", *CREATING)
@needs("buyer")
def test_create_refund_refuses_each_broken_constraint(examples: Examples) -> None:
    refuse_all(examples, "createRefund")


@requirement(*UNLIMITED, "ERR-SAFE-001")
@needs("buyer")
def test_create_delivery_tracker_refuses_each_broken_constraint(examples: Examples) -> None:
    refuse_all(examples, "createDeliveryTracker")


@requirement(*UNLIMITED, "ERR-SAFE-001")
@needs("buyer")
@api("v2")
def test_create_dispute_refuses_each_broken_constraint(examples: Examples) -> None:
    refuse_all(examples, "createDispute")


@requirement(*UNLIMITED, "ERR-SAFE-002")
@needs("buyer")
@api("v2")
def test_update_dispute_refuses_each_broken_constraint(examples: Examples) -> None:
    refuse_all(examples, "updateDispute")


@requirement(*UNLIMITED, "ERR-SAFE-002")
@needs("buyer")
@api("v2")
def test_contest_dispute_refuses_each_broken_constraint(examples: Examples) -> None:
    refuse_all(examples, "contestDispute")


@requirement(*UNLIMITED, "ERR-SAFE-001")
@api("v2")
def test_upload_file_refuses_each_broken_constraint(examples: Examples) -> None:
    refuse_all(examples, "uploadFile")


@requirement("ERR-SAFE-004")
def test_varied_requests_on_sessions_are_refused_where_they_are_wrong(examples: Examples) -> None:
    refuse_at_random(examples, "createCheckoutSession", 100)
    refuse_at_random(examples, "updateCheckoutSession", 50)


@requirement("ERR-SAFE-004")
@needs("buyer")
@api("v2")
def test_varied_completions_are_refused_where_they_are_wrong(examples: Examples) -> None:
    refuse_at_random(examples, "completeCheckoutSession", 30)
    refuse_at_random(examples, "finalizeCheckoutSession", 30)


@requirement("ERR-SAFE-004")
@needs("buyer")
def test_varied_requests_on_charges_are_refused_where_they_are_wrong(examples: Examples) -> None:
    refuse_at_random(examples, "createCharge", 50)
    refuse_at_random(examples, "captureCharge", 20)
    refuse_at_random(examples, "cancelCharge", 20)
    refuse_at_random(examples, "createRefund", 20)


@requirement("ERR-SAFE-004")
@needs("buyer")
def test_varied_requests_on_permissions_are_refused_where_they_are_wrong(
    examples: Examples,
) -> None:
    refuse_at_random(examples, "updateChargePermission", 20)
    refuse_at_random(examples, "closeChargePermission", 20)


@requirement("ERR-SAFE-004")
@needs("buyer")
def test_varied_trackers_are_refused_where_they_are_wrong(examples: Examples) -> None:
    refuse_at_random(examples, "createDeliveryTracker", 20)


@requirement("ERR-SAFE-004")
@needs("buyer")
@api("v2")
def test_varied_disputes_are_refused_where_they_are_wrong(examples: Examples) -> None:
    refuse_at_random(examples, "createDispute", 20)
    refuse_at_random(examples, "updateDispute", 20)
    refuse_at_random(examples, "contestDispute", 20)
    refuse_at_random(examples, "uploadFile", 20)
