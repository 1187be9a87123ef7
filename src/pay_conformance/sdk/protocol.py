"""The adapter protocol: messages as values, each line validated against the schema both ways."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import jsonschema_rs

from pay_conformance.resources import data_path

PROTOCOL = 1
LONGEST_LINE = 8 * 1024 * 1024
"""Bytes; a longer line is a verdict about the adapter."""


class ProtocolError(Exception):
    """A line that breaks the protocol; the text says how."""


@dataclass(frozen=True, slots=True)
class Hello:
    """Who is behind the adapter."""

    language: str
    runtime: str
    sdk: str
    version: str
    offers: frozenset[str]
    settings: Mapping[str, str]
    side_by_side: bool = True
    """Whether it answers several requests at once."""


@dataclass(frozen=True, slots=True)
class Given:
    """What one call gave back to its caller: a value, or an error.

    ``error`` is the name of the error's class, empty where the SDK returned. ``unreadable`` is the
    error that a caller gets who asks for the parsed body.
    """

    status: int | None = None
    body: Any = None
    text: str | None = None
    request_id: str | None = None
    error: str = ""
    message: str = ""
    unreadable: str = ""
    headers: Mapping[str, str] | None = None
    """Of the answer; ``None`` where the caller has no way to them."""
    printed: str | None = None
    """As a program prints it for its log; ``None`` where the adapter does not tell."""
    at_once: bool = False
    """It was thrown, although calls of this SDK give promises."""

    @property
    def what(self) -> str:
        """One line for a person: the status returned, or the error raised."""
        if self.error:
            return f"{self.error}: {self.message[:200]}"
        return f"returned status {self.status}"


@dataclass(frozen=True, slots=True)
class Called:
    """The answer to ``call``: one :class:`Given` a time, and the caller's own objects after it."""

    given: tuple[Given, ...]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] | None = None
    configuration: Literal["same", "changed", "frozen"] = "same"
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unsupported:
    """The SDK has no way to do what was asked."""

    what: str


@cache
def _schema() -> dict[str, Any]:
    path = data_path("contracts", "meta", "adapter-protocol.schema.json")
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


@cache
def _validator(kind: str) -> Any:
    return jsonschema_rs.Draft202012Validator({**_schema(), "$ref": f"#/$defs/{kind}"})


def encode(message: Mapping[str, Any]) -> bytes:
    """Return a request as the line that goes to the adapter.

    Raises:
        ProtocolError: if it is not a request of the protocol, which is a fault of ours.
    """
    if not _validator("request").is_valid(message):
        raise ProtocolError(f"not a request of the protocol: {message.get('do')!r}")
    return json.dumps(message, ensure_ascii=False).encode() + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """Return an answer as a JSON object.

    Raises:
        ProtocolError: if the line is not JSON, or not an answer of the protocol.
    """
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"not JSON: {_shown(line)}") from error
    if not _validator("answer").is_valid(message):
        what = message.get("did") if isinstance(message, dict) else type(message).__name__
        raise ProtocolError(f"not an answer of the protocol ({what}): {_shown(line)}")
    answer: dict[str, Any] = message
    return answer


def hello(answer: Mapping[str, Any]) -> Hello:
    """Read the answer to ``start``."""
    return Hello(
        language=answer["language"],
        runtime=answer["runtime"],
        sdk=answer["sdk"],
        version=answer["version"],
        offers=frozenset(answer["offers"]),
        settings=answer["settings"],
        side_by_side=answer.get("sideBySide", True),
    )


def called(answer: Mapping[str, Any]) -> Called | Unsupported:
    """Read the answer to ``call``."""
    if "unsupported" in answer:
        return Unsupported(answer["unsupported"])
    after = answer["after"]
    return Called(
        given=tuple(_given(outcome) for outcome in answer["outcomes"]),
        arguments=after["arguments"],
        headers=after["headers"],
        configuration=after["configuration"],
        settings=after["settings"],
    )


def raised(error: Mapping[str, Any]) -> Given:
    """Read an error that the SDK gave to its caller."""
    return Given(
        status=error.get("status"),
        body=error.get("body"),
        text=error.get("text"),
        request_id=error.get("requestId"),
        error=error["type"] or "error",
        message=error["message"],
        printed=error.get("printed"),
        at_once=error.get("atOnce", False),
    )


def _given(outcome: Mapping[str, Any]) -> Given:
    if "raised" in outcome:
        return raised(outcome["raised"])
    value = outcome["returned"]
    return Given(
        status=value["status"],
        body=value["body"],
        text=value["text"],
        request_id=value["requestId"],
        unreadable=value["unreadable"] or "",
        headers=value.get("headers"),
        printed=value.get("printed"),
    )


def _shown(line: bytes) -> str:
    text = line.decode("utf-8", "replace").strip()
    return repr(text if len(text) <= 120 else text[:120] + "…")
