"""The mock keeps its published documents: a small run of ``benchmarks/outside.py``."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from benchmarks.outside import ROOT, main

SMALL = ["--phases", "fuzzing"]


def test_mock_answers_as_its_documents_say(capsys: pytest.CaptureFixture[str]) -> None:
    code = main([*SMALL, "--api", "v1,v2,control", "--cases", "200"])

    shown = capsys.readouterr()
    assert code == 0, shown.err
    rows = re.findall(r"\| (?:v1|v2|control) \| \d+ \| [1-9]\d* \| 0 \|", shown.out)
    assert len(rows) == 3, shown.out


def test_status_that_a_document_lacks_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contracts = tmp_path / "contracts"
    shutil.copytree(ROOT / "contracts", contracts)
    document = contracts / "v1" / "openapi.yaml"
    lines = document.read_text("utf-8").splitlines()
    kept = [line for line in lines if not line.strip().startswith("'404'")]
    document.write_text("\n".join(kept), "utf-8")

    code = main([*SMALL, "--api", "v1", "--cases", "100", "--contracts", str(contracts)])

    assert code == 1
    assert "Received: 404" in capsys.readouterr().err
