"""A run that is ended before its time still reports what it saw, and that it was cut short."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pay_conformance.commands.ending import ended_like_interrupted


@pytest.fixture
def run(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A run of the server suite that has told of its first scenario."""
    command = [
        sys.executable, "-m", "pay_conformance", "run", "--api", "v2", "--seed", "1",
        "--report", f"events={tmp_path}/run.jsonl", "--report", f"json={tmp_path}/run.json",
        "--report", f"html={tmp_path}/run.html",
    ]  # fmt: skip
    with subprocess.Popen(
        command, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=tmp_path
    ) as process:
        try:
            yield wait_for_scenario(process, tmp_path / "run.jsonl")
        finally:
            process.kill()


def wait_for_scenario(process: subprocess.Popen[str], events: Path) -> subprocess.Popen[str]:
    return wait_for("ScenarioEnded", process, events)


def wait_for(word: str, process: subprocess.Popen[str], events: Path) -> subprocess.Popen[str]:
    for _ in range(600):
        if events.exists() and word in events.read_text():
            return process
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.2)
    raise AssertionError(f"the run never told of {word}; it ended with {process.poll()}")


def killed(folder: Path, word: str, *arguments: str) -> dict[str, Any]:
    """Kill a command as soon as a word is in its event file; return the report of what it saw."""
    command = [sys.executable, "-m", "pay_conformance", *arguments]
    command[4:4] = ["--report", f"events={folder}/run.jsonl"]
    with subprocess.Popen(
        command, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder
    ) as process:
        try:
            wait_for(word, process, folder / "run.jsonl")
        finally:
            process.kill()
    code, said, page = rendered(folder)
    assert code == 1
    assert "CUT SHORT  it was killed" in said
    assert "Cut short." in page
    report: dict[str, Any] = json.loads((folder / "again.json").read_text())
    return report


def rendered(folder: Path) -> tuple[int, str, str]:
    command = [
        sys.executable, "-m", "pay_conformance", "report", "render", str(folder / "run.jsonl"),
        "--report", f"html={folder}/again.html", "--report", f"json={folder}/again.json",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, (folder / "again.html").read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_is_interrupted_by_the_signals_that_end_a_job(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), ended_like_interrupted():
        signal.raise_signal(number)
    assert signal.getsignal(number) is before


def test_run_that_is_interrupted_writes_its_reports(
    run: subprocess.Popen[str], tmp_path: Path
) -> None:
    run.send_signal(signal.SIGINT)
    said, _ = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "CUT SHORT  interrupted by the user" in said
    report = json.loads((tmp_path / "run.json").read_text())
    assert report["cutShort"] == "interrupted by the user"
    assert report["summary"]["scenarios"] >= 1
    assert "Cut short." in (tmp_path / "run.html").read_text()
    code, said, page = rendered(tmp_path)
    assert code == 1
    assert "CUT SHORT  interrupted by the user" in said
    assert "Cut short." in page


def test_run_that_is_killed_is_rendered_from_its_events(
    run: subprocess.Popen[str], tmp_path: Path
) -> None:
    run.kill()
    run.communicate(timeout=60)
    assert not (tmp_path / "run.json").exists()
    code, said, page = rendered(tmp_path)
    assert code == 1
    assert "CUT SHORT  it was killed" in said
    assert "Cut short." in page
    report = json.loads((tmp_path / "again.json").read_text())
    assert report["summary"]["scenarios"] >= 1
    assert report["ended"] is None


PROGRAM = """
import os, time, urllib.error, urllib.request

parent = os.getppid()
try:
    urllib.request.urlopen("https://pay-api.amazon.com/v2/charges/x")
except urllib.error.HTTPError:
    pass
while os.getppid() == parent:
    time.sleep(0.1)
"""
"""Makes one wrong call, and goes on until whoever started it is gone."""


def test_gateway_that_is_killed_inside_its_first_journey_tells_of_each_call(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    report = killed(
        tmp_path, '"Finding"', "gateway", "--via", "environment", "--", sys.executable, str(program)
    )
    assert {finding["requirement"] for finding in report["findings"]}
    (exchange,) = {finding["exchange"] for finding in report["findings"]}
    assert exchange == "g-000001"


def test_sdk_that_is_killed_before_its_first_call_is_named(tmp_path: Path) -> None:
    silent = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    report = killed(tmp_path, "RunStarted", "sdk", "--", *silent)
    assert report["subject"]["kind"] == "client"
    assert report["subject"]["name"] == Path(sys.executable).name


def test_sdk_that_is_killed_tells_of_the_cases_that_are_over(tmp_path: Path) -> None:
    model = str(Path(__file__).parents[1] / "miniatures" / "broken.py")
    report = killed(tmp_path, "ScenarioEnded", "sdk", "--", sys.executable, model, "Model")
    assert report["subject"]["name"] == "model 1.0"
    assert report["summary"]["scenarios"] >= 1


def test_sdk_that_does_not_start_is_told_in_its_events(tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "pay_conformance", "sdk",
        "--report", f"events={tmp_path}/run.jsonl", "--", "false",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    _, said, _ = rendered(tmp_path)
    assert "CUT SHORT  the adapter does not answer start: crash" in said


def test_check_that_is_killed_tells_of_the_files_that_are_over(tmp_path: Path) -> None:
    body = tmp_path / "charge.json"
    body.write_text('{"chargeId": "x", "chargeAmount": {"amount": "1", "currencyCode": "usd"}}')
    os.mkfifo(tmp_path / "endless")
    report = killed(tmp_path, "ScenarioEnded", "check", "charge.json", "endless")
    assert report["subject"]["name"] == "2 files"
    assert {finding["source"] for finding in report["findings"]} == {"charge.json"}


def test_run_that_was_killed_before_it_began_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "run.jsonl").touch()
    command = [sys.executable, "-m", "pay_conformance", "report", "render", "run.jsonl"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path
    )
    assert done.returncode == 2
    assert "run.jsonl is empty: the run was killed before it began" in done.stderr


def test_gateway_keeps_what_it_saw(tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "pay_conformance", "gateway", "--via", "environment",
        "--report", f"events={tmp_path}/run.jsonl", "--", "true",
    ]  # fmt: skip
    subprocess.run(command, capture_output=True, timeout=120, check=False)
    code, said, page = rendered(tmp_path)
    assert code == 4
    assert "api v1 v2  seed 0" in said
    assert "Nothing tested." in page
