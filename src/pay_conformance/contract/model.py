"""What the contract is made of: frozen values that the loaders build from ``contracts/``."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

Api = Literal["v1", "v2"]
APIS: tuple[Api, ...] = ("v1", "v2")

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


class Party(StrEnum):
    """Whose behaviour a requirement binds."""

    SERVER = "server"
    CLIENT = "client"
    INTEGRATION = "integration"


class Level(StrEnum):
    """RFC 2119 keyword of a requirement. A violated SHOULD is a warning."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Evidence(StrEnum):
    """How a rule is known; an inferred one is never a MUST."""

    DOCUMENTED = "documented"
    OBSERVED = "observed"
    SDK = "sdk"
    INFERRED = "inferred"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One sentence that can be violated.

    ``untestable`` is empty when a check, scenario or case is bound to it; otherwise it gives the
    reason why none can be. ``where`` is the file and line of the entry, for messages.
    """

    id: str
    level: Level
    says: str
    binds: frozenset[Party]
    api: frozenset[Api]
    evidence: Evidence
    sources: tuple[str, ...]
    why: str = ""
    since: str = ""
    untestable: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """One state of a lifecycle.

    ``requires`` and ``nulls`` are JSON Pointers (v2 names) that are non-null, or null or absent, in
    that state; ``shows`` are pointers that can be filled in states that name them only (the list
    ``[null]`` counts as empty). ``reasons`` are the reason codes that the state may carry; empty
    means that the reason code is null. ``rules`` says which requirement a body violates that breaks
    ``requires``, ``nulls``, ``shows`` or ``reasons`` of this state.
    """

    name: str
    initial: bool = False
    final: bool = False
    requires: tuple[str, ...] = ()
    nulls: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Move:
    """One legal move. ``source`` is ``None`` for the birth of the object.

    Exactly one trigger is set: ``on`` (an operationId or an event such as ``buyer cancels``) or
    ``timer`` (the name of a timer). ``needs`` are names of guards, or ``before NAME`` / ``after
    NAME`` for a timer that has not, or has, run out. ``requirement`` is the id that a subject
    violates which does not make this move when it is due.
    """

    source: str | None
    target: str
    on: str = ""
    timer: str = ""
    reason: str | None = None
    needs: tuple[str, ...] = ()
    api: frozenset[Api] = frozenset(APIS)
    requirement: str = ""


@dataclass(frozen=True, slots=True)
class Timer:
    """A duration that starts at ``since``.

    ``since`` is a JSON Pointer (v2 names) to a timestamp, or names the moment in words.

    It lasts ``months`` calendar months, then ``after``. ``environment`` is ``sandbox`` where only
    the sandbox keeps the time, and ``""`` where every environment does.
    """

    name: str
    after: timedelta
    since: str
    requirement: str = ""
    months: int = 0
    environment: Literal["", "sandbox"] = ""

    def due(self, start: datetime) -> datetime:
        """Return the moment at which a timer runs out that started at ``start``."""
        if not self.months:
            return start + self.after
        year, month = divmod(start.year * 12 + start.month - 1 + self.months, 12)
        day = min(start.day, monthrange(year, month + 1)[1])
        return start.replace(year=year, month=month + 1, day=day) + self.after


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition of a move. ``refusal`` is the reason code that an operation gets without it."""

    name: str
    says: str
    refusal: str = ""
    requirement: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """How an operation is refused in a state: any of ``codes``, the usual one first."""

    codes: tuple[str, ...]
    requirement: str


