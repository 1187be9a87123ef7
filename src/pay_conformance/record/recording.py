"""A recording: a folder with a cassette for each story and an index that says how it was made."""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from pay_conformance.contract.model import Api
from pay_conformance.files import write_whole
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.record.cassette import ORIGINS, Origin

INDEX = "recording.yaml"
CONTROL = "control:"
"""What stands before the path of a call of the control API in a cassette."""


@dataclass(frozen=True, slots=True)
class Index:
    """How a recording was made: what a replay needs to ask the same questions again.

    ``capabilities`` are those of the server that was recorded; ``base_url`` is its address.
    ``whole`` says that the recording came to its end.
    """

    origin: Origin
    target: str
    base_url: str
    seed: int
    api: tuple[Api, ...]
    capabilities: tuple[str, ...]
    at: str
    tool: str
    contract: str
    whole: bool = True


def cassette_path(folder: Path, scenario: str) -> Path:
    """Return where the cassette of a scenario is, whatever characters its name has."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", scenario).strip("-")[:100]
    if re.sub(r"\[(v[12])\]$", r"-\1", scenario) != plain:
        plain += f"-{hashlib.sha256(scenario.encode()).hexdigest()[:8]}"
    return folder / f"{plain}.yaml"


def write_index(folder: Path, index: Index) -> None:
    """Write the index of a recording, whole or not at all."""
    document = {**asdict(index), "api": list(index.api), "capabilities": list(index.capabilities)}
    write_whole(folder / INDEX, yaml.safe_dump(document, sort_keys=False, allow_unicode=True))


def read_index(folder: Path) -> Index:
    """Read the index of a recording.

    Raises:
        ConfigurationProblem: if there is none, or it is not whole.
    """
    path = folder / INDEX
    try:
        document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationProblem(
            f"{folder} is no recording: it has no {INDEX}",
            "make one with: pay-conformance record --to DIR, or name another with --from",
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationProblem(f"{path} is not YAML", "record again") from error
    try:
        fields = {
            **document,
            "api": tuple(document["api"]),
            "capabilities": tuple(document["capabilities"]),
        }
        index = Index(**fields)
    except (TypeError, KeyError) as error:
        raise ConfigurationProblem(f"{path} is not whole: {error}", "record again") from error
    if index.origin not in ORIGINS:
        raise ConfigurationProblem(
            f"{path}: unknown origin {index.origin!r}", f"use one of {', '.join(ORIGINS)}"
        )
    return index


def refuse_cut(folder: Path, index: Index) -> None:
    """Refuse a recording that did not come to its end: it lacks stories, and no file says which.

    Raises:
        ConfigurationProblem: if it did not.
    """
    if not index.whole:
        raise ConfigurationProblem(
            f"the recording in {folder} was cut off before its end", "record again"
        )
