"""Holds each wrong body to the checks, and says which requirements they found violated."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence

from pay_conformance.checks import Judge
from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api, Party
from pay_conformance.exchange import Exchange, Request, Response
from pay_conformance.findings import Finding
from tests.mutants.bodies.faults import Fault, good_bodies, schema_faults
from tests.mutants.crew import side_by_side
from tests.mutants.killing import Killing, is_asked_for
from tests.mutants.reasons import reasons_for


def hunt(
    names: Sequence[str], jobs: int = 1, tell: Callable[[Killing], None] = lambda _: None
) -> list[Killing]:
    """Return what became of each wrong body that is asked for; ``tell`` hears it at once."""
    contract = Contract.load()
    counts: dict[tuple[Api, str], int] = {}
    for body in good_bodies():
        counts[body.api, body.schema] = counts.get((body.api, body.schema), 0) + 1
    most_first = sorted(counts, key=lambda key: -counts[key])

    def hunted(schema: tuple[Api, str]) -> list[Killing]:
        faults = schema_faults(contract, *schema)
        return [judged(contract, fault) for fault in faults if is_asked_for(fault, names)]

    found: dict[tuple[Api, str], list[Killing]] = {}
    for schema, killings in side_by_side(hunted, most_first, jobs):
        found[schema] = killings
        for killing in killings:
            tell(killing)
    return [killing for schema in sorted(found) for killing in found[schema]]


def judged(contract: Contract, fault: Fault) -> Killing:
    """Return what the checks make of a body with one fault.

    The two validators have to agree on it, or it is an error of ours.
    """
    began = time.monotonic()
    judge = Judge(contract, frozenset(Party), api=fault.api)
    raw = json.dumps(fault.content, ensure_ascii=False).encode()
    if fault.schema.endswith("-request"):
        exchange = Exchange(Request("", "", (), raw), None, object=fault.schema, api=fault.api)
    else:
        exchange = Exchange(None, Response(0, (), raw), object=fault.schema, api=fault.api)
    reasons = reasons_for(fault.name)
    also = frozenset().union(*(reason.also for reason in reasons))
    found = {each.requirement for each in judge.judge(exchange) if isinstance(each, Finding)}
    return Killing(
        family=fault.family,
        kind=fault.kind,
        mutant=fault.name,
        says=f"{fault.place or 'the body'} is {_short(fault.change)}.",
        breaks=tuple(sorted(fault.violates)),
        perhaps=tuple(sorted(also)),
        failed=tuple(sorted(found)),
        tests=1,
        seconds=round(time.monotonic() - began, 4),
        because=" ".join(reason.because for reason in reasons),
        error=_disagreement(contract, fault),
    )


def _disagreement(contract: Contract, fault: Fault) -> str:
    quick = contract.is_valid(fault.api, fault.schema, fault.content)
    precise = not contract.validate(fault.api, fault.schema, fault.content)
    return "" if quick == precise else f"jsonschema-rs says {quick}, and jsonschema {precise}"


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"
