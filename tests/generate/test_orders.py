"""A race is legal if some order of its calls explains all answers, and only then."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pay_conformance.contract import Contract
from pay_conformance.exchange import Response
from pay_conformance.generate.model import Charge, Deed, Permission, World
from pay_conformance.generate.orders import Event, find_order
from pay_conformance.scenario import Answer, Call

NOW = datetime(2026, 1, 2, tzinfo=UTC)
PERMISSION = "S01-1234567-1234567"
CHARGE = f"{PERMISSION}-C000001"
PRICE = {"amount": "10.00", "currencyCode": "USD"}


def world(state: str = "Authorized", captured: str | None = None) -> World:
    permission = Permission(
        PERMISSION, "NonChargeable", NOW, NOW, ("ChargeInProgress",), limit=Decimal(10),
        currency="USD",
    )  # fmt: skip
    charge = Charge(
        CHARGE, state, NOW, NOW, permission=PERMISSION, amount=Decimal(10), currency="USD",
        captured=None if captured is None else Decimal(captured),
    )  # fmt: skip
    return World(Contract.load(), "v2", NOW).with_(permission, charge)


def answer(operation: str, status: int, body: dict[str, Any]) -> Answer:
    call = Call(operation, "POST", "/v2/charges")
    return Answer(call, Response(status, (), json.dumps(body).encode()), "x#1")


def charge_in(state: str, reason: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "chargeId": CHARGE,
        "chargePermissionId": PERMISSION,
        "chargeAmount": PRICE,
        "statusDetails": {"state": state, "reasonCode": reason},
        **more,
    }


def captured() -> Event:
    body = charge_in("Captured", captureAmount=PRICE, refundedAmount={**PRICE, "amount": "0"})
    deed = Deed("captureCharge", CHARGE, amount=Decimal(10), currency="USD")
    return Event(deed, answer("captureCharge", 200, body))


def canceled() -> Event:
    body = charge_in("Canceled", "MerchantCanceled")
    return Event(Deed("cancelCharge", CHARGE), answer("cancelCharge", 200, body))


def refused(operation: str, reason: str = "InvalidChargeStatus", status: int = 422) -> Event:
    deed = Deed(operation, CHARGE, amount=Decimal(10), currency="USD")
    body = {"reasonCode": reason, "message": "no"}
    return Event(deed, answer(operation, status, body))


def refunded(number: int, amount: str) -> Event:
    body = {
        "refundId": f"{PERMISSION}-R{number:06}",
        "chargeId": CHARGE,
        "refundAmount": {"amount": amount, "currencyCode": "USD"},
        "statusDetails": {"state": "RefundInitiated", "reasonCode": None},
    }
    deed = Deed("createRefund", CHARGE, amount=Decimal(amount), currency="USD")
    return Event(deed, answer("createRefund", 201, body))


def test_order_of_capture_and_refused_cancel_is_found_in_either_sequence() -> None:
    events = [refused("cancelCharge"), captured()]
    found = find_order(world(), events)
    assert found is not None
    assert found.order == (1, 0)


def test_order_of_capture_and_cancel_that_both_succeed_does_not_exist() -> None:
    assert find_order(world(), [captured(), canceled()]) is None


def test_order_of_two_refusals_with_nobody_who_won_does_not_exist() -> None:
    assert find_order(world(), [refused("cancelCharge"), refused("captureCharge")]) is None


def test_order_respects_what_had_ended_before() -> None:
    late = captured()
    events = [refused("cancelCharge"), Event(late.deed, late.answer, after=frozenset({0}))]
    assert find_order(world(), events) is None


def test_order_has_to_agree_with_what_is_read_at_the_end() -> None:
    reading = (Deed("getCharge", CHARGE), answer("getCharge", 200, charge_in("Authorized")))
    assert find_order(world(), [captured(), refused("cancelCharge")], [reading]) is None


def test_order_of_a_hundred_refunds_is_found_at_once() -> None:
    won = [refunded(number, "3.00") for number in range(3)]
    lost = [refused("createRefund", "TransactionAmountExceeded", 400) for _ in range(97)]
    three = [
        Event(Deed("createRefund", CHARGE, Decimal(3), currency="USD"), e.answer) for e in lost
    ]
    found = find_order(world("Captured", "10.00"), [*three, *won])
    assert found is not None
    assert found.world.refunded(CHARGE) == Decimal("9.00")


def test_order_of_refunds_beyond_the_allowance_does_not_exist() -> None:
    won = [refunded(number, "3.00") for number in range(4)]
    assert find_order(world("Captured", "10.00"), won) is None


def test_order_of_time_that_passes_is_part_of_the_search() -> None:
    expired = Event(Deed("time passes"), until=datetime(2026, 3, 1, tzinfo=UTC))
    found = find_order(world(), [refused("captureCharge"), expired])
    assert found is not None
    assert found.order == (1, 0)
