"""Where checks are registered, each with the requirements that it can prove or disprove."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from typing import Final, Literal

from pay_conformance.checks.history import History
from pay_conformance.checks.view import View
from pay_conformance.contract import Contract
from pay_conformance.findings import Held, Outcome

Side = Literal["request", "response"]
Run = Callable[[View, History], Iterator[Outcome]]
Named = Callable[[Contract], Iterable[str]]


class Fact(Enum):
    """What may be so of an exchange, and what a check may need to have anything to say."""

    ANSWERED = auto()
    """The answer is an object of the API."""
    SUCCEEDED = auto()
    """The answer's status is known, and that of a success."""
    HAS_BODY = auto()
    """The request has a body."""
    TAKES_BODY = auto()
    """The request is of a kind that has a schema."""
    POSTS_KEY = auto()
    """The request is a POST with an idempotency key."""
    HAS_KEY = auto()
    """The request has an idempotency key, whatever its method."""
    NEEDS_KEY = auto()
    """The operation asks for an idempotency key."""
    LACKS_KEY = auto()
    """The operation asks for an idempotency key, and the request has none."""
    KEY_USED = auto()
    """The key had served a request that succeeded, before this exchange began."""
    SEEN_BEFORE = auto()
    """The object that is answered was seen before, and not at the same time."""


def facts_of(view: View, history: History) -> tuple[bool, ...]:
    """Return for each Fact, in their order, whether it is so of an exchange."""
    operation = view.operation
    has_key = bool(view.asked.get("x-amz-pay-idempotency-key"))
    needs_key = operation is not None and operation.idempotency_key == "required"
    return (
        view.answer is not None,
        view.succeeded,
        not view.request.empty,
        view.sent_as != "",
        view.key != "",
        has_key,
        needs_key,
        needs_key and not has_key,
        history.used(view) is not None,
        history.before(view) is not None,
    )


@dataclass(frozen=True, slots=True)
class Check:
    """A passive rule.

    ``side`` says whose message it judges: a ``request`` is the client's or integration's, a
    ``response`` the server's. ``proves`` are the requirements that it names itself, ``named``
    finds those that the contract's data name. ``of`` and ``calls`` say what it is about: on an
    answer with another object, or a call of another operation, it has nothing to say; empty where
    it may have on any. What ``calls`` are may follow from the contract. ``when`` are the facts
    without each of which it has nothing to say.
    """

    name: str
    run: Run
    side: Side
    proves: tuple[str, ...]
    named: Named | None = None
    of: frozenset[str] = frozenset()
    calls: frozenset[str] | Named = frozenset()
    when: frozenset[Fact] = frozenset()

    def concerns(
        self,
        object: str,  # noqa: A002 - the word of the design
        operation: str,
        facts: Set[Fact],
        contract: Contract,
    ) -> bool:
        """Say whether it can have anything to say on an answer to an operation (or to none)."""
        if (self.of and object not in self.of) or not self.when <= facts:
            return False
        if isinstance(self.calls, frozenset):
            return not self.calls or operation in self.calls
        return operation in self.calls(contract)

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
    calls: Iterable[str] | Named = (),
    when: Iterable[Fact] = (),
) -> Callable[[Run], Run]:
    """Register a generator function ``(view, history) -> outcomes`` as a check.

    It yields a Held or a Finding for a requirement only where it had something to judge.
    """

    def register(run: Run) -> Run:
        theme = run.__module__.rpartition(".")[2]
        name = f"{theme}.{run.__name__}"
        about = frozenset(of), calls if callable(calls) else frozenset(calls), frozenset(when)
        CHECKS.append(Check(name, run, side, proves, named, *about))
        return run

    return register


@cache
def held(requirement: str) -> Held:
    """Return the evidence that a requirement held; one value serves a whole run."""
    return Held(requirement)
