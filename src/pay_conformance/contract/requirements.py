"""Loads the requirements: one sentence each that can be violated, with level and evidence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pay_conformance.contract.model import Evidence, Level, Party, Requirement
from pay_conformance.contract.shape import check_shape
from pay_conformance.contract.source import Source, files, read


def load_requirements(root: Path) -> Mapping[str, Requirement]:
    """Return all requirements of ``requirements/*.yaml`` by id, in the order of the ids.

    Raises:
        ConfigurationProblem: if a file has the wrong shape, an id is there twice or was retired,
            or an inferred requirement claims to be a MUST.
    """
    retired = load_retired(root)
    found: dict[str, Requirement] = {}
    for path in files(root / "requirements"):
        source = read(path, root)
        check_shape(source, "requirements")
        for name, entry in source.data.items():
            if name in found:
                raise source.problem(
                    (name,), f"{name} is there already, at {found[name].where}", "take a free id"
                )
            if name in retired:
                raise source.problem(
                    (name,),
                    f"{name} was retired ({retired[name]})",
                    "take a free id; an id is never used again",
                )
            found[name] = _requirement(name, entry, source)
    return MappingProxyType(dict(sorted(found.items())))


def load_retired(root: Path) -> Mapping[str, str]:
    """Return the ids that are not used any more, each with the reason; none without the file."""
    path = root / "shared" / "retired.yaml"
    if not path.exists():
        return {}
    source = read(path, root)
    check_shape(source, "retired")
    return source.data or {}


def _requirement(name: str, entry: dict[str, Any], source: Source) -> Requirement:
    level, evidence = Level(entry["level"]), Evidence(entry["evidence"])
    if level is Level.MUST and evidence is Evidence.INFERRED:
        raise source.problem(
            (name, "level"),
            f"{name} is inferred, and an inferred requirement is never a MUST",
            "write SHOULD or MAY, or name evidence that is more than inferred",
        )
    return Requirement(
        id=name,
        level=level,
        says=entry["says"],
        binds=frozenset(Party(party) for party in entry["binds"]),
        api=frozenset(entry["api"]),
        evidence=evidence,
        sources=tuple(entry["sources"]),
        why=entry.get("why", ""),
        since=entry.get("since", ""),
        untestable=entry.get("untestable", ""),
        where=source.where((name,)),
    )
