"""A folder of reports tells what changed, since when, and what is flaky."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from pay_conformance.problems import ConfigurationProblem
from pay_conformance.report.trend import Series, read_folder
from pay_conformance.report.trend_page import render
from pay_conformance.report.trend_text import as_object, lines

STATES = {"p": "passed", "f": "failed", "n": "not tested"}
HOSTILE = '<script>alert("1")</script>'


def write(folder: Path, night: int, verdicts: Mapping[str, str], **changes: str) -> None:
    """Write one report; ``verdicts`` maps an id to p, f or n."""
    report = {
        "tool": {
            "name": "amazon-pay-conformance",
            "suite": changes.get("suite", "s"),
            "contract": "c",
        },
        "subject": {"kind": "server", "name": changes.get("name", "sandbox")},
        "api": ["v2"],
        "started": f"2026-01-{night:02d}T03:00:00Z",
        "cutShort": changes.get("cut"),
        "requirements": [{"id": key, "verdict": STATES[it]} for key, it in verdicts.items()],
        "findings": [
            {"requirement": key, "message": HOSTILE} for key, it in verdicts.items() if it == "f"
        ],
        "summary": {"exitCode": 0},
    }
    (folder / f"{changes.get('name', 'sandbox')}-{night}.json").write_text(json.dumps(report))


def nights(folder: Path, row: str) -> Series:
    """Return the series of one requirement, a letter a night; a blank is a report without it."""
    for night, letter in enumerate(row, 1):
        write(folder, night, {} if letter == " " else {"CS-TIME-001": letter})
    (one,) = read_folder(folder, 60)
    return one


@pytest.mark.parametrize(
    ("row", "change", "since", "first_failed"),
    [
        ("p", "", "01", ""),
        ("ppp", "", "01", ""),
        ("ppf", "broken", "03", "03"),
        ("pff", "", "02", "02"),
        ("fpf", "broken", "03", "01"),
        ("ffp", "mended", "03", "01"),
        ("ppn", "other", "03", ""),
        ("  p", "new", "03", ""),
        ("  f", "new", "03", "03"),
        ("pp ", "other", "03", ""),
    ],
)
def test_trend_tells_what_changed_and_since_when(
    tmp_path: Path, row: str, change: str, since: str, first_failed: str
) -> None:
    (history,) = nights(tmp_path, row).histories
    told = (history.change, history.since[8:10], history.first_failed[8:10])
    assert told == (change, since, first_failed)


@pytest.mark.parametrize(
    ("row", "flaky"), [("pfpf", True), ("pffp", False), ("pnpn", False), ("pfnpf", True)]
)
def test_trend_calls_flaky_what_goes_to_and_fro(tmp_path: Path, row: str, *, flaky: bool) -> None:
    (history,) = nights(tmp_path, row).histories
    assert history.flaky is flaky


def test_trend_does_not_call_flaky_what_other_tests_say(tmp_path: Path) -> None:
    for night, letter in enumerate("pfpf", 1):
        write(tmp_path, night, {"CS-TIME-001": letter}, suite=f"suite {night}")
    (series,) = read_folder(tmp_path, 60)
    assert series.flaky == ()


def test_trend_keeps_subjects_apart(tmp_path: Path) -> None:
    write(tmp_path, 1, {"CS-TIME-001": "p"})
    write(tmp_path, 2, {"CS-TIME-001": "f"}, name="another")
    assert [one.subject for one in read_folder(tmp_path, 60)] == ["another", "sandbox"]
    assert not any(one.worse for one in read_folder(tmp_path, 60))


def test_trend_leaves_out_what_is_no_report(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "x"}')
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "half.json").write_text('{"tool": ')
    with pytest.raises(ConfigurationProblem, match="holds no JSON report"):
        read_folder(tmp_path, 60)
    write(tmp_path, 1, {"CS-TIME-001": "p"})
    assert len(read_folder(tmp_path, 60)) == 1


def test_trend_looks_at_the_last_reports_only(tmp_path: Path) -> None:
    nights(tmp_path, "fppp")
    (series,) = read_folder(tmp_path, 2)
    assert len(series.reports) == 2
    assert series.histories[0].first_failed == ""


def test_trend_as_a_table_names_what_changed(tmp_path: Path) -> None:
    text = "\n".join(lines([nights(tmp_path, "ppf")]))
    assert "fails now" in text
    assert "CS-TIME-001     ✓✓✗  since 2026-01-03" in text


def test_trend_as_json_has_all_that_the_table_has(tmp_path: Path) -> None:
    (one,) = as_object([nights(tmp_path, "pfpf")])["series"]
    assert one["requirements"] == [
        {
            "id": "CS-TIME-001",
            "verdict": "failed",
            "change": "broken",
            "since": "2026-01-04T03:00:00Z",
            "firstFailed": "2026-01-02T03:00:00Z",
            "flaky": True,
        }
    ]


def test_trend_page_needs_nothing_and_trusts_nothing(tmp_path: Path) -> None:
    page = render([nights(tmp_path, "ppf")])
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "src=" not in page
    assert "Worse since 2026-01-02" in page


def test_trend_says_that_the_last_run_was_cut_short(tmp_path: Path) -> None:
    write(tmp_path, 1, {"CS-TIME-001": "p"}, cut="killed")
    series = read_folder(tmp_path, 60)
    assert "cut short: killed" in "\n".join(lines(series))
    assert "killed" in render(series)
