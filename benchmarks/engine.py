"""Measures judging, the suite and what it generates, each beside a peer, as a Markdown table.

Run it with ``python -m benchmarks.engine``; with ``--only ROW`` for some of it, with ``--write`` to
put the table into ``benchmarks/README.md``. It takes about five minutes on an idle machine. Rounds
alternate between the peers; what is shown is the median of the rounds, and the least and the most.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import jsonschema
from hypothesis.database import InMemoryExampleDatabase

from benchmarks import generated
from benchmarks.mock import Row, pay_conformance
from benchmarks.outside import ROOT, attack, served
from benchmarks.page import machine, put
from benchmarks.processes import resident
from benchmarks.traffic import lines, write
from pay_conformance.checks import Judge, view
from pay_conformance.contract import Contract
from pay_conformance.contract.model import Party
from pay_conformance.exchange import Exchange
from pay_conformance.findings import Outcome
from pay_conformance.garbage import rare_collections
from pay_conformance.generate.examples import Examples
from pay_conformance.generate.varying import refuse_at_random
from pay_conformance.scenario import Story
from pay_conformance.scenario.story import Setting
from pay_conformance.stream.lines import Reader
from pay_conformance.targets.choice import open_target

_GENERATED = (
    "createCheckoutSession",
    "updateCheckoutSession",
    "completeCheckoutSession",
    "finalizeCheckoutSession",
    "updateChargePermission",
    "closeChargePermission",
    "createCharge",
    "captureCharge",
    "cancelCharge",
    "createRefund",
)


def judging(asked: argparse.Namespace) -> Iterator[Row]:
    """All checks of an exchange, beside one plain validation of the body that was answered.

    Exchanges are judged as those of a file are, some read ahead, and as those of a run, one by one.
    """
    contract = Contract.load()
    reader = Reader("traffic", contract)
    exchanges = [
        found
        for number, line in enumerate(lines(2_000))
        if (found := reader.exchange(line.encode(), number)) is not None
    ]
    plain = [_plain(exchange, contract) for exchange in exchanges]
    ways = {"of many": _judge_many, "alone": _judge_one_by_one}
    ratios: dict[str, list[float]] = {way: [] for way in ways}
    seen: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(asked.rounds + 1):
        with rare_collections():  # as in every command that judges; for the peer, too
            theirs = _seconds(lambda: [check() for check in plain])
            for way, judge_all in ways.items():
                court = Judge(contract, frozenset(Party))
                ours = _seconds(partial(judge_all, court, exchanges))
                if number:  # the first one warms up
                    ratios[way].append(theirs / ours)
                    seen[way].append(1e6 * ours / len(exchanges))
    for way in ways:
        yield Row(
            f"judging an exchange {way}: times plain `jsonschema` validation of its body",
            ratios[way], "at least 8", f"{median(seen[way]):.0f} µs an exchange",
        )  # fmt: skip


def _judge_many(court: Judge, exchanges: Sequence[Exchange]) -> list[list[Outcome]]:
    return list(court.judge_each(exchanges))


def _judge_one_by_one(court: Judge, exchanges: Sequence[Exchange]) -> list[list[Outcome]]:
    return [court.judge(exchange) for exchange in exchanges]


def _plain(exchange: Exchange, contract: Contract) -> Callable[[], object]:
    seen = view(exchange, contract)
    validator = _validator(contract, seen.api, seen.object)
    body = exchange.response.body if exchange.response is not None else b""
    return lambda: validator.validate(json.loads(body))


_validators: dict[tuple[str, str], jsonschema.Draft202012Validator] = {}


def _validator(contract: Contract, api: str, name: str) -> jsonschema.Draft202012Validator:
    if (api, name) not in _validators:
        schema = contract.schema("v1" if api == "v1" else "v2", name)
        _validators[api, name] = jsonschema.Draft202012Validator(schema)
    return _validators[api, name]


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def checking(asked: argparse.Namespace) -> Iterator[Row]:
    """``check`` on a file of many exchanges and on a fifth of it, on two processors and on one."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        whole, fifth = Path(name, "whole.jsonl"), Path(name, "fifth.jsonl")
        write(whole, asked.exchanges)
        write(fifth, asked.exchanges // 5)
        rates, gains, growths, most = [], [], [], 0
        for _ in range(max(1, asked.rounds // 2)):
            both, peak = _checked(whole, 2)
            alone, _ = _checked(whole, 1)
            _, smaller = _checked(fifth, 2)
            rates.append(asked.exchanges / both / 1000)
            gains.append(alone / both)
            growths.append(peak / smaller)
            most = max(most, peak)
    count = f"{asked.exchanges:,} exchanges"
    yield Row(f"`check`, {count}: thousands a second on 2 processors", rates, "at least 30")
    yield Row(f"`check`, {count}: times as fast as on 1 processor", gains, "both used")
    yield Row(
        f"`check`, {count}: memory, times that for a fifth of them",
        growths, "1", f"{most / 2**20:.0f} MB at most, all processes",
    )  # fmt: skip


def _checked(path: Path, processors: int) -> tuple[float, int]:
    """Return the seconds that ``check`` takes, and the resident bytes at its peak."""
    began, peak = time.perf_counter(), 0
    usable = sorted(os.sched_getaffinity(0))[:processors]
    with subprocess.Popen(
        ["taskset", "-c", ",".join(map(str, usable)), *pay_conformance("check", str(path))],
        stdout=subprocess.DEVNULL,
    ) as process:
        while process.poll() is None:
            try:
                peak = max(peak, resident(process.pid))
            except OSError:
                continue  # it ended between two questions
            time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"check ended with {process.returncode}")
    return time.perf_counter() - began, peak


def suite(asked: argparse.Namespace) -> Iterator[Row]:
    """The whole server suite against the embedded mock, in two processes and in one."""
    both, gains, said = [], [], set()
    for number in range(max(1, asked.rounds // 2)):
        two, verdicts = _run(number + 1, 2)
        one, others = _run(number + 1, 1)
        both.append(two)
        gains.append(one / two)
        said |= {verdicts, others}
    yield Row("the server suite with `-n 2`: seconds", both, "at most 10", "; ".join(sorted(said)))
    yield Row("the server suite with `-n 2`: times as fast as with `-n 1`", gains, "at least 1.6")


def _run(seed: int, processes: int) -> tuple[float, str]:
    began = time.perf_counter()
    done = subprocess.run(
        pay_conformance("run", "--seed", str(seed), "-n", str(processes)),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    seconds = time.perf_counter() - began
    found = re.search(r"^\d+ passed, .*$", done.stdout, re.MULTILINE)
    return seconds, found[0] if found else "no verdicts"


def in_process(asked: argparse.Namespace) -> Iterator[Row]:
    """Generated cases in this process: signed and judged, beside a bare ``case.call()``."""
    for operation in generated.OPERATIONS:
        generated.bare(operation, 5)  # what is loaded once is loaded before
        generated.ours(operation, 5)
        pairs = [
            (generated.bare(operation, 200), generated.ours(operation, 200))
            for _ in range(asked.rounds)
        ]
        theirs, own = (median(pair[at] for pair in pairs) for at in (0, 1))
        yield Row(
            f"generated cases of {operation}: times a bare `case.call()`",
            [ours / bare for bare, ours in pairs],
            "at least 2", f"{own:.0f}/s; bare {theirs:.0f}/s",
        )  # fmt: skip


def over_http(asked: argparse.Namespace) -> Iterator[Row]:
    """Generated cases of all operations, sent to one server over HTTP, beside schemathesis."""
    pairs = []
    document = ROOT / "contracts" / "v2" / "openapi.yaml"
    for number in range(max(1, asked.rounds // 2)):
        with served(number) as line:
            counted = attack(line, document, "v2", 800, number, "fuzzing")
            pairs.append((counted.cases / counted.seconds, _ours(line, number, 80)))
    theirs, own = (median(pair[at] for pair in pairs) for at in (0, 1))
    yield Row(
        "generated cases, checks on: times `schemathesis run`",
        [ours / peer for peer, ours in pairs],
        "at least 3", f"{own:.0f}/s; schemathesis {theirs:.0f}/s",
    )  # fmt: skip


def _ours(line: dict[str, str], seed: int, count: int) -> float:
    """Return the varied requests a second that are signed, sent to a server and judged."""
    contract = Contract.load()
    target = open_target(line["url"], control=line["control"], ca_file="", seed=seed)
    began, cases = time.perf_counter(), 0
    for operation in _GENERATED:
        setting = Setting(
            target=target, contract=contract, api="v2", name=operation, seed=seed, reproduce="",
            marked=frozenset(),
        )  # fmt: skip
        examples = Examples(Story(setting), database=InMemoryExampleDatabase())
        refuse_at_random(examples, operation, count)
        cases += examples.cases
    seconds = time.perf_counter() - began
    target.close()
    return cases / seconds


ROWS: dict[str, Callable[[argparse.Namespace], Iterator[Row]]] = {
    "judging": judging,
    "checking": checking,
    "suite": suite,
    "in-process": in_process,
    "over-http": over_http,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is asked for, and print it as a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=list(ROWS), help="may be repeated")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--exchanges", type=int, default=100_000, help="for check")
    parser.add_argument("--write", action="store_true", help="put the table into the README")
    asked = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    began, busy = time.monotonic(), os.getloadavg()[0]
    table = ["| what | median (least to most) | must be | seen |", "|---|---:|---:|---|"]
    print("\n".join(table), flush=True)
    for name in asked.only or ROWS:
        for row in ROWS[name](asked):
            table.append(str(row))
            print(row, flush=True)
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
    if asked.write:
        put("engine", [*table, "", machine(busy)])


if __name__ == "__main__":
    main()
