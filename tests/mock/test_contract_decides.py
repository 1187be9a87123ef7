"""The mock does what its contract says: a changed contract is a changed server."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Guard, Lifecycle
from pay_conformance.mock import Mock
from pay_conformance.problems import ConfigurationProblem
from tests.mock.shop import Shop, embedded, usd


def with_lifecycle(contract: Contract, changed: Lifecycle) -> Contract:
    lives = {**contract.lifecycles, (changed.object, "v2"): changed}
    return contract.replaced(lifecycles=lives)


def shop_of(wrong: Contract, right: Contract) -> Shop:
    return embedded(Mock(wrong), right)


def test_timer_of_the_lifecycle_decides_when_a_session_expires(contract: Contract) -> None:
    life = contract.lifecycle("checkout-session", "v2")
    expiry = replace(life.timers["expiry"], after=timedelta(hours=23))
    wrong = with_lifecycle(contract, replace(life, timers={**life.timers, "expiry": expiry}))
    shop = shop_of(wrong, contract)
    session = shop.create().body["checkoutSessionId"]
    shop.advance("PT23H")
    assert shop.get(f"/checkoutSessions/{session}")["statusDetails"]["state"] == "Canceled"


def test_move_that_is_missing_does_not_happen(contract: Contract) -> None:
    life = contract.lifecycle("checkout-session", "v2")
    moves = tuple(move for move in life.moves if move.timer != "expiry")
    shop = shop_of(with_lifecycle(contract, replace(life, moves=moves)), contract)
    session = shop.create().body["checkoutSessionId"]
    shop.advance("P2D")
    assert shop.get(f"/checkoutSessions/{session}")["statusDetails"]["state"] == "Open"


def test_guard_that_is_missing_guards_nothing(contract: Contract) -> None:
    life = contract.lifecycle("checkout-session", "v2")
    moves = tuple(
        replace(move, needs=tuple(need for need in move.needs if need != "buyer approved"))
        for move in life.moves
    )
    shop = shop_of(with_lifecycle(contract, replace(life, moves=moves)), contract)
    assert shop.complete(shop.ready()).status == 200


def test_catalogue_decides_status_and_message(contract: Contract) -> None:
    entry = replace(contract.errors["ResourceNotFound"], statuses=(410,), message="gone: {path}")
    wrong = contract.replaced(errors={**contract.errors, "ResourceNotFound": entry})
    answer = shop_of(wrong, contract).send("GET", "/charges/x")
    assert (answer.status, answer.body["message"]) == (410, "gone: /v2/charges/x")


def test_limits_decide_what_may_be_refunded(contract: Contract) -> None:
    share = replace(contract.limits["over-refund-share"], value=Decimal(50))
    wrong = contract.replaced(limits={**contract.limits, "over-refund-share": share})
    shop = shop_of(wrong, contract)
    charge = shop.bought()["chargeId"]
    shop.send("POST", f"/charges/{charge}/capture", {"captureAmount": usd("100.00")})
    refund = {"chargeId": charge, "refundAmount": usd("150.00")}
    assert shop.send("POST", "/refunds", refund).status == 201


def test_constraints_and_simulations_are_those_of_the_contract(contract: Contract) -> None:
    wrong = contract.replaced(constraints=contract.constraints[:1], simulations=())
    shop = shop_of(wrong, contract)
    constraints = shop.create().body["constraints"]
    refused = shop.complete(shop.ready(), x_amz_pay_simulation_code="Declined")
    assert [entry["constraintId"] for entry in constraints] == ["BuyerNotAssociated"]
    assert refused.code == "InvalidSandboxSimulationSpecified"


def test_description_of_a_reason_is_the_lifecycles(contract: Contract) -> None:
    life = contract.lifecycle("checkout-session", "v2")
    told = {**life.descriptions, "BuyerCanceled": "Off they went."}
    shop = shop_of(with_lifecycle(contract, replace(life, descriptions=told)), contract)
    session = shop.ready()
    shop.buyer(session, "cancel")
    status = shop.get(f"/checkoutSessions/{session}")["statusDetails"]
    assert status["reasonDescription"] == "Off they went."


def test_guard_that_the_mock_can_not_judge_is_refused_at_once(contract: Contract) -> None:
    life = contract.lifecycle("charge", "v2")
    guards = {**life.guards, "moon is full": Guard("moon is full", "The moon is full.")}
    with pytest.raises(ConfigurationProblem, match="moon is full"):
        Mock(with_lifecycle(contract, replace(life, guards=guards)))


def test_same_seed_gives_the_same_ids(contract: Contract) -> None:
    first = embedded(Mock(contract, seed=7), contract)
    second = embedded(Mock(contract, seed=7), contract)
    other = embedded(Mock(contract, seed=8), contract)
    sessions = [shop.create().body["checkoutSessionId"] for shop in (first, second, other)]
    assert sessions[0] == sessions[1] != sessions[2]
