"""A Call: an admitted request, with all that an operation needs to answer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api, Operation, Simulation, TestCard
from pay_conformance.mock.life import Life
from pay_conformance.mock.money import Money
from pay_conformance.mock.moves import Guards
from pay_conformance.mock.records import Metadata
from pay_conformance.mock.refusals import Refused
from pay_conformance.mock.rendering import Sight, hidden_in
from pay_conformance.mock.store import Merchant

Answer = tuple[int, dict[str, Any]]
"""A status and a body."""

_METADATA = ("merchantReferenceId", "merchantStoreName", "noteToBuyer", "customInformation")


class World:
    """The contract, and what the mock made of it when it started."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.life = Life(contract)
        moves = self.life.moves
        self.cards: Mapping[str, TestCard] = {card.ending: card for card in contract.cards}
        self.sight = Sight(
            moves,
            self.life.constraints,
            {card.ending: card.descriptor for card in contract.cards},
            hidden_in(moves),
        )
        self._simulations = {
            (entry.operation, entry.code, api): entry
            for entry in contract.simulations
            for api in entry.api
        }

    def simulation(self, operation: str, code: str, api: Api) -> Simulation:
        """Return what a simulation code does to an operation.

        Raises:
            Refused: if the operation has no such code.
        """
        found = self._simulations.get((operation, code, api))
        if found is None:
            raise Refused("InvalidSandboxSimulationSpecified", code=code)
        return found

    def limit(self, name: str, currency: str, amount: Money) -> None:
        """Refuse an amount above a limit of the contract.

        Raises:
            Refused: ``TransactionAmountExceeded``.
        """
        limit = self.contract.limits.get(name)
        most = limit.of(currency) if limit else None
        if most is not None and amount.value > most:
            raise Refused("TransactionAmountExceeded", amount=amount.text, limit=str(most))


@dataclass(frozen=True, slots=True)
class Call:
    """An admitted request. ``body`` has the names of v2, whatever version it came in."""

    world: World
    merchant: Merchant
    operation: Operation
    parameters: Mapping[str, str]
    body: Mapping[str, Any]
    simulation: Simulation | None = None

    @property
    def life(self) -> Life:
        """What moves records."""
        return self.world.life

    @property
    def now(self) -> int:
        """The merchant's time, in seconds."""
        return self.merchant.time.now()

    def simulated(self, guards: Guards) -> Simulation | None:
        """Return the simulation asked for, if there is one.

        Raises:
            Refused: if something that the simulation needs is not there.
        """
        simulation = self.simulation
        if simulation and not all(guards[need]() for need in simulation.needs):
            raise Refused("InvalidSandboxSimulationSpecified", code=simulation.code)
        return simulation


Handler = Callable[[Call], Answer]


def metadata_of(given: Mapping[str, Any] | None, before: Metadata) -> Metadata:
    """Return merchant metadata after a request: what it names is new, the rest as before."""
    if given is None:
        return before
    reference, store, note, custom = (
        old if given.get(name) is None else given[name]
        for name, old in zip(_METADATA, before, strict=True)
    )
    return reference, store, note, custom
