"""Stories over all objects, held against the model at each step: first a walk, then at random."""

from __future__ import annotations

from pay_conformance.generate.every_state import do_everything_everywhere, fail_first
from pay_conformance.generate.examples import Examples
from pay_conformance.generate.machine import play_stories
from pay_conformance.scenario import long, needs, requirement

pytestmark = long


@requirement(
    "CS-UPD-002", "CS-LIFE-007", "CS-LIFE-008", "CP-OP-001", "CP-OP-002", "CP-OP-003",
    "CP-CLOSE-001", "CH-NEW-001", "CH-NEW-002", "CH-NEW-007", "CH-NEW-008", "CH-CAP-001",
    "CH-CAP-003", "CH-CAP-004", "CH-CAP-009", "CH-LIFE-006", "RF-LIFE-001", "RF-NEW-001",
    "RF-NEW-002", "LIM-REF-004", "OP-GET-002",
)  # fmt: skip
@needs("buyer")
def test_everything_done_in_every_state_ends_as_the_lifecycles_say(examples: Examples) -> None:
    do_everything_everywhere(examples)


@requirement("IDEM-SAME-002", "OP-GET-002")
@needs("buyer", "faults")
def test_calls_that_fail_first_take_effect_once(examples: Examples) -> None:
    fail_first(examples)


@requirement("CS-LIFE-001", "OP-GET-002")
def test_every_story_is_one_that_the_lifecycles_allow(examples: Examples) -> None:
    play_stories(examples, count=6, steps=20)
