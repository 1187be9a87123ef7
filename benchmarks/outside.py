"""Schemathesis against a mock in a process of its own, by the published OpenAPI documents alone.

The documents are those of both versions of the API and, with ``--api control``, of the control API.

It judges what each document promises: no 5xx, no status, content type or header that the document
does not have, no body that its schema refuses. ``benchmarks/outside_hooks.py`` signs its requests,
and puts ids of objects that exist in the place of invented ones.

Run it with ``python -m benchmarks.outside --cases 20000``. It ends with 0 when nothing was found
and enough cases were sent, with 1 when something was found, and with 4 when too few were sent.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
_SERVE = (sys.executable, "-m", "pay_conformance", "serve", "--port", "0")
_CONTROL = ROOT / "src" / "pay_conformance" / "mock" / "control.openapi.yaml"
_MOST_TURNS = 5
_ENOUGH, _FOUND, _TOO_FEW = 0, 1, 4


@dataclass(frozen=True)
class Counted:
    """What a run of one version counted. ``succeeded`` are the answers with a 2xx."""

    cases: int = 0
    succeeded: int = 0
    findings: int = 0
    seconds: float = 0

    def __add__(self, other: Counted) -> Counted:
        """Return what two runs counted together."""
        return Counted(
            self.cases + other.cases,
            self.succeeded + other.succeeded,
            self.findings + other.findings,
            self.seconds + other.seconds,
        )


@contextmanager
def served(seed: int) -> Iterator[dict[str, Any]]:
    """Serve a mock; give the line that it prints."""
    command = [*_SERVE, "--seed", str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(10)


def operations(document: Path) -> int:
    """Return how many operations an OpenAPI document has."""
    paths = yaml.safe_load(document.read_text("utf-8"))["paths"]
    return sum("operationId" in entry for path in paths.values() for entry in path.values()
               if isinstance(entry, dict))  # fmt: skip


def attack(
    line: dict[str, Any], document: Path, api: str, cases: int, seed: int, phases: str
) -> Counted:
    """Let schemathesis send about so many cases of one version, and show what it finds."""
    with tempfile.TemporaryDirectory(prefix="pay-outside-") as name:
        report, tally = Path(name, "report.json"), Path(name, "tally.json")
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SCHEMATHESIS_HOOKS": "benchmarks.outside_hooks",
            "OUTSIDE_MOCK": json.dumps({**line, "api": api, "seed": seed, "tally": str(tally)}),
        }
        url = line["control"] if api == "control" else f"{line['url']}/{api}"
        command = [
            sys.executable, "-m", "schemathesis.cli", "run", str(document),
            "--url", url, "--checks", ",".join(CHECKS), "--seed", str(seed),
            "--max-examples", str(math.ceil(cases / operations(document))),
            "--phases", phases, "--continue-on-failure", "--warnings", "off",
            "--request-timeout", "30", "--report", "json", "--report-json-path", str(report),
        ]  # fmt: skip
        ended = subprocess.run(command, env=environment, cwd=name, check=False, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
        if not report.exists():
            raise SystemExit(f"schemathesis did not run:\n{ended.stdout}")
        told = json.loads(report.read_text("utf-8"))
        findings = len(told["failures"]) + len(told["errors"]) + (not told["complete"])
        if findings:
            print(ended.stdout, file=sys.stderr)
        statuses = json.loads(tally.read_text("utf-8"))
        succeeded = sum(count for status, count in statuses.items() if status.startswith("2"))
        return Counted(told["test_cases"]["generated"], succeeded, findings, told["running_time"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run each version, and print what was counted as a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000, help="how many, all versions taken")
    parser.add_argument("--api", default="v1,v2", help="versions to try; control is one, too")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--phases", default="coverage,fuzzing", help="as schemathesis names them")
    parser.add_argument("--contracts", type=Path, default=ROOT / "contracts",
                        help="folder with v1/openapi.yaml and v2/openapi.yaml")  # fmt: skip
    asked = parser.parse_args(arguments)
    documents = {
        api: _CONTROL if api == "control" else asked.contracts / api / "openapi.yaml"
        for api in asked.api.split(",")
    }
    total = sum(operations(document) for document in documents.values())
    print("| version | cases | answered with success | findings | seconds |")
    print("|---|--:|--:|--:|--:|")
    counted = []
    for api, document in documents.items():
        share = math.ceil(asked.cases * operations(document) / total)
        found = Counted()
        with served(asked.seed) as line:
            # Some operations run out of cases: what lacks is sent with other seeds.
            for seed in range(asked.seed, asked.seed + _MOST_TURNS):
                missing = share - found.cases
                if missing <= 0 or found.findings:
                    break
                found += attack(line, document, api, missing, seed, asked.phases)
        counted.append(found)
        print(f"| {api} | {found.cases} | {found.succeeded} | {found.findings} "
              f"| {found.seconds:.0f} |", flush=True)  # fmt: skip
    if any(found.findings for found in counted):
        return _FOUND
    return _ENOUGH if sum(found.cases for found in counted) >= asked.cases else _TOO_FEW


if __name__ == "__main__":
    sys.exit(main())
