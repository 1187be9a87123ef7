"""A failure is told as a short story: calls, the command that replays it, curl where it works."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pay_conformance.exchange import Exchange, Request
from pay_conformance.findings import Violation
from pay_conformance.generate.accepting import accept_valid
from pay_conformance.generate.machine import play_stories
from pay_conformance.generate.telling import curl
from pay_conformance.targets.url import Address, UrlTarget
from tests.generate.making import AGAIN, Picky, examples_of, mutant
from tests.mock.test_serve import serving


def told(violated: str, run: Any, target: Any) -> str:
    said: list[str] = []
    with pytest.raises(Violation, match=violated):
        run(examples_of(target, print_=said.append))
    return said[-1]


def test_shortest_story_is_a_list_of_calls_and_acts() -> None:
    wrong = mutant("captured_charge_can_be_canceled")
    text = told("CH-", lambda examples: play_stories(examples, 60, 20), wrong)
    calls = [line for line in text.splitlines() if re.match(r" +\d+\. ", line)]
    done = [re.sub(r"[SBPC]\d\d-[0-9-]+[A-Z0-9]*", "ID", line.split()[2]) for line in calls]
    assert [path for path in done if path.endswith(("/capture", "/cancel"))] == [
        "/v2/charges/ID/capture",
        "/v2/charges/ID/cancel",
    ]
    assert "-- the buyer approves the payment" in text
    assert len(calls) <= 16


def test_failure_says_the_command_that_replays_it() -> None:
    text = told("CS-NEW-001", lambda e: accept_valid(e, "createCheckoutSession", 60), Picky())
    assert AGAIN in text.splitlines()[-1]


def test_counterexample_reads_like_an_order() -> None:
    text = told("CS-NEW-001", lambda e: accept_valid(e, "createCheckoutSession", 60), Picky())
    (call,) = [line for line in text.splitlines() if line.strip().startswith("1. ")]
    assert "ご注文" in call
    assert len(call) < 500


def test_curl_is_not_shown_for_a_server_that_is_gone_after_the_run() -> None:
    text = told("CS-NEW-001", lambda e: accept_valid(e, "createCheckoutSession", 60), Picky())
    assert "curl" not in text


def test_body_that_is_no_text_has_no_curl() -> None:
    request = Request("POST", "https://emulator.example/v2/charges", (), b"\xff")
    (line,) = curl(Exchange(request, None))
    assert line == "# POST /v2/charges: its body is no text"


def test_curl_lines_of_a_story_work(tmp_path: Path) -> None:
    with serving() as (line, _):
        environment = {
            "AMAZON_PAY_PUBLIC_KEY_ID": line["publicKeyId"],
            "AMAZON_PAY_PRIVATE_KEY": line["privateKeyFile"],
            "AMAZON_PAY_STORE_ID": line["storeId"],
        }
        said: list[str] = []
        target = UrlTarget(Address(line["url"]), environment)
        examples = examples_of(target, print_=said.append)

        def fails(scene: Any) -> None:
            session = scene.shop.create_checkout_session()
            scene.shop.read(session)
            raise scene.story.violated_in("CS-NEW-001", "wrong, let us say", session)

        with pytest.raises(Violation):
            examples.concluded(lambda: examples.told(fails))
        target.close()
        lines = said[0].split("environment:\n")[1]
        tools = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-euc", lines], cwd=tmp_path, capture_output=True, text=True, timeout=60,
            env={**os.environ, **environment, "PATH": tools}, check=True,
        )  # fmt: skip
    decoder = json.JSONDecoder()
    created, end = decoder.raw_decode(done.stdout)
    again, _ = decoder.raw_decode(done.stdout[end:].strip())
    assert created["statusDetails"]["state"] == "Open"
    assert again["checkoutSessionId"] == created["checkoutSessionId"]
