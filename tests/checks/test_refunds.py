"""Refunds: what they add up to, and what a charge shows of them."""

from __future__ import annotations

from typing import Any

from tests.checks.exchanges import (
    CHARGE,
    bare,
    call,
    captured,
    findings,
    get,
    held,
    refund,
    yen,
)


def refunded(amount: str, number: str, at: int, **changes: Any) -> Any:
    content = refund(amount, number, **changes)
    return get("/v2/refunds/" + content["refundId"], content, at=at)


def test_refunds_beyond_the_allowance_are_found() -> None:
    # 500 yen and the lesser of 15 percent and 8,400 yen: 575.
    story = [get(CHARGE, captured()), refunded("500", "R000001", 3)]
    assert findings(*story, refunded("76", "R000002", 6)) == {
        ("LIM-REF-004", "/refundAmount/amount")
    }


def test_refunds_up_to_the_allowance_are_fine() -> None:
    story = [get(CHARGE, captured()), refunded("500", "R000001", 3)]
    assert findings(*story, refunded("75", "R000002", 6)) == set()


def test_declined_refund_does_not_count() -> None:
    declined = {"state": "Declined", "reasonCode": "AmazonRejected"}
    content = refund("500", "R000001")
    content["statusDetails"].update(declined)
    story = [
        get(CHARGE, captured()),
        get("/v2/refunds/" + content["refundId"], content, at=3),
    ]
    assert findings(*story, refunded("500", "R000002", 6)) == set()


def test_refused_refund_beyond_the_allowance_is_evidence() -> None:
    refusal = {"reasonCode": "TransactionAmountExceeded", "message": "The amount is too much."}
    sent = {"chargeId": "S03-5890444-1926095-C064126", "refundAmount": yen(576)}
    asked = call("POST", "/v2/refunds", refusal, status=400, sent=sent, key="k1", at=5)
    assert "LIM-REF-004" in held(get(CHARGE, captured()), asked)


def test_charge_that_shows_too_much_refunded_is_found() -> None:
    assert findings(bare(captured(refundedAmount=yen("576")))) == {
        ("LIM-REF-004", "/refundedAmount/amount")
    }


def test_charge_that_forgets_a_refund_is_found() -> None:
    story = [get(CHARGE, captured()), refunded("100", "R000001", 3)]
    assert findings(*story, get(CHARGE, captured(), at=6)) == {
        ("RF-AMT-001", "/refundedAmount/amount")
    }


def test_saved_answer_that_comes_again_forgets_no_refund() -> None:
    asked = {"sent": {"captureAmount": yen("500")}, "key": "k1"}
    story = [
        call("POST", f"{CHARGE}/capture", captured(), **asked),
        refunded("100", "R000001", 3),
    ]
    assert findings(*story, call("POST", f"{CHARGE}/capture", captured(), at=6, **asked)) == set()
    asked["key"] = "k2"
    told = findings(*story, call("POST", f"{CHARGE}/capture", captured(), at=6, **asked))
    assert ("RF-AMT-001", "/refundedAmount/amount") in told


def test_charge_that_shows_the_sum_of_its_refunds_is_evidence() -> None:
    story = [
        get(CHARGE, captured()),
        refunded("100", "R000001", 3),
        refunded("50", "R000002", 6),
        get(CHARGE, captured(refundedAmount=yen("150")), at=9),
    ]
    assert "RF-AMT-001" in held(*story)


def test_refunds_beyond_ten_million_yen_are_found() -> None:
    assert findings(refunded("10000001", "R000001", 0)) == {("LIM-REF-003", "/refundAmount/amount")}
