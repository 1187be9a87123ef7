"""What a shared state asks of the engine that holds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a merchant has come.

    ``version`` grows with each change; ``epoch`` with each time that everything was dropped.
    """

    epoch: int = 0
    version: int = 0
    offset: float = 0.0
    """Seconds by which the merchant's clock was moved."""


@dataclass(frozen=True, slots=True)
class Change:
    """A thing as it is now: JSON text, or ``None`` if it is no more."""

    kind: str
    name: str
    data: str | None


class Engine(Protocol):
    """Holds merchants and their things for several processes.

    Each method may raise :class:`~pay_conformance.problems.SubjectProblem` if the engine is gone.
    """

    def common(self, name: str, make: Callable[[], str]) -> str:
        """Return a value that all processes have in common: the first one that was made."""

    def next_number(self) -> int:
        """Return a number that no other process gets."""

    def alone(self, name: str) -> AbstractContextManager[object]:
        """Keep all other processes out of what has this name."""

    def leads(self) -> bool:
        """Say whether this process is the one that does what only one may do."""

    def add(self, key_id: str, data: str) -> None:
        """Hold a new merchant."""

    def merchant(self, key_id: str) -> str | None:
        """Return what was added under a key id."""

    def key_ids(self, *, notifying: bool = False) -> list[str]:
        """Return the key ids of all merchants, or of those whose notifications go somewhere."""

    def locked(self, key_ids: Sequence[str]) -> AbstractContextManager[Mapping[str, Mark]]:
        """Give merchants to this process alone, with their marks.

        What is written in the block is there for the others at its end, or not at all if it raises.
        """

    def changes(self, key_id: str, since: int) -> Iterable[Change]:
        """Return what has changed of a merchant after a version."""

    def write(
        self, key_id: str, mark: Mark, changes: Iterable[Change], *, renewed: bool, notifying: bool
    ) -> None:
        """Hold changes of a locked merchant, and its new mark; ``renewed`` drops what there was."""

    def close(self) -> None:
        """Close the connection."""
