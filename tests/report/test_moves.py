"""The moves of the lifecycles are read from nothing but the answers."""

from __future__ import annotations

import json

from pay_conformance.contract import Contract
from pay_conformance.exchange import Exchange, Request, Response
from pay_conformance.report import MovesSeen
from pay_conformance.report.moves import moves_made

CREATE = ("POST", "/v2/charges")
READ = ("GET", "/v2/charges/C1")
CAPTURE = ("POST", "/v2/charges/C1/capture")


def told(call: tuple[str, str], state: str, reason: str | None = None, key: str = "") -> Exchange:
    method, path = call
    body = {"chargeId": "C1", "statusDetails": {"state": state, "reasonCode": reason}}
    headers = (("x-amz-pay-idempotency-key", key),) if key else ()
    answer = Response(200, (), json.dumps(body).encode())
    return Exchange(Request(method, path, headers), answer)


def moves(*exchanges: Exchange) -> list[MovesSeen]:
    return moves_made(exchanges, Contract.load())


def test_moves_are_told_with_what_brought_them_about() -> None:
    assert moves(told(CREATE, "Authorized"), told(CAPTURE, "Captured")) == [
        MovesSeen("charge", "v2", "", "Authorized", "createCharge", 1),
        MovesSeen("charge", "v2", "Authorized", "Captured", "captureCharge", 1),
    ]


def test_moves_that_just_happen_are_known_by_their_reason() -> None:
    expired = moves(told(CREATE, "Authorized"), told(READ, "Canceled", "ExpiredUnused"))
    assert expired[-1] == MovesSeen("charge", "v2", "Authorized", "Canceled", "after expiry", 1)


def test_move_that_no_lifecycle_has_is_told_by_its_operation() -> None:
    illegal = moves(told(READ, "Captured"), told(READ, "Authorized"))
    assert illegal == [MovesSeen("charge", "v2", "Captured", "Authorized", "getCharge", 1)]


def test_object_that_is_read_again_has_not_moved() -> None:
    assert moves(told(READ, "Authorized"), told(READ, "Authorized")) == []


def test_answer_that_was_saved_shows_no_move() -> None:
    first = told(CREATE, "Authorized", key="k")
    assert len(moves(first, told(CAPTURE, "Captured"), first)) == 2


def test_call_that_succeeds_after_it_failed_moves_the_object() -> None:
    request = Request("POST", "/v2/charges", (("x-amz-pay-idempotency-key", "k"),))
    failed = Exchange(request, Response(500, (), b"{}"))
    assert len(moves(failed, told(CREATE, "Authorized", key="k"))) == 1


def test_charge_that_a_completion_made_is_told_so() -> None:
    session = {
        "checkoutSessionId": "S1", "chargeId": "C1", "statusDetails": {"state": "Completed"},
    }  # fmt: skip
    complete = Exchange(
        Request("POST", "/v2/checkoutSessions/S1/complete"),
        Response(200, (), json.dumps(session).encode()),
    )
    made = moves(complete, told(READ, "AuthorizationInitiated"))
    assert MovesSeen(
        "charge", "v2", "", "AuthorizationInitiated", "completeCheckoutSession", 1
    ) in made  # fmt: skip


def test_refusal_shows_no_move() -> None:
    refused = Exchange(Request("POST", "/v2/charges"), Response(422, (), b"{}"))
    broken = Exchange(Request("POST", "/v2/charges"), Response(201, (), b"{"))
    assert moves(refused, broken) == []
