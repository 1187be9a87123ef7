"""The plugin on scenarios that are wrong themselves, or that a subject can't play."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_HEAD = """
from pay_conformance.scenario import needs, requirement
"""


def play(folder: Path, scenario: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_scenario.py").write_text(_HEAD + scenario)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "pay_conformance.plugin", "-q", "--api", "v2",
         "-p", "no:cacheprovider", *arguments],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_scenario_that_asserts_nothing_fails_loudly(tmp_path: Path) -> None:
    done = play(
        tmp_path,
        '@requirement("CS-NEW-001")\ndef test_nothing(shop):\n    shop.create_checkout_session()\n',
    )
    assert done.returncode == 2
    assert "error of ours: it passed without asserting CS-NEW-001" in done.stdout


def test_scenario_that_proves_nothing_is_refused(tmp_path: Path) -> None:
    done = play(tmp_path, "def test_nothing(shop):\n    shop.create_checkout_session()\n")
    assert done.returncode == 4
    assert "it says no requirement that it proves" in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("marks", "said"),
    [
        ('@requirement("CS-NONE-001")', "CS-NONE-001 is no requirement that binds a server"),
        ('@requirement("CS-NEW-001")\n@needs("magic")', "there is no capability 'magic'"),
        (
            '@requirement("CS-LIFE-020", "CS-COMP-001")',
            "no version of the API is bound by all its requirements",
        ),
    ],
)
def test_scenario_with_a_wrong_mark_is_refused(tmp_path: Path, marks: str, said: str) -> None:
    done = play(tmp_path, f"{marks}\ndef test_one(shop):\n    pass\n")
    assert done.returncode == 4
    assert said in done.stderr + done.stdout


def test_scenario_that_needs_what_the_subject_lacks_is_not_tested(tmp_path: Path) -> None:
    scenario = """
import pytest
from pay_conformance import plugin
from pay_conformance.targets import EmbeddedMock

EmbeddedMock.capabilities = frozenset({"merchants"})

@requirement("CS-LIFE-005")
def test_clock(shop, clock, expect):
    raise RuntimeError("it was played")
"""
    done = play(tmp_path, scenario, "-v")
    assert "subject has no clock control" in done.stdout
    assert done.returncode == 4


def test_finding_reads_like_a_finding_and_not_like_a_traceback(tmp_path: Path) -> None:
    scenario = """
@requirement("CS-LIFE-001")
def test_open(shop, expect):
    expect(shop.create_checkout_session(), "CS-LIFE-001").state("Closed")
"""
    done = play(tmp_path, scenario, "--seed", "5")
    assert done.returncode == 1
    assert "CS-LIFE-001: Create Checkout Session: /statusDetails/state is Open, not Closed" in (
        done.stdout
    )
    assert "pay-conformance run --target mock --api v2 -k test_open --seed 5" in done.stdout
    assert "expect.py" not in done.stdout
