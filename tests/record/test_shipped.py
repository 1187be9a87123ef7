"""The recording that ships: small, clean, replayed to its own verdicts, read by other tools."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from pay_conformance.cli import group
from pay_conformance.record import cassette
from pay_conformance.record.recording import INDEX, read_index
from pay_conformance.record.redaction import leaks
from pay_conformance.resources import data_path

SHIPPED = data_path("cassettes", "mock")
STORIES = sorted(path for path in SHIPPED.glob("*.yaml") if path.name != INDEX)
CAPTURE = SHIPPED / "test_capture_takes_the_money-v2.yaml"


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a replay needs no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def captured() -> tuple[str, bytes]:
    """Return the URL of the shipped story's capture, and what was answered."""
    for exchange in cassette.read(CAPTURE).exchanges:
        if exchange.request and exchange.request.url.endswith("/capture") and exchange.response:
            return exchange.request.url, exchange.response.body
    raise AssertionError("nothing is captured in it")


@pytest.mark.usefixtures("no_network")
def test_shipped_recording_is_replayed_to_the_verdicts_of_its_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    report = tmp_path / "report.json"
    done = CliRunner().invoke(group, ["run", "--target", "replay", "--report", f"json={report}"])
    assert "exit 0" in done.output
    assert "the verdicts are those of the recorded run" in done.output
    entries = json.loads(report.read_text())["requirements"]
    passed = {entry["id"] for entry in entries if entry["verdict"] == "passed"}
    assert passed == set(read_index(SHIPPED).verdicts["passed"])
    assert len(passed) > 200


def test_shipped_recording_says_that_the_mock_answered() -> None:
    assert read_index(SHIPPED).origin == "mock"
    assert {recorded.origin for path in STORIES if (recorded := cassette.read(path).recorded)} == {
        "mock"
    }


def test_shipped_recording_is_small_and_holds_no_secret() -> None:
    texts = [path.read_text(encoding="utf-8") for path in STORIES]
    assert sum(map(len, texts)) < 3_000_000
    assert [leaks(text) for text in texts if leaks(text)] == []


def test_shipped_recording_is_what_the_contract_knows() -> None:
    done = CliRunner().invoke(group, ["drift", "contract", str(SHIPPED), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["differences"] == []


def test_shipped_story_is_judged_by_check() -> None:
    done = CliRunner().invoke(group, ["check", str(CAPTURE)])
    assert done.exit_code == 0, done.output
    assert "requirements held" in done.output


@pytest.mark.vcr(str(CAPTURE), record_mode="none")
@pytest.mark.block_network
def test_shipped_story_is_played_by_pytest_recording() -> None:
    url, body = captured()
    answer = httpx.post(url, json={"captureAmount": {"amount": "10.00", "currencyCode": "USD"}})
    assert answer.status_code == 200
    assert answer.content == body
