"""The peers: other people's mock servers, installed at pinned versions into a cache folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.flattened import flattened

PRISM = "5.14.2"
"""The last that runs on Node 20."""
STRIPE_MOCK = "v0.203.0"


@dataclass(frozen=True, slots=True)
class Peer:
    """A server to compare with: how it is started on a port, and a path that it answers."""

    name: str
    command: tuple[str, ...]
    path: str

    def on(self, port: int) -> list[str]:
        """Return the command that serves on a port."""
        return [part.replace("PORT", str(port)) for part in self.command]


def cache() -> Path:
    """Return the folder that peers are installed into."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    folder = Path(base).expanduser() / "amazon-pay-conformance" / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def prism() -> Peer:
    """Return Prism, serving our v2 document; installed by npm where it isn't yet."""
    folder = cache() / f"prism-{PRISM}"
    program = folder / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"
    if not program.exists():
        folder.mkdir(exist_ok=True)
        _install(["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder),
                  f"@stoplight/prism-cli@{PRISM}"])  # fmt: skip
    document = folder / "v2.json"
    document.write_text(json.dumps(flattened("v2")), encoding="utf-8")
    command = ("node", str(program), "mock", "--verboseLevel", "silent", "--host", "127.0.0.1",
               "--port", "PORT", str(document))  # fmt: skip
    return Peer("Prism", command, "/checkoutSessions/00000000-0000-4000-8000-000000000000")


def stripe_mock() -> Peer:
    """Return stripe-mock; installed by go where it isn't yet."""
    program = cache() / f"stripe-mock-{STRIPE_MOCK}" / "stripe-mock"
    if not program.exists():
        environment = {**os.environ, "GOBIN": str(program.parent)}
        _install(["go", "install", f"github.com/stripe/stripe-mock@{STRIPE_MOCK}"], environment)
    command = (str(program), "-http-addr", "127.0.0.1:PORT")
    return Peer("stripe-mock", command, "/v1/checkout/sessions/cs_1")


def _install(command: list[str], environment: dict[str, str] | None = None) -> None:
    if shutil.which(command[0]) is None:
        raise SystemExit(f"{command[0]} is needed to install a peer")
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
