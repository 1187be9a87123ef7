"""Each deliberately wrong server is caught by the requirement that it violates, and no other."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.mutants.hunt import Killing
from tests.mutants.server import MUTANTS

_ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def killings(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    # A process of its own: the scenarios bring their own pytest.
    report = tmp_path_factory.mktemp("hunt") / "killings.json"
    command = [sys.executable, "-m", "tests.mutants.hunt", "--json", str(report)]
    done = subprocess.run(
        command, cwd=_ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert report.exists(), done.stdout + done.stderr
    found: list[dict[str, Any]] = json.loads(report.read_text())
    return found


def test_wrong_servers_are_each_killed_for_their_own_reason_alone(
    killings: list[dict[str, Any]],
) -> None:
    assert [killing for killing in killings if killing["verdict"] != "killed"] == []


def test_wrong_servers_are_many_and_meet_few_scenarios(killings: list[dict[str, Any]]) -> None:
    assert len(killings) == len(MUTANTS) >= 60
    assert max(killing["scenarios"] for killing in killings) <= 30


def test_wrong_servers_say_their_fault() -> None:
    assert [mutant.name for mutant in MUTANTS if not mutant.says.endswith(".")] == []
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize(
    ("failed", "verdict"),
    [
        (("CS-TIME-002",), "killed"),
        ((), "survived"),
        (("CS-TIME-003",), "wrong reason"),
        (("CS-TIME-002", "CS-TIME-003"), "wrong reason"),
    ],
)
def test_killing_counts_only_for_the_right_reason(failed: tuple[str, ...], verdict: str) -> None:
    killing = Killing("m", ("CS-TIME-002",), failed, scenarios=1, seconds=0.1)
    assert killing.verdict == verdict


def test_killing_with_an_error_of_ours_does_not_count() -> None:
    killing = Killing("m", ("CS-TIME-002",), ("CS-TIME-002",), 1, 0.1, error="it broke")
    assert killing.verdict == "error"
