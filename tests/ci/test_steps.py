"""The action, the templates and the hook do what they say: their steps are run, as they stand."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from pay_conformance.sdk.interception import namespaces_available

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "ci"
BODY = ROOT / "tests" / "contract" / "observed" / "v2-charge-authorized.json"
MODEL = ROOT / "tests" / "miniatures" / "broken.py"


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def steps(path: Path) -> Iterator[str]:
    """Yield the commands of each step of a workflow that runs some."""
    for job in load(path)["jobs"].values():
        yield from (step["run"] for step in job["steps"] if "run" in step)


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine on which nothing is installed, and on which then the action's own step has run."""
    folder = tmp_path_factory.mktemp("runner")
    (folder / "python").symlink_to(sys.executable)
    install, _ = (step for step in load(ROOT / "action.yml")["runs"]["steps"] if "run" in step)
    done = bash(install["run"], folder, folder, ACTION=str(ROOT), PATH=f"{folder}:/usr/bin:/bin")
    assert done.returncode == 0, done.stdout + done.stderr
    sudo = folder / "pay-conformance" / "bin" / "sudo"
    sudo.write_text('#!/bin/sh\nexec "$@"\n')
    sudo.chmod(0o755)
    return folder


def bash(text: str, folder: Path, runner: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a step as a CI system does, up to the first of its commands that fails."""
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("PYTHONPATH",)},
        "PATH": f"{runner}/pay-conformance/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "RUNNER_TEMP": str(runner),
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        **more,
    }
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", text],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip


def act(command: str, folder: Path, runner: Path) -> subprocess.CompletedProcess[str]:
    """Run the second step of the action, as ``uses:`` would with that command."""
    _, run = (step for step in load(ROOT / "action.yml")["runs"]["steps"] if "run" in step)
    return bash(run["run"], folder, runner, COMMAND=command, REPORTS="conformance")


def test_action_leaves_reports_a_summary_and_the_exit_code(tmp_path: Path, runner: Path) -> None:
    done = act(f"check {BODY}", tmp_path, runner)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "output").read_text() == "exit-code=0\n"
    assert "✅ Amazon Pay conformance" in (tmp_path / "summary").read_text()
    names = {path.name for path in (tmp_path / "conformance").iterdir()}
    assert names == {f"report.{end}" for end in ("html", "json", "xml", "md", "sarif", "svg")}


def test_action_fails_as_the_command_does(tmp_path: Path, runner: Path) -> None:
    wrong = tmp_path / "charge.json"
    wrong.write_text(BODY.read_text().replace('"amount": "', '"amount": "x', 1))
    done = act(f"check {wrong}", tmp_path, runner)
    assert done.returncode == 1
    assert (tmp_path / "output").read_text() == "exit-code=1\n"
    assert "❌ Amazon Pay conformance" in (tmp_path / "summary").read_text()


def test_action_leaves_to_the_subject_what_is_the_subjects(tmp_path: Path, runner: Path) -> None:
    done = act("gateway --via environment -- bash --norc -c true", tmp_path, runner)
    assert done.returncode == 4, done.stderr
    report = json.loads((tmp_path / "conformance" / "report.json").read_text())
    assert report["subject"]["name"] == "bash --norc -c true"


def test_gitlab_template_runs_what_a_job_says(tmp_path: Path, runner: Path) -> None:
    job = load(EXAMPLES / "gitlab.yml")[".amazon-pay-conformance"]
    variables: Mapping[str, str] = {**job["variables"], "CONFORMANCE": f"check {BODY}"}
    done = bash("\n".join(job["script"]), tmp_path, runner, **variables)
    assert done.returncode == 0, done.stderr
    for name in (*job["artifacts"]["paths"], job["artifacts"]["reports"]["junit"]):
        assert (tmp_path / name).exists(), name
    assert ET.parse(tmp_path / "junit.xml").getroot().tag == "testsuites"


@pytest.mark.skipif(not namespaces_available(), reason="needs a mount namespace of its own")
def test_sdk_workflow_gates_a_pull_request(tmp_path: Path, runner: Path) -> None:
    (tmp_path / "conformance-baseline.yaml").write_text("[]\n")
    subject = f"sdk {sys.executable} {MODEL} Model -k id-with"
    for step in steps(EXAMPLES / "github-sdk.yml"):
        exact = step.replace("sdk node --package .", subject)
        done = bash(exact, tmp_path, runner)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "Amazon Pay conformance" in (tmp_path / "summary").read_text()
    for name in ("report.html", "junit.xml", "events.jsonl"):
        assert (tmp_path / name).exists(), name


def test_compare_workflow_names_the_two_checkouts(tmp_path: Path, runner: Path) -> None:
    (only,) = (s for s in steps(EXAMPLES / "github-sdk-compare.yml") if "--package" in s)
    done = bash(only, tmp_path, runner)
    assert done.returncode == 2
    assert "--package ./old is neither a version nor a file nor a folder" in done.stderr


def test_sdk_workflow_reports_on_a_job_that_was_killed(tmp_path: Path, runner: Path) -> None:
    started = {
        "event": "RunStarted", "subject": {"kind": "client", "name": "sdk"}, "api": ["v2"],
        "seed": 0, "started": "2026-01-01T00:00:00Z", "command": "c", "selected": ["SDK-IDEM-001"],
    }  # fmt: skip
    (tmp_path / "events.jsonl").write_text(json.dumps(started) + "\n")
    late = [step for step in steps(EXAMPLES / "github-sdk.yml") if "report render" in step]
    done = bash(late[0], tmp_path, runner)
    assert done.returncode == 0, done.stderr
    assert "Cut short" in (tmp_path / "summary").read_text()


def test_nightly_workflow_keeps_drift_and_trend(tmp_path: Path, runner: Path) -> None:
    # The sandbox can't be reached from here; the mock answers in its place, a few stories of it.
    night = [
        step.replace("--target sandbox", "--target mock --api v2 -k charge_authorizes")
        for step in steps(EXAMPLES / "github-nightly.yml")
    ]
    for step in night:
        done = bash(step, tmp_path, runner)
        assert done.returncode == 0, f"{step}\n{done.stdout}{done.stderr}"
    # The next night, the last one is there to be compared with.
    for step in night[-2:]:
        done = bash(step, tmp_path, runner)
        assert done.returncode == 0, f"{step}\n{done.stdout}{done.stderr}"
    (kept,) = (tmp_path / "reports").glob("*.json")
    assert json.loads(kept.read_text())["summary"]["passed"] > 0
    for name in ("report.html", "trend.html", "tonight", "learned.diff", "last"):
        assert (tmp_path / name).exists(), name


def test_nightly_workflow_takes_its_secrets_from_the_environment() -> None:
    text = (EXAMPLES / "github-nightly.yml").read_text()
    (job,) = load(EXAMPLES / "github-nightly.yml")["jobs"].values()
    assert re.findall(r"secrets\.(\w+)", text) == [
        "AMAZON_PAY_PUBLIC_KEY_ID", "AMAZON_PAY_PRIVATE_KEY", "AMAZON_PAY_STORE_ID",
    ]  # fmt: skip
    assert all("secrets." not in step.get("run", "") for step in job["steps"])


def test_hook_judges_the_files_it_is_given(tmp_path: Path, runner: Path) -> None:
    (hook,) = load(ROOT / ".pre-commit-hooks.yaml")
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    shutil.copy(BODY, good)
    bad.write_text(BODY.read_text().replace('"amount": "', '"amount": "x', 1))
    assert bash(f"{hook['entry']} good.json", tmp_path, runner).returncode == 0
    refused = bash(f"{hook['entry']} good.json bad.json", tmp_path, runner)
    assert refused.returncode == 1
    assert "/chargeAmount/amount" in refused.stdout
