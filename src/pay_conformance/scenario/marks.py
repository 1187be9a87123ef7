"""The marks of a scenario: what it proves, what it needs, and in which versions it plays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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

LINES = (
    "requirement(*ids): requirements that the scenario proves",
    "needs(*capabilities): what the subject must let us do",
    "api(*versions): versions of the API in which the scenario plays",
)


class WrongMark(Exception):
    """A scenario is marked with something that does not exist."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one scenario."""

    requirements: tuple[str, ...]
    needs: frozenset[str]
    apis: tuple[Api, ...]

    @classmethod
    def of(cls, marks: Iterable[pytest.Mark], contract: Contract, where: str) -> Marks:
        """Read and check the marks of a scenario.

        Raises:
            WrongMark: if an id, capability or version does not exist, or none is left to play in.

        """
        found: dict[str, list[str]] = {"requirement": [], "needs": [], "api": []}
        for mark in marks:
            if mark.name in found:
                found[mark.name].extend(mark.args)
        for name in found["requirement"]:
            entry = contract.requirements.get(name)
            if entry is None or Party.SERVER not in entry.binds:
                raise WrongMark(f"{where}: {name} is no requirement that binds a server")
        unknown = set(found["needs"]) - CAPABILITIES.keys()
        if unknown:
            raise WrongMark(f"{where}: there is no capability {min(unknown)!r}")
        unknown = set(found["api"]) - set(APIS)
        if unknown:
            raise WrongMark(f"{where}: there is no API {min(unknown)!r}")
        apis = tuple(
            version
            for version in APIS
            if (not found["api"] or version in found["api"])
            and all(version in contract.requirements[name].api for name in found["requirement"])
        )
        if not apis:
            raise WrongMark(f"{where}: no version of the API is bound by all its requirements")
        return cls(tuple(found["requirement"]), frozenset(found["needs"]), apis)
