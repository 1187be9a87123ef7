"""The covering cases are made once on a machine, and are the same when they come from its cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from pay_conformance.contract.model import Api
from pay_conformance.generate.shots import Shot, made_once

SHOTS = (
    Shot("createCharge", "POST", "/charges", "", b'{"a": "\xc3\xa9"}', (), "Valid value", True),
    Shot("createCharge", "POST", "/", "a=b", b"\xff\x00", (("x", "1"),), "Missing", False),
)


class Maker:
    """Makes the cases, and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, _api: Api, _operation: str) -> tuple[Shot, ...]:
        self.times += 1
        return SHOTS


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("PAY_CONFORMANCE_CACHE", str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_cases_are_made_once_and_come_back_as_they_were() -> None:
    make = Maker()
    found = [made_once("v2", "createCharge", make) for _ in range(3)]
    assert found == [SHOTS] * 3
    assert make.times == 1


@pytest.mark.usefixtures("folder")
def test_each_operation_of_each_version_has_its_own() -> None:
    make = Maker()
    made_once("v1", "createCharge", make)
    made_once("v2", "createCharge", make)
    made_once("v2", "createRefund", make)
    assert make.times == 3


@pytest.mark.parametrize("damaged", [b"", b"[]\n", b"\xff", b"0\n[]\n"])
def test_what_can_not_be_read_is_made_again(folder: Path, damaged: bytes) -> None:
    make = Maker()
    made_once("v2", "createCharge", make)
    (kept,) = folder.rglob("*.json")
    whole = kept.read_bytes()
    for content in (damaged, whole[: len(whole) // 2]):
        kept.write_bytes(content)
        assert made_once("v2", "createCharge", make) == SHOTS
        assert kept.read_bytes() == whole
    assert make.times == 3


def test_cases_are_made_where_nothing_can_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("PAY_CONFORMANCE_CACHE", str(file))
    make = Maker()
    assert [made_once("v2", "createCharge", make) for _ in range(2)] == [SHOTS] * 2
    assert make.times == 2
