"""Schemathesis for what it does best: it covers every keyword of a schema, and then goes wild.

Its cases keep their bodies, methods, queries and odd headers. Where a case is not about the path,
the object that it names is one that exists, so that it gets past the first refusal. Everything is
signed over the bytes that go out.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core.parameters import ParameterLocation

from pay_conformance.contract.model import Api
from pay_conformance.contract.openapi import bundle
from pay_conformance.generate.examples import Examples, Scene, holds
from pay_conformance.generate.stage import NEEDS_BUYER, Stage, set_stage
from pay_conformance.generate.wrong import BY_KEYWORD
from pay_conformance.scenario import Answer, Call

_BASE = "https://schemathesis.invalid"
_OURS = ("x-amz-pay-simulation-code", "content-type", "accept")
_CREATES_CHARGE = {"createCharge": "chargePermissionId", "createRefund": "chargeId"}


@dataclass(frozen=True, slots=True)
class Shot:
    """One case of schemathesis, before it is aimed at a server. ``path`` is relative to a version.

    ``aimed`` says that the case is not about the path, so that real ids may take its place.
    """

    operation: str
    method: str
    path: str
    query: str
    body: bytes
    headers: tuple[tuple[str, str], ...]
    what: str
    aimed: bool


@cache
def loaded(api: Api) -> Any:
    """Return the OpenAPI document of a version as schemathesis reads it."""
    return schemathesis.openapi.from_dict(bundle(api))


@cache
def covering(api: Api, operation: str) -> tuple[Shot, ...]:
    """Return the cases that cover each keyword of a request; always the same."""
    schema = loaded(api)
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    found = next(
        result.ok()
        for result in schema.get_all_operations()
        if result.ok().definition.raw.get("operationId") == operation
    )
    cases = schema.iter_coverage_cases(
        found, generation_modes=modes, generation_config=schema.config.generation
    )
    return tuple(shot_of(case) for case in cases)


def shot_of(case: Case[Any]) -> Shot:
    """Return a case as the bytes that it would send."""
    kwargs = case.as_transport_kwargs(base_url=_BASE)
    prepared = requests.Request(**kwargs).prepare()
    path, _, query = str(prepared.url).removeprefix(_BASE).partition("?")
    body = prepared.body or b""
    headers = tuple(
        (name.lower(), _text(value))
        for name, value in prepared.headers.items()
        if name.lower() in _OURS
    )
    phase = case.meta.phase.data if case.meta else None
    location = getattr(phase, "parameter_location", None)
    return Shot(
        operation=str(case.operation.definition.raw.get("operationId", "")),
        method=str(prepared.method),
        path=path,
        query=query,
        body=body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else b"",
        headers=headers,
        what=str(getattr(phase, "description", "") or "random"),
        aimed=location is not ParameterLocation.PATH,
    )


def cover(examples: Examples, operations: int) -> None:
    """Send the covering cases of some operations, which the seed picks.

    Raises:
        Violation: for the first that was answered as it must not be.

    """
    story = examples.story
    names = sorted(story.setting.contract.operations(story.api))
    most = round(operations * examples.factor)
    if most < len(names):
        names = random.Random(examples.seed).sample(names, most)
    for name in names:
        _fire(examples, name, covering(story.api, name))


def run_wild(examples: Examples, count: int) -> None:
    """Send random cases, valid and invalid, of any operation."""
    operations = [result.ok() for result in loaded(examples.story.api).get_all_operations()]
    cases = st.one_of(
        *(
            operation.as_strategy(generation_mode=mode)
            for operation in operations
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        )
    )

    @examples.each(count, case=cases)
    def answered(scene: Scene, case: Case[Any]) -> None:
        shot = shot_of(case)
        hit(scene, _stage(scene, shot.operation), shot)


def _fire(examples: Examples, operation: str, shots: Sequence[Shot]) -> None:
    def volley(scene: Scene) -> None:
        stage = _stage(scene, operation)
        for shot in shots:
            examples.cases += 1
            answer = hit(scene, stage, shot)
            if answer.succeeded and stage is not None:
                stage = _stage(scene, operation)

    examples.concluded(lambda: examples.told(volley))


def _stage(scene: Scene, operation: str) -> Stage | None:
    """Return the stage of an operation that has a body; ``None`` for the others."""
    if operation in NEEDS_BUYER and scene.buyer is None:
        return None
    try:
        return set_stage(operation, scene)
    except ValueError:
        return None


def hit(scene: Scene, stage: Stage | None, shot: Shot) -> Answer:
    """Send one case, and assert that it was answered as its request has to be.

    Raises:
        Violation: if the answer is a 5xx, an unknown error, or a success for a wrong request.
        Unmet: if the subject gave no answer.

    """
    shop, story = scene.shop, scene.story
    answer = shop.attempt.make(_call(scene, stage, shot))
    where = f"{shot.method} {shot.path}, {shot.what}"
    if answer.status >= 500:
        raise story.violated_in("ERR-SAFE-004", f"{where}: {answer.summary}", answer)
    holds(story, "ERR-SAFE-004", answer)
    if not answer.succeeded:
        known = story.setting.contract.errors.get(str(answer.reason))
        if known is None or answer.status not in known.statuses:
            raise story.violated_in(
                "ERR-BODY-003" if known else "ERR-BODY-004",
                f"{where}: {answer.summary}, which is not in the catalogue",
                answer,
            )
        holds(story, "ERR-BODY-003", answer)
        holds(story, "ERR-BODY-004", answer)
        return answer
    _is_due(scene, answer, where)
    return answer


def _is_due(scene: Scene, answer: Answer, where: str) -> None:
    """Assert that a request which succeeded is one that the contract allows."""
    story = scene.story
    contract = story.setting.contract
    operation = contract.operations(story.api).get(answer.call.operation)
    if operation is None or not operation.request:
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
    path, body = shop.prefix + shot.path, shot.body
    operation = shop.story.setting.contract.operations(shop.story.api)[shot.operation]
    known = operation.method.upper() == shot.method
    if stage is not None and shot.aimed:
        path = stage.call(stage.body).path
        body = _with_real_ids(stage, body)
    call = Call(
        operation=shot.operation if known else "",
        method=shot.method,
        path=path + (f"?{shot.query}" if shot.query else ""),
        body=body or None,
        headers=tuple(pair for pair in shot.headers if pair[0] == _OURS[0] and _sendable(pair[1])),
        idempotent=operation.idempotency_key == "required",
        api=shop.story.api,
    )
    return replace(call, body=body)


def _with_real_ids(stage: Stage, body: bytes) -> bytes:
    """Return a body with the ids of things that exist where it has ids of the right form."""
    try:
        sent = json.loads(body)
    except ValueError:
        return body
    if not isinstance(sent, dict):
        return body
    real: Mapping[str, str] = {
        "storeId": stage.ground.store_id,
        **({_CREATES_CHARGE[stage.operation]: stage.ground.target}
           if stage.operation in _CREATES_CHARGE else {}),
    }  # fmt: skip
    changed = {
        name: real[name] if name in real and isinstance(value, str) and "0" in value else value
        for name, value in sent.items()
    }
    return json.dumps(changed).encode()


def _sendable(value: str) -> bool:
    return value.isascii() and value.isprintable()


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
