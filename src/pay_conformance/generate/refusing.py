"""Sends wrong requests, and sees to it that each is refused for what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence

from pay_conformance.findings import Unmet, Violation
from pay_conformance.generate.examples import Examples, Scene, holds
from pay_conformance.generate.stage import Stage, set_stage
from pay_conformance.generate.wrong import Wrong, wrong_bodies
from pay_conformance.scenario import Answer
from pay_conformance.scenario.expect import first_difference

_CREATE = frozenset(
    {
        "createCheckoutSession",
        "createCharge",
        "createRefund",
        "createDeliveryTracker",
        "createDispute",
        "uploadFile",
    }
)


def refuse_all(examples: Examples, operation: str) -> None:
    """Walk all wrong bodies of an operation; at the end a right one has to pass.

    Raises:
        Violation: for the first requirement that was violated; those of the others are added to
            the findings of the scenario. Each was seen again in a story of its own if it could be.
        Unmet: if the right request does not pass, so that no refusal means anything.

    """
    broken: dict[str, Wrong] = {}

    def walk(scene: Scene) -> None:
        stage = set_stage(operation, scene)
        before = [scene.shop.read(thing) for thing in stage.leaves]
        for case in wrong_bodies(operation, stage.ground, stage.body):
            try:
                before = refuse(stage, case, before)
            except Violation as violation:
                broken.setdefault(violation.finding.requirement, case)
                before = [scene.shop.read(thing) for thing in stage.leaves]
            examples.cases += 1
        _passes(stage)

    examples.concluded(lambda: examples.told(walk))
    violations = [found for case in broken.values() if (found := _alone(examples, operation, case))]
    for violation in violations[1:]:
        examples.story.findings.append(violation.finding)
    if violations:
        raise violations[0]
    if broken:
        raise Unmet(f"{next(iter(broken.values())).what}: was not refused, but only once")


def refuse(stage: Stage, case: Wrong, before: Sequence[Answer]) -> list[Answer]:
    """Send a wrong request, and assert its refusal, and that it changed nothing.

    ``before`` is how the objects of the stage read; returned is how they read now.

    Raises:
        Violation: if it was not refused, or not so, or an object changed.

    """
    answer = refused(stage, case)
    return unchanged(stage, before, answer, case.what)


def refused(stage: Stage, case: Wrong) -> Answer:
    """Send a wrong request, and assert its refusal.

    Raises:
        Violation: if it was not refused, or not so.

    """
    shop, story = stage.scene.shop, stage.scene.story
    answer = shop.attempt.make(stage.call(case.body))
    if answer.status >= 500:
        raise story.violated_in(
            "ERR-SAFE-004", f"{case.what}: {answer.summary}", answer, expected="a 4xx"
        )
    if answer.status != 400 or (case.codes and answer.reason not in case.codes):
        raise story.violated_in(
            case.requirement,
            f"{case.what}: {answer.summary}, not 400 {' or '.join(case.codes)}",
            answer,
            expected={"status": 400, "reasonCode": list(case.codes)},
            actual={"status": answer.status, "reasonCode": answer.reason},
        )
    holds(story, case.requirement, answer)
    holds(story, "ERR-SAFE-004", answer)
    return answer


def unchanged(stage: Stage, before: Sequence[Answer], refusal: Answer, what: str) -> list[Answer]:
    """Assert that objects read as they did before a refused request, and return the readings."""
    shop, story = stage.scene.shop, stage.scene.story
    rule = "ERR-SAFE-001" if stage.operation in _CREATE else "ERR-SAFE-002"
    after = [shop.read(earlier) for earlier in before]
    for earlier, later in zip(before, after, strict=True):
        if later.json != earlier.json:
            place, then, now = first_difference(earlier.json, later.json)
            raise story.violated_in(
                rule,
                f"{what}: {refusal.call.title} was refused, and still changed {place}",
                later,
                pointer=place,
                expected=then,
                actual=now,
            )
        holds(story, rule, later)
    if not before:
        holds(story, rule, refusal)
    return after


def _passes(stage: Stage) -> None:
    answer = stage.scene.shop.attempt.make(stage.call(stage.body))
    if not answer.succeeded:
        raise Unmet(f"after the wrong requests, the right one does not pass: {answer.summary}")


def _alone(examples: Examples, operation: str, case: Wrong) -> Violation | None:
    """Tell one wrong request in a story of its own, and return what it violated."""

    def tell(scene: Scene) -> None:
        stage = set_stage(operation, scene)
        refuse(stage, case, [scene.shop.read(thing) for thing in stage.leaves])

    try:
        examples.concluded(lambda: examples.told(tell))
    except Violation as violation:
        return violation
    return None
