"""``serve --state`` is killed while it is written to; then everything it acknowledged is there."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import httpx

from benchmarks.kills.process import TOOL, kill
from pay_conformance.signing import Signer

HOST = "https://pay-api.amazon.com"
OLD = 20
"""How many of the earlier acknowledgements are looked at again each time."""


class Serving:
    """One state file, and all that servers on it have acknowledged."""

    def __init__(self, folder: Path, random: Random) -> None:
        self._state = folder / "state.db"
        self._log = folder / "output"
        self._random = random
        self._created: dict[str, bytes] = {}
        """Idempotency key to the answer that it got."""
        self._read: dict[str, bytes] = {}
        """Session to what a GET showed after it was changed."""
        self._fresh: list[str] = []
        self._count = 0
        self.lost: list[str] = []
        self.writes = 0

    def round(self) -> bool:
        """Serve, check what is there, write, and kill; say whether it was killed while it wrote."""
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [*TOOL, "serve", "--port", "0", "--state", str(self._state)],
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        assert process.stdout is not None
        if self._random.random() < 0.2:
            time.sleep(self._random.uniform(0, 2))  # it is killed while it starts, or is idle
            kill(process)
            return False
        said = process.stdout.readline()
        if not said:
            self.lost.append(f"the server did not start again: {process.wait()}")
            return False
        shop = Shop(json.loads(said))
        self._check(shop)
        until = threading.Timer(self._random.uniform(0.02, 1.5), kill, [process])
        until.start()
        with suppress(httpx.TransportError):
            while True:
                self._write(shop)
        until.join()
        return True

    def damage(self) -> str:
        """Return what SQLite itself says of the file."""
        with sqlite3.connect(self._state) as file:
            return str(file.execute("PRAGMA integrity_check").fetchone()[0])

    def _write(self, shop: Shop) -> None:
        self._count += 1
        key = f"{self._count:032d}"
        made = shop.create(key)
        self._created[key] = made
        self._fresh.append(key)
        self.writes += 1
        session = json.loads(made)["checkoutSessionId"]
        shop.update(session, f"{self._random.randrange(100, 99999) / 100:.2f}")
        self.writes += 1
        self._read[session] = shop.read(session)

    def _check(self, shop: Shop) -> None:
        old = self._random.sample(sorted(self._created), min(OLD, len(self._created)))
        for key in dict.fromkeys([*self._fresh, *old]):
            if shop.create(key) != self._created[key]:
                self.lost.append(f"the answer to {key} is not what it was")
            session = json.loads(self._created[key])["checkoutSessionId"]
            if session in self._read and shop.read(session) != self._read[session]:
                self.lost.append(f"{session} is not what it was")
        self._fresh.clear()


class Shop:
    """A client of one server."""

    def __init__(self, line: dict[str, Any]) -> None:
        self._url = line["url"]
        self._store = line["storeId"]
        private_key = Path(line["privateKeyFile"]).read_text(encoding="ascii")
        self._signer = Signer(line["publicKeyId"], private_key)
        self._client = httpx.Client(timeout=30)

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def create(self, key: str) -> bytes:
        """Create a session, or get the answer that the key got before."""
        body = {
            "webCheckoutDetails": {"checkoutReviewReturnUrl": "https://shop.example/r"},
            "storeId": self._store,
        }
        return self._send("POST", "/checkoutSessions", body, key)

    def update(self, session: str, amount: str) -> bytes:
        """Set the amount of a session."""
        price = {"amount": amount, "currencyCode": "USD"}
        body = {"paymentDetails": {"paymentIntent": "Confirm", "chargeAmount": price}}
        return self._send("PATCH", f"/checkoutSessions/{session}", body)

    def read(self, session: str) -> bytes:
        """Return a session as it is."""
        return self._send("GET", f"/checkoutSessions/{session}")

    def _send(self, method: str, path: str, body: Any = None, key: str | None = None) -> bytes:
        raw = b"" if body is None else json.dumps(body).encode()
        headers = self._signer.sign(method, f"{HOST}/v2{path}", raw, idempotency_key=key)
        answer = self._client.request(method, f"{self._url}/v2{path}", headers=headers, content=raw)
        answer.raise_for_status()
        return answer.content
