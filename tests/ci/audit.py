"""Holds what is locked against a clone of the advisory database of the PyPA, without a network.

    git clone https://github.com/pypa/advisory-database
    python -m tests.ci.audit advisory-database

It says as much as the clone is new; ``tox run -e audit`` asks the advisories of today.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from packaging.utils import canonicalize_name
from packaging.version import Version

LOCKS = Path(__file__).parents[2] / "requirements"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


def locked(folder: Path) -> dict[str, set[str]]:
    """Return the versions of each package that the lock files of a folder pin."""
    found: dict[str, set[str]] = {}
    for path in sorted(folder.glob("*.txt")):
        for name, version in _PINNED.findall(path.read_text(encoding="utf-8")):
            found.setdefault(canonicalize_name(name), set()).add(version)
    return found


def advisories(database: Path, name: str) -> Iterator[dict[str, Any]]:
    """Yield what the database tells of a package, less what was withdrawn."""
    for path in sorted(database.glob("vulns/*/*.yaml")):
        if canonicalize_name(path.parent.name) == name:
            told = yaml.safe_load(path.read_text(encoding="utf-8"))
            if not told.get("withdrawn"):
                yield told


def affects(advisory: Mapping[str, Any], name: str, version: str) -> bool:
    """Say whether an advisory, in the form of OSV, is about a version of a package."""
    return any(
        version in entry.get("versions", ())
        or any(_lies_in(each, Version(version)) for each in entry.get("ranges", ()))
        for entry in advisory.get("affected", ())
        if canonicalize_name(entry["package"]["name"]) == name
    )


def _lies_in(span: Mapping[str, Any], version: Version) -> bool:
    if span["type"] != "ECOSYSTEM":
        return False
    steps = [(Version(at), kind) for event in span["events"] for kind, at in event.items()]
    inside = False
    for at, kind in sorted(steps):
        if kind == "introduced":
            inside = inside or version >= at
        elif (kind == "fixed" and version >= at) or (kind == "last_affected" and version > at):
            inside = False
    return inside


def main() -> int:
    """Print what applies; 1 if anything does, 2 if there is no database."""
    parser = argparse.ArgumentParser(prog="python -m tests.ci.audit", description=__doc__)
    parser.add_argument("database", type=Path, help="a clone of pypa/advisory-database")
    parser.add_argument("--locks", type=Path, default=LOCKS, help="folder of lock files")
    asked = parser.parse_args()
    if not (asked.database / "vulns").is_dir():
        print(f"{asked.database} is no advisory database: it has no vulns", file=sys.stderr)
        return 2
    packages = locked(asked.locks)
    looked_at = applying = 0
    for name, versions in sorted(packages.items()):
        for advisory in advisories(asked.database, name):
            looked_at += 1
            for version in sorted(each for each in versions if affects(advisory, name, each)):
                applying += 1
                print(f"{name} {version}: {advisory['id']}")
    print(f"{len(packages)} packages, {looked_at} advisories about them, {applying} apply")
    return 1 if applying else 0


if __name__ == "__main__":
    sys.exit(main())
