"""Processes of ours are killed a few times; two hundred times are a command."""

from __future__ import annotations

import json
import subprocess
import sys


def test_killed_processes_lose_nothing_and_leave_nothing_that_reads_as_whole() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.kills", "--times", "6"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    report = json.loads(done.stdout)

    assert report["wrong"] == []
    assert sum(report["killed"].values()) == 6
    assert report["acknowledgedWrites"] > 0
    assert done.returncode == 0
