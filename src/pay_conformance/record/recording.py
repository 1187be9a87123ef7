"""A recording: a folder with a cassette for each story and an index that says how it was made."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pay_conformance.contract.model import Api
from pay_conformance.files import write_whole
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.record.cassette import ORIGINS, Origin

INDEX = "recording.yaml"
_TESTED = ("passed", "failed")
_UNTESTED = "not tested"
CONTROL = "control:"
"""What stands before the path of a call of the control API in a cassette."""


@dataclass(frozen=True, slots=True)
class Index:
    """How a recording was made: what a replay needs to ask the same questions again.

    ``capabilities`` are those of the server that was recorded; ``base_url`` is its address.
    ``whole`` says that the recording came to its end. ``expression`` chose its scenarios, empty for
    all. ``verdicts`` are those of the run that made it: ids by ``passed`` and ``failed``.
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
    expression: str = ""
    verdicts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def changes(self, verdicts: Mapping[str, str]) -> list[str]:
        """Return in words which verdicts of a replay are not those of the recorded run."""
        before = {name: verdict for verdict, names in self.verdicts.items() for name in names}
        tested = {name: verdict for name, verdict in verdicts.items() if verdict in _TESTED}
        return [
            f"{name}: {before.get(name, _UNTESTED)} -> {tested.get(name, _UNTESTED)}"
            for name in sorted(before.keys() | tested.keys())
            if before.get(name) != tested.get(name)
        ]


def cassette_path(folder: Path, scenario: str) -> Path:
    """Return where the cassette of a scenario is, whatever characters its name has."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", scenario).strip("-")[:100]
    if re.sub(r"\[(v[12])\]$", r"-\1", scenario) != plain:
        plain += f"-{hashlib.sha256(scenario.encode()).hexdigest()[:8]}"
    return folder / f"{plain}.yaml"


def write_index(folder: Path, index: Index) -> None:
    """Write the index of a recording, whole or not at all."""
    document = {
        **asdict(index),
        "api": list(index.api),
        "capabilities": list(index.capabilities),
        "verdicts": {verdict: list(names) for verdict, names in index.verdicts.items()},
    }
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
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigurationProblem(f"{path} is not YAML", "record again") from error
    try:
        fields = {
            **document,
            "api": tuple(document["api"]),
            "capabilities": tuple(document["capabilities"]),
            "verdicts": {
                verdict: tuple(names) for verdict, names in document.get("verdicts", {}).items()
            },
        }
        index = Index(**fields)
    except (TypeError, KeyError, AttributeError) as error:
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
