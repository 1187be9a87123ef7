"""Sends varied bodies, many a second: what the schema refuses is refused, and changes nothing.

The objects are read again after some requests, not after each. If they changed meanwhile, every
request since the last reading is told in a story of its own, which is looked at more closely.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from pay_conformance.findings import Violation
from pay_conformance.generate.bodies import Body
from pay_conformance.generate.examples import Examples, Scene, holds
from pay_conformance.generate.refusing import refuse, refused, unchanged
from pay_conformance.generate.stage import Stage, set_stage
from pay_conformance.generate.vary import variations
from pay_conformance.generate.volley import volley
from pay_conformance.generate.wrong import BY_KEYWORD, Wrong
from pay_conformance.scenario import Answer

_AT_A_TIME = 10
_USED_UP = frozenset(
    {
        "completeCheckoutSession",
        "finalizeCheckoutSession",
        "closeChargePermission",
        "captureCharge",
        "cancelCharge",
    }
)
"""Operations that succeed once on an object. What their schema allows is tried elsewhere."""


def refuse_at_random(examples: Examples, operation: str, count: int) -> None:
    """Send so many varied bodies of an operation.

    Raises:
        Violation: if a wrong one was not refused, or changed an object, or an answer was a 5xx.

    """
    _try_again(examples, operation)
    most = max(1, round(count * examples.factor))

    def varied(scene: Scene) -> tuple[_Tries, Iterator[Body]]:
        tried = _Tries(operation, scene)
        return tried, _sendable(operation, tried.stage, examples.seed, most)

    suspects, seen = volley(examples, varied)
    for body in suspects:
        violation = _alone(examples, operation, body)
        if violation is not None:
            examples.keep_failing(operation, body, fails=True)
            raise violation
    for violation in seen:
        raise violation


def _try_again(examples: Examples, operation: str) -> None:
    """Send what failed before, first of all; forget what has been mended."""
    for body in examples.kept(operation):
        violation = _alone(examples, operation, body)
        if violation is not None:
            raise violation
        examples.keep_failing(operation, body, fails=False)


class _Tries:
    """Requests on one stage. ``unread`` are the bodies since its objects were last read."""

    def __init__(self, operation: str, scene: Scene) -> None:
        self._operation = operation
        self._scene = scene
        self.unread: list[Body] = []
        self.stage = set_stage(operation, scene)
        self._before = self._readings()
        self._last: Answer | None = None

    def send(self, body: Body) -> None:
        """Send a body; one that succeeds leaves the stage to be set anew."""
        self.unread.append(body)
        case = judged(self.stage, body)
        if case is not None:
            self._last = refused(self.stage, case)
        elif sound(self.stage, body) and self.stage.leaves:
            self.stage = set_stage(self._operation, self._scene)
            self._before = self._readings()
            self.unread.clear()
        if len(self.unread) >= _AT_A_TIME:
            self.read()

    def read(self) -> None:
        """Read the objects of the stage, which must be as they were."""
        if self._last is not None and self.unread:
            what = f"one of the last {len(self.unread)} requests"
            self._before = unchanged(self.stage, self._before, self._last, what)
        self.unread.clear()

    def _readings(self) -> list[Answer]:
        return [self._scene.shop.read(thing) for thing in self.stage.leaves]


def _sendable(operation: str, stage: Stage, seed: str, count: int) -> Iterator[Body]:
    """Yield so many bodies that do not use up the object of the stage by succeeding."""
    made = 0
    for body in variations(operation, stage.ground, seed):
        if operation in _USED_UP and judged(stage, body) is None:
            continue
        if made == count:
            return
        made += 1
        yield body


def judged(stage: Stage, body: Body) -> Wrong | None:
    """Return what is wrong with a body by its schema, or ``None`` if nothing is."""
    contract, api = stage.ground.contract, stage.ground.api
    schema = contract.operations(api)[stage.operation].request
    sent = json.loads(stage.call(body).content())
    if contract.is_valid(api, schema, sent):
        return None
    error = contract.validate(api, schema, sent)[0]
    rule = BY_KEYWORD.get(error.keyword, "ERR-IN-012")
    return Wrong(f"{error.pointer or 'the body'} {error.message}", body, rule, ())


def sound(stage: Stage, body: Body) -> bool:
    """Send a body that its schema allows, and say whether it succeeded: it may, or may not.

    Raises:
        Violation: if the answer is a 5xx.

    """
    answer = stage.scene.shop.attempt.make(stage.call(body))
    if answer.status >= 500:
        raise stage.scene.story.violated_in("ERR-SAFE-004", answer.summary, answer)
    holds(stage.scene.story, "ERR-SAFE-004", answer)
    return answer.succeeded


def _alone(examples: Examples, operation: str, body: Body) -> Violation | None:
    """Send a body in a story of its own, and return what it violated."""

    def tell(scene: Scene) -> None:
        stage = set_stage(operation, scene)
        case = judged(stage, body)
        if case is None:
            sound(stage, body)
        else:
            refuse(stage, case, [scene.shop.read(thing) for thing in stage.leaves])

    try:
        examples.concluded(lambda: examples.told(tell))
    except Violation as violation:
        return violation
    return None
