"""The behaviour data that ships: loaded, typed, and with the numbers that the facts give."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Evidence, Level, Party

NOON = datetime(2024, 1, 31, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract.load()


def test_contract_by_default_is_loaded_once() -> None:
    assert Contract.load() is Contract.load()


def test_contract_digest_is_the_sha256_of_all_files(contract: Contract) -> None:
    assert len(contract.digest) == 64
    assert contract.digest == Contract.load(contract.root).digest


def test_contract_knows_four_objects_in_both_versions_and_disputes_in_v2(
    contract: Contract,
) -> None:
    objects = ("charge", "charge-permission", "checkout-session", "refund")
    in_both = [(name, api) for name in objects for api in ("v1", "v2")]
    assert sorted(contract.lifecycles) == sorted([*in_both, ("dispute", "v2")])


@pytest.mark.parametrize(
    ("path", "api"),
    [
        ("/v1/charges", "v1"),
        ("/sandbox/v2/charges/x", "v2"),
        ("/live/v2/", "v2"),
        ("/v2", "v2"),
        ("/v22/charges", None),
        ("/v3/charges", None),
        ("/charges/v2/", None),
    ],
)
def test_contract_finds_the_version_in_a_path(
    contract: Contract, path: str, api: str | None
) -> None:
    assert contract.api_of(path) == api


def test_contract_has_requirements_for_each_party(contract: Contract) -> None:
    server = contract.requirements_for(Party.SERVER, "v1")
    assert "CS-LIFE-020" in server
    assert "CS-COMP-001" not in server
    assert all(Party.SERVER in entry.binds for entry in server.values())


def test_contract_has_no_inferred_must(contract: Contract) -> None:
    inferred = [
        entry.id
        for entry in contract.requirements.values()
        if entry.evidence is Evidence.INFERRED and entry.level is Level.MUST
    ]
    assert inferred == []


def test_observed_sources_are_bodies_that_are_here(contract: Contract) -> None:
    named = {
        source.removeprefix("observed/")
        for entry in contract.requirements.values()
        for source in entry.sources
        if source.startswith("observed/")
    }
    here = {path.name for path in (Path(__file__).parent / "observed").glob("*.json")}
    assert named <= here


def test_replaced_contract_has_the_new_part_and_the_old_others(contract: Contract) -> None:
    wrong = contract.replaced(limits={})
    assert wrong.limits == {}
    assert wrong.errors == contract.errors
    assert contract.limits != {}


def test_replaced_contract_tells_itself_from_the_original(contract: Contract) -> None:
    assert contract.replaced(limits={}, errors={}).digest == f"{contract.digest}+errors+limits"


def test_replaced_contract_shares_what_is_compiled(contract: Contract) -> None:
    assert contract.replaced(limits={}).schemas is contract.schemas


def test_replacing_an_unknown_part_is_refused(contract: Contract) -> None:
    with pytest.raises(TypeError, match="no part 'limit' that can be replaced"):
        contract.replaced(limit={})


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_session_expires_after_24_hours_and_is_gone_after_30_days(
    contract: Contract, api: str
) -> None:
    timers = contract.lifecycle("checkout-session", api).timers
    assert timers["expiry"].after == timedelta(hours=24)
    assert timers["deletion"].after == timedelta(days=30)


def test_charge_expires_after_30_days_and_is_late_after_7(contract: Contract) -> None:
    timers = contract.lifecycle("charge", "v2").timers
    assert timers["expiry"].due(NOON) == datetime(2024, 3, 1, 12, tzinfo=UTC)
    assert timers["late-capture"].due(NOON) == datetime(2024, 2, 7, 12, tzinfo=UTC)


def test_timer_of_months_counts_calendar_months(contract: Contract) -> None:
    timer = contract.lifecycle("charge-permission", "v2").timers["extended-expiry"]
    assert timer.due(NOON) == datetime(2025, 2, 28, 12, tzinfo=UTC)


def test_session_of_v1_has_no_complete(contract: Contract) -> None:
    first, second = (contract.lifecycle("checkout-session", api) for api in ("v1", "v2"))
    assert "completeCheckoutSession" not in {move.on for move in first.moves}
    assert "completeCheckoutSession" in {move.on for move in second.moves}


def test_lifecycle_allows_its_moves_and_nothing_else(contract: Contract) -> None:
    session = contract.lifecycle("checkout-session", "v2")
    assert session.allows("Open", "Completed", "v2")
    assert session.allows(None, "Open", "v2")
    assert not session.allows("Canceled", "Open", "v2")
    assert not session.allows("Completed", "Canceled", "v2")


def test_refusal_depends_on_the_state(contract: Contract) -> None:
    session = contract.lifecycle("checkout-session", "v2")
    complete = "completeCheckoutSession"
    assert session.refusal(complete, "Open") == ()
    assert session.refusal(complete, "Completed") == ("InvalidCheckoutSessionStatus",)
    assert session.refusal(complete, "Canceled") == (
        "CheckoutSessionCanceled",
        "InvalidCheckoutSessionStatus",
    )


def test_refusal_names_its_requirement(contract: Contract) -> None:
    refused = contract.lifecycle("charge", "v2").refused
    assert refused["captureCharge", "Captured"].requirement == "CH-CAP-004"
    assert ("captureCharge", "Authorized") not in refused


def test_legacy_reasons_belong_to_v1_only(contract: Contract) -> None:
    first, second = (
        contract.lifecycle("charge-permission", api).states["Closed"].reasons
        for api in ("v1", "v2")
    )
    assert set(first) - set(second) == {"MerchantCanceled", "BuyerCanceled"}


def test_error_with_two_statuses_prefers_the_first(contract: Contract) -> None:
    error = contract.errors["CheckoutSessionCanceled"]
    assert (error.status, error.statuses) == (422, (422, 400))


def test_retryable_errors_are_those_that_sdks_retry(contract: Contract) -> None:
    statuses = {error.status for error in contract.errors.values() if error.retryable}
    assert statuses == {408, 425, 429, 500, 503}


def test_limits_differ_by_currency(contract: Contract) -> None:
    limit = contract.limits["over-refund-amount"]
    assert (limit.of("USD"), limit.of("JPY"), limit.of("AUD")) == (Decimal(75), Decimal(8400), None)
    assert contract.limits["currency-digits"].of("EUR") == 2
    assert contract.limits["currency-digits"].of("JPY") == 0


def test_test_cards_are_the_nine_of_the_sandbox(contract: Contract) -> None:
    cards = {card.ending: card.simulation for card in contract.cards}
    assert cards == {
        "1111": "",
        "0005": "",
        "4444": "",
        "9424": "",
        "0000": "",
        "3064": "BuyerCanceled",
        "3434": "Declined",
        "0701": "AuthorizationInitiated",
        "4354": "",
    }


def test_card_4354_is_declined_after_30_seconds(contract: Contract) -> None:
    effect = next(card.effect for card in contract.cards if card.ending == "4354")
    assert effect is not None
    assert (effect.state, effect.then, effect.then_reason, effect.after) == (
        "AuthorizationInitiated",
        "Declined",
        "HardDeclined",
        timedelta(seconds=30),
    )


def test_constraints_come_in_the_order_of_an_answer(contract: Contract) -> None:
    assert [rule.id for rule in contract.constraints] == [
        "BuyerNotAssociated",
        "ChargeAmountNotSet",
        "CheckoutResultReturnUrlNotSet",
        "PaymentIntentNotSet",
        "RecurringFrequencyNotSet",
    ]
