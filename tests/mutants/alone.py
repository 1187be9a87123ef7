"""Says which requirements some mutant violates alone, and reads why others have none."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import yaml

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Party
from tests.mutants.killing import Killing

FILE = Path(__file__).parent / "unproved.yaml"


def proved_alone(killings: Iterable[Killing]) -> set[str]:
    """Return the requirements that were all that was found violated in some mutant."""
    return {
        killing.failed[0]
        for killing in killings
        if killing.verdict == "killed" and len(killing.failed) == 1
    }


def unproved(contract: Contract, party: Party, killings: Iterable[Killing]) -> list[str]:
    """Return the requirements that bind a party and that no mutant violates alone."""
    alone = proved_alone(killings)
    return [
        entry.id
        for entry in contract.requirements.values()
        if party in entry.binds and not entry.untestable and entry.id not in alone
    ]


@cache
def excuses(party: Party) -> dict[str, str]:
    """Return the requirements of a party that have no mutant of their own, and why not."""
    rows = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {name: row["why"] for row in rows[party.value] for name in row["ids"]}


def excuse(party: Party, requirement: str) -> str:
    """Return why a requirement has no mutant of its own; empty if nothing is said."""
    return excuses(party).get(requirement, "")
