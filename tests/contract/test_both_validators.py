"""The fast validator and the precise one agree on every body of a run of the server suite."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from pay_conformance.contract import Contract
from tests.contract import both_validators

ROOT = Path(__file__).parents[2]


def test_both_validators_agree_on_every_body_of_the_suite(tmp_path: Path) -> None:
    seen = tmp_path / "seen.json"
    command = [
        sys.executable, "-m", "pytest", "suites/server", "-q", "-p", "no:cacheprovider",
        "-p", "tests.contract.both_validators", "--examples", "3", "--seed", "1",
    ]  # fmt: skip
    run = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "BOTH_VALIDATORS": str(seen)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-2000:]
    told = json.loads(seen.read_text())
    assert told["disagreements"] == []
    assert told["right"] > 20_000
    assert told["wrong"] > 2_000


def test_disagreement_of_the_validators_is_noted(monkeypatch) -> None:
    noted: list[str] = []
    monkeypatch.setattr(both_validators, "_disagreements", noted)
    monkeypatch.setattr(both_validators, "_fast", lambda *_: True)
    both_validators.both(Contract.load().schemas, "v2", "charge", {"chargeId": 1})
    assert len(noted) == 1
