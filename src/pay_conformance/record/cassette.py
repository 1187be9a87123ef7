"""Cassettes: recorded stories in vcrpy's YAML format, so that pytest-recording reads them too.

Beside vcrpy's ``version`` and ``interactions``, one of ours has ``recorded``, which says where it
comes from, and each interaction has its times. One without ``recorded`` is read as well.
"""

from __future__ import annotations

import http
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from pay_conformance.exchange import Exchange, Headers, Request, Response, readable, to_look_at
from pay_conformance.files import write_whole
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.record.redaction import Redactor, leaks

Origin = Literal["mock", "documented", "sandbox", "gateway", "other"]
ORIGINS: tuple[str, ...] = get_args(Origin)

MOST_BYTES = 64 * 1024 * 1024
"""A larger file is refused before it is parsed."""


class SecretLeft(ConfigurationProblem):
    """A cassette still holds something secret or personal, so it was not written."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Where a cassette comes from.

    ``origin`` is who answered: our own mock's answers are never presented as Amazon's.
    ``at`` is the ISO 8601 UTC time of the recording; ``seed`` replays the requests.
    """

    origin: Origin
    scenario: str
    api: str
    seed: int
    at: str
    tool: str
    contract: str


@dataclass(frozen=True, slots=True)
class Cassette:
    """A story: its exchanges in order, and where they come from (``None`` if it doesn't say)."""

    exchanges: tuple[Exchange, ...]
    recorded: Recorded | None = None


def write(
    path: Path,
    exchanges: Iterable[Exchange],
    recorded: Recorded,
    secrets: Sequence[str] = (),
    ours: frozenset[str] = frozenset(),
) -> None:
    """Redact a story and write it, whole or not at all.

    ``secrets`` must not be in it in any form; ``ours`` are texts without a person behind them.

    Raises:
        SecretLeft: if something secret or personal is left after redaction; says what and where.
        ConfigurationProblem: if the file can't be written.

    """
    redactor = Redactor(frozenset(secrets), ours)
    interactions = [_interaction(exchange) for exchange in redactor.redact_all(exchanges)]
    for number, interaction in enumerate(interactions, 1):
        left = leaks(_dump(interaction, width=2**20), secrets, redactor.personal)
        if left:
            raise SecretLeft(
                f"{path.name} would hold {', '.join(left)} in interaction {number}",
                "it was not written; this is a gap in the redaction, please report the field",
            )
    document = {"recorded": asdict(recorded), "interactions": interactions, "version": 1}
    text = _dump(document, width=100)
    write_whole(path, text)


def read(path: Path) -> Cassette:
    """Read a cassette of ours or of vcrpy.

    Raises:
        ConfigurationProblem: if the file can't be read or is no cassette, and why.

    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ConfigurationProblem(f"{path} is larger than 64 MiB", "split it into stories")
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationProblem(
            f"{path} can't be read: {error.__class__.__name__}", "check the path"
        ) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ConfigurationProblem(f"{path} is not YAML", "is it cut off?") from error
    return parse(document, str(path))


def parse(document: Any, where: str) -> Cassette:
    """Build a cassette from parsed YAML or JSON; raises as :func:`read` does."""
    if not isinstance(document, dict) or not isinstance(document.get("interactions"), list):
        raise ConfigurationProblem(f"{where} is no cassette", "it has no list 'interactions'")
    exchanges = tuple(
        _exchange(item, f"{where}, interaction {number}", number)
        for number, item in enumerate(document["interactions"], 1)
    )
    return Cassette(exchanges, _recorded(document.get("recorded"), where))


# The C library is several times faster and just as safe; it is absent from some builds of PyYAML.
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER: type[yaml.SafeDumper] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def _dump(value: Any, width: int) -> str:
    text: str = yaml.dump(value, Dumper=_DUMPER, allow_unicode=True, sort_keys=False, width=width)
    return text


def _recorded(data: Any, where: str) -> Recorded | None:
    if data is None:
        return None
    try:
        recorded = Recorded(**data)
    except TypeError as error:
        raise ConfigurationProblem(f"{where}: 'recorded' is not whole", str(error)) from error
    if recorded.origin not in ORIGINS:
        raise ConfigurationProblem(
            f"{where}: unknown origin {recorded.origin!r}", f"use one of {', '.join(ORIGINS)}"
        )
    return recorded


def _interaction(exchange: Exchange) -> dict[str, Any]:
    return {
        "request": _message(exchange.request) if exchange.request else None,
        "response": _answer(exchange.response) if exchange.response else None,
        "times": {"started": _stamp(exchange.started), "ended": _stamp(exchange.ended)},
        **({"failure": exchange.failure} if exchange.failure else {}),
    }


def _message(request: Request) -> dict[str, Any]:
    return {
        "method": request.method,
        "uri": request.url,
        "headers": _headers(request.headers),
        "body": request.body.decode("utf-8", errors="replace"),
    }


def _answer(response: Response) -> dict[str, Any]:
    phrases: Mapping[int, str] = {status.value: status.phrase for status in http.HTTPStatus}
    return {
        "status": {"code": response.status, "message": phrases.get(response.status, "")},
        "headers": _headers(response.headers),
        "body": {"string": response.body.decode("utf-8", errors="replace")},
    }


def _headers(headers: Headers) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in headers:
        grouped.setdefault(name, []).append(value)
    return grouped


def _exchange(item: Any, where: str, number: int) -> Exchange:
    try:
        request, response = item["request"], item["response"]
        times = item.get("times") or {}
        return Exchange(
            request=None
            if request is None
            else readable(
                Request(
                    _text(request["method"]).upper(),
                    _text(request["uri"]),
                    _pairs(request.get("headers")),
                    _bytes(request.get("body")),
                )
            ),
            response=None
            if response is None
            else Response(
                int(response["status"]["code"]),
                _pairs(response.get("headers")),
                _bytes((response.get("body") or {}).get("string")),
            ),
            started=_time(times.get("started")),
            ended=_time(times.get("ended")),
            id=f"#{number}",
            source=where,
            failure=_text(item.get("failure", "")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigurationProblem(f"{where} is not whole", to_look_at(error)) from error


def _pairs(headers: Any) -> Headers:
    pairs: list[tuple[str, str]] = []
    for name, values in (headers or {}).items():
        listed = values if isinstance(values, list) else [values]
        pairs.extend((_text(name), _text(value)) for value in listed)
    return tuple(pairs)


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, dict):
        body = body.get("string") or ""
    return body if isinstance(body, bytes) else _text(body).encode()


def _text(value: Any) -> str:
    """Return a scalar as text.

    Lists are not written out: YAML can say in a few lines of aliases what fills all memory.
    """
    if isinstance(value, list | dict):
        raise TypeError("a list or mapping, where a text belongs")
    return str(value)


def _stamp(time: datetime | None) -> str | None:
    return None if time is None else time.astimezone(UTC).isoformat()


def _time(text: Any) -> datetime | None:
    return None if text is None else datetime.fromisoformat(str(text))
