"""The example shop passes every journey; each broken copy fails for its own reason alone."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pay_conformance.gateway.journey import bundled

ROOT = Path(__file__).parents[2]
SHOP = ["-m", "examples.shop.shop"]
BROKEN = [str(Path(__file__).with_name("broken_shops.py"))]

JOURNEYS = {
    "amazon-cancels": [],
    "answer-to-capture-lost": [],
    "answer-to-complete-lost": [],
    "authorize": [],
    "authorize-with-capture": ["--intent", "AuthorizeWithCapture"],
    "buyer-cancels": [],
    "confirm": ["--intent", "Confirm"],
    "declined-then-recovered": [],
    "expiry": [],
    "hard-decline": ["--intent", "Confirm"],
    "notification-twice": [],
    "notifications-out-of-order": ["--part", "60"],
    "partial-capture-and-refund": ["--part", "60"],
    "pending-authorization": ["--pending"],
    "pending-then-declined": ["--pending"],
    "recurring": ["--recurring", "--intent", "AuthorizeWithCapture"],
    "soft-decline": ["--intent", "Confirm"],
    "throttling-storm": [],
    "yen": ["--currency", "JPY", "--amount", "12000"],
}
"""Journey to the arguments of a shop that can reach it."""

FAULTS = [
    ("NoKey", "authorize", [], "IDEM-SEND-001", set()),
    ("IgnoresCanceled", "amazon-cancels", [], "INT-CXL-001", {"INT-JRN-019"}),
    (
        "TrustsTheNotification",
        "pending-authorization",
        ["--pending"],
        "INT-NOTE-001",
        {"INT-JRN-008", "INT-PEND-001"},
    ),
    (
        "CapturesTwice",
        "answer-to-capture-lost",
        [],
        "INT-ONCE-001",
        {"IDEM-SEND-005", "INT-JRN-015"},
    ),
    ("CompletesAnotherAmount", "authorize", [], "INT-AMT-001", {"INT-JRN-001"}),
    ("PollsInATightLoop", "partial-capture-and-refund", ["--part", "60"], "INT-POLL-001", set()),
    ("LeaksTheEmail", "authorize", [], "INT-DATA-001", set()),
]
"""Fault, journey, arguments, the reason for which it fails, and what else follows from the fault."""


def _perform(program: list[str], journey: str, arguments: list[str], folder: Path) -> Any:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    report = folder / "report.json"
    shop = f"http://127.0.0.1:{port}"
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from pay_conformance.cli import main; main()"),
            *("gateway", "--journey", journey),
            *("--shop", f"{shop}/buy", "--notify", f"{shop}/notifications"),
            *("--report", f"json={report}"),
            *("--", sys.executable, *program, "--port", port, *arguments),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert report.exists(), done.stderr
    return done.returncode, json.loads(report.read_text()), done.stderr


def test_every_bundled_journey_is_tried_on_the_shop() -> None:
    assert set(JOURNEYS) == set(bundled())


@pytest.mark.parametrize("journey", JOURNEYS)
def test_example_shop_passes(journey: str, tmp_path: Path) -> None:
    code, report, said = _perform(SHOP, journey, JOURNEYS[journey], tmp_path)
    assert report["findings"] == []
    played = [
        entry["verdict"]
        for entry in report["requirements"]
        if entry["id"].startswith("INT-JRN") and "not played" not in entry["why"]
    ]
    assert played == ["passed"]
    assert code == 0, said


@pytest.mark.parametrize(
    ("fault", "journey", "arguments", "reason", "consequences"),
    FAULTS,
    ids=[entry[0] for entry in FAULTS],
)
def test_broken_shop_fails_for_its_reason(
    fault: str,
    journey: str,
    arguments: list[str],
    reason: str,
    consequences: set[str],
    tmp_path: Path,
) -> None:
    code, report, said = _perform([*BROKEN, fault], journey, arguments, tmp_path)
    assert {finding["requirement"] for finding in report["findings"]} == {reason} | consequences
    assert code == 1, said
