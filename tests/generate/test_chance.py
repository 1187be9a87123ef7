"""What a seed makes follows from the seed and the contract, and from nothing that happens to be."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from pay_conformance.generate.examples import Scene
from pay_conformance.targets import EmbeddedMock
from tests.generate.making import CONTRACT, examples_of


def test_no_constants_are_taken_from_the_source_of_modules_that_are_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(providers, "_local_constants", Constants())
    monkeypatch.setattr(providers, "_seen_modules", set())
    monkeypatch.setattr(providers, "_sys_modules_len", None)
    drawn: list[int] = []

    @examples_of(EmbeddedMock(CONTRACT)).each(100, number=st.integers())
    def count(scene: Scene, number: int) -> None:
        drawn.append(number)

    assert len(set(drawn)) > 10
    assert len(providers._local_constants) == 0
