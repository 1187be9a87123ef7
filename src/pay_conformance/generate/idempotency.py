"""What an idempotency key promises, for every operation that takes one, in every turn of events."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pay_conformance.generate.examples import Scene, holds
from pay_conformance.generate.stage import Stage, set_stage
from pay_conformance.scenario import Answer, Call

KEYED = (
    "createCheckoutSession",
    "completeCheckoutSession",
    "finalizeCheckoutSession",
    "createCharge",
    "captureCharge",
    "createRefund",
    "createDispute",
    "contestDispute",
    "uploadFile",
)
"""The operations that take a key, in the order of a payment."""

_CROWD = 50


@dataclass(frozen=True, slots=True)
class Keyed:
    """A call that succeeded with its key, where it was made, and what it answered."""

    stage: Stage
    call: Call
    key: str
    first: Answer


def first_use(operation: str, scene: Scene) -> Keyed:
    """Make a call of an operation with a key.

    Raises:
        Unmet: if it does not succeed.

    """
    stage = set_stage(operation, scene)
    key = scene.story.fresh_key()
    call = stage.call(stage.body).with_key(key)
    return Keyed(stage, call, key, scene.shop.make(call))


def same_bytes(keyed: Keyed, _chance: random.Random) -> None:
    """The same bytes again: the saved answer, and no second effect."""
    _saved(keyed, keyed.call, "IDEM-SAME-001")


def other_order(keyed: Keyed, chance: random.Random) -> None:
    """The same JSON with its members in another order and other spaces.

    An official SDK writes members in the order of a hash table. Nobody documents whether that is
    the same request, so the saved answer and a refusal are both right; a second effect is not.
    """
    names = list(keyed.stage.body)
    chance.shuffle(names)
    body = {name: keyed.stage.body[name] for name in names}
    spaces = chance.choice([None, 1, 2])
    raw = json.dumps(_turned(body), indent=spaces).encode()
    scene = keyed.stage.scene
    before = _readings(keyed)
    answer = scene.shop.attempt.make(keyed.call.with_body(raw))
    if answer.reason != "DuplicateIdempotencyKey" and answer.json != keyed.first.json:
        raise scene.story.violated_in(
            "IDEM-SAME-002",
            f"{answer.summary} for the same JSON with the same key",
            answer,
            expected=keyed.first.json,
            actual=answer.json,
        )
    holds(scene.story, "IDEM-SAME-002", answer)
    _nothing_happened(keyed, before, "IDEM-SAME-002")


def later_again(keyed: Keyed, chance: random.Random) -> None:
    """The same request after the object changed, or ended: the saved answer all the same."""
    scene = keyed.stage.scene
    attempt = scene.shop.attempt
    match keyed.stage.operation:
        case "createCheckoutSession":
            attempt.update_checkout_session(keyed.first, merchantMetadata={"noteToBuyer": "New"})
        case "createCharge":
            attempt.cancel_charge(keyed.first)
            attempt.close_charge_permission(str(keyed.first.at("/chargePermissionId")))
        case "captureCharge":
            attempt.close_charge_permission(str(keyed.first.at("/chargePermissionId")))
            attempt.create_refund(keyed.first, "1.00")
        case "completeCheckoutSession" | "finalizeCheckoutSession":
            attempt.close_charge_permission(str(keyed.first.at("/chargePermissionId")))
        case "createDispute" | "contestDispute":
            attempt.make(scene.shop.ending(keyed.first))
    if scene.clock is not None:
        scene.clock.advance(hours=chance.choice([0, 1, 25]), seconds=60)
    _saved(keyed, keyed.call, "IDEM-SAME-004")


def other_body(keyed: Keyed, chance: random.Random) -> None:
    """The same key with another body: refused, and nothing happens."""
    changed = {**keyed.stage.body, **_changed(keyed, chance)}
    _refused(keyed, keyed.stage.call(changed).with_key(keyed.key), "IDEM-DIFF-001")


def other_operation(keyed: Keyed, _chance: random.Random) -> None:
    """The same key on another operation: refused, and nothing happens."""
    shop = keyed.stage.scene.shop
    other = shop.creating_session()
    if keyed.stage.operation == "createCheckoutSession":
        other = shop.charging("S01-0000000-0000000", "1.00")
    _refused(keyed, other.with_key(keyed.key), "IDEM-DIFF-002")


def other_object(keyed: Keyed, chance: random.Random) -> None:
    """The same key on another object of the same kind: refused, and nothing happens."""
    stage = keyed.stage
    if not stage.leaves:
        other_body(keyed, chance)
        return
    other = set_stage(stage.operation, stage.scene)
    # What the path does not name, the body does.
    body = stage.body if stage.ids else other.body
    _refused(keyed, other.call(body).with_key(keyed.key), "IDEM-DIFF-002")


def other_merchant(keyed: Keyed, _chance: random.Random) -> None:
    """The same key of another merchant: a new request, and never the first one's object."""
    scene = keyed.stage.scene
    target = scene.story.setting.target
    if "merchants" not in target.capabilities:
        return
    stage = set_stage(keyed.stage.operation, Scene.of(scene.story, target.merchant()))
    answer = stage.scene.shop.attempt.make(stage.call(stage.body).with_key(keyed.key))
    if not answer.succeeded or answer.json == keyed.first.json:
        raise scene.story.violated_in(
            "IDEM-DIFF-004",
            f"{answer.summary} for a key that only another merchant had used",
            answer,
            expected="an object of this merchant's own",
            actual=answer.json,
        )
    holds(scene.story, "IDEM-DIFF-004", answer)


