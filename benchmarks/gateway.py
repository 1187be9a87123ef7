"""Measures what the gateway adds to a request: the same client, beside a direct connection.

Run it from a checkout: ``python -m benchmarks.gateway``. All of it stays on loopback.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from statistics import median

DIRECT = "direct, to serve --tls"
ROUNDS = 5
COMMAND = [sys.executable, "-c", "from pay_conformance.cli import main; main()"]
CLIENT = """
import http.client, os, ssl, sys, time
from pathlib import Path
from pay_conformance.signing import Signer

host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
signer = Signer(os.environ["AMAZON_PAY_PUBLIC_KEY_ID"],
                Path(os.environ["AMAZON_PAY_PRIVATE_KEY_FILE"]).read_text())
path = "/v2/checkoutSessions/00000000-0000-4000-8000-000000000000"
connection = http.client.HTTPSConnection(host, port)
headers = dict(signer.sign("GET", "https://pay-api.amazon.com" + path, b""))
times = []
for _ in range(count):
    start = time.perf_counter()
    connection.request("GET", path, headers=headers)
    connection.getresponse().read()
    times.append(time.perf_counter() - start)
print(",".join(f"{1000 * value:.3f}" for value in times))
"""


def _median(command: list[str], environment: Mapping[str, str]) -> float:
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    line = next(line for line in done.stdout.splitlines() if "," in line)
    return median(float(value) for value in line.split(",")[20:])


def _client(host: str, port: int, count: int) -> list[str]:
    return [sys.executable, "-c", CLIENT, host, str(port), str(count)]


def measured(count: int) -> dict[str, float]:
    """Return the median milliseconds of a request in each setting, the direct one first."""
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
        settings = {DIRECT: _median(_client("127.0.0.1", port, count), own)}
        for via in ("namespace", "environment"):
            gateway = [*COMMAND, "gateway", "--via", via]
            program = _client("pay-api.amazon.com", 443, count)
            if via == "environment":
                program = [
                    part.replace("HTTPSConnection(host, port)", _PROXIED) for part in program
                ]
            settings[f"gateway, {via}, mock inside"] = _median([*gateway, "--", *program], {})
            settings[f"gateway, {via}, to serve"] = _median(
                [*gateway, "--upstream", ready["url"], "--", *program], own
            )
    finally:
        server.terminate()
        server.wait()
    return settings


def main() -> None:
    """Print the median time of a request in each setting, and its ratio to the direct one.

    Both are medians of several rounds, each of which measures every setting, so that a burst of
    other work on the machine spoils one round and not the figure.
    """
    rounds = [measured(300) for _ in range(ROUNDS)]
    for name in rounds[0]:
        value = median(each[name] for each in rounds)
        ratio = median(each[name] / each[DIRECT] for each in rounds)
        print(f"{name:34} {value:7.2f} ms  {ratio:5.2f} x")


_PROXIED = (
    'HTTPSConnection(os.environ["HTTPS_PROXY"].rpartition("/")[2]); '
    "connection.set_tunnel(host, port)"
)

if __name__ == "__main__":
    main()
