"""Reports of each kind, and the files they go to."""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import click
import jsonschema
import pytest

from pay_conformance.contract import Contract
from pay_conformance.files import write_whole
from pay_conformance.findings import Finding, Held
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.report import (
    Baseline,
    BaselineEntry,
    Excused,
    RunResult,
    apply_baseline,
    badge,
    json_report,
    junit,
    markdown,
    parse_report_option,
    sarif,
    shields,
    terminal,
    write_reports,
)
from pay_conformance.report.wording import compared, headline
from tests.report import samples

SCHEMA = json.loads(
    (Path(json_report.__file__).parent / "report.schema.json").read_text(encoding="utf-8")
)


Renderer = Callable[[Excused], str]


def outcome(result: RunResult):
    return apply_baseline(result, None, date(2026, 1, 2))


@pytest.mark.parametrize("result", [samples.GOOD, samples.BAD, samples.EMPTY])
def test_json_report_keeps_its_schema(result: RunResult) -> None:
    report = json.loads(json_report.render(outcome(result)))
    jsonschema.Draft202012Validator(SCHEMA).validate(report)


def test_json_report_carries_the_exchange_of_a_finding() -> None:
    report = json_report.as_object(outcome(samples.BAD))
    assert list(report["exchanges"]) == ["one#1"]
    assert report["summary"]["exitCode"] == 1


def test_schema_refuses_a_pass_without_evidence() -> None:
    report = json_report.as_object(outcome(samples.GOOD))
    report["requirements"][0]["evidence"] = 0
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(report)


def test_junit_counts_what_it_lists() -> None:
    suite = ET.fromstring(junit.render(outcome(samples.BAD))).find("testsuite")
    assert suite is not None
    assert suite.get("tests") == str(len(suite.findall("testcase"))) == "4"
    assert suite.get("failures") == str(len(suite.findall(".//failure"))) == "1"
    assert suite.get("skipped") == str(len(suite.findall(".//skipped"))) == "2"


def test_markdown_escapes_what_a_subject_sent() -> None:
    hostile = samples.result(
        samples.LATE.__class__(
            requirement="CS-TIME-001", message="<img src=x> | [a](b)", actual="`x` | y"
        )
    )
    text = markdown.render(outcome(hostile))
    assert "<img" not in text
    assert "\\| \\[a](b)" in text
    assert "`ˋxˋ \\| y`" in text


