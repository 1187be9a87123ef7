"""A client of the Amazon Pay API: signs, sends, and repeats what may be repeated."""

from __future__ import annotations

import http.client
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pay_conformance.signing import Signer

HOSTS = {"na": "pay-api.amazon.com", "eu": "pay-api.amazon.eu", "jp": "pay-api.amazon.jp"}
RETRYABLE = frozenset({408, 425, 429, 500, 502, 503, 504})
WAITS = (1.0, 2.0, 4.0, 8.0)
"""Seconds before each further try."""


@dataclass(frozen=True)
class Answer:
    """What came back: ``status`` is 0 when the answer was lost."""

    status: int
    body: dict[str, Any]

    @property
    def succeeded(self) -> bool:
        """Whether the call did what it should."""
        return 200 <= self.status < 300

    @property
    def reason(self) -> str:
        """The reason code of an error, or ``""``."""
        return str(self.body.get("reasonCode") or "")

    @property
    def state(self) -> str:
        """The state of the object that came back, or ``""``."""
        return str((self.body.get("statusDetails") or {}).get("state") or "")


class Client:
    """Calls the sandbox with the credentials of the environment."""

    def __init__(self) -> None:
        key = os.environ["AMAZON_PAY_PRIVATE_KEY"]
        region = os.environ.get("AMAZON_PAY_REGION", "na")
        self.store_id = os.environ["AMAZON_PAY_STORE_ID"]
        self._host = HOSTS[region]
        self._signer = Signer(
            os.environ["AMAZON_PAY_PUBLIC_KEY_ID"],
            key if "BEGIN" in key else Path(key).read_text(),
            region=region,
        )

    def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, key: str = ""
    ) -> Answer:
        """Send a request; one that may be repeated is, after a longer wait each time.

        A GET may be repeated, and a POST with an idempotency key. Throttled requests always may.
        """
        for wait in (*WAITS, 0.0):
            answer = self.send(method, path, body, key)
            repeatable = method == "GET" or key or answer.status == 429
            if not wait or not repeatable or answer.status not in {0, *RETRYABLE}:
                break
            time.sleep(wait)
        return answer

    def send(self, method: str, path: str, body: dict[str, Any] | None, key: str) -> Answer:
        """Send a request once."""
        url = f"https://{self._host}/v2{path}"
        content = b"" if body is None else json.dumps(body).encode()
        headers = self._signer.sign(method, url, content, idempotency_key=key or None)
        connection = http.client.HTTPSConnection(self._host, timeout=20)
        try:
            connection.request(method, f"/v2{path}", content, dict(headers))
            response = connection.getresponse()
            return Answer(response.status, json.loads(response.read() or b"{}"))
        except (OSError, http.client.HTTPException, ValueError):
            return Answer(0, {})
        finally:
            connection.close()
