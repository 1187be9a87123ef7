"""What one scenario came to, in a form that a worker process can send to the one that reports."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from pay_conformance.exchange import Exchange, Headers, Request
from pay_conformance.findings import Drift, Finding, Held, Outcome, Skipped, from_json, to_json
from pay_conformance.record.redaction import Redactor
from pay_conformance.report import (
    Event,
    ExchangeSeen,
    MovesSeen,
    OutcomeSeen,
    OwnError,
    ScenarioEnded,
    SubjectDied,
    ToldSoFar,
)
from pay_conformance.report.events import event_to_json

_SIGNED = re.compile(r"SignedHeaders=[A-Za-z0-9;_-]{1,1000}")
_KEPT_BACK = "violated; the run was cut short before it could be told in full"
PROPERTY = "pay_conformance"
"""The name under which a test report carries a proof."""


@dataclass(slots=True)
class Proof:
    """The outcomes of a scenario.

    ``state`` is passed, failed, not tested or error. ``held`` counts the evidence by requirement.
    """

    name: str
    state: str = "passed"
    seconds: float = 0.0
    held: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    drift: list[Drift] = field(default_factory=list)
    exchanges: list[ExchangeSeen] = field(default_factory=list)
    moves: list[MovesSeen] = field(default_factory=list)
    error: str = ""
    died: str = ""

    def count(self, outcomes: Iterable[Outcome]) -> None:
        """Add the evidence that is among some outcomes."""
        self.held.update([one.requirement for one in outcomes if type(one) is Held])

    def to_json(self) -> dict[str, Any]:
        """Return the proof as a JSON object."""
        outcomes: list[Outcome] = [*self.findings, *self.skipped, *self.drift]
        return {
            "name": self.name,
            "state": self.state,
            "seconds": self.seconds,
            "held": dict(self.held),
            "outcomes": [to_json(outcome) for outcome in outcomes],
            "exchanges": [
                {name: getattr(exchange, name) for name in ExchangeSeen.__slots__}
                for exchange in self.exchanges
            ],
            "moves": [
                [move.object, move.api, move.source, move.target, move.trigger, move.times]
                for move in self.moves
            ],
            "error": self.error,
            "died": self.died,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Proof:
        """Return the proof that :meth:`to_json` wrote."""
        proof = cls(data["name"], data["state"], data["seconds"], Counter(data["held"]))
        for item in data["outcomes"]:
            match from_json(item):
                case Finding() as finding:
                    proof.findings.append(finding)
                case Skipped() as skipped:
                    proof.skipped.append(skipped)
                case Drift() as drift:
                    proof.drift.append(drift)
        proof.exchanges = [ExchangeSeen(**item) for item in data["exchanges"]]
        proof.moves = [MovesSeen(*item) for item in data.get("moves", ())]
        proof.error, proof.died = data["error"], data["died"]
        return proof

    def events(self) -> Iterator[Event]:
        """Yield what a report is made of."""
        yield from self.exchanges
        yield from self.moves
        yield from map(_held, self.held)
        outcomes: list[Outcome] = [*self.findings, *self.skipped, *self.drift]
        yield from map(OutcomeSeen, outcomes)
        if self.error:
            yield OwnError(self.name, self.error)
        if self.died:
            yield SubjectDied(self.died)
        yield ScenarioEnded(self.name, self.state, self.seconds)


@cache
def _held(requirement: str) -> OutcomeSeen:
    """Return the event that a requirement held: every scenario has about a hundred of them."""
    return OutcomeSeen(Held(requirement))


def shown(exchange: Exchange, redactor: Redactor) -> ExchangeSeen:
    """Return an exchange as a report shows it, with nothing secret or personal in it."""
    return _shown(redactor.redact(exchange), exchange.request)


def all_shown(exchanges: Iterable[Exchange], redactor: Redactor) -> list[ExchangeSeen]:
    """Return exchanges as a report shows them; what is personal in one is in none of them."""
    every = list(exchanges)
    return [
        _shown(clean, original.request)
        for clean, original in zip(redactor.redact_all(every), every, strict=True)
    ]


def so_far(exchange: Exchange, outcomes: Iterable[Outcome]) -> list[ToldSoFar]:
    """Return what may be said of an exchange while others of its story are to come.

    What is personal may show in a later one only: so no header, body or query is told, and of a
    finding which requirement is violated, and where.
    """
    whole = shown(exchange, Redactor())
    told: list[Event] = [
        replace(
            whole,
            request=_bare(whole.request, ("method", "url")),
            response=_bare(whole.response, ("status",)),
        )
    ]
    for outcome in outcomes:
        match outcome:
            case Held():
                told.append(OutcomeSeen(outcome))
            case Finding():
                kept = replace(outcome, message=_KEPT_BACK, expected=None, actual=None)
                told.append(OutcomeSeen(kept))
    return [ToldSoFar(exchange.source, event_to_json(event)) for event in told]


def _bare(message: Mapping[str, Any] | None, names: tuple[str, ...]) -> dict[str, Any] | None:
    if message is None:
        return None
    kept = {name: message[name] for name in names}
    if "url" in kept:
        kept["url"] = kept["url"].partition("?")[0]
    return {**kept, "headers": [], "body": ""}


def _shown(clean: Exchange, original: Request | None) -> ExchangeSeen:
    request = response = None
    if clean.request is not None:
        request = {
            "method": clean.request.method,
            "url": clean.request.url,
            "headers": [list(pair) for pair in _with_signed_names(clean.request, original)],
            "body": clean.request.body.decode(errors="replace"),
        }
    if clean.response is not None:
        response = {
            "status": clean.response.status,
            "headers": [list(pair) for pair in clean.response.headers],
            "body": clean.response.body.decode(errors="replace"),
        }
    return ExchangeSeen(clean.id, clean.source, request, response, clean.failure)


def _with_signed_names(clean: Request, original: Request | None) -> Headers:
    """Return redacted headers with the names that were signed: no secret, and often the cause."""
    signed = _SIGNED.search((original and original.header("authorization")) or "")
    if signed is None:
        return clean.headers
    return tuple(
        (name, f"{value}, {signed[0]}" if name.lower() == "authorization" else value)
        for name, value in clean.headers
    )
