"""Baseline files that are whole, and ones that are not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pay_conformance.problems import ConfigurationProblem
from pay_conformance.report import Baseline

WHOLE = "- {id: CS-TIME-002, reason: known, link: 'https://example.org/1', expires: 2027-01-31}\n"


def test_baseline_is_read(tmp_path: Path) -> None:
    path = tmp_path / "baseline.yaml"
    path.write_text(WHOLE)
    (entry,) = Baseline.read(path).entries
    assert (entry.id, entry.expires) == ("CS-TIME-002", date(2027, 1, 31))


def test_empty_baseline_has_no_entries(tmp_path: Path) -> None:
    path = tmp_path / "baseline.yaml"
    path.write_text("")
    assert Baseline.read(path).entries == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (WHOLE.replace("reason: known, ", ""), "entry 1 lacks reason"),
        (WHOLE.replace("2027-01-31", "soon"), "entry 1: expires is not a date"),
        (WHOLE.replace("reason:", "because: x, reason:"), "unknown keys: because"),
        ("id: CS-TIME-002\n", "is not a list"),
        ("- [\n", "is not YAML"),
        ("- CS-TIME-002\n", "entry 1 is not a mapping"),
    ],
)
def test_baseline_that_is_not_whole_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "baseline.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationProblem, match=message):
        Baseline.read(path)


def test_missing_baseline_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationProblem, match="can't be read: No such file or directory"):
        Baseline.read(tmp_path / "none.yaml")
