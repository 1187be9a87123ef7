"""What one scenario came to, in a form that a worker process can send to the one that reports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
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
)

_SIGNED = re.compile(r"SignedHeaders=[A-Za-z0-9;_-]{1,1000}")
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
    held: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    drift: list[Drift] = field(default_factory=list)
    exchanges: list[ExchangeSeen] = field(default_factory=list)
    moves: list[MovesSeen] = field(default_factory=list)
    error: str = ""
    died: str = ""

    def count(self, held: Held) -> None:
        """Add one piece of evidence."""
        self.held[held.requirement] = self.held.get(held.requirement, 0) + 1

    def to_json(self) -> dict[str, Any]:
        """Return the proof as a JSON object."""
        outcomes: list[Outcome] = [*self.findings, *self.skipped, *self.drift]
        return {
            "name": self.name,
            "state": self.state,
            "seconds": self.seconds,
            "held": self.held,
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
        proof = cls(data["name"], data["state"], data["seconds"], dict(data["held"]))
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
        for requirement in self.held:
            yield OutcomeSeen(Held(requirement))
        outcomes: list[Outcome] = [*self.findings, *self.skipped, *self.drift]
        yield from map(OutcomeSeen, outcomes)
        if self.error:
            yield OwnError(self.name, self.error)
        if self.died:
            yield SubjectDied(self.died)
        yield ScenarioEnded(self.name, self.state, self.seconds)


def discreet(outcome: Outcome, redactor: Redactor) -> Outcome:
    """Return an outcome with nothing in it that was taken out of the exchanges that it is about.

    What a subject sends is in what is said about it, so that this holds for every outcome that
    leaves the process in which it was seen.
    """
    match outcome:
        case Finding():
            return replace(
                outcome,
                message=redactor.told(outcome.message),
                expected=redactor.told(outcome.expected),
                actual=redactor.told(outcome.actual),
            )
        case Skipped():
            return replace(outcome, why=redactor.told(outcome.why))
        case Drift():
            return replace(outcome, what=redactor.told(outcome.what))
    return outcome


def shown(exchange: Exchange, redactor: Redactor) -> ExchangeSeen:
    """Return an exchange as a report shows it, with nothing secret or personal in it."""
    clean = redactor.redact(exchange)
    request = response = None
    if clean.request is not None:
        request = {
            "method": clean.request.method,
            "url": clean.request.url,
            "headers": [list(pair) for pair in _with_signed_names(clean.request, exchange.request)],
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
