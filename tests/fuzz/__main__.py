"""Fuzzes one target, or all in turn: ``python -m tests.fuzz [TARGET…] [--seconds 300]``.

Guided by coverage, with atheris (the dependency group ``fuzz``). It starts from the kept inputs;
new ones go to a folder of their own, from which ``--merge`` takes those that reach new paths. An
input that breaks a target is written to ``crash-*`` beside it, and ends the run with an error.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.corpora import CORPUS

NAMES = sorted(path.name for path in CORPUS.iterdir())
SLOWEST = 10
"""Seconds for one input; a longer one is a failure."""


def main() -> int:
    """Fuzz the targets that are named, one after the other, each in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(NAMES))
    parser.add_argument("--seconds", type=int, default=0, help="for each target")
    parser.add_argument("--runs", type=int, default=0, help="inputs for each target")
    parser.add_argument("--merge", action="store_true", help="keep what reaches new paths")
    parser.add_argument("--seed", type=int, default=0, help="the same inputs again; 0 is any")
    parser.add_argument("--found", default="", help="folder for new inputs")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given, rest = parser.parse_known_args()
    unknown = set(given.targets) - set(NAMES)
    if unknown:
        parser.error(f"there is no target {min(unknown)}; choose from {', '.join(NAMES)}")
    if given.child:
        _fuzz(given.targets[0], rest)
        return 0
    worst = 0
    for target in given.targets or NAMES:
        worst = max(worst, _start(target, given))
    return worst


def _start(target: str, given: argparse.Namespace) -> int:
    folder = Path(given.found or tempfile.mkdtemp(prefix="fuzz-found-")) / target
    folder.mkdir(parents=True, exist_ok=True)
    options = [
        f"-timeout={SLOWEST}",
        "-rss_limit_mb=2048",
        "-max_len=20000",
        "-print_final_stats=1",
        f"-seed={given.seed}",
        f"-artifact_prefix={folder.parent}/{target}-",
    ]
    options += [f"-max_total_time={given.seconds}"] if given.seconds else []
    options += [f"-runs={given.runs}"] if given.runs else []
    places = [str(folder), str(CORPUS / target)]
    if given.merge:
        options, places = ["-merge=1", *options], [str(CORPUS / target), str(folder)]
    print(f"{target}: new inputs go to {folder}", file=sys.stderr, flush=True)
    again = [sys.executable, "-m", "tests.fuzz", "--child", target, *options, *places]
    return subprocess.run(again, check=False).returncode


def _fuzz(target: str, options: list[str]) -> None:
    import atheris

    with atheris.instrument_imports(include=["pay_conformance"]):
        from tests.fuzz.targets import TARGETS
    atheris.Setup([sys.argv[0], *options], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
