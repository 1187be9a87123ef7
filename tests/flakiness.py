"""Runs the generated tests with many seeds against the right server: all of them have to pass.

A seed that fails is a defect, of a generator, of the model, of a check or of the server.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pay_conformance.problems import ExitCode


@dataclass(frozen=True)
class Run:
    """How the generated tests ended with one seed. ``said`` is what they said, if not green."""

    seed: int
    code: int
    seconds: float
    said: str = ""

    @property
    def is_green(self) -> bool:
        """Whether all that could be tested holds."""
        return self.code == ExitCode.HOLDS


def runs(seeds: Sequence[int], more: Sequence[str] = ()) -> Iterator[Run]:
    """Yield how the generated tests end with each seed; ``more`` are further options of run."""
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            # A folder of its own, so that no example of an earlier run is tried again.
            command = [
                sys.executable, "-m", "pay_conformance", "run", "-k", "generated",
                "--seed", str(seed), "--examples-database", "none", *more,
            ]  # fmt: skip
            began = time.monotonic()
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            seconds = round(time.monotonic() - began, 1)
            said = "" if done.returncode == ExitCode.HOLDS else done.stdout + done.stderr
            yield Run(seed, done.returncode, seconds, said)


def main() -> int:
    """Run with so many seeds, and say how many were green; the exit code is 1 if not all were."""
    parser = argparse.ArgumentParser(prog="python -m tests.flakiness", description=__doc__)
    parser.add_argument("--runs", type=int, default=50, help="how many seeds (50)")
    parser.add_argument("--first", type=int, default=1, help="the first of them (1)")
    parser.add_argument("--keep", type=Path, help="folder for what red runs said")
    parser.add_argument("more", nargs="*", help="further options of run, after --")
    asked = parser.parse_args()
    done = []
    for run in runs(range(asked.first, asked.first + asked.runs), asked.more):
        done.append(run)
        colour = "green" if run.is_green else f"red, exit {run.code}"
        print(f"seed {run.seed}: {colour} in {run.seconds} s", flush=True)
        if run.said and asked.keep:
            asked.keep.mkdir(parents=True, exist_ok=True)
            (asked.keep / f"seed-{run.seed}.txt").write_text(run.said, encoding="utf-8")
    green = sum(run.is_green for run in done)
    print(f"{green} of {len(done)} runs green")
    return 0 if green == len(done) else 1


if __name__ == "__main__":
    sys.exit(main())
