"""The marks of a scenario: what it proves, what it needs, and in which versions it plays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import pytest

from pay_conformance.contract import Contract
from pay_conformance.contract.model import APIS, Api, Party
from pay_conformance.targets import CAPABILITIES

requirement = pytest.mark.requirement
"""``@requirement("CS-LIFE-005")``: the ids that the scenario proves or disproves."""

needs = pytest.mark.needs
"""``@needs("simulation")``: capabilities; those of the fixtures that it uses are known anyway."""

api = pytest.mark.api
"""``@api("v2")``: the versions in which it plays; by default those that its requirements bind."""

long = pytest.mark.long
"""The scenarios that take longest: where several are played side by side, they begin first."""

LINES = (
    "requirement(*ids): requirements that the scenario proves",
    "needs(*capabilities): what the subject must let us do",
    "api(*versions): versions of the API in which the scenario plays",
    "long: takes longest, and begins first where several are played side by side",
)


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one scenario. ``problems`` says which of them name something that is not."""

    requirements: tuple[str, ...]
    needs: frozenset[str]
    apis: tuple[Api, ...]
    problems: tuple[str, ...] = ()

    @classmethod
    def of(cls, marks: Iterable[pytest.Mark], contract: Contract) -> Marks:
        """Read and check the marks of a scenario."""
        found: dict[str, tuple[str, ...]] = {"requirement": (), "needs": (), "api": ()}
        for mark in marks:
            if mark.name in found:
                found[mark.name] += mark.args
        return _checked(contract, found["requirement"], found["needs"], found["api"])


@lru_cache(maxsize=2048)
def _checked(
    contract: Contract, proves: tuple[str, ...], needed: tuple[str, ...], versions: tuple[str, ...]
) -> Marks:
    """Return what marks say: the same of a scenario in each version in which it plays."""
    known = [
        entry
        for name in proves
        if (entry := contract.requirements.get(name)) and Party.SERVER in entry.binds
    ]
    apis = tuple(
        version
        for version in APIS
        if (not versions or version in versions) and all(version in entry.api for entry in known)
    )
    named = {entry.id for entry in known}
    problems = [
        f"{name} is no requirement that binds a server" for name in proves if name not in named
    ]
    problems += [f"there is no capability {name!r}" for name in needed if name not in CAPABILITIES]
    problems += [f"there is no API {name!r}" for name in versions if name not in APIS]
    if not proves:
        problems.append("it says no requirement that it proves")
    elif not apis:
        problems.append("no version of the API is bound by all its requirements")
    return Marks(proves, frozenset(needed), apis or APIS, tuple(problems))
