"""Drives a server with Debian's wrk, and returns what it saw."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import processor_seconds

_SCRIPT = Path(__file__).with_name("replay.lua")


@dataclass(frozen=True, slots=True)
class Load:
    """What came of some seconds of load. Latencies are in milliseconds."""

    rate: float
    p50: float
    p99: float
    processor: float
    """Microseconds of the server's processor time for each request."""
    requests: int


def drive(
    port: int, requests: Path, process: int, *, seconds: int, connections: int, once: bool = False
) -> Load:
    """Send a file of requests to a server again and again, from one thread.

    With ``once``, no request may be sent twice.

    Raises:
        RuntimeError: if some were refused or failed, or all were sent and more were needed.
    """
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is needed: apt-get install wrk")
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s",
               "-s", str(_SCRIPT), f"http://127.0.0.1:{port}", "--", str(requests)]  # fmt: skip
    before = processor_seconds(process)
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    used = processor_seconds(process) - before
    seen = json.loads(printed.strip().rpartition("\n")[2])
    if seen["refused"] or seen["broken"]:
        raise RuntimeError(f"not all requests were served: {seen}")
    if once and seen["sent"] > seen["known"]:
        raise RuntimeError(f"{seen['known']} requests are too few for {seconds} s: {seen}")
    count = seen["requests"]
    if not count:
        raise RuntimeError("no request was answered: the machine is too busy to measure")
    return Load(
        rate=count / seen["microseconds"] * 1e6,
        p50=seen["p50"] / 1000,
        p99=seen["p99"] / 1000,
        processor=used / count * 1e6,
        requests=count,
    )
