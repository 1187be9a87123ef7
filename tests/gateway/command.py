"""Calls ``pay-conformance gateway`` as a user does, and reads its JSON report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Called:
    """What a call came to; ``report`` is empty when none was written."""

    code: int
    out: str
    err: str
    report: Mapping[str, Any]

    @property
    def findings(self) -> set[str]:
        """The requirements that were violated."""
        return {finding["requirement"] for finding in self.report["findings"]}

    def verdict(self, requirement: str) -> tuple[str, str]:
        """The verdict of a requirement, and why."""
        return next(
            (entry["verdict"], entry["why"])
            for entry in self.report["requirements"]
            if entry["id"] == requirement
        )


def gateway(
    folder: Path,
    options: Sequence[str],
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
) -> Called:
    """Run the gateway with its report in ``folder``."""
    report = folder / "report.json"
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from pay_conformance.cli import main; main()", "gateway"),
            *options,
            *("--report", f"json={report}", "--", *command),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    written = json.loads(report.read_text()) if report.exists() else {}
    return Called(done.returncode, done.stdout, done.stderr, written)
