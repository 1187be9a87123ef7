"""The soak, for a few seconds: whether memory is flat only half an hour can tell."""

from __future__ import annotations

import json
import subprocess
import sys


def test_soak_ends_with_books_that_agree_and_no_5xx_that_nobody_asked_for() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.soak", "--minutes", "0.1", "--rate", "50"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    report = json.loads(done.stdout)

    assert [client["wrong"] for client in report["clients"].values()] == [[], [], []]
    assert [client["unasked5xx"] for client in report["clients"].values()] == [0, 0, 0]
    assert all(client["calls"] for client in report["clients"].values())
    assert report["exitCodes"]["mock"] == 0
