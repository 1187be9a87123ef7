"""Known failures, each with a reason, a link and an expiry, that do not fail a run again.

A baseline is strict in both directions: an entry that no longer fails, has expired, or names a
requirement that does not exist makes the run fail, so that the file never outlives its reasons.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from pay_conformance.findings import Finding, State
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.report.result import RunResult


@dataclass(frozen=True, slots=True)
class BaselineEntry:
    """A requirement that the subject is known to violate.

    ``source`` narrows it to one scenario or case and ``pointer`` to one place; empty means any.
    """

    id: str
    reason: str
    link: str
    expires: date
    source: str = ""
    pointer: str = ""

    def covers(self, finding: Finding) -> bool:
        """Say whether the entry is about this finding."""
        return (
            finding.requirement == self.id
            and self.source in ("", finding.source)
            and self.pointer in ("", finding.pointer)
        )


@dataclass(frozen=True, slots=True)
class Baseline:
    """The entries of one file, in its order."""

    entries: tuple[BaselineEntry, ...]
    path: str = ""

    @classmethod
    def read(cls, path: Path) -> Baseline:
        """Read a baseline file (YAML: a list of id, reason, link, expires, source?, pointer?).

        Raises:
            ConfigurationProblem: if it can't be read, or an entry is not whole.

        """
        try:
            data = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationProblem(
                f"the baseline {path} can't be read: {getattr(error, 'strerror', None) or error}",
                "give the path of a YAML file, or leave --baseline out",
            ) from error
        except (yaml.YAMLError, ValueError) as error:
            raise ConfigurationProblem(
                f"the baseline {path} is not YAML: {' '.join(str(error).split())}",
                "mend the line that is named",
            ) from error
        if data is None:
            data = []
        if not isinstance(data, list):
            raise ConfigurationProblem(
                f"the baseline {path} is not a list", "write one '- id: …' entry for each failure"
            )
        entries = tuple(_entry(item, number, path) for number, item in enumerate(data, 1))
        return cls(entries, str(path))


@dataclass(frozen=True, slots=True)
class Excused:
    """What a baseline makes of a result: the findings that are left, and its own faults."""

    result: RunResult
    excused: tuple[Finding, ...]
    complaints: tuple[str, ...]
    """One sentence for each stale, expired or unknown entry: each fails the run."""


def apply_baseline(result: RunResult, baseline: Baseline | None, today: date) -> Excused:
    """Take the known failures out of a result, and say which entries are no longer true.

    An entry about a requirement that this run did not test is neither stale nor used. Nor is, where
    only some scenarios or cases were played, one about the others, or about any of them.
    """
    if baseline is None:
        return Excused(result, (), ())
    valid = [entry for entry in baseline.entries if entry.expires >= today]
    excused = tuple(f for f in result.findings if any(entry.covers(f) for entry in valid))
    complaints = [
        text
        for entry in baseline.entries
        if (text := _complaint(entry, result, excused, today)) is not None
    ]
    keys = frozenset(finding.key for finding in excused)
    return Excused(result.without_findings(keys), excused, tuple(complaints))


def is_out_of_reach(entry: BaselineEntry, result: RunResult) -> bool:
    """Say whether a run that played only a part of the suite can't tell if an entry is true."""
    played = {scenario.name for scenario in result.scenarios}
    return result.is_partial and (entry.source not in played or entry.id not in result.requirements)


def _complaint(
    entry: BaselineEntry, result: RunResult, excused: Iterable[Finding], today: date
) -> str | None:
    if is_out_of_reach(entry, result):
        return None
    if entry.id not in result.requirements:
        return f"{entry.id} matches no requirement of this run: mend the id or remove the entry"
    if entry.expires < today:
        return f"{entry.id} expired on {entry.expires}: review the failure and renew or remove it"
    tested = any(
        verdict.requirement == entry.id and verdict.state is not State.NOT_TESTED
        for verdict in result.verdicts
    )
    if tested and not any(entry.covers(finding) for finding in excused):
        return f"{entry.id} no longer fails: remove the entry"
    return None


_KEYS = ("id", "reason", "link", "expires")


def _entry(item: object, number: int, path: Path) -> BaselineEntry:
    where = f"the baseline {path}, entry {number}"
    if not isinstance(item, dict):
        raise ConfigurationProblem(f"{where} is not a mapping", f"give it {', '.join(_KEYS)}")
    missing = [key for key in _KEYS if not item.get(key)]
    if missing:
        raise ConfigurationProblem(f"{where} lacks {', '.join(missing)}", "fill them in")
    unknown = sorted(set(item) - {*_KEYS, "source", "pointer"})
    if unknown:
        raise ConfigurationProblem(f"{where} has unknown keys: {', '.join(unknown)}", "remove them")
    if not isinstance(item["expires"], date):
        raise ConfigurationProblem(f"{where}: expires is not a date", "write it as 2027-01-31")
    return BaselineEntry(
        id=str(item["id"]),
        reason=str(item["reason"]),
        link=str(item["link"]),
        expires=item["expires"],
        source=str(item.get("source") or ""),
        pointer=str(item.get("pointer") or ""),
    )