def other_key(keyed: Keyed, _chance: random.Random) -> None:
    """Another key: a new request, which gives another object, or what the state then says."""
    scene = keyed.stage.scene
    answer = scene.shop.attempt.make(
        keyed.stage.call(keyed.stage.body).with_key(scene.story.fresh_key())
    )
    same = answer.succeeded and answer.json == keyed.first.json
    if same or answer.reason == "DuplicateIdempotencyKey":
        raise scene.story.violated_in(
            "IDEM-DIFF-003",
            f"{answer.summary} for another key, as if it were the first request again",
            answer,
        )
    holds(scene.story, "IDEM-DIFF-003", answer)


def after_an_error(keyed: Keyed, _chance: random.Random) -> None:
    """A request that was refused, mended, with a new key: it is judged anew."""
    scene, stage = keyed.stage.scene, keyed.stage
    fresh = set_stage(stage.operation, scene)
    wrong = {**fresh.body, "orderColour": "red"}
    refused = scene.shop.attempt.make(fresh.call(wrong).with_key(scene.story.fresh_key()))
    mended = scene.shop.attempt.make(fresh.call(fresh.body).with_key(scene.story.fresh_key()))
    if refused.succeeded or not mended.succeeded:
        raise scene.story.violated_in(
            "IDEM-ERR-001",
            f"{mended.summary} for a request that was mended after {refused.summary}",
            mended,
        )
    holds(scene.story, "IDEM-ERR-001", mended)


TURNS: Mapping[str, Callable[[Keyed, random.Random], None]] = {
    "the same bytes": same_bytes,
    "another order of members": other_order,
    "after the object changed": later_again,
    "another body": other_body,
    "another operation": other_operation,
    "another object": other_object,
    "another key": other_key,
    "another merchant": other_merchant,
    "after an error": after_an_error,
}
"""What can follow the first use of a key."""


def crowd(operation: str, scene: Scene) -> None:
    """Send equal requests with one key at once: one object, and one answer for all that succeed."""
    stage = set_stage(operation, scene)
    call = stage.call(stage.body).with_key(scene.story.fresh_key())
    answers = scene.shop.at_once(*[call] * _CROWD)
    made = {json.dumps(answer.json, sort_keys=True) for answer in answers if answer.succeeded}
    odd = [one for one in answers if not one.succeeded and one.status not in (409, 425, 429)]
    if len(made) != 1 or odd:
        raise scene.story.violated_in(
            "IDEM-SAME-003",
            f"{_CROWD} equal requests at once gave {len(made)} answers and {len(odd)} refusals",
            (odd or answers)[0],
            expected="1 answer",
            actual=f"{len(made)} answers",
        )
    holds(scene.story, "IDEM-SAME-003", answers[0])


def _saved(keyed: Keyed, call: Call, requirement: str) -> None:
    scene = keyed.stage.scene
    before = _readings(keyed)
    answer = scene.shop.attempt.make(call)
    if (answer.status, answer.json) != (keyed.first.status, keyed.first.json):
        raise scene.story.violated_in(
            requirement,
            f"{answer.summary} for the key of a request that was answered {keyed.first.status} "
            f"{keyed.first.state}",
            answer,
            expected={"status": keyed.first.status, "body": keyed.first.json},
            actual={"status": answer.status, "body": answer.json},
        )
    holds(scene.story, requirement, answer)
    _nothing_happened(keyed, before, "IDEM-SAME-002")


def _refused(keyed: Keyed, call: Call, requirement: str) -> None:
    scene = keyed.stage.scene
    before = _readings(keyed)
    answer = scene.shop.attempt.make(call)
    if (answer.status, answer.reason) != (400, "DuplicateIdempotencyKey"):
        raise scene.story.violated_in(
            requirement,
            f"{answer.summary} for a key that another request had used",
            answer,
            expected={"status": 400, "reasonCode": "DuplicateIdempotencyKey"},
            actual={"status": answer.status, "reasonCode": answer.reason},
        )
    holds(scene.story, requirement, answer)
    _nothing_happened(keyed, before, requirement)


def _readings(keyed: Keyed) -> list[Answer]:
    shop = keyed.stage.scene.shop.attempt
    # A file can't be read again.
    own = () if keyed.stage.operation == "uploadFile" else (keyed.first,)
    things = {thing.id: thing for thing in (*own, *keyed.stage.leaves)}
    permission = keyed.first.at("/chargePermissionId")
    read = [shop.read(thing) for thing in things.values()]
    if isinstance(permission, str) and permission not in things:
        read.append(shop.get_charge_permission(permission))
    return read


def _nothing_happened(keyed: Keyed, before: list[Answer], requirement: str) -> None:
    story = keyed.stage.scene.story
    for earlier, later in zip(before, _readings(keyed), strict=True):
        if earlier.json != later.json:
            raise story.violated_in(
                requirement, f"{later.call.title} reads otherwise after a repeated key", later,
                expected=earlier.json, actual=later.json,
            )  # fmt: skip
        holds(story, requirement, later)


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _turned(value[name]) for name in reversed(value)}
    return value


def _changed(keyed: Keyed, chance: random.Random) -> dict[str, Any]:
    """Return a part of the body that is valid, and another than before."""
    shop = keyed.stage.scene.shop
    for name in ("chargeAmount", "captureAmount", "refundAmount", "disputeAmount"):
        if name in keyed.stage.body:
            return {name: shop.price(str(chance.randint(1, 20)))}
    if keyed.stage.operation == "contestDispute":
        text = {"evidenceType": "Other", "evidenceText": f"Parcel {chance.randint(1, 999)}"}
        return {"merchantEvidences": [text]}
    if keyed.stage.operation == "uploadFile":
        return {"type": chance.choice(["jpg", "csv"])}
    return {"merchantMetadata": {"noteToBuyer": f"Order {chance.randint(1, 999)}"}}
