"""Reads JSON lines: each an exchange, or a bare body.

A line that is an exchange is an object with ``request`` and ``response``::

    {"started": "2026-01-31T09:44:01Z", "ended": "2026-01-31T09:44:01.120Z",
     "request": {"method": "GET", "url": "https://…", "headers": [["accept", "…"]], "body": ""},
     "response": {"status": 200, "headers": {"content-type": "…"}, "body": "{…}"}}

``started``, ``ended``, ``id`` and ``failure`` may be missing, and ``response`` null where no answer
came. Headers are pairs, or an object of texts or lists of texts. A body is the text as it was
sent, or the JSON itself. Every other line is a body.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

import orjson

from pay_conformance.checks.body import LONGEST, parse
from pay_conformance.checks.names import recognise_api, recognise_object
from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api
from pay_conformance.exchange import (
    Exchange,
    Headers,
    Request,
    Response,
    as_headers,
    readable,
    to_look_at,
)
from pay_conformance.har import STRIPPED
from pay_conformance.problems import ConfigurationProblem

SUFFIXES: Final = (".jsonl", ".ndjson")
LONGEST_LINE: Final = 4 * LONGEST
"""Bytes of a line; a longer one is refused before it is parsed."""

_MOST_SHAPES: Final = 4096


@contextmanager
def stored(file: str) -> Iterator[Path]:
    """Give the path at which a file can be read again; ``-`` is standard input, and is copied.

    The copy is there while the context lasts. What is no readable file is left to who reads it.
    """
    if file != "-":
        yield Path(file)
        return
    with NamedTemporaryFile() as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.flush()
        yield Path(copy.name)


def is_stream(path: Path) -> bool:
    """Say whether a file is one of JSON lines: by its name, or as two lines are each an object."""
    if path.suffix.lower() in SUFFIXES:
        return True
    try:
        with path.open("rb") as file:
            return _are_lines(file.readline(LONGEST_LINE) + file.readline(LONGEST_LINE))
    except (OSError, ValueError):
        return False  # who reads it says why


def _are_lines(beginning: bytes) -> bool:
    first, _, second = beginning.partition(b"\n")
    return _is_object(first) and _is_object(second)


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


@dataclass(slots=True)
class Reader:
    """Turns the lines of one file into exchanges.

    ``name`` and ``api`` say what bare bodies are, where the caller knows it; ``stripped`` that no
    request of the file has an Authorization header, because the recorder took it out.
    """

    file: str
    contract: Contract
    name: str = ""
    api: Api | None = None
    stripped: bool = False
    _shapes: dict[tuple[str, ...], tuple[Api, str]] = field(default_factory=dict)

    def exchange(self, line: bytes, number: int) -> Exchange | None:
        """Return the exchange of a line, or ``None`` if it is no call of Amazon Pay.

        Raises:
            ConfigurationProblem: if it is neither an exchange nor a body that is recognised.
        """
        if self.name:
            return self._body(line, number, self.api, self.name)
        value = value_of(line)
        if isinstance(value, dict) and "request" in value and "response" in value:
            return self._whole(value, number)
        api, name = self._recognised(value, line, number)
        return self._body(line, number, api, name)

    def _whole(self, value: Mapping[str, Any], number: int) -> Exchange | None:
        try:
            request, response = value["request"], value["response"]
            method, url = str(request["method"]).upper(), str(request["url"])
            asked = readable(Request(method, url, headers_of(request), raw_of(request.get("body"))))
            answered = None
            if response is not None:
                status = int(response["status"])
                answered = Response(status, headers_of(response), raw_of(response.get("body")))
            found = Exchange(
                asked,
                answered,
                _time(value.get("started")),
                _time(value.get("ended")),
                str(value.get("id") or f"line {number}"),
                self.file,
                str(value.get("failure") or ""),
                notes=(STRIPPED,) if self.stripped else (),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ConfigurationProblem(
                f"{self.file}, line {number}: the exchange is not whole", to_look_at(error)
            ) from error
        if self.contract.match(method, asked.path) or self.contract.api_of(asked.path):
            return found
        return None

    def _recognised(self, value: Any, line: bytes, number: int) -> tuple[Api, str]:
        members = value if isinstance(value, dict) else {}
        shape = tuple(members)
        found = self._shapes.get(shape)
        if found is None:
            api = self.api or recognise_api(members)
            found = api, recognise_object(self.contract, api, members)
            if len(self._shapes) < _MOST_SHAPES and "NotificationVersion" not in members:
                self._shapes[shape] = found
        if not found[1]:
            reason = parse(line, LONGEST_LINE).problem or "the object is not recognised"
            raise ConfigurationProblem(
                f"{self.file}, line {number}: {reason}",
                "write an exchange or a body of the API on each line, or name it with --object",
            )
        return found

    def _body(self, line: bytes, number: int, api: Api | None, name: str) -> Exchange:
        raw = line.strip()
        seen = parse(raw)
        if seen.problem or seen.empty:
            raise ConfigurationProblem(
                f"{self.file}, line {number}: {seen.problem or 'it is empty'}",
                "write a JSON body on each line",
            )
        version = api or recognise_api(seen.object or {})
        place = f"line {number}"
        if name not in self.contract.schemas.names(version):
            raise ConfigurationProblem(
                f"{self.file}, line {number}: {version} has no {name}", "take another --api"
            )
        if name.endswith("-request"):
            request = Request("", "", (), raw)
            return Exchange(request, None, id=place, object=name, api=version, source=self.file)
        answer = Response(0, (), raw)
        return Exchange(None, answer, id=place, object=name, api=version, source=self.file)


def value_of(line: bytes) -> Any:
    """Return the JSON value of a line, ``None`` if it can't be read."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return parse(line, LONGEST_LINE).value


def headers_of(message: Mapping[str, Any]) -> Headers:
    """Return the headers of a request or response of a line.

    Raises:
        TypeError, ValueError: if they are in neither form.
    """
    given = message.get("headers") or ()
    if isinstance(given, dict):
        return as_headers(
            (name, value)
            for name, values in given.items()
            for value in (values if isinstance(values, list) else [values])
        )
    return as_headers(given)


def raw_of(body: Any) -> bytes:
    """Return the bytes of a body that is a text or JSON itself."""
    if body is None:
        return b""
    return body.encode() if isinstance(body, str) else orjson.dumps(body)


def _time(text: Any) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(str(text))
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
