"""A negative case can't be written so that it proves nothing."""

from __future__ import annotations

import pytest

from pay_conformance.findings import Unmet, Violation
from pay_conformance.scenario import Negative, Story
from tests.suite.fakes import Scripted, charge, error, shop_of, story_of

RULE = "CH-CAP-003"
REFUSED = (400, error("TransactionAmountExceeded"))
OPEN = (200, charge())
DONE = (200, charge("Captured"))
ID = "S01-1111111-2222222-C333333"


def try_to_capture_too_much(story: Story, *, leaving: bool = False) -> None:
    shop = shop_of(story)
    seen = shop.get_charge(ID)
    capture = shop.capturing(ID, "10.00")
    Negative(story, shop)(
        RULE,
        baseline=capture,
        refused=capture.with_("/captureAmount/amount", "10.01"),
        status=400,
        reason="TransactionAmountExceeded",
        leaves=[seen] if leaving else [],
    )


def test_refusal_for_the_right_reason_with_a_baseline_that_passes_is_evidence() -> None:
    story = story_of(OPEN, REFUSED, DONE)
    try_to_capture_too_much(story)
    assert {held.requirement for held in story.evidence} == {RULE}


def test_refused_call_goes_first_and_the_baseline_after_it() -> None:
    story = story_of(OPEN, REFUSED, DONE)
    try_to_capture_too_much(story)
    target = story.setting.target
    assert isinstance(target, Scripted)
    assert b"10.01" in target.requests[1].body
    assert b"10.00" in target.requests[2].body


def test_success_is_a_violation() -> None:
    with pytest.raises(Violation):
        try_to_capture_too_much(story_of(OPEN, DONE))


def test_refusal_for_another_reason_is_a_violation() -> None:
    with pytest.raises(Violation):
        try_to_capture_too_much(story_of(OPEN, (400, error("InvalidParameterValue"))))


def test_refusal_with_another_status_is_a_violation() -> None:
    with pytest.raises(Violation):
        try_to_capture_too_much(story_of(OPEN, (422, error("TransactionAmountExceeded"))))


def test_baseline_that_does_not_pass_leaves_the_requirement_untested() -> None:
    story = story_of(OPEN, REFUSED, REFUSED)
    with pytest.raises(Unmet, match="baseline"):
        try_to_capture_too_much(story)
    # What is not tested is one thing, and that a right call was refused another.
    assert [finding.requirement for finding in story.findings] == ["CH-CAP-001"]


def test_refusal_that_changed_the_object_is_a_violation() -> None:
    story = story_of(OPEN, OPEN, REFUSED, DONE)
    with pytest.raises(Violation, match="still changed /statusDetails/state"):
        try_to_capture_too_much(story, leaving=True)


def test_two_changes_at_once_are_an_error_of_ours() -> None:
    story = story_of()
    shop = shop_of(story)
    capture = shop.capturing(ID, "10.00")
    wrong = capture.with_("/captureAmount/amount", "10.01").with_("/softDescriptor", "X")
    with pytest.raises(ValueError, match="changes one thing"):
        Negative(story, shop)(RULE, baseline=capture, refused=wrong, status=400, reason="X")


def test_no_change_at_all_is_an_error_of_ours() -> None:
    story = story_of()
    shop = shop_of(story)
    capture = shop.capturing(ID, "10.00")
    with pytest.raises(ValueError, match="nothing"):
        Negative(story, shop)(RULE, baseline=capture, refused=capture, status=400, reason="X")
