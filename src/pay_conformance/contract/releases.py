"""Requirement sets as releases froze them, so that results can be compared over time.

A release's set has each requirement's level of then, and a digest of its sentence. What came later
is not in it, so it is not held against an older result. The set of the release that is being
made is open: it is the catalogue itself, and its file is written anew until the release is out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import pay_conformance
from pay_conformance.contract import Contract
from pay_conformance.contract.model import Level, Requirement
from pay_conformance.contract.shape import check_shape
from pay_conformance.contract.source import files, read
from pay_conformance.problems import ConfigurationProblem


@dataclass(frozen=True, slots=True)
class Frozen:
    """A requirement as a release had it."""

    level: Level
    digest: str


@dataclass(frozen=True, slots=True)
class Release:
    """A release's set of requirements, by id."""

    name: str
    requirements: Mapping[str, Frozen]

    @property
    def is_open(self) -> bool:
        """Whether it is the release that is being made, so that its set still follows."""
        return (
            pay_conformance.__version__.startswith(f"{self.name}.")
            and "dev" in pay_conformance.__version__
        )


def load_releases(root: Path) -> tuple[Release, ...]:
    """Return the releases of ``releases/*.yaml``, the oldest first.

    Raises:
        ConfigurationProblem: if a file has the wrong shape.
    """
    found = []
    for path in files(root / "releases"):
        source = read(path, root)
        check_shape(source, "release")
        entries = {}
        for name, text in source.data.items():
            level, digest = text.split()
            entries[name] = Frozen(Level(level), digest)
        found.append(Release(path.stem, entries))
    return tuple(sorted(found, key=lambda release: [int(part) for part in release.name.split(".")]))


def digest(sentence: str) -> str:
    """Return eight hex digits that change when a sentence does, but not when its lines do."""
    return sha256(" ".join(sentence.split()).encode()).hexdigest()[:8]


def written(requirements: Mapping[str, Requirement]) -> str:
    """Return the file that freezes these requirements."""
    lines = [f"{name}: {entry.level} {digest(entry.says)}" for name, entry in requirements.items()]
    head = (
        "# yaml-language-server: $schema=../meta/release.schema.json\n"
        "# The requirements of this release: level, and a digest of the sentence. Written by\n"
        "# `pay-conformance requirements --freeze`; once the release is out, it never changes.\n"
    )
    return head + "".join(f"{line}\n" for line in sorted(lines))


def frozen(
    requirements: Mapping[str, Requirement], name: str, releases: tuple[Release, ...]
) -> dict[str, Requirement]:
    """Return those of the requirements that a release had, each with its level of then.

    Raises:
        ConfigurationProblem: if there is no such release.
    """
    release = next((release for release in releases if release.name == name), None)
    if release is not None and release.is_open:
        return dict(requirements)
    if release is None:
        known = ", ".join(release.name for release in releases)
        raise ConfigurationProblem(
            f"no release {name!r} froze its requirements", f"choose one of: {known}"
        )
    return {
        key: replace(entry, level=release.requirements[key].level)
        for key, entry in requirements.items()
        if key in release.requirements
    }


def requirement_set(contract: Contract, name: str) -> dict[str, Requirement]:
    """Return the requirements of a contract as a release had them; raises as :func:`frozen`."""
    return frozen(contract.requirements, name, load_releases(contract.root))


def history(entry: Requirement, releases: tuple[Release, ...]) -> tuple[str, ...]:
    """Return what became of a requirement from release to release, a phrase for each change."""
    told: list[str] = []
    before: Frozen | None = None
    for release in releases:
        now = release.requirements.get(entry.id)
        if release.is_open:
            now = Frozen(entry.level, digest(entry.says))
        if now is not None:
            told.extend(_changes(before, now, release))
            before = now
    current = Frozen(entry.level, digest(entry.says))
    if before is None:
        told.append("not in a release yet")
    elif before != current:
        told.extend(f"{phrase} since then" for phrase in _differences(before, current))
    return tuple(told)


def _changes(before: Frozen | None, now: Frozen, release: Release) -> Iterator[str]:
    if before is None:
        yield f"new in {release.name}{' (not out yet)' if release.is_open else ''}"
    else:
        yield from (f"{phrase} in {release.name}" for phrase in _differences(before, now))


def _differences(before: Frozen, now: Frozen) -> Iterator[str]:
    if before.level is not now.level:
        yield f"{before.level} became {now.level}"
    if before.digest != now.digest:
        yield "reworded"
