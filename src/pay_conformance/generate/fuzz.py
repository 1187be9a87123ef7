"""Schemathesis for what it does best: it covers every keyword of a schema, and then goes wild.

Its cases keep their bodies, methods, queries and odd headers. Where a case is not about the path,
the object that it names is one that exists: then a body that its schema allows has to be accepted,
and one that it does not allow has to be refused, and to change nothing. Everything is signed over
the bytes that go out.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

from pay_conformance.contract.model import Api
from pay_conformance.generate.accepting import ACCEPTED
from pay_conformance.generate.bodies import Body
from pay_conformance.generate.examples import Examples, Scene, holds
from pay_conformance.generate.fitting import fitted
from pay_conformance.generate.refusing import unchanged
from pay_conformance.generate.shots import SIMULATION, Shot, made_once
from pay_conformance.generate.stage import NEEDS_BUYER, Stage, set_stage
from pay_conformance.generate.volley import volley
from pay_conformance.generate.wrong import BY_KEYWORD
from pay_conformance.scenario import Answer, Call

_AT_A_TIME = 10
_READ_WHERE = {
    "getCheckoutSession": "updateCheckoutSession",
    "getChargePermission": "updateChargePermission",
    "getCharge": "cancelCharge",
    "getDispute": "contestDispute",
}
"""Operations that read, and those on whose stage there is something to be read."""


_FEWEST = 4
"""Operations that are covered, however few examples are asked for: of none, nothing is known."""


@cache
def covering(api: Api, operation: str) -> tuple[Shot, ...]:
    """Return the cases that cover each keyword of a request: always the same, in the same order."""
    return made_once(api, operation, _made)


def _made(api: Api, operation: str) -> tuple[Shot, ...]:
    from pay_conformance.generate.schemathesis_cases import covering_cases

    return covering_cases(api, operation)


def cover(examples: Examples, operations: int | None = None) -> None:
    """Send the covering cases of all operations, or of so many, which the seed picks.

    Raises:
        Violation: for the first that was answered as it must not be.

    """
    story = examples.story
    names = sorted(story.setting.contract.operations(story.api))
    if operations is not None:
        count = max(_FEWEST, round(operations * examples.factor))
        if count < len(names):
            names = random.Random(examples.seed).sample(names, count)
    for name in names:
        fire(examples, name, covering(story.api, name))


def run_wild(examples: Examples, count: int) -> None:
    """Send random cases, valid and invalid, of any operation."""
    from pay_conformance.generate.schemathesis_cases import random_cases, shot_of

    @examples.each(count, case=random_cases(examples.story.api))
    def answered(scene: Scene, case: Any) -> None:
        shot = shot_of(case)
        _alone(shot.operation, shot, scene)


def fire(examples: Examples, operation: str, shots: Sequence[Shot]) -> None:
    """Send cases one after the other; what is found is told again in a story of its own."""
    suspects, seen = volley(examples, lambda scene: (_Range(scene, operation), shots))
    for shot in suspects:
        told = partial(examples.told, partial(_alone, operation, shot))
        examples.concluded(told)
    for violation in seen:
        raise violation


def _alone(operation: str, shot: Shot, scene: Scene) -> None:
    range_ = _Range(scene, operation)
    range_.send(shot)
    range_.read()


class _Range:
    """Where cases of one operation are sent. ``unread`` are those since its objects were read."""

    def __init__(self, scene: Scene, operation: str) -> None:
        self._scene = scene
        self._operation = operation
        self.unread: list[Shot] = []
        self._set()

    def _set(self) -> None:
        self._stage = _stage(self._scene, self._operation)
        leaves = self._stage.leaves if self._stage else ()
        self._before = [self._scene.shop.read(thing) for thing in leaves]
        self._refusal: Answer | None = None
        self.unread.clear()

    def send(self, shot: Shot) -> None:
        """Send a case; what succeeds leaves the stage to be set anew."""
        self.unread.append(shot)
        answer = hit(self._scene, self._stage, shot)
        if answer.succeeded:
            if self._stage is not None and self._stage.leaves:
                self._set()
            return
        self._refusal = answer
        if len(self.unread) >= _AT_A_TIME:
            self.read()

    def read(self) -> None:
        """Read the objects of the stage, which must be as they were."""
        if self._stage is not None and self._refusal is not None and self.unread:
            what = self.unread[-1].what
            if len(self.unread) > 1:
                what = f"one of the last {len(self.unread)} requests"
            self._before = unchanged(self._stage, self._before, self._refusal, what)
        self.unread.clear()


def _stage(scene: Scene, operation: str) -> Stage | None:
    """Return the stage of an operation, ``None`` if there is none."""
    where = _READ_WHERE.get(operation, operation)
    if where in NEEDS_BUYER and scene.buyer is None:
        return None
    try:
        stage = set_stage(where, scene)
    except ValueError:
        return None
    return stage if where == operation else replace(stage, operation=operation, body={})


def hit(scene: Scene, stage: Stage | None, shot: Shot) -> Answer:
    """Send one case, and assert that it was answered as its request has to be.

    Raises:
        Violation: if a right request was refused, or a wrong one accepted, or the answer is a 5xx
            or an unknown error.
        Unmet: if the subject gave no answer.

    """
    shop, story = scene.shop, scene.story
    call = _call(scene, stage, shot)
    answer = shop.attempt.make(call)
    where = f"{shot.method} {shot.path}, {shot.what}"
    if answer.status >= 500:
        raise story.violated_in("ERR-SAFE-004", f"{where}: {answer.summary}", answer)
    holds(story, "ERR-SAFE-004", answer)
    if not answer.succeeded:
        _is_documented(scene, answer, where)
        if stage is not None and _is_right(stage, shot, call):
            raise story.violated_in(
                ACCEPTED.get(shot.operation, "OP-OK-002"),
                f"{where}: {answer.summary} for a valid request",
                answer,
                expected="a success",
                actual={"status": answer.status, "body": answer.json},
            )
        return answer
    if not call.operation:
        raise story.violated_in(
            "OP-PATH-004", f"{where}: {answer.summary}, which has no such method", answer
        )
    _is_due(scene, answer, where)
    return answer


def _is_documented(scene: Scene, answer: Answer, where: str) -> None:
    """Assert that a refusal has a status and a reason code that go together."""
    story = scene.story
    known = story.setting.contract.errors.get(str(answer.reason))
    if known is None or answer.status not in known.statuses:
        raise story.violated_in(
            "ERR-BODY-003" if known else "ERR-BODY-004",
            f"{where}: {answer.summary}, which is not in the catalogue",
            answer,
        )
    holds(story, "ERR-BODY-003", answer)
    holds(story, "ERR-BODY-004", answer)


def _is_right(stage: Stage, shot: Shot, call: Call) -> bool:
    """Say whether a case has to succeed: nothing is odd about it, and its schema allows it."""
    odd = shot.query or not shot.aimed or not call.operation
    return (
        not odd
        and not any(name == SIMULATION for name, _ in call.headers)
        and (not _name_of_body(stage) or _valid_body(stage, call.content()) is not None)
    )


def _is_due(scene: Scene, answer: Answer, where: str) -> None:
    """Assert that a request which succeeded is one that the contract allows."""
    story = scene.story
    contract = story.setting.contract
    operation = contract.operations(story.api)[answer.call.operation]
    if not operation.request:
        return
    try:
        body = json.loads(answer.call.content() or b"{}")
    except ValueError as error:
        raise story.violated_in(
            "ERR-IN-006", f"{where}: {answer.summary} for a body that is not JSON", answer
        ) from error
    errors = contract.validate(story.api, operation.request, body)
    if errors:
        rule = BY_KEYWORD.get(errors[0].keyword, "ERR-IN-012")
        raise story.violated_in(
            rule,
            f"{where}: {answer.summary}, although {errors[0].pointer or 'the body'} "
            f"{errors[0].message}",
            answer,
            expected="a 4xx",
            actual=answer.status,
        )


def _call(scene: Scene, stage: Stage | None, shot: Shot) -> Call:
    shop = scene.shop
    path, body, headers = shop.prefix + shot.path, shot.body, shot.headers
    operation = shop.story.setting.contract.operations(shop.story.api)[shot.operation]
    known = operation.method.upper() == shot.method
    if stage is not None and shot.aimed:
        path = stage.call(None).path
        right = _valid_body(stage, body)
        if right is not None:
            body = json.dumps(fitted(stage, right)).encode()
            headers = ()  # a code that nobody knows would be refused
    return Call(
        operation=shot.operation if known else "",
        method=shot.method,
        path=path + (f"?{shot.query}" if shot.query else ""),
        body=body,
        headers=tuple(pair for pair in headers if _sendable(pair[1])),
        idempotent=operation.idempotency_key == "required",
        api=shop.story.api,
    )


def _name_of_body(stage: Stage) -> str:
    return stage.ground.contract.operations(stage.ground.api)[stage.operation].request


def _valid_body(stage: Stage, content: bytes) -> Body | None:
    """Return a body that the schema of the operation allows, ``None`` if it does not."""
    name = _name_of_body(stage)
    try:
        body = json.loads(content)
    except ValueError:
        return None
    valid = bool(name) and stage.ground.contract.is_valid(stage.ground.api, name, body)
    return body if valid and isinstance(body, dict) else None


def _sendable(value: str) -> bool:
    return value.isascii() and value.isprintable()
