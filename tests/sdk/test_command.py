"""The command line: what it refuses before any SDK is started, and how it ends."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest

from pay_conformance.cli import main
from pay_conformance.report import Baseline
from pay_conformance.sdk.interception import namespaces_available

BROKEN = str(Path(__file__).parents[1] / "miniatures" / "broken.py")

needs_namespace = pytest.mark.skipif(
    not namespaces_available(), reason="needs a mount namespace of its own"
)


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["sdk", *arguments])
    return int(ended.value.code)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "no SDK is named"),
        (["--update-baseline", "node"], "--update-baseline has no file"),
        (["--package", "1.0", "cat"], "--package is for the bundled adapters"),
        (["cobol"], "neither a bundled SDK nor a program"),
        (["--", "/nonexistent/adapter"], "neither a bundled SDK nor a program"),
        (["node", "--package", "/nowhere/at/all"], "neither a version nor a file"),
        (["node", "--baseline", "/nowhere.yaml"], "can't be read"),
        (["--matrix", "matrix.md", "/nowhere.json"], "no JSON report of an SDK"),
        (["--scaffold", "/tmp", "--language", "cobol"], "no scaffold in cobol"),
    ],
)
def test_wrong_call_is_told_in_one_line(arguments, says, capsys):
    assert run(*arguments) == 2
    assert says in capsys.readouterr().err


@needs_namespace
@pytest.mark.parametrize("command", [["cat"], ["true"]])
def test_command_that_is_no_adapter_is_a_dead_subject(command, capsys):
    assert run("--", *command) == 3
    assert "Traceback" not in capsys.readouterr().err


@needs_namespace
def test_miniature_ends_with_findings_a_report_and_a_baseline_that_excuses_them(tmp_path):
    report, baseline = tmp_path / "report.json", tmp_path / "known.yaml"
    subject = ["-k", "status-429-is-tried-again", "--", sys.executable, BROKEN, "GivesUpAtOnce"]
    assert run("--report", f"json={report}", *subject) == 1
    found = {finding["requirement"] for finding in json.loads(report.read_text())["findings"]}
    assert found == {"SDK-RETRY-003"}
    assert run("--baseline", str(baseline), "--update-baseline", *subject) == 0
    assert run("--baseline", str(baseline), *subject) == 0


@needs_namespace
def test_baseline_entry_that_no_longer_fails_fails_the_run(tmp_path):
    baseline = tmp_path / "known.yaml"
    baseline.write_text(
        "- {id: SDK-RETRY-003, source: status-429-is-tried-again, reason: it was so once, "
        "link: docs/sdk-matrix.md, expires: 2099-01-01}\n"
    )
    subject = ["-k", "status-429-is-tried-again", "--", sys.executable, BROKEN, "Model"]
    assert run("--baseline", str(baseline), *subject) == 1


@needs_namespace
def test_baseline_keeps_what_is_known_of_cases_that_are_not_played(tmp_path):
    baseline = tmp_path / "known.yaml"
    known = (
        "- {id: SDK-RETRY-003, source: status-429-on-createRefund-is-tried-again, reason: ours, "
        "link: docs/sdk-matrix.md, expires: 2099-01-01}\n"
        "- {id: SDK-TIME-001, source: silent-server-is-given-up-on-getCharge, reason: ours, "
        "link: docs/sdk-matrix.md, expires: 2099-01-01}\n"
    )
    baseline.write_text(known)
    subject = ["-k", "status-429-is-tried-again", "--", sys.executable, BROKEN, "GivesUpAtOnce"]
    assert run("--baseline", str(baseline), *subject) == 1  # the failure of this case is new
    assert run("--baseline", str(baseline), "--update-baseline", *subject) == 0
    entries = {entry.source: entry for entry in Baseline.read(baseline).entries}
    assert entries["status-429-on-createRefund-is-tried-again"].reason == "ours"
    assert entries["silent-server-is-given-up-on-getCharge"].reason == "ours"
    assert entries["status-429-is-tried-again"].reason.startswith("not reviewed: ")


@needs_namespace
def test_command_is_started_where_the_user_is(tmp_path, monkeypatch):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "adapter.py").write_text(
        f"import runpy, sys; sys.path.insert(0, {str(Path(BROKEN).parent)!r}); "
        f"sys.argv = ['broken.py', 'Model']; runpy.run_path({BROKEN!r}, run_name='__main__')\n"
    )
    monkeypatch.chdir(tmp_path)
    assert run("-k", "get-charge-has-its-method", "--", sys.executable, "./own/adapter.py") == 0


@needs_namespace
def test_command_of_a_finding_shows_it_again(tmp_path):
    def found(*arguments):
        assert run("--report", f"json={tmp_path}/report.json", *arguments) == 1
        return json.loads((tmp_path / "report.json").read_text())["findings"]

    subject = ["--", sys.executable, BROKEN, "ForgetsThrottling"]
    (finding,) = found("-k", "status-429-is-tried-again", *subject)
    words = shlex.split(finding["reproduce"])
    assert words[:2] == ["pay-conformance", "sdk"]
    assert found(*words[2:]) == [finding]
