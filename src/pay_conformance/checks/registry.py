"""Where checks are registered, each with the requirements that it can prove or disprove."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from pay_conformance.checks.history import History
from pay_conformance.checks.view import View
from pay_conformance.contract import Contract
from pay_conformance.findings import Held, Outcome

Side = Literal["request", "response"]
Run = Callable[[View, History], Iterator[Outcome]]
Named = Callable[[Contract], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Check:
    """A passive rule.

    ``side`` says whose message it judges: a ``request`` is the client's or integration's, a
    ``response`` the server's. ``proves`` are the requirements that it names itself, ``named``
    finds those that the contract's data name. ``of`` and ``calls`` say what it is about: on an
    answer with another object, or a call of another operation, it has nothing to say; empty where
    it may have on any. ``keyed`` says that it has nothing to say on a request without a key.
    """

    name: str
    run: Run
    side: Side
    proves: tuple[str, ...]
    named: Named | None = None
    of: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    keyed: bool = False

    def concerns(
        self,
        object: str,  # noqa: A002 - the word of the design
        operation: str,
        *,
        keyed: bool,
    ) -> bool:
        """Say whether it can have anything to say on an answer to an operation (or to none)."""
        return (
            (not self.of or object in self.of)
            and (not self.calls or operation in self.calls)
            and (keyed or not self.keyed)
        )

    @property
    def is_shape(self) -> bool:
        """Whether it holds bodies against their schemas."""
        return self.name.startswith("schema.")

    def requirements(self, contract: Contract) -> frozenset[str]:
        """Return all ids that this check can yield an outcome for, under that contract."""
        found = self.named(contract) if self.named is not None else ()
        return frozenset(self.proves).union(filter(None, found))


CHECKS: Final[list[Check]] = []


def check(
    *proves: str,
    side: Side = "response",
    named: Named | None = None,
    of: Iterable[str] = (),
    calls: Iterable[str] = (),
    keyed: bool = False,
) -> Callable[[Run], Run]:
    """Register a generator function ``(view, history) -> outcomes`` as a check.

    It yields a Held or a Finding for a requirement only where it had something to judge.
    """

    def register(run: Run) -> Run:
        theme = run.__module__.rpartition(".")[2]
        name = f"{theme}.{run.__name__}"
        about = frozenset(of), frozenset(calls)
        CHECKS.append(Check(name, run, side, proves, named, *about, keyed))
        return run

    return register


@cache
def held(requirement: str) -> Held:
    """Return the evidence that a requirement held; one value serves a whole run."""
    return Held(requirement)