@dataclass(frozen=True, slots=True, eq=False)
class Lifecycle:
    """The state machine of one object: the moves are all there is. Each is equal to itself alone.

    ``events`` maps what happens outside the API (``buyer cancels``) to what that means.
    ``descriptions`` maps a reason code to the ``reasonDescription`` that goes with it. ``illegal``
    is the requirement violated by a move that is not listed. ``forgotten`` names the timer after
    which the object is gone (``ResourceNotFound``), or is empty.
    """

    object: str
    states: Mapping[str, State]
    moves: tuple[Move, ...]
    timers: Mapping[str, Timer]
    refusals: Mapping[str, str] = field(default_factory=dict)
    """Operation to the reason code that usually refuses it in a state that does not allow it."""
    refused: Mapping[tuple[str, str], Refusal] = field(default_factory=dict)
    """Operation and state to what refuses it there, for all that the state does not allow."""
    guards: Mapping[str, Guard] = field(default_factory=dict)
    events: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    illegal: str = ""
    forgotten: str = ""

    def allows(self, source: str | None, target: str, api: Api) -> bool:
        """Say whether some move leads from ``source`` to ``target`` in this version of the API."""
        return any(
            move.source == source and move.target == target and api in move.api
            for move in self.moves
        )

    def refusal(self, operation: str, state: str) -> tuple[str, ...]:
        """Return the reason codes that may refuse an operation in a state; empty if it is allowed.

        The first one is what the reference server answers.
        """
        found = self.refused.get((operation, state))
        return found.codes if found else ()


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One entry of the error catalogue: a reason code and the statuses under which it comes."""

    code: str
    statuses: tuple[int, ...]
    operations: frozenset[str]
    """operationIds; empty means any operation."""
    retryable: bool
    message: str
    """The text that the mock sends; ``{field}``-style places are filled in."""
    evidence: Evidence
    sources: tuple[str, ...]
    requirement: str = ""

    @property
    def status(self) -> int:
        """The status that is best supported: the first one listed."""
        return self.statuses[0]


@dataclass(frozen=True, slots=True)
class Limit:
    """One number of the contract, by currency where ``by_currency`` is filled."""

    name: str
    value: Decimal | None
    by_currency: Mapping[str, Decimal]
    unit: str
    evidence: Evidence
    sources: tuple[str, ...]
    requirement: str = ""

    def of(self, currency: str) -> Decimal | None:
        """Return the limit in that currency, or the general value where none is named."""
        return self.by_currency.get(currency, self.value)


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a sandbox simulation code does to one operation.

    ``outcome`` is ``error`` (answer with ``reason`` as the reason code, nothing is created or
    moved), ``state`` (the object goes to ``state`` with ``reason``) or ``later`` (to ``state`` now,
    to ``then`` after ``after``). ``object`` is the object that goes there. ``answers`` is the
    reason code of the error answered although the object moved; empty for a success. ``needs`` are
    guards of the object's lifecycle without which the code is refused.
    """

    operation: str
    code: str
    outcome: Literal["error", "state", "later"]
    evidence: Evidence
    sources: tuple[str, ...]
    state: str = ""
    reason: str | None = None
    then: str = ""
    then_reason: str | None = None
    after: timedelta = timedelta(0)
    api: frozenset[Api] = frozenset(APIS)
    object: str = ""
    answers: str = ""
    needs: tuple[str, ...] = ()
    requirement: str = ""


@dataclass(frozen=True, slots=True)
class TestCard:
    """A payment instrument of the sandbox buyer's wallet, and what paying with it does.

    ``effect`` is ``None`` for a card that simply works. Otherwise it reads like a simulation: an
    effect on a ``checkout-session`` takes place when the buyer approves, one on a ``charge`` when
    the charge of that session is born.
    """

    __test__ = False  # the name looks like a test class to pytest

    ending: str
    descriptor: str
    outcome: str
    """What paying with it does, in words."""
    simulation: str
    """Simulation code that paying with it amounts to; empty where there is none."""
    evidence: Evidence
    sources: tuple[str, ...]
    effect: Simulation | None = None
    requirement: str = ""


@dataclass(frozen=True, slots=True)
class ConstraintRule:
    """A constraint of a Checkout Session: shown while ``unless_set`` is null."""

    id: str
    description: str
    unless_set: str
    """JSON Pointer (v2 names) whose value clears it; ``buyer`` for the buyer's association."""
    when: str = ""
    """Condition under which it applies, e.g. ``/chargePermissionType=Recurring``; empty: always."""
    api: frozenset[Api] = frozenset(APIS)
    requirement: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the API, read from the OpenAPI document.

    ``path`` is the template after the version, e.g. ``/charges/{chargeId}/capture``.
    ``responds`` maps a success status to a schema name (``charge``); ``request`` is the schema
    name of the body, or ``""``.
    """

    id: str
    method: str
    path: str
    object: str
    request: str
    responds: Mapping[int, str]
    idempotency_key: Literal["required", "optional", "unused"]
    api: Api

    @property
    def success(self) -> int:
        """The status of a plain success."""
        return min(self.responds)


@dataclass(frozen=True, slots=True)
class Match:
    """An operation found for a method and path, with what the path said."""

    operation: Operation
    parameters: Mapping[str, str]
    environment: str
    """``sandbox``, ``live`` or ``""`` when the path has no environment segment."""


Schema = Mapping[str, Any]
