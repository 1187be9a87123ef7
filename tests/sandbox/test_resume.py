"""A run that was cut is taken up again, and comes to the verdicts of one that was not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pay_conformance.findings import Skipped
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.scenario.proof import Proof
from pay_conformance.scenario.resume import is_done, open_notebook, read_done, seed_of

RUN = {"target": "sandbox", "seed": 7, "api": ["v2"], "suite": "a"}
PASSED = Proof("test_a[v2]", held={"CS-NEW-001": 2})
NO_ANSWER = Proof(
    "test_b[v2]", "not tested", skipped=[Skipped("CS-NEW-001", "Create … got no answer: spent")]
)
COMMAND = (
    sys.executable, "-c", "from pay_conformance.cli import main; main()", "run",
    "--api", "v2", "-k", "signing or checkout_session_new",
)  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "run.jsonl"


def begun(file: Path) -> Path:
    """Leave behind the notebook of a run that was killed after one scenario."""
    notebook = open_notebook(file, RUN)
    notebook.add("a", PASSED)
    os.close(notebook._handle)
    return file


def test_notebook_gives_back_what_was_done(file):
    begun(file)

    assert open_notebook(file, RUN).done == {"a": PASSED}
    assert seed_of(file) == 7


def test_notebook_forgets_a_scenario_that_was_broken_off(file):
    notebook = open_notebook(file, RUN)
    notebook.add("b", NO_ANSWER)
    notebook.finish(cut=False)

    assert read_done(file) == {}
    assert file.exists()


@pytest.mark.parametrize(
    ("proof", "done"),
    [
        (PASSED, True),
        (Proof("x", "failed"), True),
        (Proof("x", "not tested", skipped=[Skipped("A-B-001", "subject has no clock")]), True),
        (NO_ANSWER, False),
        (Proof("x", "error", error="ours"), False),
        (Proof("x", "error", died="gone"), False),
    ],
)
def test_scenario_is_done_unless_it_was_broken_off(proof, done):
    assert is_done(proof) is done


def test_notebook_of_a_run_that_came_to_its_end_goes_away(file):
    notebook = open_notebook(file, RUN)
    notebook.add("a", PASSED)
    notebook.finish(cut=False)

    assert not file.exists()


def test_line_that_was_cut_off_spoils_no_other(file):
    begun(file)
    file.write_bytes(file.read_bytes() + b'{"node": "b", "pro')
    notebook = open_notebook(file, RUN)
    notebook.add("c", PASSED)
    notebook.finish(cut=True)

    assert list(read_done(file)) == ["a", "c"]


@pytest.mark.parametrize("name", RUN)
def test_notebook_of_another_run_is_refused(file, name):
    begun(file)

    with pytest.raises(ConfigurationProblem, match=f"another {name}"):
        open_notebook(file, {**RUN, name: "other"})


def test_notebook_that_is_in_use_is_refused(file):
    open_notebook(file, RUN)

    with pytest.raises(ConfigurationProblem, match="in use"):
        open_notebook(file, RUN)


def test_notebook_of_long_ago_is_refused(file):
    started = datetime.now(UTC) - timedelta(days=4)
    file.write_text(json.dumps({"run": RUN, "started": started.isoformat()}) + "\n")

    with pytest.raises(ConfigurationProblem, match="4 days ago"):
        open_notebook(file, RUN)


@pytest.mark.parametrize("text", ["hello\n", "[]\n", '{"a": 1}\n'])
def test_file_that_is_no_notebook_is_refused_and_kept(file, text):
    file.write_text(text)

    with pytest.raises(ConfigurationProblem, match="not from a run"):
        open_notebook(file, RUN)
    assert file.read_text() == text


def test_folder_is_no_notebook(tmp_path):
    with pytest.raises(ConfigurationProblem, match="can't be used"):
        open_notebook(tmp_path, RUN)


def verdicts(report: Path) -> dict[str, str]:
    found = json.loads(report.read_text())
    return {entry["id"]: entry["verdict"] for entry in found["requirements"]}


def test_run_that_was_killed_comes_to_the_same_verdicts(tmp_path, file):
    whole, again = tmp_path / "whole.json", tmp_path / "again.json"
    subprocess.run(
        [*COMMAND, "--seed", "5", "--report", f"json={whole}"],
        capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    with subprocess.Popen(
        [*COMMAND, "--seed", "5", "--resume", str(file)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as run:  # fmt: skip
        deadline = time.monotonic() + 60
        while len(read_done(file)) < 5 and time.monotonic() < deadline:
            time.sleep(0.02)
        run.send_signal(signal.SIGKILL)
    before = len(read_done(file))
    done = subprocess.run(
        [*COMMAND, "--resume", str(file), "--report", f"json={again}"],
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip

    assert before >= 5
    assert (done.returncode, b"seed 5" in done.stderr) == (0, True)
    assert verdicts(again) == verdicts(whole)
    assert not file.exists()
