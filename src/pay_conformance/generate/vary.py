"""Makes many cases of few: a pool of generated bodies, each changed cheaply in one place or two.

Drawing a body takes hypothesis longer than signing, sending and judging it. So bodies are drawn
once, and then varied by a plain random generator that follows from the seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis.strategies import SearchStrategy

from pay_conformance.generate.bodies import Body, Ground, bodies
from pay_conformance.generate.fields import Field, request_fields

ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 0.5, 10**15, "", "0", "1", "0.00", "0.01", "150000.01", "text",
    "USD", "JPY", "XXX", "Authorize", "Confirm", "OneTime", "Web", "AMZ*", "a" * 16, "a" * 17,
    "é" * 50, "注" * 51, "a" * 255, "a" * 256, "a" * 257, "https://shop.example/", "http://x",
    "//shop.example", [], ["name"], [None], {}, {"amount": "1", "currencyCode": "USD"},
    {"amount": 1}, {"a": None}, "null", " ", "\n", "\u0000", "😀", "٣",
)  # fmt: skip
"""Values that are right in some place, and wrong in most."""

_POOL = 12


def pool(strategy: SearchStrategy[Body], seed: str, count: int = _POOL) -> list[Body]:
    """Return some bodies of a strategy, the same for the same seed."""
    drawn: list[Body] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=tuple(HealthCheck),
    )
    @hypothesis.given(strategy)
    def collect(body: Body) -> None:
        drawn.append(body)

    collect()
    return drawn


def variations(operation: str, ground: Ground, seed: str) -> Iterator[Body]:
    """Yield bodies without end: those of the pool with a value or two put in, or taken out."""
    chance = random.Random(f"{seed} {operation}")
    places = list(request_fields(ground.contract, ground.api, operation).walk())[1:]
    bases = pool(bodies(operation, ground), seed)
    while True:
        body = deepcopy(chance.choice(bases))
        for _ in range(chance.choice((1, 1, 1, 2))):
            _vary(body, chance.choice(places), chance)
        yield body


def _vary(body: Body, field: Field, chance: random.Random) -> None:
    """Put an odd value in the place of a field, or take it out, or give it a stranger beside it."""
    *way, last = field.pointer[1:].split("/")
    place: Any = body
    for step in way:
        if isinstance(place, list):
            place = place[0] if place else None
        elif isinstance(place, dict):
            place = place.setdefault(step, {})
        if not isinstance(place, dict | list):
            return
    match chance.randrange(8), place:
        case 0, dict():
            place.pop(last, None)
        case 1, dict():
            place[chance.choice(("orderColour", last.upper(), f"{last} "))] = _odd(chance)
        case _, dict():
            place[last] = _odd(chance, field.enum)
        case _, list():
            place[:] = [_odd(chance, field.enum)]


def _odd(chance: random.Random, enum: Sequence[Any] = ()) -> Any:
    return deepcopy(chance.choice(enum if enum and chance.random() < 0.5 else ODD))
