"""What is said about exchanges, without what was taken out of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pay_conformance.exchange import Exchange
from pay_conformance.findings import Drift, Finding, Held, Outcome, Skipped
from pay_conformance.record.redaction import Redactor


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


def discreet_about(exchanges: Iterable[Exchange], outcomes: list[Outcome]) -> list[Outcome]:
    """Return outcomes with nothing secret or personal of the exchanges that they are about."""
    if all(isinstance(outcome, Held) for outcome in outcomes):
        return outcomes
    redactor = Redactor()
    for exchange in exchanges:
        redactor.redact(exchange)
    return [discreet(outcome, redactor) for outcome in outcomes]
