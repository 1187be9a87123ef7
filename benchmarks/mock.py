"""Measures the mock beside Prism and stripe-mock, and prints a Markdown table.

Run it with ``python -m benchmarks.mock``; with ``--only ROW`` for some of it, with ``--write`` to
put the table into the README. It takes about six minutes, and installs the peers into a cache
folder on its first run.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx

from benchmarks import gateway, million, peers
from benchmarks.page import machine, put
from benchmarks.processes import (
    answers,
    free_port,
    resident,
    running,
    seconds_to_answer,
)
from benchmarks.wire import Shop, many_creates, raw, store, unprefixed
from benchmarks.wrk import Load, drive

CONNECTIONS = 16
_WARMING = 5
_CHECKOUT = (
    b"mode=payment&success_url=https%3A%2F%2Fshop.example&cancel_url=https%3A%2F%2Fshop.example"
)


def pay_conformance(*arguments: str) -> list[str]:
    """Return the command line of this checkout's own program."""
    beside = Path(sys.executable).with_name("pay-conformance")
    return [str(beside), *arguments]


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs, and what it is asked."""

    name: str
    port: int
    process: int
    creates: Path
    reads: Path

    def load(self, what: str, seconds: int) -> Load:
        """Return what came of some seconds of creates or reads."""
        once = what == "creates" and self.name == "mock"
        requests: Path = getattr(self, what)
        return drive(self.port, requests, self.process, seconds=seconds,
                     connections=CONNECTIONS, once=once)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: a ratio in each round, and what it has to be."""

    what: str
    ratios: Sequence[float]
    target: str
    seen: str = ""

    def __str__(self) -> str:
        middle, low, high = median(self.ratios), min(self.ratios), max(self.ratios)
        spread = f"{middle:.2f} ({low:.2f} to {high:.2f})"
        return f"| {self.what} | {spread} | {self.target} | {self.seen} |"


