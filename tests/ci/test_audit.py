"""An advisory counts for the versions that it is about, and for no others."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from . import audit

TOLD = """
id: PYSEC-0000-1
affected:
- package: {name: Some.Parser, ecosystem: PyPI}
  ranges:
  - type: ECOSYSTEM
    events:
    - {introduced: "1.0"}
    - {fixed: "1.4.2"}
    - {introduced: "2.0"}
    - {last_affected: "2.1"}
  versions: ["0.9rc1"]
"""


def audited(folder: Path, version: str, monkeypatch: pytest.MonkeyPatch, told: str = TOLD) -> int:
    place = folder / "db" / "vulns" / "some-parser"
    place.mkdir(parents=True)
    (place / "PYSEC-0000-1.yaml").write_text(told)
    (folder / "run.txt").write_text(f"some_parser[fast]=={version} \\\n    --hash=sha256:00\n")
    arguments = ["audit", str(folder / "db"), "--locks", str(folder)]
    monkeypatch.setattr(sys, "argv", arguments)
    return audit.main()


@pytest.mark.parametrize("version", ["0.9rc1", "1.0", "1.4.1", "2.0", "2.1"])
def test_version_that_an_advisory_is_about_is_red(version, tmp_path, monkeypatch, capsys):
    assert audited(tmp_path, version, monkeypatch) == 1
    assert f"some-parser {version}: PYSEC-0000-1" in capsys.readouterr().out


@pytest.mark.parametrize("version", ["0.9", "1.4.2", "1.10", "2.1.1", "3.0"])
def test_version_that_an_advisory_is_not_about_is_clean(version, tmp_path, monkeypatch, capsys):
    assert audited(tmp_path, version, monkeypatch) == 0
    assert "1 packages, 1 advisories about them, 0 apply" in capsys.readouterr().out


def test_advisory_that_was_withdrawn_does_not_count(tmp_path, monkeypatch):
    told = f"{TOLD}withdrawn: '2024-01-01T00:00:00Z'\n"
    assert audited(tmp_path, "1.0", monkeypatch, told) == 0


def test_folder_that_is_no_database_is_a_wrong_call(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["audit", str(tmp_path)])
    assert audit.main() == 2
    assert "is no advisory database" in capsys.readouterr().err


def test_locks_are_read_whole():
    packages = audit.locked(audit.LOCKS)
    assert {"pytest", "schemathesis", "cryptography", "tox", "ruff", "sphinx"} <= set(packages)
