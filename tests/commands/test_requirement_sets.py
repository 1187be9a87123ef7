"""Every command that judges can hold a subject to the requirements of a release."""

from __future__ import annotations

from pathlib import Path

import pytest

from pay_conformance.cli import main
from pay_conformance.contract.model import Requirement
from tests.commands.test_check_report import OBSERVED

BODY = str(OBSERVED / "v2-charge-authorized.json")


def call(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    return int(str(ended.value.code))


@pytest.mark.parametrize(
    "words",
    [
        ("run", "--requirements", "1999.1"),
        ("sdk", "--requirements", "1999.1", "--", "nothing"),
        ("gateway", "--requirements", "1999.1", "--", "nothing"),
        ("check", "--requirements", "1999.1", BODY),
    ],
)
def test_unknown_release_is_refused_before_anything_runs(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*words) == 2
    assert "no release '1999.1' froze its requirements; choose one of:" in capsys.readouterr().err


def test_finding_of_a_newer_requirement_is_not_held_against_a_body(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = tmp_path / "charge.json"
    wrong.write_text(Path(BODY).read_text().replace('"amount": "', '"amount": "x', 1))

    def before(contract: object, name: str) -> dict[str, Requirement]:
        assert name == "2020.1"
        every = contract.requirements
        return {key: entry for key, entry in every.items() if key != "FMT-AMOUNT-001"}

    monkeypatch.setattr("pay_conformance.contract.releases.requirement_set", before)
    assert call("check", str(wrong)) == 1
    assert call("check", "--requirements", "2020.1", str(wrong)) == 0
