"""A run that is ended before its time still reports what it saw, and that it was cut short."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

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
    while process.poll() is None:
        if events.exists() and "ScenarioEnded" in events.read_text():
            return process
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.2)
    raise AssertionError(f"the run ended by itself, with {process.returncode}")


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