def test_sarif_gives_each_finding_its_rule() -> None:
    (run,) = json.loads(sarif.render(outcome(samples.BAD)))["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["CS-TIME-002"]
    (entry,) = run["results"]
    assert (entry["ruleId"], entry["level"]) == ("CS-TIME-002", "error")
    assert entry["locations"] == [{"logicalLocations": [{"fullyQualifiedName": "test_one[v2]"}]}]


def test_sarif_marks_an_excused_finding_as_suppressed() -> None:
    entry = BaselineEntry("CS-TIME-002", "known", "https://example.org/1", date(2027, 1, 1))
    excused = apply_baseline(samples.BAD, Baseline((entry,)), date(2026, 1, 2))
    (run,) = json.loads(sarif.render(excused))["runs"]
    assert [item["suppressions"] for item in run["results"]] == [[{"kind": "external"}]]


@pytest.mark.parametrize(
    ("result", "words", "colour"),
    [
        (samples.GOOD, "2 of 2", "brightgreen"),
        (samples.BAD, "1 of 2", "red"),
        (samples.EMPTY, "nothing tested", "lightgrey"),
    ],
)
def test_badge_says_how_the_run_ended(result: RunResult, words: str, colour: str) -> None:
    endpoint = json.loads(shields.render(outcome(result)))
    assert (endpoint["message"], endpoint["color"]) == (words, colour)
    assert words in badge.render(outcome(result))


def test_terminal_explains_a_finding() -> None:
    text = click.unstyle(terminal.render(outcome(samples.BAD)))
    assert "ERROR  CS-TIME-002  CS-TIME-002 is kept." in text
    assert "where     /expirationTimestamp in the body of the server's answer (one#1)" in text
    assert "expected  20260103T030405Z" in text
    assert "seen      20260103T020405Z" in text
    assert "again     pay-conformance run -k test_one --seed 7" in text


def test_terminal_ends_with_counts_seed_and_exit_code() -> None:
    lines = click.unstyle(terminal.render(outcome(samples.GOOD))).splitlines()
    assert lines[-2] == "2 passed, 0 failed, 2 not tested, 0 findings"
    assert "seed 7" in lines[-1]
    assert lines[-1].endswith("exit 0")


def test_report_is_written(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_reports(outcome(samples.GOOD), [parse_report_option(f"json={path}")])
    assert json.loads(path.read_text())["seed"] == 7


def full_disk(_: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_report_survives_half_a_surrogate_pair(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_whole(path, "half \ud800")
    assert path.read_text() == "half \\ud800"


def test_report_that_fails_half_way_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.json"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(ConfigurationProblem, match="No space left on device"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["report.json"]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("json", "is not KIND=PATH"),
        ("json=", "is not KIND=PATH"),
        ("pdf=x.pdf", "knows no kind 'pdf'"),
        ("json=/nowhere/at/all.json", "is not there"),
        ("json=/", "is a folder"),
    ],
)
def test_report_option_that_is_wrong_is_refused(option: str, message: str) -> None:
    with pytest.raises(ConfigurationProblem, match=message):
        parse_report_option(option)


def many(number: int) -> RunResult:
    return samples.result(
        *(
            Finding("CS-TIME-002", f"late {one}", source=f"test_{one}", exchange="one#1")
            for one in range(number)
        )
    )


def test_terminal_is_short_and_tells_all_when_asked() -> None:
    short = click.unstyle(terminal.render(outcome(many(6))))
    assert short.count("late") == 1
    assert "and 5 more findings: test_1, test_2, test_3, …" in short
    assert "GET /v2/checkoutSessions/1" not in short
    long = click.unstyle(terminal.render(outcome(many(6)), verbose=True))
    assert long.count("  late") == 6
    assert long.count("> GET /v2/checkoutSessions/1") == 6


def test_terminal_begins_with_the_gravest() -> None:
    text = terminal.render(
        outcome(samples.result(Finding("CH-LIFE-001", "a warning"), Finding("CS-TIME-002", "b")))
    )
    assert text.index("CS-TIME-002") < text.index("CH-LIFE-001")


def test_markdown_stays_short_enough_for_a_comment() -> None:
    text = markdown.render(outcome(many(2000)))
    assert "(and 1999 more)" in text
    assert len(text) < 65_000


@pytest.mark.parametrize("render", [terminal.render, markdown.render, junit.render, sarif.render])
def test_report_of_each_kind_says_who_made_it_and_what_was_cut(render: Renderer) -> None:
    cut = RunResult.of(samples.events(samples.LATE)[:-1], samples.REQUIREMENTS)
    text = click.unstyle(render(outcome(cut)))
    for what in ("2026-01-02T03:04:05Z", "suite", "contract", "real", "7", "it was killed"):
        assert what in text, what


def test_junit_of_a_run_that_was_cut_short_is_no_success() -> None:
    cut = RunResult.of(samples.events()[:-1], samples.REQUIREMENTS)
    suite = ET.fromstring(junit.render(outcome(cut))).find("testsuite")
    assert suite is not None
    assert suite.get("errors") == str(len(suite.findall(".//error"))) == "1"
    assert suite.get("tests") == str(len(suite.findall("testcase")))


def test_schema_knows_the_id_of_each_requirement() -> None:
    pattern = SCHEMA["$defs"]["id"]["pattern"]
    assert [name for name in Contract.load().requirements if not re.search(pattern, name)] == []


def test_run_that_was_cut_short_is_green_nowhere() -> None:
    cut = outcome(RunResult.of(samples.events(Held("CS-TIME-001"))[:-1], samples.REQUIREMENTS))
    assert badge.status(cut) == ("cut short", "lightgrey")
    assert "✅" not in markdown.render(cut)
    assert json_report.summary(cut)["exitCode"] == 1
    assert headline(cut)[0] == "Cut short"
    assert "exit 0" not in terminal.render(cut)


@pytest.mark.parametrize(
    ("expected", "seen", "told"),
    [
        ("a", "b", ("a", "b")),
        ("a\n", "a", ('"a\\n"', '"a"')),
        (" a", "a", ('" a"', '"a"')),
        ("", None, ('""', "null")),
        ("1", 1, ('"1"', "1")),
        ({"x": 1}, [], ('{"x": 1}', "[]")),
        ("a\u200bb", "ab", ('"a\\u200bb"', '"ab"')),
    ],
)
def test_difference_between_expected_and_seen_can_be_seen(
    expected: object, seen: object, told: tuple[str, str]
) -> None:
    assert compared(expected, seen) == told
