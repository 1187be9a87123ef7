"""Kept inputs, and some hundred made from them, break no parser; coverage guides a few more."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fuzz.corpora import kept
from tests.fuzz.mutation import mutations
from tests.fuzz.targets import TARGETS

COUNT = 300
RUNS = 1500

guided = pytest.mark.skipif(find_spec("atheris") is None, reason="atheris has no wheel for here")


@pytest.mark.parametrize("target", TARGETS)
def test_target_stands_every_input_that_was_kept(target: str) -> None:
    inputs = kept(target)

    for data in inputs:
        TARGETS[target](data)

    assert inputs


@pytest.mark.parametrize("target", TARGETS)
def test_target_stands_inputs_that_chance_makes_of_them(target: str) -> None:
    for data in mutations(kept(target), COUNT, seed=1):
        TARGETS[target](data)


@guided
@pytest.mark.parametrize("target", TARGETS)
def test_target_stands_inputs_that_coverage_leads_to(target: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable, "-m", "tests.fuzz", target, "--runs", str(RUNS),
            "--seed", "1", "--found", str(tmp_path),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr[-3000:]
    assert "number_of_executed_units" in done.stderr
