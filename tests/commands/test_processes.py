"""Scenarios in several processes: what comes of them is what would come of them in one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_PLAY = """
import sys, pytest
from pay_conformance.commands.processes import Processes
sys.exit(pytest.main(sys.argv[1:], plugins=[Processes(2)]))
"""


def play(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(f"import os, pytest\n{text}")
    arguments = ["-p", "no:cacheprovider", "-p", "pay_conformance.plugin", "-rA", "--tb=line"]
    return subprocess.run(
        [sys.executable, "-c", _PLAY, *arguments, str(folder)],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_copies_of_the_process_play_and_it_does_not(tmp_path: Path) -> None:
    done = play(
        tmp_path,
        f"HERE = os.getpid()\n"
        f"@pytest.mark.parametrize('number', range(6))\n"
        f"def test_here(number):\n"
        f"    assert os.getpid() != HERE\n"
        f"    open({str(tmp_path)!r} + f'/{{number}}.told', 'x').close()\n",
    )
    assert "6 passed" in done.stdout
    assert len(list(tmp_path.glob("*.told"))) == 6


def test_copy_that_dies_is_an_error_of_what_it_played_alone(tmp_path: Path) -> None:
    done = play(
        tmp_path,
        "@pytest.mark.parametrize('number', range(8))\n"
        "def test_life(number):\n"
        "    if number == 2:\n"
        "        os._exit(7)\n",
    )
    assert "1 failed, 7 passed" in done.stdout
    assert "FAILED test_it.py::test_life[2]" in done.stdout
    assert "died: exit 7" in done.stdout
    assert done.returncode == 1


def test_run_that_has_to_stop_plays_no_further(tmp_path: Path) -> None:
    done = play(
        tmp_path,
        "@pytest.mark.parametrize('number', range(40))\n"
        "def test_it(request, number):\n"
        "    request.session.shouldstop = 'enough'\n",
    )
    assert "enough" in done.stdout
    assert done.returncode == 2
    assert done.stdout.count("PASSED") < 8