class Ours:
    """A mock that serves, and the way to empty it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        ready = json.loads(process.stdout.readline()) if process.stdout else {}
        self.process = process.pid
        self.control = ready["control"]
        self.port = int(ready["url"].rpartition(":")[2])
        key = Path(ready["privateKeyFile"]).read_text(encoding="ascii")
        self.shop = Shop(ready["publicKeyId"], key, ready["storeId"])

    def empty(self) -> None:
        """Forget all sessions and keys, so that requests can be sent again."""
        httpx.post(f"{self.control}/reset", timeout=60).raise_for_status()

    def sessions(self, requests: Sequence[bytes]) -> list[str]:
        """Create so many sessions, and return their ids."""
        import http.client

        found = []
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port)) as client:
            client.connect()
            for request in requests:
                client.sock.sendall(request)
                answer = http.client.HTTPResponse(client.sock, method="POST")
                answer.begin()
                found.append(json.loads(answer.read())["checkoutSessionId"])
        return found


def served_rates(asked: argparse.Namespace) -> Iterator[Row]:
    """Yield the rows about requests a second, latency, and memory for each session."""
    pool = asked.seconds * 15_000
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-")))
        ours = Ours(
            stack.enter_context(running(pay_conformance("serve", "--port", "0"), heard=True))
        )
        creates = many_creates(ours.shop, pool)
        names = ours.sessions(creates[:500])
        reads = ours.shop.reads(names)
        form = [("authorization", "Bearer sk_test_123"),
                ("content-type", "application/x-www-form-urlencoded")]  # fmt: skip
        subjects = [
            Served("mock", ours.port, ours.process,
                   store(folder / "c", creates), store(folder / "r", reads)),
            _peer(stack, peers.prism(),
                  store(folder / "pc", unprefixed(creates[:1000])),
                  store(folder / "pr", unprefixed(reads))),
            _peer(stack, peers.stripe_mock(),
                  store(folder / "sc", [raw("POST", "/v1/checkout/sessions", form, _CHECKOUT)]),
                  store(folder / "sr", [raw("GET", "/v1/checkout/sessions/cs_1", form, b"")])),
        ]  # fmt: skip
        seen: dict[str, dict[str, list[Load]]] = {}
        for what in ("reads", "creates"):
            seen[what] = {subject.name: [] for subject in subjects}
            for subject in subjects[1:]:
                # Both compile what they often do; a busy machine may take longer than this.
                with contextlib.suppress(RuntimeError):
                    subject.load(what, _WARMING)
            for _ in range(asked.rounds):
                for subject in subjects:
                    if what == "creates" and subject.name == "mock":
                        ours.empty()
                    load = subject.load(what, asked.seconds)
                    seen[what][subject.name].append(load)
                    print(f"{what} {subject.name}: {load}", file=sys.stderr)
        yield from _rate_rows("Create Checkout Session", seen["creates"])
        yield from _rate_rows("Get Checkout Session", seen["reads"])


def _peer(stack: contextlib.ExitStack, peer: peers.Peer, creates: Path, reads: Path) -> Served:
    port = free_port()
    process = stack.enter_context(running(peer.on(port)))
    answers(port, peer.path)
    return Served(peer.name, port, process.pid, creates, reads)


def _rate_rows(what: str, seen: dict[str, list[Load]]) -> Iterator[Row]:
    ours = seen["mock"]
    for peer, target in (("Prism", "≥ 6"), ("stripe-mock", "≥ 1")):
        pairs = list(zip(ours, seen[peer], strict=True))
        own, theirs = (median(load.rate for load in loads) for loads in (ours, seen[peer]))
        yield Row(f"{what}: requests a second, of {peer}'s",
                  [mine.rate / other.rate for mine, other in pairs], target,
                  f"{own:.0f}/s, {theirs:.0f}/s")  # fmt: skip
        own, theirs = (median(load.processor for load in loads) for loads in (ours, seen[peer]))
        yield Row(f"{what}: requests in a processor second, of {peer}'s",
                  [other.processor / mine.processor for mine, other in pairs], "",
                  f"{own:.0f} µs, {theirs:.0f} µs each")  # fmt: skip
    pairs = list(zip(ours, seen["Prism"], strict=True))
    own, theirs = median(load.p99 for load in ours), median(load.p50 for load in seen["Prism"])
    yield Row(f"{what}: p99 at {CONNECTIONS} connections, of Prism's p50",
              [mine.p99 / other.p50 for mine, other in pairs], "≤ 1",
              f"{own:.1f} ms, {theirs:.1f} ms")  # fmt: skip


def starts(asked: argparse.Namespace) -> Iterator[Row]:
    """Yield the rows about starting."""
    prism, port = peers.prism(), free_port()
    ours = pay_conformance("serve", "--port", str(port))
    pairs = [
        (seconds_to_answer(ours, port, "/_control"),
         seconds_to_answer(prism.on(port), port, prism.path))
        for _ in range(asked.rounds)
    ]  # fmt: skip
    own, theirs = (median(times) for times in zip(*pairs, strict=True))
    yield Row("process start to the first answer, of Prism's",
              [mine / other for mine, other in pairs], "≤ 0.5",
              f"{own:.2f} s, {theirs:.2f} s")  # fmt: skip
    times = [_seconds(pay_conformance("--help")) for _ in range(2 * asked.rounds)]
    yield Row("`pay-conformance --help`, in seconds", times, "≤ 0.15")


def _seconds(command: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def memory(asked: argparse.Namespace) -> Iterator[Row]:
    """Yield the rows about memory: at the start, and for each stored session."""
    count, prism = 20_000, peers.prism()
    pairs, each = [], []
    for _ in range(min(3, asked.rounds)):
        port = free_port()
        with running(prism.on(port)) as process:
            answers(port, prism.path)
            theirs = resident(process.pid)
        with running(pay_conformance("serve", "--port", "0"), heard=True) as process:
            ours = Ours(process)
            answers(ours.port, "/_control")
            pairs.append((resident(ours.process), theirs))
            if not each:
                requests = many_creates(ours.shop, count + 1000)
                ours.sessions(requests[:1000])
                before = resident(ours.process)
                ours.sessions(requests[1000:])
                each.append((resident(ours.process) - before) / count)
    own, theirs = (median(sizes) / 2**20 for sizes in zip(*pairs, strict=True))
    yield Row("resident memory at the start, of Prism's",
              [mine / other for mine, other in pairs], "≤ 0.33",
              f"{own:.0f} MB, {theirs:.0f} MB")  # fmt: skip
    yield Row("resident bytes for each stored session", each, "≤ 2048", f"of {count:,} sessions")


def stocked(asked: argparse.Namespace) -> Iterator[Row]:
    """Yield the rows about a million stored sessions."""
    pairs = list(million.measure(asked.stored, asked.rounds))
    gets = [(few.get, many.get) for few, many in pairs]
    moves = [(few.move, many.move) for few, many in pairs]
    own, base = median(many for _, many in gets), median(few for few, _ in gets)
    yield Row(f"GET with {asked.stored:,} stored, of that with {million.FEW:,}",
              [many / few for few, many in gets], "≤ 1.2",
              f"{own:.0f} µs, {base:.0f} µs")  # fmt: skip
    own, base = median(many for _, many in moves), median(few for few, _ in moves)
    yield Row(f"clock move, 1,000 due of {asked.stored:,}, of that with 1,000 due of 1,000",
              [many / few for few, many in moves], "about 1",
              f"{own / 1000:.1f} ms, {base / 1000:.1f} ms")  # fmt: skip


def through_the_gateway(asked: argparse.Namespace) -> Iterator[Row]:
    """Yield the rows about what the gateway adds."""
    seen = [gateway.measured(300) for _ in range(min(3, asked.rounds))]
    for name in list(seen[0])[1:]:
        pairs = [(each[gateway.DIRECT].latency, each[name].latency) for each in seen]
        own, direct = median(pair[1] for pair in pairs), median(pair[0] for pair in pairs)
        work = median(each[name].processor for each in seen)
        yield Row(f"added by the {name}, of the mock's own p50 over TLS",
                  [through / alone - 1 for alone, through in pairs], "≤ 1",
                  f"{own:.2f} ms, {direct:.2f} ms direct; {work:.2f} ms of work")  # fmt: skip


ROWS: dict[str, Callable[[argparse.Namespace], Iterator[Row]]] = {
    "rates": served_rates,
    "start": starts,
    "memory": memory,
    "million": stocked,
    "gateway": through_the_gateway,
}


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of load in each round")
    parser.add_argument("--stored", type=int, default=1_000_000, help="sessions")
    parser.add_argument("--only", action="append", choices=list(ROWS), help="may be repeated")
    parser.add_argument("--write", action="store_true", help="put the table into the README")
    asked = parser.parse_args()
    busy = os.getloadavg()[0]
    table = ["| what | median (least to most) | must be | seen |", "|---|---:|---:|---|"]
    print("\n".join(table), flush=True)
    for name in asked.only or ROWS:
        for row in ROWS[name](asked):
            table.append(str(row))
            print(row, flush=True)
    if asked.write:
        put("mock", [*table, "", machine(busy)])


if __name__ == "__main__":
    main()
