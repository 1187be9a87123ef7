"""What the server of a case answers, step by step, and what its answers did."""

from __future__ import annotations

import gzip
import json
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Any

from pay_conformance.exchange import Request, Response
from pay_conformance.sdk.server import Fault, Reply

REQUEST_ID = "x-amz-pay-request-id"
_KEY = "x-amz-pay-idempotency-key"
_AHEAD = re.compile(r"in (\d+) seconds")


@dataclass(frozen=True, slots=True)
class Step:
    """One answer. ``acts`` says that the request took effect, whether its answer arrives or not."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str | None], ...] = ()
    """Added to the usual ones; ``None`` takes one away, ``in N seconds`` is a date so far ahead."""
    fault: Fault | None = None
    delay: float = 0.0
    acts: bool = False
    chunked: bool = False
    gzip: bool = False
    """The body is compressed for a client that asks for it, as servers do."""
    closes: bool = False
    sent: Any = None
    """The body as JSON, where it is JSON."""


def read_step(written: Any, bodies: Path) -> Step:
    """Read a step as a case writes it.

    Forms: ``"201 charge-authorized"`` (a body by name), ``"429 TooManyRequests"`` (an error by
    reason code), ``"201 charge-authorized lost"`` (acted on, then the connection is reset),
    ``"reset"`` and the other faults, a bare status (an empty body), or a mapping.

    Raises:
        ValueError: if it is none of these; the text says what is wrong.
    """
    if isinstance(written, dict):
        return _read_mapping(written, bodies)
    words = str(written).split()
    if len(words) == 1 and words[0] in set(Fault):
        return Step(200, b'{"filler":"' + b"." * 200 + b'"}', fault=Fault(words[0]))
    if not words or not words[0].isdigit() or len(words) > 3 or words[2:] not in ([], ["lost"]):
        raise ValueError(f"the answer {written!r} is not known")
    status, lost = int(words[0]), words[2:] == ["lost"]
    body = _body(words[1], bodies) if len(words) > 1 else b""
    return Step(
        status,
        body,
        fault=Fault.RESET if lost else None,
        acts=lost or 200 <= status < 300,
        sent=_json(body),
    )


def _read_mapping(written: dict[str, Any], bodies: Path) -> Step:
    status = int(written.get("status", 200))
    body = _body(written["body"], bodies) if "body" in written else b""
    if "raw" in written:
        body = written["raw"].encode()
    sent = _json(body)
    headers = dict(written.get("headers", {}))
    coding = written.get("coding")
    if coding == "latin-1":
        body = body.decode().encode("latin-1", "replace")
    elif coding == "bom":
        body = b"\xef\xbb\xbf" + body
    return Step(
        status,
        body,
        headers=tuple(headers.items()),
        fault=Fault(written["fault"]) if "fault" in written else None,
        delay=float(written.get("delay", 0)),
        acts=written.get("acts", 200 <= status < 300 and "fault" not in written),
        chunked=coding == "chunked",
        gzip=coding == "gzip",
        closes=written.get("closes", False),
        sent=sent,
    )


def _body(name: str, bodies: Path) -> bytes:
    path = bodies / f"{name}.json"
    if path.exists():
        return path.read_bytes()
    if name[:1].isupper() and name.isalnum():
        error = {"reasonCode": name, "message": f"The request was refused: {name}."}
        return json.dumps(error).encode()
    raise ValueError(f"no body {name}")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


class Script:
    """Plays the steps of one case; the last one is repeated. Safe for many threads.

    With ``abreast``, an answer tells of the object that the request named in its path, so that
    the answers of calls side by side can be told apart.
    """

    def __init__(self, steps: Sequence[Step], tag: str, *, abreast: bool = False) -> None:
        self._abreast = abreast
        self._steps = steps
        self._tag = tag
        self._lock = threading.Lock()
        self._played = 0
        self._keys: set[str] = set()
        self._keyless = 0
        self.request_ids: list[str] = []

    @property
    def charges(self) -> int:
        """How many charges exist: one for each idempotency key that was acted on."""
        with self._lock:
            return len(self._keys) + self._keyless

    def answer(self, request: Request) -> Reply:
        """Answer the next request of the case."""
        with self._lock:
            step = self._steps[min(self._played, len(self._steps) - 1)]
            self._played += 1
            number = self._played
            request_id = f"request-{self._tag}-{number}"
            self.request_ids.append(request_id)
            if (
                step.acts
                and request.method == "POST"
                and request.path.rstrip("/").endswith("/charges")
            ):
                key = request.header(_KEY)
                if key:
                    self._keys.add(key)
                else:
                    self._keyless += 1
        headers: dict[str, str | None] = {
            "content-type": "application/json",
            REQUEST_ID: request_id,
        }
        headers.update({name.lower(): _as_sent(value) for name, value in step.headers})
        if step.chunked:
            headers["transfer-encoding"] = "chunked"
        body = _about(step, request) if self._abreast else step.body
        if step.gzip and "gzip" in (request.header("accept-encoding") or "").lower():
            headers["content-encoding"] = "gzip"
            body = gzip.compress(body)
        kept = tuple((name, value) for name, value in headers.items() if value is not None)
        return Reply(Response(step.status, kept, body), step.fault, step.delay, step.closes)


def _as_sent(value: str | None) -> str | None:
    ahead = _AHEAD.fullmatch(value or "")
    return value if ahead is None else formatdate(time.time() + int(ahead[1]), usegmt=True)


def _about(step: Step, request: Request) -> bytes:
    """Return the step's body with the id that the request named, where it is a read."""
    if not isinstance(step.sent, dict) or request.method != "GET":
        return step.body
    name = next((key for key in ("refundId", "chargeId") if key in step.sent), "id")
    return json.dumps({**step.sent, name: request.path.rstrip("/").rsplit("/", 1)[-1]}).encode()
