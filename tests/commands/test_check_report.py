"""check writes reports of every kind, with the line of the file on which a finding is."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from pay_conformance.cli import main
from pay_conformance.report import json_report

OBSERVED = Path(__file__).parents[1] / "contract" / "observed"
SCHEMA = json.loads(
    (Path(json_report.__file__).parent / "report.schema.json").read_text(encoding="utf-8")
)


def check(*arguments: str) -> int:
    return called("check", *arguments)


def called(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main([*arguments])
    return int(str(ended.value.code))


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    text = json.dumps(json.loads((OBSERVED / "v2-charge-authorized.json").read_text()), indent=1)
    path = tmp_path / "charge.json"
    path.write_text(text.replace('"amount": "', '"amount": "x', 1))
    return path


def test_sarif_of_a_body_names_file_and_line(wrong: Path, tmp_path: Path) -> None:
    assert check(str(wrong), "--report", f"sarif={tmp_path}/out.sarif") == 1
    (result,) = json.loads((tmp_path / "out.sarif").read_text())["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == str(wrong)
    line = place["region"]["startLine"]
    assert '"amount": "x' in wrong.read_text().splitlines()[line - 1]


def test_json_report_of_a_body_keeps_the_schema_of_all(wrong: Path, tmp_path: Path) -> None:
    check(str(wrong), "--report", f"json={tmp_path}/out.json")
    report = json.loads((tmp_path / "out.json").read_text())
    jsonschema.Draft202012Validator(SCHEMA).validate(report)
    assert report["subject"]["kind"] == "document"
    assert report["summary"]["exitCode"] == 1
    assert report["summary"]["passed"] > 10
    assert report["findings"][0]["reproduce"] == f"pay-conformance check {wrong}"


def test_file_that_cannot_be_read_is_no_pass_in_any_report(tmp_path: Path) -> None:
    path = tmp_path / "half.json"
    path.write_text("{")
    assert check(str(path), "--report", f"json={tmp_path}/out.json") == 2
    report = json.loads((tmp_path / "out.json").read_text())
    assert report["summary"]["exitCode"] == 2
    assert "half.json" in report["errors"][0]["where"]


def test_events_of_check_make_the_same_report(wrong: Path, tmp_path: Path) -> None:
    kept, direct, again = tmp_path / "out.jsonl", tmp_path / "out.json", tmp_path / "again.json"
    check(str(wrong), "--report", f"events={kept}", "--report", f"json={direct}")
    assert called("report", "render", str(kept), "--report", f"json={again}") == 1
    assert json.loads(again.read_text()) == json.loads(direct.read_text())


def test_finding_of_check_names_the_options_that_it_was_found_with(tmp_path: Path) -> None:
    body, report = tmp_path / "b.json", tmp_path / "out.json"
    body.write_text('{"chargeId": "x"}')
    check(str(body), "--object", "charge", "--api", "v2", "--report", f"json={report}")
    again = {finding["reproduce"] for finding in json.loads(report.read_text())["findings"]}
    assert again == {f"pay-conformance check --object charge --api v2 {body}"}
