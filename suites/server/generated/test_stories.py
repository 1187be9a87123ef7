"""Random stories over all objects, held against the model at each step."""

from __future__ import annotations

from pay_conformance.generate.examples import Examples
from pay_conformance.generate.machine import play_stories
from pay_conformance.scenario import requirement


@requirement("CS-LIFE-001", "OP-GET-002")
def test_every_story_is_one_that_the_lifecycles_allow(examples: Examples) -> None:
    play_stories(examples, count=6, steps=20)
