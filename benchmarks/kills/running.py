"""``run`` and ``record`` are killed; no part of a file then reads as a whole one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from random import Random
from xml.etree import ElementTree

from benchmarks.kills.process import run_for, timed
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.record import cassette
from pay_conformance.record.recording import INDEX, read_index

STORIES = "checkout_session_new or charge_permission"
WHAT = ("--api", "v2", "--seed", "1", "-k", STORIES)


class Running:
    """One run that is taken up again each time it was killed, until it comes to its end."""

    def __init__(self, folder: Path, random: Random) -> None:
        self._folder = folder
        self._random = random
        self._reports = folder / "reports"
        self._reports.mkdir()
        self._arguments = ["run", *WHAT, "--resume", str(folder / "resume.jsonl")]
        for kind in ("json", "junit", "html"):
            self._arguments += ["--report", f"{kind}={self._reports / kind}"]
        self._seconds = timed(self._arguments, folder)
        self._expected = self._verdicts()
        self.wrong: list[str] = []
        self.ended = 0

    def round(self) -> bool:
        """Go on with the run, and kill it; say whether it was killed before its end."""
        code = run_for(self._arguments, self._random.uniform(0, 1.1 * self._seconds), self._folder)
        for path in sorted(self._reports.iterdir()):
            if not path.name.startswith(".") and not _is_whole(path):
                self.wrong.append(f"a part of {path.name} reads as a report")
        if code is None:
            return True
        self.ended += 1
        if code != 0 or self._verdicts() != self._expected:
            self.wrong.append(f"a run that was taken up again ended with {code}, other verdicts")
        return False

    def _verdicts(self) -> dict[str, str]:
        report = json.loads((self._reports / "json").read_text(encoding="utf-8"))
        return {entry["id"]: entry["verdict"] for entry in report["requirements"]}


class Recording:
    """Recordings, each killed before its end."""

    def __init__(self, folder: Path, random: Random) -> None:
        self._folder = folder
        self._random = random
        whole = folder / "whole"
        self._seconds = timed(["record", *WHAT, "--to", str(whole)], folder)
        self._expected = _stories(whole)
        self.wrong: list[str] = []

    def round(self) -> bool:
        """Record, and kill; say whether it was killed before its end."""
        to = self._folder / "cut"
        shutil.rmtree(to, ignore_errors=True)
        arguments = ["record", *WHAT, "--to", str(to)]
        code = run_for(arguments, self._random.uniform(0, 1.1 * self._seconds), self._folder)
        try:
            found = _stories(to)
        except ConfigurationProblem as problem:
            self.wrong.append(f"a part of a cassette is there: {problem}")
            return code is None
        for name, exchanges in found.items():
            if self._expected.get(name) != exchanges:
                self.wrong.append(f"{name} has {exchanges} exchanges, of {self._expected[name]}")
        said = _says_whole(to)
        if said and found != self._expected:
            self.wrong.append("a recording that was cut says that it is whole")
        if code is not None and not said:
            self.wrong.append(f"a recording that ended with {code} says that it was cut")
        return code is None


def _stories(folder: Path) -> dict[str, int]:
    """Return the number of exchanges of each cassette; raises if one can't be read."""
    return {
        path.name: len(cassette.read(path).exchanges)
        for path in sorted(folder.glob("*.yaml"))
        if path.name != INDEX
    }


def _says_whole(folder: Path) -> bool:
    if not (folder / INDEX).exists():
        return False
    return read_index(folder).whole


def _is_whole(path: Path) -> bool:
    text = path.read_text(encoding="utf-8")
    try:
        if path.name == "json":
            return "summary" in json.loads(text)
        if path.name == "junit":
            return ElementTree.fromstring(text).tag == "testsuites"  # noqa: S314 - it is our own
    except (ValueError, ElementTree.ParseError):
        return False
    return text.rstrip().endswith("</html>")
