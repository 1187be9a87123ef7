"""Money within one object, and between a permission, its charges and refunds."""

from __future__ import annotations

import pytest

from tests.checks.exchanges import (
    CHARGE,
    PERMISSION,
    bare,
    call,
    captured,
    charge,
    finding,
    findings,
    get,
    good,
    held,
    permission,
    refund,
    yen,
)

OWNER = "S00-0000000-0000000"


def limits(limit: str, balance: str) -> dict[str, object]:
    money = {"amount": limit, "currencyCode": "USD"}, {"amount": balance, "currencyCode": "USD"}
    return {"limits": {"amountLimit": money[0], "amountBalance": money[1]}}


def owned(number: str, state: str, amount: str, taken: str | None = None) -> dict[str, object]:
    """A charge in dollars on the permission of these tests."""
    money = {"amount": amount, "currencyCode": "USD"}
    done = {"amount": taken, "currencyCode": "USD"} if taken else None
    return charge(
        chargeId=f"{OWNER}-{number}",
        chargePermissionId=OWNER,
        chargeAmount=money,
        captureAmount=done,
        refundedAmount={"amount": "0", "currencyCode": "USD"} if taken else None,
        softDescriptor="AMZ*MyStore" if taken else None,
        statusDetails__state=state,
    )


def test_refund_of_half_a_yen_is_found() -> None:
    found = finding(bare(good("observed/v1-refund-initiated", refundAmount=yen("100.50"))))
    assert (found.requirement, found.pointer) == ("FMT-AMOUNT-007", "/refundAmount/amount")
    assert (found.expected, found.actual) == ("a whole number", "100.50")


def test_refund_of_whole_yen_with_decimals_is_evidence() -> None:
    assert "FMT-AMOUNT-007" in held(bare(good("observed/v1-refund-initiated")))


def test_capture_in_another_currency_is_found() -> None:
    wrong = captured(captureAmount={"amount": "500", "currencyCode": "USD"})
    assert findings(bare(wrong)) == {("FMT-CURRENCY-002", "/captureAmount/currencyCode")}


def test_refund_in_another_currency_than_its_charge_is_found() -> None:
    wrong = refund(refundAmount={"amount": "1", "currencyCode": "USD"})
    found = finding(get(CHARGE, captured()), get("/v2/refunds/" + wrong["refundId"], wrong, at=5))
    assert (found.requirement, found.pointer) == ("FMT-CURRENCY-002", "/refundAmount/currencyCode")


def test_capture_of_more_than_was_authorized_is_found() -> None:
    found = finding(bare(captured(captureAmount=yen("501"))))
    assert (found.requirement, found.pointer) == ("CH-CAP-008", "/captureAmount/amount")
    assert found.expected == "at most 500 JPY"


def test_capture_of_all_that_was_authorized_is_evidence() -> None:
    assert "CH-CAP-008" in held(bare(captured()))


def test_charge_beyond_the_limit_is_found() -> None:
    assert findings(bare(charge(chargeAmount=yen("10000001")))) == {
        ("LIM-AMT-001", "/chargeAmount/amount")
    }


def test_charge_of_exactly_the_limit_is_fine() -> None:
    assert findings(bare(charge(chargeAmount=yen("10000000")))) == set()


def test_new_capture_that_shows_a_refund_is_found() -> None:
    answer = captured(refundedAmount=yen("1"))
    capture = call("POST", f"{CHARGE}/capture", answer, sent={"captureAmount": yen(500)}, key="k")
    assert findings(capture) == {("CH-CAP-012", "/refundedAmount/amount")}


def test_charge_with_another_amount_than_its_session_is_found() -> None:
    path = "/v2/checkoutSessions/7efe55c3-38c7-4a1b-944d-aded27032b9a"
    name = f"{OWNER}-C000001"
    done = good(
        "reconstructed/v2-checkout-session-completed",
        checkoutSessionId="7efe55c3-38c7-4a1b-944d-aded27032b9a",
        creationTimestamp="20201023T211909Z",
        chargePermissionId=OWNER,
        chargeId=name,
    )
    story = [
        get(path, good("observed/v2-checkout-session-open-ready")),
        call(
            "POST",
            f"{path}/complete",
            done,
            sent={"chargeAmount": {"amount": "1.40", "currencyCode": "USD"}},
            at=5,
        ),
    ]
    assert findings(*story, get(f"/v2/charges/{name}", owned("C000001", "Authorized", "1.41"))) == {
        ("CS-COMP-017", "/chargeAmount")
    }


@pytest.mark.parametrize("balance", ["10.01", "20.00"])
def test_balance_above_the_limit_is_found(balance: str) -> None:
    assert findings(bare(permission(**limits("10.00", balance)))) == {
        ("CP-AMT-003", "/limits/amountBalance/amount")
    }


@pytest.mark.parametrize("balance", ["0", "10.00"])
def test_balance_within_the_limit_is_evidence(balance: str) -> None:
    assert "CP-AMT-003" in held(bare(permission(**limits("10.00", balance))))


def test_limit_without_a_balance_is_found() -> None:
    wrong = permission(limits={"amountLimit": yen("5"), "amountBalance": None})
    wrong["presentmentCurrency"] = "JPY"
    assert findings(bare(wrong)) == {("CP-AMT-002", "/limits/amountBalance")}


def test_balance_that_forgets_a_capture_is_found() -> None:
    taken = get(f"/v2/charges/{OWNER}-C000001", owned("C000001", "Captured", "4.00", "4.00"))
    found = finding(taken, get(PERMISSION, permission(**limits("10.00", "10.00")), at=5))
    assert (found.requirement, found.pointer) == ("CP-AMT-002", "/limits/amountBalance/amount")
    assert found.expected == "at most 6.00"


def test_balance_that_counts_captures_and_open_charges_is_evidence() -> None:
    story = [
        get(f"/v2/charges/{OWNER}-C000001", owned("C000001", "Captured", "4.00", "3.00")),
        get(f"/v2/charges/{OWNER}-C000002", owned("C000002", "Authorized", "2.00"), at=3),
        get(PERMISSION, permission(**limits("10.00", "5.00")), at=6),
    ]
    assert "CP-AMT-002" in held(*story)


def test_captures_beyond_the_limit_are_found() -> None:
    story = [
        get(f"/v2/charges/{OWNER}-C000001", owned("C000001", "Captured", "6.00", "6.00")),
        get(f"/v2/charges/{OWNER}-C000002", owned("C000002", "Captured", "6.00", "6.00"), at=3),
        get(PERMISSION, permission(**limits("10.00", "0.00")), at=6),
    ]
    assert ("LIM-AMT-004", "/limits/amountLimit/amount") in findings(*story)
