"""The contract: data under ``contracts/``, loaded part by part when it is first asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypedDict, Unpack

from pay_conformance.contract.lifecycles import load_lifecycles
from pay_conformance.contract.model import (
    Api,
    ConstraintRule,
    ErrorCode,
    Lifecycle,
    Limit,
    Match,
    Operation,
    Party,
    Requirement,
    Simulation,
    TestCard,
)
from pay_conformance.contract.operations import Operations
from pay_conformance.contract.requirements import load_requirements
from pay_conformance.contract.schema_errors import SchemaError
from pay_conformance.contract.schemas import SchemaStore
from pay_conformance.contract.tables import (
    load_cards,
    load_constraints,
    load_errors,
    load_limits,
    load_simulations,
)
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.resources import data_path

__all__ = ["Contract"]

_VERSION = re.compile(r"(?:/(?:sandbox|live))?/(v[12])(?:/|$)")


class Parts(TypedDict, total=False):
    """The parts of a contract that :meth:`Contract.replaced` can change."""

    requirements: Mapping[str, Requirement]
    lifecycles: Mapping[tuple[str, Api], Lifecycle]
    errors: Mapping[str, ErrorCode]
    limits: Mapping[str, Limit]
    simulations: tuple[Simulation, ...]
    cards: tuple[TestCard, ...]
    constraints: tuple[ConstraintRule, ...]


class Contract:
    """Everything that a subject is held to. Read-only; safe to share between threads.

    A part is read from its files when it is first used. A file that is wrong raises
    ConfigurationProblem then, naming file and line.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @staticmethod
    def load(root: Path | None = None) -> Contract:
        """Return the contract of a ``contracts`` folder; the one that ships with us by default.

        Raises:
            ConfigurationProblem: if there is no such folder.
        """
        if root is None:
            return _default()
        if not root.is_dir():
            raise ConfigurationProblem(f"{root} is not a folder", "name a folder like contracts/")
        return Contract(root.resolve())

    def replaced(self, **changes: Unpack[Parts]) -> Contract:
        """Return a copy of which some parts are others, e.g. to run a deliberately wrong server.

        Its digest is that of the original with the names of the changed parts behind it.
        """
        unknown = changes.keys() - Parts.__annotations__.keys()
        if unknown:
            raise TypeError(f"a contract has no part {min(unknown)!r} that can be replaced")
        copy = Contract(self.root)
        # A cached property stands in the instance's dictionary once it is known.
        vars(copy).update(vars(self), schemas=self.schemas, _operations=self._operations)
        vars(copy).update(changes, digest=f"{self.digest}+{'+'.join(sorted(changes))}")
        return copy

    @cached_property
    def digest(self) -> str:
        """SHA-256 in hex over the names and bytes of all files of the contract."""
        total = sha256()
        for path in sorted(path for path in self.root.rglob("*") if path.is_file()):
            total.update(path.relative_to(self.root).as_posix().encode() + b"\0")
            total.update(sha256(path.read_bytes()).digest())
        return total.hexdigest()

    @cached_property
    def requirements(self) -> Mapping[str, Requirement]:
        """All requirements by id."""
        return load_requirements(self.root)

    def requirements_for(self, party: Party, api: Api) -> Mapping[str, Requirement]:
        """Return the requirements that bind one kind of subject in one version of the API."""
        return MappingProxyType(
            {
                name: entry
                for name, entry in self.requirements.items()
                if party in entry.binds and api in entry.api
            }
        )

    @cached_property
    def lifecycles(self) -> Mapping[tuple[str, Api], Lifecycle]:
        """All lifecycles by object and version, e.g. ``("charge-permission", "v2")``."""
        return load_lifecycles(self.root)

    def lifecycle(self, object: str, api: Api) -> Lifecycle:  # noqa: A002 - the word of the design
        """Return the lifecycle of an object.

        Raises:
            KeyError: if the object has none in this version.
        """
        return self.lifecycles[object, api]

    @cached_property
    def errors(self) -> Mapping[str, ErrorCode]:
        """The error catalogue by reason code."""
        return load_errors(self.root)

    @cached_property
    def limits(self) -> Mapping[str, Limit]:
        """The limits by name."""
        return load_limits(self.root)

    @cached_property
    def simulations(self) -> tuple[Simulation, ...]:
        """What the simulation codes of the sandbox do, per operation."""
        return load_simulations(self.root)

    @cached_property
    def cards(self) -> tuple[TestCard, ...]:
        """The payment instruments of the sandbox buyer."""
        return load_cards(self.root)

    @cached_property
    def constraints(self) -> tuple[ConstraintRule, ...]:
        """The constraints of a Checkout Session, in the order of an answer."""
        return load_constraints(self.root)

    @cached_property
    def schemas(self) -> SchemaStore:
        """The JSON Schemas of both versions."""
        return SchemaStore(self.root)

    @cached_property
    def _operations(self) -> Operations:
        return Operations(self.root)

    def operations(self, api: Api) -> Mapping[str, Operation]:
        """Return the operations of a version by operationId."""
        return self._operations.all(api)

    def match(self, method: str, path: str) -> Match | None:
        """Return the operation that a method and a path (bare or with environment) name."""
        return self._operations.match(method, path)

    def api_of(self, path: str) -> Api | None:
        """Return the version of the API that a path names, known operation or not."""
        found = _VERSION.match(path)
        if found is None:
            return None
        return "v1" if found[1] == "v1" else "v2"

    def schema(self, api: Api, name: str) -> dict[str, Any]:
        """Return a schema by name, e.g. ``checkout-session`` or ``create-charge-request``."""
        return self.schemas.schema(api, name)

    def validate(self, api: Api, name: str, instance: Any) -> list[SchemaError]:
        """Return what is wrong with a value, with places and requirements; empty if nothing is."""
        return self.schemas.validate(api, name, instance)

    def is_valid(self, api: Api, name: str, instance: Any) -> bool:
        """Say whether a value is valid, as fast as can be."""
        return self.schemas.is_valid(api, name, instance)

    def touched(
        self, api: Api, name: str, instance: Any, wanted: frozenset[str] | None = None
    ) -> frozenset[str]:
        """Return the ids of the requirements whose subschema had something to bear on.

        With ``wanted``, of those alone: the fewer they are, the less of the instance is read.
        """
        return self.schemas.touched(api, name, instance, wanted)


@cache
def _default() -> Contract:
    return Contract(data_path("contracts"))
