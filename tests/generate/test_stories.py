"""Stories go on without what a target can't do, and say so; what fails first takes effect once."""

from __future__ import annotations

import pytest

from pay_conformance.findings import Skipped, Violation
from pay_conformance.generate.every_state import fail_first
from pay_conformance.generate.idempotency import KEYED, crowd, first_use, other_merchant
from pay_conformance.generate.left_out import PARTS
from pay_conformance.generate.machine import play_stories
from pay_conformance.generate.races import Race
from pay_conformance.generate.troubles import TROUBLES
from pay_conformance.targets import CAPABILITIES
from tests.generate.making import CONTRACT, Limited, examples_of, mutant


@pytest.mark.parametrize("lack", sorted(PARTS))
def test_story_goes_on_without_what_the_target_lacks_and_says_so(lack: str) -> None:
    said: list[str] = []
    examples = examples_of(Limited(lack), print_=said.append)
    play_stories(examples, 4, 12)
    assert examples.cases >= 4
    assert [line for line in said if f"subject has no {CAPABILITIES[lack]}" in line] == said
    assert len(said) == 1


def test_story_of_a_target_that_can_do_all_leaves_nothing_out() -> None:
    said: list[str] = []
    play_stories(examples_of(print_=said.append), 2, 5)
    assert said == []


def test_requirement_that_only_time_can_show_is_not_tested_without_a_clock() -> None:
    examples = examples_of(Limited("clock"))
    play_stories(examples, 1, 2)
    skipped = [item for item in examples.story.passive if isinstance(item, Skipped)]
    assert Skipped("CH-LIFE-007", "subject has no clock control") in skipped


def test_call_that_fails_first_takes_effect_once() -> None:
    examples = examples_of()
    fail_first(examples)
    assert examples.cases == len(TROUBLES)
    assert "IDEM-SAME-002" in {held.requirement for held in examples.story.evidence}


def test_call_whose_answer_was_lost_and_that_takes_effect_twice_is_caught() -> None:
    with pytest.raises(Violation):
        fail_first(examples_of(mutant("key_is_forgotten")))


def test_random_stories_have_calls_that_fail_first() -> None:
    told: list[str] = []
    examples = examples_of(seed=4)
    examples.keep = lambda tale: told.extend(tale.acts)  # type: ignore[method-assign]
    play_stories(examples, 20, 20)
    assert set(told) >= set(TROUBLES)


def test_operations_that_take_a_key_are_all_tried() -> None:
    taking = {
        name
        for operations in (CONTRACT.operations("v1"), CONTRACT.operations("v2"))
        for name, operation in operations.items()
        if operation.idempotency_key != "unused"
    }
    assert set(KEYED) == taking


def test_key_of_one_merchant_that_gives_another_one_s_object_is_caught() -> None:
    examples = examples_of()
    scene = examples.scene()
    keyed = first_use("createCheckoutSession", scene)
    mock = scene.story.setting.target.mock  # type: ignore[attr-defined]
    saved = mock.merchants.by_key[scene.shop.merchant.public_key_id].saved
    register = mock.merchants.register

    def sharing(*args: object, **given: object) -> object:
        merchant, key = register(*args, **given)
        merchant.saved = saved
        return merchant, key

    mock.merchants.register = sharing
    with pytest.raises(Violation, match="IDEM-DIFF-004"):
        other_merchant(keyed, None)  # type: ignore[arg-type]


def test_crowd_that_makes_two_objects_is_caught() -> None:
    with pytest.raises(Violation, match="IDEM-SAME"):
        crowd("uploadFile", examples_of(mutant("key_is_forgotten")).scene())


def test_race_with_no_legal_order_is_caught() -> None:
    race = Race(examples_of(mutant("captured_charge_can_be_canceled")).scene())
    charge = race.charge("15.00")
    with pytest.raises(Violation):
        race.run("CH-CAP-017", [race.capturing(charge), *[race.canceling(charge)] * 3])
