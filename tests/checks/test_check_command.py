"""``pay-conformance check``: verdicts, reports and exit codes, through the command line."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pay_conformance.cli import main
from tests.checks.exchanges import CHARGE, SESSION, captured, charge, session, yen
from tests.contract.bodies import HERE, Corruption, corruptions

OURS = corruptions(Path(__file__).parent / "corruptions.yaml")
OBSERVED = sorted((HERE / "observed").glob("*.json"))


def run(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run the command as a person does; return exit code, output and messages."""
    with pytest.raises(SystemExit) as ended:
        main(["check", *arguments])
    out, err = capfd.readouterr()
    return int(ended.value.code or 0), out, err


def store(folder: Path, name: str, content: Any) -> str:
    file = folder / name
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    file.write_bytes(raw)
    return str(file)


def entry(method: str, path: str, answer: Any, *, at: str, status: int = 200) -> dict[str, Any]:
    """Return one entry of a HAR file, as a proxy writes it."""
    return {
        "startedDateTime": f"2026-01-31T09:{at}.000Z",
        "time": 120.5,
        "request": {
            "method": method,
            "url": f"https://pay-api.amazon.jp{path}",
            "headers": [{"name": "Content-Type", "value": "application/json"}],
        },
        "response": {
            "status": status,
            "headers": [
                {"name": "Content-Type", "value": "application/json"},
                {"name": "x-amz-pay-request-id", "value": "1"},
            ],
            "content": {"mimeType": "application/json", "text": json.dumps(answer)},
        },
    }


def har(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"log": {"version": "1.2", "entries": list(entries)}}


@pytest.mark.parametrize("file", OBSERVED, ids=lambda file: file.stem)
def test_observed_body_holds(capfd: pytest.CaptureFixture[str], file: Path) -> None:
    code, out, err = run(capfd, str(file))
    assert (code, err) == (0, "")
    assert ": OK, " in out


@pytest.mark.parametrize("row", [*corruptions(), *OURS], ids=lambda row: row.label)
def test_corrupted_body_is_explained(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, row: Corruption
) -> None:
    file = store(tmp_path, "body.json", row.content)
    code, out, err = run(capfd, file, "--object", row.body.schema, "--api", row.body.api, "--json")
    report = json.loads(out)
    (result,) = report["files"]
    found = {(each["requirement"], each["pointer"]) for each in result["findings"]}
    assert (code, err, result["verdict"]) == (1, "", "failed")
    assert found == row.expected
    assert all(
        each["message"] and {"expected", "actual"} <= each.keys() for each in result["findings"]
    )


