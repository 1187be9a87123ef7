"""Two releases compared: what is better, what is worse, and the exit code of a gate."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from pay_conformance.commands import sdk as command
from pay_conformance.commands.sdk_compare import compare, comparison_exit, render_comparison
from pay_conformance.contract import Contract
from pay_conformance.findings import Finding, Held, Skipped
from pay_conformance.report import OutcomeSeen, RunEnded, RunResult, RunStarted, ScenarioEnded
from pay_conformance.sdk.packages import Installed

from .test_command import BROKEN, needs_namespace, run

ONE, OTHER = "SDK-RETRY-003", "SDK-IDEM-004"


def failed(requirement: str, source: str) -> tuple[Finding, str]:
    return Finding(requirement, "it does not", source=source), "failed"


def held(requirement: str, source: str) -> tuple[Held, str]:
    return Held(requirement, f"{source}#1"), "passed"


def skipped(requirement: str, _: str) -> tuple[Skipped, str]:
    return Skipped(requirement, "(the SDK has no way to it)"), "not tested"


def release(version: str, **cases: tuple) -> RunResult:
    """A run in which each case (its name with underscores) came to that outcome."""
    contract = Contract.load()
    wanted = {name: contract.requirements[name] for name in (ONE, OTHER)}
    started = RunStarted(
        subject={"name": f"sdk {version}"}, api=("v2",), seed=0, started="", command="",
        tool={}, selected=tuple(wanted),
    )  # fmt: skip
    events = [started]
    for name, (outcome, state) in cases.items():
        events += [OutcomeSeen(outcome), ScenarioEnded(name, state, 0.1)]
    return RunResult.of([*events, RunEnded("", 1.0)], wanted)


def test_failure_that_only_the_old_release_has_is_better():
    comparison = compare(release("1", a=failed(ONE, "a")), release("2", a=held(ONE, "a")))
    assert [found.source for found in comparison.better] == ["a"]
    assert (comparison.worse, comparison_exit(comparison)) == ((), 0)


def test_failure_that_only_the_new_release_has_is_worse():
    comparison = compare(release("1", a=held(ONE, "a")), release("2", a=failed(ONE, "a")))
    assert [found.source for found in comparison.worse] == ["a"]
    assert comparison_exit(comparison) == 1


def test_failure_of_another_case_is_worse_although_the_requirement_failed_before():
    old = release("1", a=failed(ONE, "a"), b=held(ONE, "b"))
    new = release("2", a=failed(ONE, "a"), b=failed(ONE, "b"))
    comparison = compare(old, new)
    assert ([found.source for found in comparison.worse], comparison.as_before) == (["b"], 1)


def test_failure_that_can_not_be_tested_any_more_is_not_better():
    old = release("1", a=failed(ONE, "a"), b=held(OTHER, "b"))
    new = release("2", a=skipped(ONE, "a"), b=held(OTHER, "b"))
    comparison = compare(old, new)
    assert (comparison.better, comparison.untested) == ((), (ONE,))
    assert f"no longer tested  {ONE}" in render_comparison(comparison)


def test_comparison_names_both_releases_and_counts():
    old = release("1", a=failed(ONE, "a"), b=failed(OTHER, "b"))
    new = release("2", a=held(ONE, "a"), b=failed(OTHER, "b"), c=failed(OTHER, "c"))
    text = render_comparison(compare(old, new))
    assert "old  sdk 1\nnew  sdk 2" in text
    assert text.endswith("1 failure mended, 1 new, 1 as before\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--package", "1", "--package", "2", "--package", "3"], "more than twice"),
        (["--package", "1", "--package", "2", "--baseline", "x.yaml"], "has no baseline"),
    ],
)
def test_wrong_comparison_is_told_in_one_line(arguments, says, capsys):
    assert run("node", *arguments) == 2
    assert says in capsys.readouterr().err


@pytest.fixture
def releases(monkeypatch):
    """``--package NAME`` of any SDK is the miniature of that name."""

    def installed(_: tuple[str, ...], package: str | None) -> Installed:
        return Installed(str(package), (sys.executable, BROKEN, str(package)))

    monkeypatch.setattr(command, "_installed", installed)


@needs_namespace
def test_release_that_retries_no_more_is_worse_and_the_other_way_round_better(
    releases, capsys, tmp_path: Path
):
    report = tmp_path / "new.json"
    chosen = ["-k", "status-429-is-tried-again", "--report", f"json={report}"]
    assert run("node", "--package", "Model", "--package", "GivesUpAtOnce", *chosen) == 1
    assert "worse  SDK-RETRY-003  status-429-is-tried-again" in capsys.readouterr().out
    assert [f["requirement"] for f in json.loads(report.read_text())["findings"]] == [ONE]
    assert run("node", "--package", "GivesUpAtOnce", "--package", "Model", *chosen) == 0
    assert "better  SDK-RETRY-003" in capsys.readouterr().out
