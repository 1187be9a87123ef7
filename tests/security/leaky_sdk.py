"""SDKs that tell everybody everything: ``python leaky_sdk.py NAME`` is an adapter.

What must not be found again is written beside the artefacts, into ``TMPDIR``.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "miniatures"))

from model import Adapter, Answer, PayError, Sdk

BUYER = "Quirina Zwolenkiewicz, quirina.z@mailbox.test"
_SEEN = Path(os.environ["TMPDIR"]) / "seen.jsonl"
_LOCK = threading.Lock()


def seen(what: str, text: str) -> None:
    """Write down what this SDK knows and nobody else may."""
    with _LOCK, _SEEN.open("a", encoding="utf-8") as file:
        file.write(json.dumps([what, text]) + "\n")


class Leaky(Sdk):
    """Knows the key and each signature, and has them in every text of its own."""

    def __init__(self, configuration: dict[str, Any]) -> None:
        super().__init__(configuration)
        given = configuration["privateKey"]
        path = "-----" not in given and len(given) < 500
        self.pem = Path(given).read_text(encoding="utf-8") if path else given.replace("\\n", "\n")
        self.last = ""
        for line in self.pem.splitlines():
            # The first line is the same in every key.
            if len(line) >= 60 and not line.startswith(("-----", "MII")):
                for start in (0, 22, 44):
                    seen("key", line[start : start + 20])

    def authorize(self, *given: Any) -> dict[str, str]:
        headers = super().authorize(*given)
        self.last = headers["authorization"]
        seen("signature", self.last.rpartition("Signature=")[2])
        return headers

    @property
    def secrets(self) -> str:
        return f"{self.pem} {self.last}"

    def __repr__(self) -> str:
        return f"<Client {self.secrets}>"


class Prints(Leaky):
    """Prints all that it knows on standard error, and dies of its third call."""

    calls = 0

    def attempt(self, *given: Any) -> Answer:
        type(self).calls += 1
        try:
            return super().attempt(*given)
        finally:
            print(f"sending with {self.secrets}", file=sys.stderr, flush=True)
            if self.calls > 2:
                print(f"fatal: {' '.join(self.secrets.split())}", file=sys.stderr, flush=True)
                os._exit(139)


class Raises(Leaky):
    """Raises errors that quote key, header and answer, and returns bodies with them inside."""

    def read(self, operation: str, answer: Answer) -> Answer:
        if answer.status >= 300:
            raise PayError(f"failed: {self.secrets} {answer.text}", answer)
        answer.body = {"key": self.pem, "authorization": self.last, "lines": self.pem.splitlines()}
        answer.text = f"{self.secrets} {answer.text}"
        answer.request_id = self.last
        return answer


class Refuses(Leaky):
    """Can't be configured, and says with which key."""

    def __init__(self, configuration: dict[str, Any]) -> None:
        super().__init__(configuration)
        raise PayError(f"no good key: {self.pem}")


class Chats(Adapter):
    """Writes keys and headers into the lines that are to be answers."""

    def call(self, message: dict[str, Any]) -> dict[str, Any]:
        client = self.clients[message["client"]]
        assert isinstance(client, Leaky)
        self.write(" ".join(client.pem.splitlines()[2:]))
        return super().call(message)


if __name__ == "__main__":
    name = sys.argv[1]
    subject = Chats(Leaky) if name == "Chats" else Adapter(globals()[name])
    subject.serve()
