"""Runs the soak, from a checkout: ``python -m benchmarks.soak [--minutes 30]``. Linux only.

A mock behind a socket and a gateway before it carry mixed load at a steady rate: stories that a
model predicts, sales under faults that are asked for, noise. It prints one JSON object, and exits
with 0 if memory and descriptors stayed flat, nothing answered 5xx unasked, and all books agree.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

from benchmarks.soak.model import play
from benchmarks.soak.noise import disturb
from benchmarks.soak.shop import HOST, Count, Shop, control_at
from benchmarks.soak.watch import Watch
from pay_conformance.targets.rate_limit import TokenBucket

TOOL = (sys.executable, "-m", "pay_conformance")
SELF = (sys.executable, "-m", "benchmarks.soak")
SAMPLES = 360
"""How often it is looked, over the whole time."""
GRACE = 900
_LISTENS = "0A"


def main() -> int:
    """Run all of it, or the part that this process is to play."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=25, help="calls a second, of each client")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", choices=["shop", "model"], help=argparse.SUPPRESS)
    parser.add_argument("--url", default="", help=argparse.SUPPRESS)
    parser.add_argument("--control", default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part == "shop":
        print(json.dumps(_sell(given)), flush=True)
        return 0
    if given.part == "model":
        until = time.monotonic() + given.minutes * 60
        print(json.dumps(play(given.url, given.control, given.rate, until, given.seed)), flush=True)
        return 0
    return _soak(given)


def _soak(given: argparse.Namespace) -> int:
    with ExitStack() as stack:
        served = stack.enter_context(_Child([*TOOL, "serve", "--port", "0"]))
        line = json.loads(served.line())
        url, control = line["url"], line["control"]
        same = ["--minutes", str(given.minutes), "--rate", str(given.rate), "--control", control]
        part = [*SELF, *same, "--part"]
        through = [*part, "shop", "--url", HOST, "--seed", f"{given.seed + 1}"]
        clients = {
            "sales to the mock": [*part, "shop", "--url", url, "--seed", f"{given.seed}"],
            "stories by the model": [*part, "model", "--url", url, "--seed", f"{given.seed}"],
            "sales through the gateway": [
                *TOOL, "gateway", "--via", "environment", "--upstream", url, "--", *through
            ],
        }  # fmt: skip
        running = {name: stack.enter_context(_Child(argv)) for name, argv in clients.items()}
        gateway = running["sales through the gateway"]
        watches = [Watch("mock", served.pid), Watch("gateway", gateway.pid)]
        ports = [(urlsplit(url).hostname or "", urlsplit(url).port or 0)]
        noises = _observe(watches, given, ports)
        results = {name: json.loads(child.line()) for name, child in running.items()}
        ended = {name: child.wait() for name, child in running.items()}
        served.stop()
        codes = {**ended, "mock": served.wait()}
    return _report(given, watches, results, codes, noises)


def _observe(watches: list[Watch], given: argparse.Namespace, ports: list[tuple[str, int]]) -> int:
    """Watch, and make noise, until shortly before the clients end; return how often."""
    random, noises = Random(given.seed), 0
    every = given.minutes * 60 / SAMPLES
    for _ in range(SAMPLES - 2):
        time.sleep(every)
        for watch in watches:
            watch.look()
        for port in ports + _listening(watches[1].pid):
            disturb(port, random)
            noises += 1
    return noises


def _listening(pid: int) -> list[tuple[str, int]]:
    """Return the loopback ports on which a process listens, from the system's own table."""
    inodes = set()
    with suppress(OSError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                inodes.add(str(entry.readlink()))
    table = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [
        ("127.0.0.1", int(local.split(":")[1], 16))
        for _, local, _, state, _, _, _, _, _, inode, *_ in table
        if state == _LISTENS and f"socket:[{inode}]" in inodes
    ]


def _sell(given: argparse.Namespace) -> dict[str, Any]:
    """Sell until the time is up. One sale in twenty is to be right at the very end, too."""
    count, bucket, random = Count(), TokenBucket(given.rate), Random(given.seed)
    control = control_at(given.control)
    fleeting, lasting = (Shop(control, given.url, random, bucket, count) for _ in range(2))
    kept: list[tuple[str, Decimal, Decimal]] = []
    end = time.monotonic() + given.minutes * 60
    while time.monotonic() < end:
        if count.stories % 20 == 0:
            kept.append(lasting.sell())
            continue
        fleeting.sell()
        fleeting.reset()
    for permission, order, taken in kept:
        lasting.balance(permission, order, taken)
    return {**count.shown(), "readAgainAtTheEnd": len(kept)}


def _report(
    given: argparse.Namespace,
    watches: list[Watch],
    results: dict[str, Any],
    codes: dict[str, int],
    noises: int,
) -> int:
    shown = [watch.shown() for watch in watches]
    clean = all(not one["wrong"] and not one["unasked5xx"] for one in results.values())
    # The gateway says that its upstream was gone, or how its shop tried again: it was made to.
    codes_right = codes["mock"] == 0 and codes["sales through the gateway"] in (0, 1, 3)
    good = clean and codes_right and all(one["flat"] for one in shown)
    report = {
        "minutes": given.minutes,
        "rate": given.rate,
        "seed": given.seed,
        "processes": shown,
        "clients": results,
        "exitCodes": codes,
        "noises": noises,
        "good": good,
    }
    print(json.dumps(report, indent=1))
    return 0 if good else 1


class _Child:
    """A child process whose lines are read one at a time, and which never outlives this one."""

    def __init__(self, argv: list[str]) -> None:
        self._process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        self.pid = self._process.pid

    def __enter__(self) -> _Child:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def line(self) -> str:
        """Return the next line that it prints."""
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def stop(self) -> None:
        """Ask it to end."""
        self._process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """Return its exit code once it has ended."""
        return self._process.wait(GRACE)


if __name__ == "__main__":
    sys.exit(main())
