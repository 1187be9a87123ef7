"""Cases of schemathesis as values, and where those are kept that are the same in every run."""

from __future__ import annotations

import contextlib
import json
import platform
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api
from pay_conformance.files import write_whole
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.resources import cache_folder

_MAKERS = ("schemathesis", "hypothesis")
_CODE = ("schemathesis_cases.py", "shots.py")

SIMULATION = "x-amz-pay-simulation-code"
"""The one header that a case may have: all others follow from how it is sent."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One case of schemathesis, before it is aimed at a server. ``path`` is relative to a version.

    ``aimed`` says that the case is not about the path, so that real ids may take its place.
    """

    operation: str
    method: str
    path: str
    query: str
    body: bytes
    headers: tuple[tuple[str, str], ...]
    what: str
    aimed: bool


def made_once(
    api: Api, operation: str, make: Callable[[Api, str], tuple[Shot, ...]]
) -> tuple[Shot, ...]:
    """Return what ``make`` makes, from the cache of this machine where it was made before.

    Whatever the cases follow from is in the name of the file: the contract, who makes them, and
    the code that has them made. What can't be read is made again, and what can't be kept is not.
    """
    place = _place(api, operation)
    kept = _read(place) if place is not None else None
    if kept is not None:
        return kept
    shots = make(api, operation)
    if place is not None:
        text = json.dumps([_as_json(shot) for shot in shots])
        with contextlib.suppress(ConfigurationProblem):
            write_whole(place, f"{_digest(text)}\n{text}\n")
    return shots


def _place(api: Api, operation: str) -> Path | None:
    try:
        return cache_folder() / "covering" / f"{_origin()}-{api}-{operation}.json"
    except RuntimeError:
        return None  # there is no home


@cache
def _origin() -> str:
    code = [_digest((Path(__file__).parent / name).read_text(encoding="utf-8")) for name in _CODE]
    makers = [f"{name} {version(name)}" for name in _MAKERS]
    python = platform.python_version()
    return _digest(" ".join([Contract.load().digest, python, *makers, *code]))[:32]


def _read(place: Path) -> tuple[Shot, ...] | None:
    """Return the cases that a file holds, ``None`` if it is not there or not whole."""
    try:
        digest, _, text = place.read_text(encoding="utf-8").partition("\n")
    except (OSError, ValueError):
        return None
    text = text.removesuffix("\n")
    return tuple(_shots(json.loads(text))) if digest == _digest(text) else None


def _shots(found: list[dict[str, Any]]) -> Iterator[Shot]:
    for data in found:
        headers = tuple((name, value) for name, value in data["headers"])
        yield Shot(**{**data, "body": data["body"].encode("latin-1"), "headers": headers})


def _as_json(shot: Shot) -> dict[str, Any]:
    return {**asdict(shot), "body": shot.body.decode("latin-1")}


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
