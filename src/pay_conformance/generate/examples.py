"""Runs a property on many generated examples, each told as a story of its own.

A finding of any example ends it, hypothesis shrinks what led there, and the shortest example is
the one that the scenario reports.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, strategies
from hypothesis.database import ExampleDatabase
from hypothesis.internal.conjecture import providers

from pay_conformance.exchange import Exchange
from pay_conformance.findings import Drift, Finding, Held, Unmet, Violation
from pay_conformance.generate.telling import tell
from pay_conformance.scenario import (
    Answer,
    Buyer,
    Call,
    Checkout,
    Clock,
    Expect,
    Network,
    Shop,
    Story,
)
from pay_conformance.targets import Merchant

_RELAXED = (
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.filter_too_much,
    HealthCheck.large_base_example,
)
"""An example is a conversation with a server, which may be far away."""

_PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)


# Hypothesis would draw constants from the source of all modules of ours that happen to be loaded:
# what a seed makes would depend on them, and each process would read them for a sixth of a second.
providers._get_local_constants = lambda: providers._local_constants


class Tale(Story):
    """A story that ends at the first finding of any check, so that it can be shrunk."""

    def __init__(self, parent: Story) -> None:
        super().__init__(parent.setting)
        self.seek_less(parent)  # what was seen of a rule in one example counts for the scenario
        self.acts: list[str] = []
        """What happened, in order: the id of an exchange, or what somebody else did, in words."""
        self._read = 0

    def narrate(self, what: str) -> None:
        """Note what the buyer, Amazon or time did."""
        self.acts.append(what)

    def send_in_vain(self, merchant: Merchant, call: Call) -> Answer | None:
        """Send a call that is to fail; ``None`` if no answer came."""
        try:
            return self.send(merchant, call)
        except Unmet:
            return None

    def _seen(self, call: Call, exchange: Exchange) -> Answer:
        self.acts.append(f"{self.setting.name}#{len(self.exchanges) + 1}")
        answer = super()._seen(call, exchange)
        fresh, self._read = self.passive[self._read :], len(self.passive)
        found = [outcome for outcome in fresh if isinstance(outcome, Finding)]
        if found:
            self.findings.extend(found[1:])
            raise Violation(found[0])
        return answer

    def violated_in(
        self,
        requirement: str,
        message: str,
        answer: Answer | None = None,
        *,
        pointer: str = "",
        expected: Any = None,
        actual: Any = None,
    ) -> Violation:
        """Return the violation of a requirement that the scenario need not be marked with."""
        return Violation(
            self.finding(
                requirement, message, answer, pointer=pointer, expected=expected, actual=actual
            )
        )


@dataclass(frozen=True, slots=True)
class Scene:
    """Everybody whom one example needs; ``None`` is whom or what the target has not."""

    story: Tale
    shop: Shop
    buyer: Buyer | None
    clock: Clock | None
    network: Network | None
    expect: Expect

    @classmethod
    def of(cls, tale: Tale, merchant: Merchant) -> Scene:
        """Return the scene of a merchant in a story."""
        target = tale.setting.target
        control, able = target.control, target.capabilities
        return cls(
            tale,
            Shop(tale, merchant),
            Buyer(control, merchant) if control and "buyer" in able else None,
            Clock(control, merchant) if control and "clock" in able else None,
            Network(control, merchant) if control and "faults" in able else None,
            Expect(tale),
        )

    @property
    def checkout(self) -> Checkout:
        """Where stories begin; only for scenarios that need the buyer."""
        if self.buyer is None:
            raise ValueError("the scenario has to be marked with @needs('buyer')")
        return Checkout(self.shop, self.buyer)


Property = Callable[..., None]


def _to_stderr(text: str) -> None:
    """Show a story beside the verdicts, which go to standard output."""
    print(text, file=sys.stderr)


class Examples:
    """Makes examples for one scenario.

    ``factor`` multiplies the number of examples that a property asks for by itself. ``database``
    keeps the examples that failed, and gives them first the next time. Without ``shrink`` the first
    failure is reported as it was found.
    """

    def __init__(
        self,
        story: Story,
        *,
        factor: float = 1.0,
        database: ExampleDatabase | None = None,
        shrink: bool = True,
        print_: Callable[[str], None] = _to_stderr,
    ) -> None:
        self.story = story
        self.factor = factor
        self.cases = 0
        self._database = database
        self._shrink = shrink
        self._print = print_
        self._last: Tale | None = None
        self._drift: set[tuple[str, str]] = set()

    def scene(self, merchant: Merchant | None = None) -> Scene:
        """Return a scene of a merchant of its own, or of the one given, with nothing told yet."""
        return Scene.of(Tale(self.story), merchant or self.story.setting.target.merchant())

    def at(self, scene: Scene, merchant: Merchant) -> Scene:
        """Return the scene with another merchant, in the same story."""
        return Scene.of(scene.story, merchant)

    def remark(self, text: str) -> None:
        """Say something about these examples beside the verdicts."""
        self._print(f"{self.story.setting.name}: {text}")

    def settings(self, count: int, steps: int = 50, least: int = 1) -> hypothesis.settings:
        """Return how hypothesis has to look for a failure in ``count`` examples.

        However few are asked for, ``least`` are made.
        """
        return hypothesis.settings(
            max_examples=max(least, round(count * self.factor)),
            stateful_step_count=steps,
            database=self._database,
            deadline=None,
            report_multiple_bugs=False,
            print_blob=False,
            suppress_health_check=_RELAXED,
            phases=_PHASES if self._shrink else _PHASES[:-1],
        )

    @property
    def seed(self) -> str:
        """What all choices of this scenario follow from."""
        return f"{self.story.setting.seed} {self.story.setting.name}"

    def each(
        self, count: int, **given: strategies.SearchStrategy[Any]
    ) -> Callable[[Property], None]:
        """Call the decorated function at once, with ``count`` examples of its arguments.

        Its first argument is the scene. Raises what the shortest failing example raises.
        """

        def run(check: Property) -> None:
            def example(**values: Any) -> None:
                self.told(lambda scene: check(scene, **values))

            example.__name__ = example.__qualname__ = check.__name__
            # What was kept of one property is of no use to another one.
            example._hypothesis_internal_add_digest = (  # type: ignore[attr-defined]
                f"{self.story.setting.name} {check.__qualname__}".encode()
            )
            tested = hypothesis.given(**given)(example)
            # A seed takes the database away, so the settings that have one come after it.
            self.concluded(self.settings(count)(hypothesis.seed(self.seed)(tested)))

        return run

    def told(self, tell_it: Callable[[Scene], object], merchant: Merchant | None = None) -> None:
        """Tell one example. What it saw counts if nothing was wrong with it."""
        scene = self.scene(merchant)
        self.cases += 1
        self._last = scene.story
        tell_it(scene)
        self.keep(scene.story)
        self._last = None

    def failing(self, tale: Tale) -> None:
        """Name the tale that is being told, so that it is the one shown if it fails."""
        self._last = tale

    def concluded(self, run: Callable[[], None]) -> None:
        """Run something that tells examples; if it fails, show the last, which is the shortest."""
        try:
            run()
        except BaseException as error:
            tale = self._last
            if tale is not None:
                self.story.exchanges.update(tale.exchanges)
                self.story.findings.extend(tale.findings)
                self._print(tell(tale, tale.acts, error))
            raise

    def kept(self, what: str) -> list[Any]:
        """Return the JSON values that failed before as examples of something, in a fixed order.

        For examples that hypothesis did not make; it looks after its own.
        """
        if self._database is None:
            return []
        return [json.loads(value) for value in sorted(self._database.fetch(self._place(what)))]

    def keep_failing(self, what: str, value: Any, *, fails: bool) -> None:
        """Keep a JSON value as an example of something that fails, or forget it."""
        if self._database is not None:
            change = self._database.save if fails else self._database.delete
            change(self._place(what), json.dumps(value).encode())

    def _place(self, what: str) -> bytes:
        return f"{self.story.setting.name} {what}".encode()

    def keep(self, tale: Tale) -> None:
        """Take the evidence of an example into that of the scenario."""
        self.story.passive.extend(
            [one for one in tale.passive if type(one) is not Drift or self._is_new(one)]
        )
        self.story.evidence.extend(tale.evidence)
        self.story.seek_less(tale)
        self.story.findings.extend(tale.findings)

    def _is_new(self, drift: Drift) -> bool:
        """Say whether no example drifted so before."""
        place = (drift.pointer, drift.what)
        if place in self._drift:
            return False
        self._drift.add(place)
        return True


def holds(story: Story, requirement: str, answer: Answer | None = None) -> None:
    """Note that a requirement held which the scenario need not be marked with.

    A generated example decides by itself what it is about.
    """
    story.evidence.append(Held(requirement, answer.exchange if answer else ""))
