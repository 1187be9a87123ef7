"""The catalogue of requirements: each with everything in the project that is bound to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from typing import Any

from pay_conformance.checks import proved_by
from pay_conformance.contract import Contract
from pay_conformance.contract.bindings import (
    Binding,
    Kind,
    by_requirement,
    check_bindings,
    contract_bindings,
    suite_bindings,
)
from pay_conformance.contract.model import Api, Party, Requirement
from pay_conformance.contract.releases import history, load_releases
from pay_conformance.contract.requirements import load_retired
from pay_conformance.gateway.story import RULES
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.resources import data_path

__all__ = ["Entry", "bound", "catalogue", "chosen"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One requirement, and what names it: the data, schemas, checks, scenarios and cases."""

    requirement: Requirement
    bindings: tuple[Binding, ...]
    history: tuple[str, ...] = ()
    """What became of it from release to release."""
    killed: int = 0
    """How many mutants it kills: subjects that are wrong on purpose and are caught by it."""
    mutants: tuple[str, ...] = ()
    """A few of them, each with its fault."""

    @property
    def tests(self) -> tuple[Binding, ...]:
        """What of it can fail, and so prove or disprove the requirement."""
        return tuple(binding for binding in self.bindings if binding.kind is not Kind.DATA)

    def as_json(self) -> dict[str, Any]:
        """Return the entry as one JSON object, its lists in a fixed order."""
        it = self.requirement
        return {
            "id": it.id,
            "level": it.level,
            "says": it.says,
            "binds": sorted(it.binds),
            "api": sorted(it.api),
            "evidence": it.evidence,
            "sources": list(it.sources),
            "why": it.why,
            "since": it.since,
            "untestable": it.untestable,
            "history": list(self.history),
            "mutants": {"killed": self.killed, "some": list(self.mutants)},
            "where": it.where,
            "bindings": [
                {"kind": binding.kind, "name": binding.name, "where": binding.where}
                for binding in self.bindings
            ],
        }


def bound(contract: Contract) -> list[Binding]:
    """Return everything in the project that names a requirement, unknown ids included."""
    return [
        *contract_bindings(contract.root),
        *suite_bindings(data_path("suites")),
        *check_bindings(proved_by(contract)),
        *check_bindings({name: f"story.{rule.__name__}" for name, rule in RULES.items()}),
    ]


def catalogue(contract: Contract) -> Mapping[str, Entry]:
    """Return all entries by id, in the order of the ids."""
    bindings = by_requirement(bound(contract))
    releases = load_releases(contract.root)
    killed = json.loads(files(__name__).joinpath("killed.json").read_text(encoding="utf-8"))
    return {
        name: Entry(
            requirement,
            bindings.get(name, ()),
            history(requirement, releases),
            killed.get(name, {}).get("count", 0),
            tuple(killed.get(name, {}).get("some", ())),
        )
        for name, requirement in contract.requirements.items()
    }


def chosen(
    contract: Contract,
    name: str = "",
    *,
    api: Api | None = None,
    party: Party | None = None,
) -> list[Entry]:
    """Return the entries that are asked for, in the order of the ids.

    ``name`` is an id, or the beginning of some, such as ``CS-TIME``. ``api`` and ``party`` leave
    only the entries that bind that version, or that kind of subject.

    Raises:
        ConfigurationProblem: if no id is or begins with ``name``.
    """
    entries = catalogue(contract)
    wanted = name.upper()
    if wanted in entries:
        return [entries[wanted]]
    found = [entry for key, entry in entries.items() if key.startswith(wanted)]
    if not found:
        raise _unknown(contract, wanted)
    return [
        entry
        for entry in found
        if (api is None or api in entry.requirement.api)
        and (party is None or party in entry.requirement.binds)
    ]


def _unknown(contract: Contract, name: str) -> ConfigurationProblem:
    reason = load_retired(contract.root).get(name)
    if reason is not None:
        return ConfigurationProblem(f"{name} was retired: {reason}", "it is never used again")
    near = get_close_matches(name, contract.requirements, n=3, cutoff=0.6)
    advice = f"did you mean {', '.join(near)}?" if near else "call it without an id to list them"
    return ConfigurationProblem(f"there is no requirement {name}", advice)
