"""``run --target sandbox`` over real TLS, under Amazon's host names, against the stand-in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pay_conformance.gateway import intercept
from pay_conformance.gateway.interception import Interception, Via
from pay_conformance.problems import ConfigurationProblem
from tests.sandbox.stand_in import StandIn

RUN = (sys.executable, "-c", "from pay_conformance.cli import main; main()", "run", "--target")
NOT_GENERATED = "not refuses_each and not every_story"
BASIC = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}


@contextmanager
def led_to(stand_in: StandIn, via: Via) -> Iterator[Interception]:
    try:
        way = intercept(stand_in.handle, via)
        with way as led:
            yield led
    except ConfigurationProblem as problem:
        pytest.skip(str(problem))


def run(way: Interception, environment: dict[str, str], *arguments: str) -> Any:
    return way.run(
        [*RUN, "sandbox", *arguments],
        env={**BASIC, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        timeout=300,
    )


def verdicts(report: Path) -> dict[str, tuple[str, str]]:
    found = json.loads(report.read_text())
    return {entry["id"]: (entry["verdict"], entry["why"]) for entry in found["requirements"]}


def test_sandbox_that_throttles_in_another_time_gets_its_verdicts(tmp_path, monkeypatch):
    stand_in = StandIn(every=50, ahead=timedelta(hours=-1))
    stand_in.live_in_its_time(monkeypatch)
    report = tmp_path / "report.json"
    limits = {"PAY_CONFORMANCE_RATE": "100"}

    with led_to(stand_in, "namespace") as way:
        done = run(
            way,
            stand_in.environment(tmp_path / "state", **limits),
            "--api", "v2", "-k", NOT_GENERATED, "--seed", "1", "--report", f"json={report}",
        )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    seen = verdicts(report)
    assert stand_in.throttled >= 3
    assert seen["SIG-REF-001"] == ("passed", "")
    assert seen["CS-NEW-001"] == ("passed", "")
    assert seen["CS-LIFE-005"] == ("not tested", "subject has no clock control")
    assert seen["CH-CAP-001"] == ("not tested", "subject has no buyer control")
    assert sum(verdict == "passed" for verdict, _ in seen.values()) >= 120
    assert not [request for request in stand_in.seen if "_control" in request.url]
    assert {request.url.split("/v")[0] for request in stand_in.seen} <= {
        "https://pay-api.amazon.com",
        "https://pay-api.amazon.com/sandbox",
    }


def test_sandbox_is_reached_through_a_proxy_and_by_several_processes(tmp_path):
    stand_in = StandIn()
    limits = {"PAY_CONFORMANCE_RATE": "50"}

    with led_to(stand_in, "environment") as way:
        done = run(
            way,
            stand_in.environment(tmp_path / "state", **limits),
            "--api", "v2", "-k", "signing or checkout_session_new", "-n", "2",
        )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    seconds = stand_in.arrived[-1] - stand_in.arrived[0]
    assert len(stand_in.arrived) <= 50 * seconds + 3


def test_same_seed_twice_in_one_account_gives_the_same_verdicts(tmp_path):
    stand_in = StandIn()
    reports = [tmp_path / "one.json", tmp_path / "two.json"]

    with led_to(stand_in, "environment") as way:
        codes = [
            run(
                way,
                stand_in.environment(tmp_path / "state"),
                "--api", "v2", "-k", "idempotency or checkout_session_new", "--seed", "3",
                "--report", f"json={report}",
            ).returncode
            for report in reports
        ]  # fmt: skip

    assert codes == [0, 0]
    assert verdicts(reports[0]) == verdicts(reports[1])


def test_live_key_ends_the_command_before_anything_is_sent(tmp_path):
    stand_in = StandIn()
    environment = stand_in.environment(tmp_path, AMAZON_PAY_PUBLIC_KEY_ID="LIVE-A")

    with led_to(stand_in, "environment") as way:
        done = run(way, environment)

    assert (done.returncode, done.stdout, stand_in.seen) == (2, "", [])
    assert "AMAZON_PAY_PUBLIC_KEY_ID is a key of the live environment" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("sandbox",), "no credentials for the sandbox"),
        (("sandbox", "--control", "http://127.0.0.1:1"), "--control goes with a URL"),
        (("https://pay-api.amazon.eu",), "use --target sandbox"),
    ],
)
def test_wrong_call_is_one_message_and_exit_2(arguments, says):
    done = subprocess.run(
        [*RUN, *arguments], capture_output=True, text=True, env=BASIC, timeout=60, check=False
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr
