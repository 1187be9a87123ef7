"""What a recording shows that the contract does not know, and what of it the contract forbids."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from pay_conformance.checks.judge import Judge
from pay_conformance.contract import Contract
from pay_conformance.contract.model import Party
from pay_conformance.exchange import Exchange
from pay_conformance.findings import Drift, Finding
from pay_conformance.record import cassette
from pay_conformance.record.drift import Class, Difference
from pay_conformance.record.recording import CONTROL


def compare_with_contract(
    recording: Mapping[str, cassette.Cassette], contract: Contract
) -> list[Difference]:
    """Judge each story and return violations as breaking, unknown fields as additive."""
    merged: dict[tuple[Class, str, str], Difference] = {}
    for name, story in recording.items():
        judge = Judge(contract, frozenset({Party.SERVER}))
        exchanges = spoken(story)
        for exchange, outcomes in zip(exchanges, judge.judge_each(exchanges), strict=True):
            for outcome in outcomes:
                if isinstance(outcome, Finding):
                    _merge(merged, _breaking(outcome, exchange, name))
                elif isinstance(outcome, Drift):
                    _merge(merged, _additive(outcome, exchange, name))
    order = list(Class)
    return sorted(merged.values(), key=lambda d: (order.index(d.class_), d.what, d.pointer))


def spoken(story: cassette.Cassette) -> list[Exchange]:
    """Return the exchanges of a story with the API itself, those with a control API left out."""
    return [
        exchange
        for exchange in story.exchanges
        if exchange.request is None or not exchange.request.url.startswith(CONTROL)
    ]


def _merge(merged: dict[tuple[Class, str, str], Difference], new: Difference) -> None:
    key = (new.class_, new.what, new.pointer)
    old = merged.get(key, new)
    stories = tuple(dict.fromkeys((*old.stories, *new.stories)))
    merged[key] = Difference(old.class_, old.what, old.pointer, old.old, old.new, old.step, stories)


def _step(exchange: Exchange) -> str:
    request = exchange.request
    return f"{request.method} {request.path}" if request else "body"


def _breaking(finding: Finding, exchange: Exchange, story: str) -> Difference:
    return Difference(
        Class.BREAKING,
        f"violates {finding.requirement}: {finding.message}",
        finding.pointer,
        json.dumps(finding.expected, ensure_ascii=False, default=str),
        json.dumps(finding.actual, ensure_ascii=False, default=str),
        _step(exchange),
        (story,),
    )


def _additive(drift: Drift, exchange: Exchange, story: str) -> Difference:
    pointer = re.sub(r"/\d+(?=/|$)", "/*", drift.pointer)
    return Difference(Class.ADDITIVE, drift.what, pointer, "", "", _step(exchange), (story,))
