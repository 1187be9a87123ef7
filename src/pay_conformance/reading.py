"""Reads files into exchanges: bare bodies, cassettes (vcrpy's YAML or JSON) and HAR recordings."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import yaml

from pay_conformance import har
from pay_conformance.checks.body import LONGEST, Body, parse
from pay_conformance.checks.coding import without_coding
from pay_conformance.checks.names import ANSWERS, recognise_api, recognise_object
from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api
from pay_conformance.exchange import Exchange, Request, Response
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.record import cassette

MOST_BYTES: Final = cassette.MOST_BYTES
"""A larger file is refused before it is parsed."""

Kind = Literal["body", "cassette", "HAR"]

_HOST: Final = "pay-api.amazon."
_YAML: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds. ``ignored`` counts exchanges that are no calls of Amazon Pay.

    ``object`` and ``api`` are set for a bare body.
    """

    file: str
    kind: Kind
    exchanges: tuple[Exchange, ...]
    ignored: int = 0
    object: str = ""
    api: Api | None = None


def read(
    file: str, contract: Contract, *, name: str = "", api: Api | None = None, at: Path | None = None
) -> Reading:
    """Return the exchanges of a file; ``-`` is standard input.

    ``name`` says which object a bare body is (``charge``, ``create-charge-request``), ``api``
    which version; without them they follow from the members of the body. ``at`` is where the file
    was copied to, if it was.

    Raises:
        ConfigurationProblem: if the file can't be read, is too large, is neither JSON nor a
            cassette, or holds an object that is not recognised.
    """
    raw = _bytes(file, at)
    file = "standard input" if file == "-" else file
    if name:
        return _body(file, raw, parse(raw), contract, name=name, api=api)
    if len(raw) > LONGEST and not _may_be_recording(raw):
        raise ConfigurationProblem(
            f"{file} has {len(raw):,} bytes, and no body of the API has more than {LONGEST:,}",
            "give a single body, a cassette or a HAR file",
        )
    document = parse(raw, longest=MOST_BYTES)
    value = document.object
    if document.problem and b"interactions:" in raw:
        value = _yaml(raw, file)
    if value is not None and isinstance(value.get("interactions"), list):
        return _chosen(file, "cassette", cassette.parse(value, file).exchanges, contract)
    if value is not None and har.is_har(value):
        return _chosen(file, "HAR", har.exchanges(value, file), contract)
    return _body(file, raw, document, contract, name=name, api=api)


def known_names(contract: Contract) -> tuple[str, ...]:
    """Return what ``--object`` may name: the answers, and the request of each operation."""
    requests = {
        operation.request for operation in contract.operations("v2").values() if operation.request
    }
    return (*ANSWERS, *sorted(requests))


def _bytes(file: str, at: Path | None) -> bytes:
    try:
        if file == "-" and at is None:
            raw = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with (at or Path(file)).open("rb") as opened:
                raw = opened.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigurationProblem(f"{file} can't be read: {reason}", "check the path") from error
    if len(raw) > MOST_BYTES:
        raise ConfigurationProblem(
            f"{file} is larger than {MOST_BYTES // 2**20} MiB", "split it into smaller files"
        )
    return raw


def _may_be_recording(raw: bytes) -> bool:
    return b'"entries"' in raw or b'"interactions"' in raw or b"interactions:" in raw


def _yaml(raw: bytes, file: str) -> dict[str, Any] | None:
    try:
        document = yaml.load(raw, Loader=_YAML)  # noqa: S506 - it is a safe loader, in C
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        place = getattr(error, "problem_mark", None)
        where = f", line {place.line + 1}" if place is not None else ""
        raise ConfigurationProblem(f"{file} is not YAML{where}", "is it cut off?") from error
    return document if isinstance(document, dict) else None


def _body(
    file: str, raw: bytes, document: Body, contract: Contract, *, name: str, api: Api | None
) -> Reading:
    if document.problem or document.empty:
        reason = document.problem or "it is empty"
        raise ConfigurationProblem(
            f"{file} can't be judged: {reason}", "give a JSON body, a cassette or a HAR file"
        )
    members = document.object or {}
    version = api or recognise_api(members)
    found = name or recognise_object(contract, version, members)
    if not found:
        raise ConfigurationProblem(
            f"{file}: the object is not recognised by its members",
            f"say what it is with --object, one of: {', '.join(known_names(contract))}",
        )
    if found not in contract.schemas.names(version):
        raise ConfigurationProblem(
            f"{file}: {version} has no {found}", "take another --api, or another --object"
        )
    if found.endswith("-request"):
        exchange = Exchange(Request("", "", (), raw), None, object=found, api=version, source=file)
    else:
        exchange = Exchange(None, Response(0, (), raw), object=found, api=version, source=file)
    return Reading(file, "body", (exchange,), object=found, api=version)


def _chosen(file: str, kind: Kind, exchanges: tuple[Exchange, ...], contract: Contract) -> Reading:
    """Keep the calls of Amazon Pay, in the order in which they began."""
    calls = [exchange for exchange in exchanges if _is_call(exchange, contract)]
    if all(exchange.started is not None for exchange in calls):
        calls.sort(key=_began)
    if not any(exchange.request and exchange.request.header("authorization") for exchange in calls):
        calls = [replace(exchange, notes=(*exchange.notes, har.STRIPPED)) for exchange in calls]
    decoded = tuple(_decoded(exchange) for exchange in calls)
    return Reading(file, kind, decoded, ignored=len(exchanges) - len(calls))


def _began(exchange: Exchange) -> float:
    return exchange.started.timestamp() if exchange.started is not None else 0.0


def _is_call(exchange: Exchange, contract: Contract) -> bool:
    request = exchange.request
    if request is None:
        return False
    if contract.match(request.method, request.path) is not None:
        return True
    host = urlsplit(request.url).hostname or ""
    return host.startswith(_HOST) and contract.api_of(request.path) is not None


def _decoded(exchange: Exchange) -> Exchange:
    """Undo the compression that some recorders keep."""
    response = exchange.response
    plain = without_coding(response) if response is not None else None
    return exchange if plain is response else replace(exchange, response=plain)
