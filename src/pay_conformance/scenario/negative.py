"""Negative cases by construction: a baseline that passes, one change, and the exact refusal.

The refused call goes first and the baseline after it, on the same objects where it can: when the
baseline then passes, the refusal was due to the one change, and it left the objects usable.
"""

from __future__ import annotations

from collections.abc import Sequence

from pay_conformance.findings import Unmet
from pay_conformance.scenario.answer import Answer
from pay_conformance.scenario.calls import Call, Difference
from pay_conformance.scenario.expect import Expect, Expectation, first_difference
from pay_conformance.scenario.shop import Shop
from pay_conformance.scenario.story import Story


class Negative:
    """``negative("CH-CAP-003", baseline=call, refused=call.with_(…), status=400, reason="…")``."""

    def __init__(self, story: Story, shop: Shop) -> None:
        self._story = story
        self._shop = shop

    def __call__(
        self,
        requirement: str,
        *,
        baseline: Call,
        refused: Call,
        status: int | tuple[int, ...],
        reason: str | tuple[str, ...],
        leaves: Answer | Sequence[Answer] = (),
        baseline_first: bool = False,
        shop: Shop | None = None,
    ) -> Expectation:
        """Assert that a call is refused for the one thing in which it differs from a good one.

        ``leaves`` are objects that must read the same after the refusal as before it.
        An empty ``reason`` is for a requirement that names none: then any code that the catalogue
        lists for the status will do, as a check of every answer says.
        ``baseline_first`` is for a baseline that would spoil nothing, but must be seen to pass
        before. ``shop`` is who sends; by default the scenario's own.

        Raises:
            ValueError: if the two calls are equal, or differ in more than one thing.
            Violation: if the call was not refused so, or changed an object.
            Unmet: if the baseline does not pass, which violates what its operation is for.

        """
        self._story.check_marked(requirement)
        places = Difference.between(baseline, refused).places
        if len(places) != 1:
            raise ValueError(
                f"a negative case changes one thing of its baseline, this one {len(places)}: "
                f"{', '.join(places) or 'nothing'}"
            )
        shop = shop or self._shop
        if baseline_first:
            self._passes(shop, baseline)
        objects = [leaves] if isinstance(leaves, Answer) else list(leaves)
        before = [shop.read(thing) for thing in objects]
        answer = shop.attempt.make(refused)
        reasons = (reason,) if isinstance(reason, str) else reason
        expectation = Expect(self._story)(answer, requirement).refused(status, *reasons)
        for earlier in before:
            self._is_unchanged(requirement, earlier, shop.read(earlier), answer)
        if not baseline_first:
            self._passes(shop, baseline)
        return expectation

    def _passes(self, shop: Shop, baseline: Call) -> None:
        answer = shop.attempt.make(baseline)
        if not answer.succeeded:
            # A right call that is refused violates what its operation is for.
            why = self._story.unmet(answer)
            raise Unmet(f"the baseline of the negative case does not pass: {why}")

    def _is_unchanged(
        self, requirement: str, before: Answer, after: Answer, refusal: Answer
    ) -> None:
        if before.json == after.json:
            return
        place, then, now = first_difference(before.json, after.json)
        raise self._story.violated(
            requirement,
            f"{refusal.call.title} was refused, and still changed {place}",
            after,
            pointer=place,
            expected=then,
            actual=now,
        )
