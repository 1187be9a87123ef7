"""Measures what the gateway adds to a request: the same client, beside a direct connection.

Run it from a checkout: ``python -m benchmarks.gateway``. All of it stays on loopback.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

DIRECT = "direct, to serve --tls"
ROUNDS = 5
COMMAND = [sys.executable, "-c", "from pay_conformance.cli import main; main()"]
CLIENT = """
import http.client, os, ssl, sys, time
from pathlib import Path

def used(process):
    tasks = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e6

from pay_conformance.signing import Signer

host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
server = int(sys.argv[4]) if sys.argv[4:] else os.getppid()
signer = Signer(os.environ["AMAZON_PAY_PUBLIC_KEY_ID"],
                Path(os.environ["AMAZON_PAY_PRIVATE_KEY_FILE"]).read_text())
path = "/v2/checkoutSessions/00000000-0000-4000-8000-000000000000"
connection = http.client.HTTPSConnection(host, port)
headers = dict(signer.sign("GET", "https://pay-api.amazon.com" + path, b""))
times = []
for number in range(count):
    if number == 20:
        before = used(server)
    start = time.perf_counter()
    connection.request("GET", path, headers=headers)
    connection.getresponse().read()
    times.append(time.perf_counter() - start)
print(",".join(f"{1000 * value:.3f}" for value in times[20:]))
print("processor", (used(server) - before) / (count - 20))
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of a request: its latency, and the processor time of what the client talks to.

    The latter is all that was used between the first request and the last, and so is the work that
    the gateway does when an answer is on its way.
    """

    latency: float
    processor: float


def _cost(command: list[str], environment: Mapping[str, str]) -> Cost:
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    lines = done.stdout.splitlines()
    latencies = next(line for line in lines if "," in line)
    processor = next(line for line in lines if line.startswith("processor"))
    return Cost(median(float(value) for value in latencies.split(",")), float(processor.split()[1]))


def _client(host: str, port: int, count: int, *server: int) -> list[str]:
    return [sys.executable, "-c", CLIENT, host, str(port), str(count), *map(str, server)]


def measured(count: int) -> dict[str, Cost]:
    """Return what a request costs in each setting, the direct one first."""
    server = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", "--tls"], stdout=subprocess.PIPE, text=True
    )
    try:
        ready = json.loads(server.stdout.readline()) if server.stdout else {}
        port = int(ready["url"].rpartition(":")[2])
        own = {
            "AMAZON_PAY_PUBLIC_KEY_ID": ready["publicKeyId"],
            "AMAZON_PAY_PRIVATE_KEY_FILE": ready["privateKeyFile"],
            "SSL_CERT_FILE": ready["caFile"],
        }
        settings = {DIRECT: _cost(_client("127.0.0.1", port, count, server.pid), own)}
        for via in ("namespace", "environment"):
            gateway = [*COMMAND, "gateway", "--via", via]
            program = _client("pay-api.amazon.com", 443, count)
            if via == "environment":
                program = [
                    part.replace("HTTPSConnection(host, port)", _PROXIED) for part in program
                ]
            settings[f"gateway, {via}, mock inside"] = _cost([*gateway, "--", *program], {})
            settings[f"gateway, {via}, to serve"] = _cost(
                [*gateway, "--upstream", ready["url"], "--", *program], own
            )
    finally:
        server.terminate()
        server.wait()
    return settings


def main() -> None:
    """Print the time of a request in each setting, its ratio to the direct one, and the work.

    All are medians of several rounds, each of which measures every setting, so that a burst of
    other work on the machine spoils one round and not the figure.
    """
    rounds = [measured(300) for _ in range(ROUNDS)]
    for name in rounds[0]:
        value = median(each[name].latency for each in rounds)
        ratio = median(each[name].latency / each[DIRECT].latency for each in rounds)
        work = median(each[name].processor for each in rounds)
        print(f"{name:34} {value:7.2f} ms  {ratio:5.2f} x  {work:7.2f} ms of a processor")


_PROXIED = (
    'HTTPSConnection(os.environ["HTTPS_PROXY"].rpartition("/")[2]); '
    "connection.set_tunnel(host, port)"
)

if __name__ == "__main__":
    main()
