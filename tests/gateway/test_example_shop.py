"""The example shop passes every journey; each broken copy fails for its own reason alone."""

from __future__ import annotations

import contextlib
import json
import random
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.gateway.command import Called, gateway

from pay_conformance.gateway.journey import bundled

MAIN = "from pay_conformance.cli import main; main()"
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
    "notification-late": ["--pending"],
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
"""Fault, journey, arguments, the reason for which it fails, and what else follows of it."""


def perform(
    program: list[str], journey: str, arguments: list[str], folder: Path, *upstream: str
) -> Called:
    port = str(_free_port())
    shop = f"http://127.0.0.1:{port}"
    options = ["--shop", f"{shop}/buy", "--notify", f"{shop}/notifications", "--journey", journey]
    options += upstream
    return gateway(folder, options, [sys.executable, *program, "--port", port, *arguments])


def _free_port() -> int:
    """A port below those that the system hands out, so that nobody takes it in between."""
    for port in random.sample(range(10_000, 30_000), 100):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")


def test_every_bundled_journey_is_tried_on_the_shop() -> None:
    assert set(JOURNEYS) == set(bundled())


@pytest.mark.parametrize("journey", JOURNEYS)
def test_example_shop_passes(journey: str, tmp_path: Path) -> None:
    called = perform(SHOP, journey, JOURNEYS[journey], tmp_path)
    assert called.findings == set()
    played = [
        entry["verdict"]
        for entry in called.report["requirements"]
        if entry["id"].startswith("INT-JRN") and "not played" not in entry["why"]
    ]
    assert played == ["passed"]
    assert called.code == 0, called.err


@pytest.mark.parametrize("journey", ["expiry", "answer-to-capture-lost"])
def test_example_shop_passes_with_a_server_elsewhere(journey: str, tmp_path: Path) -> None:
    serve = [sys.executable, "-c", MAIN, "serve", "--port", "0", "--clock", "manual"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as server:
        try:
            ready = json.loads(server.stdout.readline()) if server.stdout else {}
            upstream = ["--upstream", ready["url"], "--control", ready["control"]]
            called = perform(SHOP, journey, JOURNEYS[journey], tmp_path, *upstream)
        finally:
            server.terminate()
    assert called.findings == set()
    assert called.code == 0, called.err


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
    called = perform([*BROKEN, fault], journey, arguments, tmp_path)
    assert called.findings == {reason} | consequences
    assert called.code == 1, called.err
