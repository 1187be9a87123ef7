"""Nothing that a run leaves behind holds the key, a signature, a token, or the buyer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pay_conformance.report import EVENTS
from pay_conformance.report.writers import KINDS
from pay_conformance.signing import load_private_key, new_private_pem, public_pem
from tests.security.planted import BUYER, Hostile, called, found, served

STORIES = "checkout_session_life or signing or test_buyer"


@pytest.fixture(scope="module")
def subject() -> Iterator[tuple[Hostile, str]]:
    hostile = Hostile()
    with served(hostile) as url:
        yield hostile, url


def credentials(hostile: Hostile, private_key: str) -> dict[str, str]:
    public = public_pem(load_private_key(private_key))
    merchant, _ = hostile.mock.merchants.register("na", public_key=public)
    return {
        "AMAZON_PAY_PUBLIC_KEY_ID": merchant.key_id,
        "AMAZON_PAY_PRIVATE_KEY": private_key,
        "AMAZON_PAY_STORE_ID": merchant.store_id,
    }


def needles(hostile: Hostile, private_key: str) -> dict[str, str]:
    lines = private_key.splitlines()[1:-1]
    signatures = {f"signature {n}": text for n, text in enumerate(sorted(hostile.signatures))}
    tokens = {f"token {n}": text for n, text in enumerate(sorted(hostile.tokens))}
    key = {f"line {n} of the key": line for n, line in enumerate(lines)}
    return {**BUYER, **key, **signatures, **tokens}


@pytest.mark.parametrize("merchants", ["made by us", "of the environment"])
def test_reports_and_output_of_a_run_hold_nobody_and_no_secret(
    subject: tuple[Hostile, str], tmp_path: Path, merchants: str
) -> None:
    hostile, url = subject
    key = new_private_pem()
    own = credentials(hostile, key) if merchants == "of the environment" else {}
    control = [] if own else ["--control", f"{url}/_control"]
    reports = [f"--report={kind}={tmp_path / kind}" for kind in KINDS]

    code = called(
        tmp_path, own, "run", "--target", url, *control, "--api", "v2", "-k", STORIES,
        "--seed", "1", "--examples", "1", "-v", "--resume", str(tmp_path / "resume.jsonl"),
        *reports, f"--report={EVENTS}={tmp_path / EVENTS}",
    )  # fmt: skip

    assert code == 1
    assert {kind for kind in KINDS if (tmp_path / kind).stat().st_size} == set(KINDS)
    again = called(
        tmp_path, {}, "report", "render", str(tmp_path / EVENTS), "-v",
        f"--report=html={tmp_path / 'again'}",
    )  # fmt: skip
    trends = tmp_path / "trends"
    trends.mkdir()
    (trends / "run.json").write_text((tmp_path / "json").read_text())
    called(tmp_path, {}, "report", "trend", str(trends), "--html", str(tmp_path / "trend"))
    assert again == 1
    assert (tmp_path / "again").stat().st_size
    assert (tmp_path / "trend").stat().st_size
    assert len(hostile.signatures) > 20
    assert found(tmp_path, needles(hostile, key)) == {}


def test_recording_of_a_run_holds_nobody_and_no_secret(
    subject: tuple[Hostile, str], tmp_path: Path
) -> None:
    hostile, url = subject

    called(
        tmp_path, {}, "record", "--target", url, "--control", f"{url}/_control", "--api", "v2",
        "-k", STORIES, "--seed", "1", "--to", str(tmp_path / "recording"),
    )  # fmt: skip

    assert len(list((tmp_path / "recording").iterdir())) > 10
    assert found(tmp_path, needles(hostile, "")) == {}


@pytest.mark.parametrize("damage", ["cut", "no dashes", "another kind"])
def test_message_about_a_damaged_key_does_not_repeat_it(tmp_path: Path, damage: str) -> None:
    key = new_private_pem()
    damaged = {
        "cut": key[: len(key) // 2],
        "no dashes": "".join(key.splitlines()[1:-1]),
        "another kind": key.replace("PRIVATE KEY", "DSA PRIVATE KEY"),
    }[damage]
    own = {
        "AMAZON_PAY_PUBLIC_KEY_ID": "SANDBOX-A",
        "AMAZON_PAY_PRIVATE_KEY": damaged,
        "AMAZON_PAY_STORE_ID": "s",
    }

    code = called(tmp_path, own, "run", "--target", "http://127.0.0.1:9")

    assert code == 2
    lines = {str(n): line for n, line in enumerate(key.splitlines()[1:-1])}
    assert found(tmp_path, lines) == {}
    assert "Traceback" not in (tmp_path / "output.txt").read_text()
