"""A hostile server with a buyer whom nobody may find again, and the search for them."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, quote_plus

from pay_conformance.contract import Contract
from pay_conformance.exchange import Request, Response
from pay_conformance.mock import Mock

TOOL = (sys.executable, "-m", "pay_conformance")
BUYER = {
    "Sample Buyer": "Quirina Zwolenkiewicz",
    "buyer@example.com": "quirina.z@mailbox.test",
    "10 Example Street": "77 Unspeakable Alley",
    "800-000-0000": "+49 170 5550199",
    "60602": "QZ9 9ZZ",
}
"""What stands for a buyer in the mock, and who it is here."""


class Hostile:
    """The mock, answering with a real-looking buyer, in wrong types, and with what it was sent."""

    def __init__(self) -> None:
        self.mock = Mock(Contract.load())
        self.signatures: set[str] = set()
        self.tokens: set[str] = set()

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        if request.path.startswith("/_control"):
            response = self.mock.control(request)
            self.tokens.update(re.findall(r"Atza\|\w+", response.body.decode()))
            return response
        authorization = request.header("authorization") or ""
        self.signatures.update(re.findall(r"Signature=(\S+)", authorization))
        response = self.mock.handle(request)
        body = json.loads(response.body)
        if response.status >= 400:
            body["message"] = f"refused: {authorization} {request.body.decode(errors='replace')}"
        if isinstance(body.get("buyer"), dict):
            body["buyer"]["name"] = [body["buyer"]["name"]]
            body["buyer"]["phoneNumber"] = {"number": BUYER["800-000-0000"]}
        if isinstance(body.get("shippingAddress"), dict):
            body["shippingAddress"]["surprise"] = BUYER["Sample Buyer"]
            body["shippingAddress"]["postalCode"] = [BUYER["60602"]]
        text = json.dumps(body, ensure_ascii=False)
        for sample, person in BUYER.items():
            text = text.replace(sample, person)
        return Response(response.status, response.headers, text.encode())


@contextmanager
def served(hostile: Hostile) -> Iterator[str]:
    """Serve it, and give its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def __getattr__(self, name: str) -> Callable[[], None]:
            if not name.startswith("do_"):
                raise AttributeError(name)
            return self._serve

        def _serve(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            headers = tuple(self.headers.items())
            asked = Request(self.command, f"http://x{self.path}", headers, self.rfile.read(size))
            response = hostile.answer(asked)
            self.send_response_only(response.status)
            for name, value in response.headers:
                self.send_header(name, value)
            self.send_header("content-length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def called(folder: Path, environment: dict[str, str], *arguments: str) -> int:
    """Call a command, whose output is one more artefact; return its exit code."""
    with (folder / "output.txt").open("ab") as output:
        done = subprocess.run(
            [*TOOL, *arguments],
            stdout=output,
            stderr=output,
            env={**os.environ, **environment},
            timeout=300,
            check=False,
        )
    return done.returncode


def found(folder: Path, needles: dict[str, str]) -> dict[str, list[str]]:
    """Return what is where: for each file in a folder, the names of the needles in it.

    A needle counts in any form: plain, percent-encoded, in base64, with escapes of JSON or of HTML.
    """
    forms = {name: _forms(needle) for name, needle in needles.items()}
    seen = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        inside = sorted(name for name, every in forms.items() if any(one in text for one in every))
        if inside:
            seen[str(path.relative_to(folder))] = inside
    return seen


def _forms(needle: str) -> set[str]:
    forms = {needle, quote(needle, safe=""), quote(needle), quote_plus(needle)}
    forms.add(json.dumps(needle)[1:-1])
    forms.add(needle.replace("+", "&#43;").replace("=", "&#61;"))
    forms.add(needle.replace("+", "\\u002b").replace("=", "\\u003d"))
    return forms | {form for text in (needle, quote(needle)) for form in _in_base64(text.encode())}


def _in_base64(needle: bytes) -> Iterator[str]:
    """Yield what base64 makes of some bytes wherever they stand in a longer text."""
    for before in range(3):
        packed = base64.b64encode(bytes(before) + needle).decode()
        # The first and the last characters have bits of what stands beside it.
        whole = packed[
            (0, 2, 3)[before] : len(packed) - (0, 3, 2)[(before + len(needle)) % 3] or None
        ]
        whole = whole.rstrip("=")
        yield from (whole, whole.translate(str.maketrans("+/", "-_")))
