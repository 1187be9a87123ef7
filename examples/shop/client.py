"""A client of the Amazon Pay API: signs, sends, and repeats what may be repeated."""

from __future__ import annotations

import http.client
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pay_conformance.signing import Signer, sign_button

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
    """Calls the sandbox with the credentials of the environment.

    ``AMAZON_PAY_URL`` is another server that shall be called in its place.
    """

    def __init__(self) -> None:
        key = os.environ["AMAZON_PAY_PRIVATE_KEY"]
        region = os.environ.get("AMAZON_PAY_REGION", "na")
        self.store_id = os.environ["AMAZON_PAY_STORE_ID"]
        self._base = os.environ.get("AMAZON_PAY_URL") or f"https://{HOSTS[region]}"
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
        url = f"{self._base}/v2{path}"
        server = urlsplit(url)
        content = b"" if body is None else json.dumps(body).encode()
        headers = self._signer.sign(method, url, content, idempotency_key=key or None)
        secure = server.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(server.netloc, timeout=20)
        try:
            connection.request(method, f"/v2{path}", content, dict(headers))
            response = connection.getresponse()
            return Answer(response.status, json.loads(response.read() or b"{}"))
        except (OSError, http.client.HTTPException, ValueError):
            return Answer(0, {})
        finally:
            connection.close()

    def sign_button(self, payload: str) -> dict[str, str]:
        """Return what a page passes to the button for a payload, which has to stay as it is."""
        return {
            "payloadJSON": payload,
            "signature": sign_button(payload, self._signer),
            "publicKeyId": self._signer.public_key_id,
            "algorithm": str(self._signer.algorithm),
        }