def test_finding_is_told_with_requirement_place_expected_and_seen(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = store(tmp_path, "charge.json", captured(captureAmount=yen("501")))
    code, out, _ = run(capfd, file)
    assert code == 1
    assert f"{file}: charge v2: 1 finding" in out
    assert "CH-CAP-008 MUST: captureAmount of a Captured Charge is what was captured" in out
    assert "at       response /captureAmount/amount: more is captured than was authorized" in out
    assert 'expected "at most 500 JPY"' in out
    assert 'seen     "501"' in out


def test_new_member_is_told_as_drift_and_holds(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, _ = run(capfd, store(tmp_path, "charge.json", charge(loyalty=3)))
    assert code == 0
    assert "drift /loyalty: loyalty is a member that the contract does not know" in out


def test_several_files_are_judged_each_by_itself(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    later = session(statusDetails__lastUpdatedTimestamp="20201023T220000Z")
    files = store(tmp_path, "a.json", later), store(tmp_path, "b.json", session())
    code, out, _ = run(capfd, *files, "--json")
    summary = json.loads(out)["summary"]
    assert (code, summary["files"], summary["passed"], summary["exitCode"]) == (0, 2, 2, 0)


def test_body_is_read_from_standard_input() -> None:
    result = piped(json.dumps(charge()).encode(), "-", "--json")
    assert (result.exit_code, result.return_value) == (0, 0)
    assert json.loads(result.stdout)["files"][0]["object"] == "charge"


def piped(raw: bytes, *arguments: str) -> Result:
    from pay_conformance.commands.check import command

    return CliRunner().invoke(command, list(arguments), input=raw, standalone_mode=False)


def test_har_is_judged_with_its_history(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    story = har(
        entry("GET", CHARGE, captured(), at="00:00"), entry("GET", CHARGE, charge(), at="00:05")
    )
    code, out, _ = run(capfd, store(tmp_path, "story.har", story), "--json")
    (result,) = json.loads(out)["files"]
    (found,) = result["findings"]
    assert code == 1
    assert (result["kind"], result["exchanges"]) == ("HAR", 2)
    assert (found["requirement"], found["pointer"]) == ("CH-LIFE-003", "/statusDetails/state")
    assert (found["exchange"], found["actual"]) == ("#2", "Authorized")


def test_har_of_a_legal_story_holds(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    story = har(
        entry("GET", CHARGE, captured(), at="00:09"),  # a proxy may write them out of order
        entry("GET", CHARGE, charge(), at="00:05"),
        entry("GET", "/assets/logo.png", "x", at="00:01"),
    )
    code, out, _ = run(capfd, store(tmp_path, "story.har", story))
    assert code == 0
    assert "HAR, 2 calls (1 other exchanges left aside): OK" in out


def test_har_without_a_call_of_amazon_pay_tests_nothing(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    story = har(entry("GET", "/index.html", "x", at="00:01"))
    code, out, _ = run(capfd, store(tmp_path, "story.har", story))
    assert code == 4
    assert "nothing to test" in out


def test_har_without_saved_bodies_judges_the_requests(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    call = entry("POST", "/v2/charges", None, at="00:01")
    call["response"]["content"] = {"size": 900}
    call["request"]["postData"] = {"text": "{}"}
    code, out, _ = run(capfd, store(tmp_path, "story.har", har(call)), "--json")
    found = {each["requirement"] for each in json.loads(out)["files"][0]["findings"]}
    assert code == 1
    assert found == {"CH-REQ-001", "CH-REQ-002", "IDEM-SEND-001"}


CASSETTE = """
interactions:
- request:
    body: null
    headers: {{Accept: [application/json]}}
    method: GET
    uri: https://pay-api.amazon.com{path}
  response:
    body:
      string: {body}
    headers: {{Content-Type: [application/json], x-amz-pay-request-id: ['1'], {encoding}}}
    status: {{code: 200, message: OK}}
version: 1
"""


def test_cassette_of_vcrpy_is_judged(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    body = json.dumps(json.dumps(session(buyer=7)))
    text = CASSETTE.format(path=SESSION, body=body, encoding="")
    code, out, _ = run(capfd, store(tmp_path, "story.yaml", text.encode()))
    assert code == 1
    assert "cassette, 1 calls" in out
    assert "#1 response /buyer" in out


def test_cassette_with_compressed_bodies_is_judged(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    packed = base64.b64encode(gzip.compress(json.dumps(session()).encode())).decode()
    text = CASSETTE.format(
        path=SESSION, body=f"!!binary {packed}", encoding="Content-Encoding: [gzip]"
    )
    code, out, _ = run(capfd, store(tmp_path, "story.yaml", text.encode()))
    assert code == 0
    assert "OK" in out


def test_request_is_judged_by_its_name(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = store(tmp_path, "request.json", {"chargeAmount": yen(5), "colour": "red"})
    code, out, _ = run(capfd, file, "--object", "create-charge-request")
    assert code == 1
    assert "CH-REQ-001" in out
    assert "request /colour" in out


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "it is empty"),
        (b"{", "it is not JSON"),
        (b"<html></html>", "it is not JSON"),
        (b'{"a": NaN}', "NaN is no number of JSON"),
        (b'{"chargeId": "\xff"}', "it is not UTF-8"),
        (b"[" * 200_000 + b"]" * 200_000, "nested deeper than 64 levels"),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "nested deeper than 64 levels"),
        (b"{}", "not recognised by its members"),
        (b"[]", "not recognised by its members"),
        (b'{"hello": "world"}', "not recognised by its members"),
        (b"interactions: [\n", "is not YAML"),
        (b"interactions:\n- request: 5\n", "is not whole"),
        (b'{"log": {"entries": [5]}}', "entry 1 is no whole HAR entry"),
        (b'{"a": "' + b"x" * 2_000_000 + b'"}', "no body of the API has more than 1,048,576"),
    ],
)
def test_file_that_cannot_be_judged_is_one_clear_message(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, raw: bytes, message: str
) -> None:
    code, out, err = run(capfd, store(tmp_path, "file.json", raw))
    assert (code, out) == (2, "")
    assert message in err
    assert err.startswith("pay-conformance: ")
    assert err.count("\n") == 1
    assert len(err) < 800


def test_fifty_megabytes_of_json_are_one_clear_message(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    raw = b"[" + b"[]," * 17_500_000 + b"[]]"
    code, out, err = run(capfd, store(tmp_path, "big.json", raw))
    assert (code, out) == (2, "")
    assert "has 52,500,004 bytes" in err


def test_file_beyond_the_bound_is_one_clear_message(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "huge.json"
    with file.open("wb") as opened:
        opened.truncate(65 * 1024 * 1024)
    code, _, err = run(capfd, str(file))
    assert code == 2
    assert "is larger than 64 MiB; split it into smaller files" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.json"], "missing.json can't be read: No such file or directory"),
        (["."], "can't be read: Is a directory"),
        ([], "Missing argument 'FILE...'"),
        (["--object", "cart", "x.json"], "--object knows no 'cart'"),
        (["--api", "v3", "x.json"], "Invalid value for '--api'"),
        (["--colour", "x.json"], "No such option"),
    ],
)
def test_wrong_call_is_one_clear_message(
    capfd: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    code, out, err = run(capfd, *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def test_object_that_a_version_lacks_is_one_clear_message(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = store(tmp_path, "buyer.json", {"buyerId": "amzn1.account.A"})
    code, _, err = run(capfd, file, "--object", "buyer", "--api", "v1")
    assert code == 2
    assert "v1 has no buyer" in err


def test_unreadable_file_does_not_hide_what_the_others_came_to(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    good, bad = store(tmp_path, "good.json", charge()), store(tmp_path, "bad.json", b"{")
    code, out, _ = run(capfd, good, bad, "--json")
    assert code == 2
    assert [each["verdict"] for each in json.loads(out)["files"]] == ["passed", "unreadable"]


def test_member_that_is_there_twice_is_a_finding(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    raw = json.dumps(charge()).replace("{", '{"chargeId": "x", ', 1).encode()
    code, out, _ = run(capfd, store(tmp_path, "charge.json", raw))
    assert code == 1
    assert "FMT-JSON-002 SHOULD" in out
