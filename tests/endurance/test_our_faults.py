"""Full disks, signals, odd places and odd settings: one message, and no half of a file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from benchmarks.kills.serving import Shop

from pay_conformance.contract import Contract
from pay_conformance.mock import Mock
from pay_conformance.record import cassette
from pay_conformance.record.recording import INDEX, read_index
from tests.mock.shop import embedded

TOOL = (sys.executable, "-m", "pay_conformance")
FEW = ("--api", "v2", "--seed", "1", "-k", "checkout_session_new")
RUN = ("run", *FEW)


def call(*arguments: str, blocks: int = 0, **options: Any) -> subprocess.CompletedProcess[str]:
    """Call a command, which may write so many blocks of 512 bytes into a file, if any number."""
    limit = f"ulimit -f {blocks}; " if blocks else ""
    return subprocess.run(
        ["/bin/sh", "-c", f'{limit}exec "$@"', "sh", *TOOL, *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        **options,
    )


def test_report_on_a_full_disk_is_one_message_and_the_old_one_stays(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text("the old one")

    done = call(*RUN, "--report", f"json={report}", blocks=4)

    assert done.returncode == 2
    assert f"{report} can't be written: File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert report.read_text() == "the old one"


def test_report_to_a_full_device_is_one_message_and_the_device_stays() -> None:
    done = call(*RUN, "--report", "json=/dev/full")

    assert (done.returncode, Path("/dev/full").is_char_device()) == (2, True)
    assert "/dev/full can't be written: No space left on device" in done.stderr


def test_report_to_standard_output_is_written_through(tmp_path: Path) -> None:
    done = call(*RUN, "--report", "json=/dev/stdout")

    assert done.returncode == 0
    assert '"summary"' in done.stdout
    assert Path("/dev/stdout").is_symlink()


def test_output_on_a_full_disk_is_one_message() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*TOOL, "requirements"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )

    assert done.returncode == 2
    assert done.stderr == "pay-conformance: No space left on device\n"


def test_recording_on_a_full_disk_has_no_half_of_a_cassette(tmp_path: Path) -> None:
    done = call("record", *FEW, "--to", str(tmp_path / "to"), blocks=16)

    assert done.returncode not in (0, 1)
    assert "Traceback" not in done.stderr
    assert not read_index(tmp_path / "to").whole
    for path in (tmp_path / "to").iterdir():
        if path.name != INDEX:
            assert cassette.read(path).exchanges


def test_notebook_on_a_full_disk_costs_the_resuming_and_not_the_run(tmp_path: Path) -> None:
    done = call(*RUN, "--resume", str(tmp_path / "resume.jsonl"), blocks=2)

    assert done.returncode == 0
    assert "resume.jsonl is not whole: " in done.stderr
    assert "Traceback" not in done.stderr


def test_state_on_a_full_disk_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    answers: dict[str, bytes] = {}
    with serving(state, blocks=600) as shop, pytest.raises(httpx.HTTPStatusError, match="500"):
        fill(shop, answers)

    assert len(answers) > 5
    with serving(state) as shop:
        assert {key: shop.create(key) for key in answers} == answers


def fill(shop: Shop, answers: dict[str, bytes]) -> None:
    """Make sessions for as long as the server can keep them."""
    for number in range(3000):
        answers[str(number)] = shop.create(str(number))


class serving:  # noqa: N801 - it reads as a verb
    """``serve --state`` for the time of a block; gives a shop."""

    def __init__(self, state: Path, blocks: int = 0) -> None:
        limit = f"ulimit -f {blocks}; " if blocks else ""
        arguments = ["serve", "--port", "0", "--state", str(state)]
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", f'{limit}exec "$@"', "sh", *TOOL, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> Shop:
        assert self.process.stdout is not None
        self.shop = Shop(json.loads(self.process.stdout.readline()))
        return self.shop

    def __exit__(self, *_: object) -> None:
        self.shop.close()
        self.process.terminate()
        with self.process:
            self.process.wait(30)


def test_interrupt_ends_a_run_with_a_report_that_says_so(tmp_path: Path) -> None:
    report, notebook = tmp_path / "report.json", tmp_path / "resume.jsonl"
    arguments = ["run", "--seed", "1", "--resume", str(notebook), "--report", f"json={report}"]
    with subprocess.Popen(
        [*TOOL, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        until = time.monotonic() + 120
        while time.monotonic() < until and (
            not notebook.exists() or notebook.read_bytes().count(b"\n") < 4
        ):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)

    assert "Traceback" not in errors
    assert process.returncode == 130
    assert "interrupted" in output
    assert json.loads(report.read_text())["summary"]


def test_two_runs_in_one_folder_leave_whole_reports(tmp_path: Path) -> None:
    runs = [
        subprocess.Popen(
            [*TOOL, *RUN, "--report", "json=report.json", "--report", "html=report.html"],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
        )
        for _ in range(2)
    ]

    assert [run.wait(300) for run in runs] == [0, 0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json"]
    assert json.loads((tmp_path / "report.json").read_text())["summary"]


@pytest.mark.parametrize(
    "settings",
    [
        {"HOME": None},
        {"HOME": "/nowhere"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Kiritimati"},
        {"LC_ALL": "ja_JP.eucJP", "TZ": "America/St_Johns", "PYTHONIOENCODING": "ascii"},
        {"TZ": "Nowhere/Atall", "COLUMNS": "1"},
    ],
    ids=str,
)
def test_run_in_a_folder_that_nobody_can_write_to_comes_to_its_verdicts(
    settings: dict[str, str | None],
) -> None:
    changed = {name: value for name, value in {**os.environ, **settings}.items() if value}

    done = subprocess.run(
        [*TOOL, *RUN], capture_output=True, cwd="/proc", env=changed, timeout=300, check=False
    )

    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr


def test_clock_that_jumps_back_disturbs_no_story(contract: Contract) -> None:
    now = [1_800_000_000.0]
    shop = embedded(Mock(contract, clock=lambda: now[0]), contract)
    bought = shop.bought()
    for jump in (-7200.0, 90_000.0, -86_400.0):
        now[0] += jump
        charge = shop.get(f"/charges/{bought['chargeId']}")
        again = shop.bought()
        assert shop.state(charge) == "Authorized"
        assert shop.state(again) == "Completed"


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract.load()
