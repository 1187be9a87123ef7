"""Kills ``run``, ``record`` and ``serve --state``: ``python -m benchmarks.kills [--times 200]``.

From a checkout, on Linux. It prints one JSON object, and exits with 0 if no acknowledged write was
lost, and no part of a file read as a whole one.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from random import Random

from benchmarks.kills.running import Recording, Running
from benchmarks.kills.serving import Serving


def main() -> int:
    """Kill so many times, and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills")
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    random = Random(given.seed)
    with tempfile.TemporaryDirectory(prefix="kills-") as name:
        folders = [Path(name) / part for part in ("serve", "run", "record")]
        for folder in folders:
            folder.mkdir()
        serving, running = Serving(folders[0], random), Running(folders[1], random)
        recording = Recording(folders[2], random)
        parts = {"serve --state": serving, "run": running, "record": recording}
        killed = dict.fromkeys(parts, 0)
        rounds = 0
        while sum(killed.values()) < given.times:
            part = list(parts)[rounds % len(parts)]
            rounds += 1
            cut = parts[part].round()  # one that ended before it was killed does not count
            killed[part] += cut or part == "serve --state"
            _show(sum(killed.values()), given.times)
        serving.round()
        wrong = [*serving.lost, *running.wrong, *recording.wrong]
        damage = serving.damage()
    report = {
        "rounds": rounds,
        "seed": given.seed,
        "killed": killed,
        "acknowledgedWrites": serving.writes,
        "lost": len(serving.lost),
        "runsTakenUpToTheirEnd": running.ended,
        "stateFile": damage,
        "wrong": wrong[:20],
        "good": not wrong and damage == "ok",
    }
    print(json.dumps(report, indent=1))
    return 0 if report["good"] else 1


def _show(done: int, of: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done} of {of} killed")


if __name__ == "__main__":
    sys.exit(main())
