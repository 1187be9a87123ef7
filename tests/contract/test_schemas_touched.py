"""A requirement counts as tested only by a value that it could have failed on."""

from __future__ import annotations

from tests.contract.bodies import bodies, body, corruptions, store


def touched(name: str) -> frozenset[str]:
    it = body(name)
    return store().touched(it.api, it.schema, it.content)


def test_a_null_says_nothing_about_the_rule_for_its_content() -> None:
    assert "FMT-BUYER-001" not in touched("observed/v1-checkout-session-open-new")
    assert "FMT-BUYER-001" in touched("observed/v1-checkout-session-open-buyer")


def test_a_null_that_is_demanded_is_evidence() -> None:
    assert "CS-LIFE-010" in touched("observed/v2-checkout-session-open-ready")


def test_a_condition_counts_only_where_it_applies() -> None:
    new = touched("observed/v1-checkout-session-open-new")
    ready = touched("observed/v2-checkout-session-open-ready")
    assert "CS-CONS-009" in new
    assert "CS-CONS-009" not in ready
    assert "CS-CONS-010" in ready
    assert "CS-LIFE-012" not in ready
    assert "CS-LIFE-012" in touched("reconstructed/v2-checkout-session-completed")


def test_an_absent_member_says_nothing_about_its_rule() -> None:
    assert "CS-FIELD-030" not in touched("observed/v2-checkout-session-open-ready")
    assert "CS-FIELD-030" in touched("reconstructed/v2-checkout-session-open-multi-address")


def test_an_empty_list_says_nothing_about_its_entries() -> None:
    assert "CS-FIELD-022" not in touched("observed/v2-checkout-session-open-ready")
    assert "CS-FIELD-022" in touched("observed/v1-checkout-session-open-new")


def test_a_rule_of_yen_counts_for_yen_only() -> None:
    assert "FMT-AMOUNT-002" in touched("observed/v2-charge-authorized")
    assert "FMT-AMOUNT-002" not in touched("observed/v2-checkout-session-open-ready")
    assert "FMT-AMOUNT-002" not in touched("observed/v1-refund-initiated")


def test_a_body_of_another_kind_touches_nothing_inside() -> None:
    assert store().touched("v2", "charge", [1]) == {"CH-FIELD-001"}


def test_every_requirement_of_the_schemas_is_touched_by_some_good_body() -> None:
    good = [*bodies("observed"), *bodies("reconstructed"), *bodies("requests")]
    seen = frozenset[str]().union(*(touched(it.name) for it in good))
    assert store().requirement_ids() - seen == set()


def test_every_requirement_of_the_schemas_is_violated_by_some_corruption() -> None:
    violated = {requirement for case in corruptions() for requirement, _ in case.expected}
    only_by_a_body_that_is_no_object = {"FMT-BODY-001"}
    assert store().requirement_ids() - violated == only_by_a_body_that_is_no_object
