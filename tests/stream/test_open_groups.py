"""A history for each group of lines: whole while the group is open, and gone afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from pay_conformance.checks import Judge, View, view
from pay_conformance.contract.model import Party
from pay_conformance.findings import Finding, Held, Outcome
from pay_conformance.stream.open_groups import OpenGroups
from tests.checks.exchanges import CHARGE, captured, charge, contract, get

BACK = "CH-LIFE-003"
"""A charge that was captured is authorized again."""


@pytest.fixture
def groups() -> OpenGroups:
    return OpenGroups(Judge(contract(), frozenset(Party)), most=2)


def done() -> View:
    return view(get(CHARGE, captured()), contract())


def back() -> View:
    return view(get(CHARGE, charge(statusDetails__state="Authorized"), at=10), contract())


def rules(outcomes: list[Outcome], kind: type[Any]) -> set[str]:
    return {found.requirement for found in outcomes if isinstance(found, kind)}


def test_group_has_one_history(groups: OpenGroups) -> None:
    groups.judge(done(), 2 * 7)
    assert BACK in rules(groups.judge(back(), 2 * 7 + 1), Finding)


def test_groups_know_nothing_of_each_other(groups: OpenGroups) -> None:
    groups.judge(done(), 2 * 7)
    assert BACK not in rules(groups.judge(back(), 2 * 8), Finding)


def test_group_is_forgotten_after_its_last_line(groups: OpenGroups) -> None:
    groups.judge(done(), 2 * 7 + 1)
    assert BACK not in rules(groups.judge(back(), 2 * 7), Finding)


def test_group_is_forgotten_after_a_last_line_with_nothing_to_judge(groups: OpenGroups) -> None:
    groups.judge(done(), 2 * 7)
    groups.leave(2 * 7 + 1)
    assert BACK not in rules(groups.judge(back(), 2 * 7), Finding)


def test_of_too_many_groups_that_one_is_forgotten_that_came_up_first(groups: OpenGroups) -> None:
    for number in (1, 2, 3):
        groups.judge(done(), 2 * number)
    assert BACK not in rules(groups.judge(back(), 2 * 1 + 1), Finding)
    assert BACK in rules(groups.judge(back(), 2 * 3), Finding)


def test_what_was_evidence_in_one_group_is_not_sought_in_the_next(groups: OpenGroups) -> None:
    first = rules(groups.judge(done(), 2 * 7), Held)
    assert "CH-FIELD-001" in first - rules(groups.judge(done(), 2 * 8), Held)
