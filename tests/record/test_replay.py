"""What was recorded is answered again, and nothing else is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from pay_conformance.cli import group
from pay_conformance.contract import Contract
from pay_conformance.exchange import Request
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.record import cassette
from pay_conformance.record.recorder import Recorder
from pay_conformance.record.recording import cassette_path, read_index
from pay_conformance.record.replay import NotRecorded, Replay
from pay_conformance.targets import EmbeddedMock, Merchant

STORY = "test_told[v2]"
EVENT = Request("GET", "https://pay-api.amazon.com/v2/charges/S01-0000000-0000000-C000000")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    recorder = Recorder(EmbeddedMock(seed=1), tmp_path / "recording", "mock", 1, ("v2",))
    recorder.begin()
    take = recorder.story(STORY)
    take.merchant()
    take.send(EVENT)
    take.send(EVENT)
    recorder.end(STORY, "v2", take)
    recorder.finish()
    return recorder.folder


@pytest.fixture
def replay(folder: Path) -> Replay:
    return Replay(folder, read_index(folder))


def test_recording_says_where_it_comes_from(folder: Path) -> None:
    index = read_index(folder)
    assert (index.origin, index.seed, index.contract) == ("mock", 1, Contract.load().digest)
    recorded = cassette.read(cassette_path(folder, STORY)).recorded
    assert recorded is not None
    assert (recorded.origin, recorded.scenario, recorded.api) == ("mock", STORY, "v2")


def test_recording_holds_no_key(folder: Path) -> None:
    text = "".join(path.read_text() for path in folder.iterdir())
    assert "-----BEGIN" not in text
    assert "Signature=" not in text


def test_recorded_request_gets_its_answer(replay: Replay) -> None:
    playback = replay.story(STORY)
    playback.merchant()
    response = playback.send(EVENT)
    assert response.status == 403 or response.status == 400


def test_merchant_of_a_replay_signs_at_the_time_of_the_recording(
    replay: Replay, folder: Path
) -> None:
    merchant: Merchant = replay.story(STORY).merchant()
    recorded = cassette.read(cassette_path(folder, STORY)).recorded
    assert recorded is not None
    assert f"{merchant.now():%Y-%m-%dT%H:%M:%SZ}" == recorded.at


def test_answer_is_given_as_often_as_it_was_recorded(replay: Replay) -> None:
    playback = replay.story(STORY)
    playback.send(EVENT)
    playback.send(EVENT)
    with pytest.raises(NotRecorded, match=r"GET /v2/charges/S01-0000000-0000000-C000000"):
        playback.send(EVENT)


def test_request_that_was_not_recorded_is_refused(replay: Replay) -> None:
    other = Request("POST", EVENT.url, (), b'{"amount": "1"}')
    with pytest.raises(NotRecorded, match="was not recorded"):
        replay.story(STORY).send(other)


def test_story_that_was_not_recorded_is_refused(replay: Replay) -> None:
    with pytest.raises(NotRecorded, match=r"test_other\[v2\] was not recorded"):
        replay.story("test_other[v2]")


def test_folder_without_an_index_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationProblem, match=r"it has no recording\.yaml"):
        read_index(tmp_path)


@pytest.mark.parametrize(
    "name", ["test_a[v2]", "test_a[../../etc-v1]", "test_a[x/y\0-v2]", "é" * 300]
)
def test_name_of_a_cassette_stays_in_its_folder(tmp_path: Path, name: str) -> None:
    path = cassette_path(tmp_path, name)
    assert path.parent == tmp_path
    assert len(path.name.encode()) < 130


def test_names_that_look_alike_have_cassettes_of_their_own(tmp_path: Path) -> None:
    assert cassette_path(tmp_path, "test_a[é-v2]") != cassette_path(tmp_path, "test_a[è-v2]")


def verdicts(report: Path) -> dict[str, str]:
    data = json.loads(report.read_text())
    return {entry["id"]: entry["verdict"] for entry in data["requirements"]}


def test_replay_comes_to_the_verdicts_of_the_live_run(tmp_path: Path) -> None:
    runner = CliRunner()
    stories = ["-k", "test_signing or test_checkout_session_life"]
    live, again, folder = tmp_path / "live.json", tmp_path / "again.json", tmp_path / "recording"
    made = runner.invoke(group, ["record", "--to", str(folder), "--seed", "3", *stories])
    assert made.exit_code == 0, made.output
    runner.invoke(group, ["run", "--seed", "3", *stories, "--report", f"json={live}"])
    call = ["run", "--target", "replay", "--from", str(folder), *stories]
    replayed = runner.invoke(group, [*call, "--report", f"json={again}"])
    assert replayed.exit_code == 0, replayed.output
    assert verdicts(again) == verdicts(live)
    assert "passed" in verdicts(again).values()


def test_drift_finds_none_between_two_recordings_of_one_server(tmp_path: Path) -> None:
    runner = CliRunner()
    for seed in ("3", "4"):
        call = ["record", "--to", str(tmp_path / seed), "--seed", seed, "--api", "v2"]
        assert runner.invoke(group, [*call, "-k", "test_checkout_session_life"]).exit_code == 0
    compared = runner.invoke(group, ["drift", str(tmp_path / "3"), str(tmp_path / "4"), "--json"])
    assert compared.exit_code == 0
    assert json.loads(compared.output)["differences"] == []


def test_recording_into_a_folder_that_is_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    refused = CliRunner().invoke(group, ["record", "--to", str(tmp_path)])
    assert isinstance(refused.exception, ConfigurationProblem)
    assert "is not empty" in str(refused.exception)


@pytest.mark.parametrize(
    "arguments",
    [("run", "--target", "replay", "--from"), ("drift", "contract")],
    ids=["replay", "drift"],
)
def test_recording_that_was_cut_is_not_taken_for_a_whole_one(
    folder: Path, arguments: tuple[str, ...]
) -> None:
    Recorder(EmbeddedMock(seed=1), folder, "mock", 1, ("v2",)).begin()

    with pytest.raises(ConfigurationProblem, match="was cut off before its end"):
        CliRunner().invoke(
            group, [*arguments, str(folder)], standalone_mode=False, catch_exceptions=False
        )


def test_recording_like_another_holds_the_same_stories(tmp_path: Path) -> None:
    runner = CliRunner()
    first, again = tmp_path / "first", tmp_path / "again"
    call = ["record", "--to", str(first), "--seed", "3", "--api", "v2"]
    runner.invoke(group, [*call, "-k", "test_token_of_the_sign_in"])
    runner.invoke(group, ["record", "--to", str(again), "--like", str(first)])
    one, other = read_index(first), read_index(again)
    assert (one.seed, one.api, one.expression) == (3, ("v2",), "test_token_of_the_sign_in")
    assert (other.seed, other.api, other.expression, other.verdicts) == (
        one.seed, one.api, one.expression, one.verdicts,
    )  # fmt: skip
    assert sorted(path.name for path in first.iterdir()) == [
        path.name for path in sorted(again.iterdir())
    ]


def test_recording_like_another_takes_no_other_seed(folder: Path, tmp_path: Path) -> None:
    call = ["record", "--like", str(folder), "--seed", "4", "--to", str(tmp_path / "new")]
    refused = CliRunner().invoke(group, call)
    assert isinstance(refused.exception, ConfigurationProblem)
    assert not (tmp_path / "new").exists()


def test_replay_names_every_verdict_that_is_another_one_now(folder: Path) -> None:
    index = replace(
        read_index(folder), verdicts={"passed": ("CH-CAP-001", "CH-CAP-002"), "failed": ("RF-1",)}
    )
    now = {"CH-CAP-001": "passed", "CH-CAP-002": "failed", "RF-1": "not tested", "X": "not tested"}
    assert index.changes(now) == ["CH-CAP-002: passed -> failed", "RF-1: failed -> not tested"]


def test_part_of_a_recording_can_be_replayed(tmp_path: Path) -> None:
    runner = CliRunner()
    folder, report = tmp_path / "recording", tmp_path / "report.json"
    call = ["record", "--to", str(folder), "--seed", "3", "--api", "v2"]
    runner.invoke(group, [*call, "-k", "test_token"])
    part = ["run", "--target", "replay", "--from", str(folder), "-k", "of_the_sign_in"]
    done = runner.invoke(group, [*part, "--report", f"json={report}"])
    assert "recorded run" not in done.output
    assert json.loads(report.read_text())["summary"]["scenarios"] == 1
