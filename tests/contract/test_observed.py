"""The recorded bodies are the oracle: each is accepted as it is, and each small fault is found."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.bodies import Body, Corruption, bodies, corruptions, store

GOOD = [*bodies("observed"), *bodies("reconstructed"), *bodies("requests")]
CORRUPTIONS = corruptions()

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**13), 10**13),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "0", "1.5", "JPY", "Open", "Canceled", "20240229T000000Z\n", "US", "１"]),
    st.text(max_size=8),
)
values = st.one_of(scalars, st.lists(scalars, max_size=2), st.dictionaries(st.text(), scalars))


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the path of every member and entry inside a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    found: list[tuple[str | int, ...]] = []
    for key, item in inside:
        found.append((*path, key))
        if isinstance(item, dict | list):
            found += places(item, (*path, key))
    return found


@st.composite
def changed(draw: st.DrawFn) -> tuple[Body, Any]:
    """Draw a good body in which one to three places are replaced or removed."""
    good = draw(st.sampled_from(GOOD))
    content = json.loads(json.dumps(good.content))
    for _ in range(draw(st.integers(1, 3))):
        *around, last = draw(st.sampled_from(places(content) or [("new",)]))
        place = content
        for step in around:
            place = place[step]
        if isinstance(place, dict) and draw(st.booleans()):
            place.pop(last, None)
        else:
            place[last] = draw(values)
    return good, content


@pytest.mark.parametrize("good", GOOD, ids=lambda good: good.name)
def test_a_good_body_is_accepted_as_it_is(good: Body) -> None:
    assert store().validate(good.api, good.schema, good.content) == []
    assert store().is_valid(good.api, good.schema, good.content)


@pytest.mark.parametrize("good", bodies("observed"), ids=lambda good: good.name)
def test_a_recorded_body_bears_on_requirements(good: Body) -> None:
    assert len(store().touched(good.api, good.schema, good.content)) >= 3


@pytest.mark.parametrize("case", CORRUPTIONS, ids=lambda case: case.label)
def test_a_corruption_is_refused_with_its_requirement_and_place(case: Corruption) -> None:
    found = store().validate(case.body.api, case.body.schema, case.content)
    assert {(error.requirement, error.pointer) for error in found} == case.expected


@pytest.mark.parametrize("case", CORRUPTIONS, ids=lambda case: case.label)
def test_the_fast_validator_refuses_the_same_corruption(case: Corruption) -> None:
    assert not store().is_valid(case.body.api, case.body.schema, case.content)


def test_at_least_sixty_corruptions_of_recorded_bodies_are_tried() -> None:
    assert sum(case.body.name.startswith("observed/") for case in CORRUPTIONS) >= 60


@settings(max_examples=300, deadline=None, derandomize=True)
@given(changed())
def test_both_validators_agree_on_changed_bodies(case: tuple[Body, Any]) -> None:
    good, content = case
    precise = store().validate(good.api, good.schema, content) == []
    assert store().is_valid(good.api, good.schema, content) is precise


@settings(max_examples=100, deadline=None, derandomize=True)
@given(changed())
def test_precise_errors_are_those_of_plain_json_schema(case: tuple[Body, Any]) -> None:
    good, content = case
    document = store().schema(good.api, good.schema)
    plain = jsonschema.Draft202012Validator(document).is_valid(_without_final_newlines(content))
    precise = store().validate(good.api, good.schema, _without_final_newlines(content)) == []
    assert plain is precise


def _without_final_newlines(value: Any) -> Any:
    """Leave out the one known difference: Python's ``$`` also matches before a last newline."""
    return json.loads(json.dumps(value).replace('\\n"', '"'))
