"""All that one request does happens at one time, although the clock runs on meanwhile."""

from __future__ import annotations

from itertools import count

from pay_conformance.contract import Contract
from pay_conformance.mock import Mock
from pay_conformance.scenario import Shop, Story
from pay_conformance.scenario.story import Setting
from pay_conformance.targets import EmbeddedMock


def test_clock_that_ticks_at_every_look_shows_one_time_in_an_answer() -> None:
    target = EmbeddedMock()
    seconds = count(1_800_000_000)
    target.mock = Mock(Contract.load(), clock=lambda: float(next(seconds)))
    target.control.send = target.mock.control  # type: ignore[union-attr]
    story = Story(Setting(target, Contract.load(), "v2", "test_one[v2]", 1, "", frozenset()))
    session = Shop(story, target.merchant()).create_checkout_session()
    assert session.at("/statusDetails/lastUpdatedTimestamp") == session.at("/creationTimestamp")
