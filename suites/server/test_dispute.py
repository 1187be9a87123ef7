"""Disputes: reported, answered with evidence, and ended, by the merchant, Amazon, or time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pay_conformance.scenario import (
    Answer,
    Buyer,
    Call,
    Checkout,
    Clock,
    Expect,
    Negative,
    Shop,
    needs,
    requirement,
)

REFUSED = (400, 405, 409, 422)
"""The statuses by which a state or a value is refused, where nothing says which one it is. Those
about a key, a right, a wrong id or a busy server have other reasons."""
_UNKNOWN = "S01-0000000-0000000-B000000"

ENDINGS = (
    "AutoResolved",
    "BuyerCancelled",
    "ChargebackFiled",
    "InvestigatorResolved",
    "MerchantAcceptedDispute",
    "MerchantResponseDeadlineExpired",
)
"""The reasons with which a dispute ends."""


@requirement("DI-OK-001", "DI-NEW-001", "DI-NEW-006", "DI-ID-001", "DI-LIFE-006")
def test_dispute_is_reported_and_read(shop: Shop, checkout: Checkout, expect: Expect) -> None:
    charge = checkout.captured("10.00")
    before = shop.get_charge(charge)
    made = shop.attempt.make(shop.disputing(charge, "4.00"))
    expect(made, "DI-OK-001").status(200)
    expect(made, "DI-NEW-001").at("/chargeId").equals(charge.id)
    expect(made, "DI-NEW-001").at("/disputeAmount").costs(shop.price("4.00"))
    expect(made, "DI-NEW-001").at("/filingReason").equals("ProductNotReceived")
    expect(made, "DI-NEW-001").state("ActionRequired")
    expect(made, "DI-LIFE-006").at("/statusDetails/resolution").is_null()
    expect(made, "DI-ID-001").at("/disputeId").matches(charge.id.rpartition("-")[0] + "-B[0-9]+")
    read = shop.attempt.get_dispute(made)
    expect(read, "DI-OK-001").status(200)
    expect(read, "DI-NEW-001").same_as(made)
    expect(shop.get_charge(charge), "DI-NEW-006").same_as(before)


@requirement("DI-TIME-001", "DI-NEW-006")
def test_chargeback_gives_the_merchant_eleven_days(
    shop: Shop, checkout: Checkout, buyer: Buyer, expect: Expect
) -> None:
    charge = checkout.captured("10.00")
    dispute = shop.get_dispute(buyer.charges_back(charge))
    created = dispute.time("/creationTimestamp")
    expect(dispute, "DI-TIME-001").at("/merchantResponseDeadline").is_after(
        created, timedelta(days=11)
    )
    expect(shop.get_charge(charge), "DI-NEW-006").state("Captured")


@requirement("DI-LIFE-003", "DI-LIFE-007")
def test_chargeback_that_nobody_answers_is_lost(
    shop: Shop, checkout: Checkout, buyer: Buyer, clock: Clock, expect: Expect
) -> None:
    dispute = shop.get_dispute(buyer.charges_back(checkout.captured("10.00")))
    clock.advance(days=10)
    expect(shop.get_dispute(dispute), "DI-LIFE-003").state("ActionRequired")
    clock.advance(days=2)
    lost = shop.get_dispute(dispute)
    expect(lost, "DI-LIFE-003").state("Resolved").reasons("MerchantResponseDeadlineExpired")
    expect(lost, "DI-LIFE-007").at("/statusDetails/resolution").equals("BuyerWon")


@requirement("DI-LIFE-002", "DI-OP-002", "DI-LIFE-001", "DI-OK-001")
def test_contested_dispute_is_under_review_and_has_the_evidence(
    shop: Shop, checkout: Checkout, buyer: Buyer, expect: Expect
) -> None:
    dispute = shop.get_dispute(buyer.charges_back(checkout.captured("10.00")))
    file = shop.make(shop.uploading())
    evidences = (
        {"evidenceType": "TrackingNumber", "evidenceText": "1Z999AA10123456784"},
        {"evidenceType": "Receipt", "fileId": file.at("/id")},
    )
    contested = shop.attempt.make(shop.contesting(dispute, *evidences))
    expect(contested, "DI-OK-001").status(200)
    expect(contested, "DI-LIFE-002").state("UnderReview")
    for index, evidence in enumerate(evidences):
        for name, value in evidence.items():
            expect(contested, "DI-OP-002").at(f"/merchantEvidences/{index}/{name}").equals(value)
    expect(shop.get_dispute(dispute), "DI-OP-002").same_as(contested)
    buyer.happens("buyer takes it back", dispute)
    expect(shop.get_dispute(dispute), "DI-LIFE-001").state("Resolved")


@requirement("DI-OP-004", "DI-LIFE-007", "DI-OK-001")
@pytest.mark.parametrize("state", ["Resolved", "Closed"])
def test_dispute_ends_as_the_provider_says(
    shop: Shop, checkout: Checkout, expect: Expect, state: str
) -> None:
    dispute = shop.make(shop.disputing(checkout.captured("10.00")))
    ended = shop.attempt.make(shop.ending(dispute, state, "MerchantWon"))
    expect(ended, "DI-OK-001").status(200)
    for answer in (ended, shop.get_dispute(dispute)):
        expect(answer, "DI-OP-004").state(state).reasons("InvestigatorResolved")
        expect(answer, "DI-OP-004").at("/statusDetails/resolution").equals("MerchantWon")
        expect(answer, "DI-LIFE-007").at("/statusDetails/resolution").is_set()


@requirement("DI-LIFE-005")
def test_dispute_that_ends_without_a_reason_keeps_none_of_another_state(
    shop: Shop, checkout: Checkout, expect: Expect
) -> None:
    dispute = shop.make(shop.disputing(checkout.captured("10.00")))
    ending = shop.ending(dispute, "Closed", "BuyerWon").without("/statusDetails/reasonCode")
    closed = shop.make(ending.without("/statusDetails/reasonDescription"))
    reason = expect(closed, "DI-LIFE-005").at("/statusDetails/reasonCode")
    reason.is_one_of(None, *ENDINGS)


@requirement("DI-OP-003")
def test_dispute_that_does_not_wait_for_the_merchant_can_not_be_contested(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    waiting = shop.make(shop.disputing(checkout.captured("10.00")))
    contested = shop.make(shop.disputing(checkout.captured("10.00")))
    shop.make(shop.contesting(contested))
    negative(
        "DI-OP-003",
        baseline=shop.contesting(waiting),
        refused=shop.contesting(contested),
        status=REFUSED,
        reason=(),
        leaves=contested,
    )


@requirement("DI-OP-005", "DI-LIFE-004")
def test_closed_dispute_stays_closed(
    shop: Shop, checkout: Checkout, clock: Clock, negative: Negative, expect: Expect
) -> None:
    waiting = shop.make(shop.disputing(checkout.captured("10.00")))
    dispute = shop.make(shop.disputing(checkout.captured("10.00")))
    closed = shop.make(shop.ending(dispute, "Closed", "BuyerWon"))
    negative(
        "DI-OP-005",
        baseline=shop.ending(waiting, "Resolved", "MerchantWon"),
        refused=shop.ending(closed, "Resolved", "MerchantWon"),
        status=REFUSED,
        reason=(),
        leaves=closed,
    )
    clock.advance(days=20)
    expect(shop.get_dispute(dispute), "DI-LIFE-004").same_as(closed)


@requirement("DI-OP-006")
def test_evidence_has_to_be_a_file_that_was_made(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    dispute = shop.make(shop.disputing(checkout.captured("10.00")))
    known = {"evidenceType": "Receipt", "fileId": shop.make(shop.uploading()).at("/id")}
    unknown = {**known, "fileId": "00000000-0000-4000-a000-000000000000"}
    negative(
        "DI-OP-006",
        baseline=shop.contesting(dispute, known),
        refused=shop.contesting(dispute, unknown),
        status=REFUSED,
        reason=(),
        leaves=dispute,
    )


@requirement("DI-OP-001")
@pytest.mark.parametrize("operation", ["get", "update", "contest"])
def test_unknown_dispute_is_not_found(
    shop: Shop, checkout: Checkout, negative: Negative, operation: str
) -> None:
    dispute = shop.make(shop.disputing(checkout.captured("10.00")))
    call = _calls(shop, dispute)[operation]
    negative(
        "DI-OP-001",
        baseline=call,
        refused=call.at_path(call.path.replace(dispute.id, _UNKNOWN)),
        status=404,
        reason="ResourceNotFound",
        leaves=dispute,
    )


@requirement("DI-NEW-002")
def test_dispute_of_an_unknown_charge_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    report = shop.disputing(checkout.captured("10.00"))
    negative(
        "DI-NEW-002",
        baseline=report,
        refused=report.with_("/chargeId", "S01-0000000-0000000-C000000"),
        status=404,
        reason="ResourceNotFound",
    )


@requirement("DI-NEW-003")
def test_dispute_of_a_charge_that_is_not_captured_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    authorized = checkout.authorized("10.00")
    negative(
        "DI-NEW-003",
        baseline=shop.disputing(checkout.captured("10.00")),
        refused=shop.disputing(authorized),
        status=422,
        reason="InvalidChargeStatus",
        leaves=authorized,
    )


@requirement("DI-NEW-004")
def test_dispute_in_another_currency_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    report = shop.disputing(checkout.captured("10.00"))
    negative(
        "DI-NEW-004",
        baseline=report,
        refused=report.with_("/disputeAmount/currencyCode", "GBP"),
        status=400,
        reason="CurrencyMismatch",
    )


@requirement("DI-NEW-005")
def test_dispute_of_more_than_was_captured_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    report = shop.disputing(checkout.captured("10.00"), "10.00")
    negative(
        "DI-NEW-005",
        baseline=report,
        refused=report.with_("/disputeAmount/amount", "10.01"),
        status=400,
        reason="TransactionAmountExceeded",
    )


@requirement("DI-NEW-008")
@pytest.mark.parametrize(
    "missing", ["/chargeId", "/disputeAmount", "/filingReason", "/statusDetails"]
)
def test_report_without_what_it_needs_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative, missing: str
) -> None:
    report = shop.disputing(checkout.captured("10.00"))
    negative(
        "DI-NEW-008",
        baseline=report,
        refused=report.without(missing),
        status=400,
        reason="MissingParameterValue",
    )


@requirement("DI-OP-007")
def test_contest_without_evidence_is_refused(
    shop: Shop, checkout: Checkout, negative: Negative
) -> None:
    contest = shop.contesting(shop.make(shop.disputing(checkout.captured("10.00"))))
    negative(
        "DI-OP-007",
        baseline=contest,
        refused=contest.without("/merchantEvidences"),
        status=400,
        reason=("MissingParameterValue", "InvalidParameterValue"),
    )


@requirement("DI-FILE-005", "DI-OK-001")
@pytest.mark.parametrize("kind", ["pdf", "jpg"])
def test_file_has_a_place(shop: Shop, expect: Expect, kind: str) -> None:
    file = shop.attempt.make(shop.uploading(kind))
    expect(file, "DI-OK-001").status(200)
    expect(file, "DI-FILE-005").at("/type").equals(kind)
    expect(file, "DI-FILE-005").at("/purpose").equals("disputeEvidence")


@requirement("DI-FILE-002")
@pytest.mark.parametrize(("member", "value"), [("/type", "exe"), ("/purpose", "fun")])
def test_file_of_an_unknown_kind_is_refused(
    shop: Shop, negative: Negative, member: str, value: str
) -> None:
    upload = shop.uploading()
    negative(
        "DI-FILE-002",
        baseline=upload,
        refused=upload.with_(member, value),
        status=400,
        reason="InvalidParameterValue",
    )


@needs("merchants")
@requirement("DI-OP-001")
def test_dispute_of_another_merchant_is_not_found(
    shop: Shop, checkout: Checkout, merchant: object, expect: Expect
) -> None:
    dispute = shop.make(shop.disputing(checkout.captured("10.00")))
    other = merchant()  # type: ignore[operator]
    stolen = other.shop.attempt.get_dispute(dispute)
    expect(stolen, "DI-OP-001").refused(404, "ResourceNotFound")


def _calls(shop: Shop, dispute: Answer) -> dict[str, Call]:
    return {
        "get": shop.reading(dispute),
        "update": shop.ending(dispute),
        "contest": shop.contesting(dispute),
    }
