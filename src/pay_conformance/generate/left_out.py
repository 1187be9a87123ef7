"""Says what generated stories do without because the target can't do it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api
from pay_conformance.findings import Skipped
from pay_conformance.generate.examples import Examples
from pay_conformance.generate.player import READS
from pay_conformance.targets import CAPABILITIES

PARTS: Mapping[str, str] = {
    "buyer": "what the buyer does, and all that follows from it",
    "clock": "time that passes",
    "faults": "calls that fail first",
    "merchants": "merchants of other regions",
    "simulation": "simulation codes",
}
"""What a story has only if the target has the capability."""


def say_what_is_left_out(examples: Examples) -> None:
    """Say it beside the verdicts, and for the requirements that the stories could have tested."""
    story = examples.story
    contract = story.setting.contract
    for capability in sorted(PARTS.keys() - story.setting.target.capabilities):
        why = f"subject has no {CAPABILITIES[capability]}"
        examples.remark(f"the stories go without {PARTS[capability]}: {why}")
        for requirement in sorted(set(_touched(contract, story.api, capability))):
            story.passive.append(Skipped(requirement, why))


def _touched(contract: Contract, api: Api, capability: str) -> Iterator[str]:
    """Yield the requirements that a story can only meet with a capability."""
    if capability == "simulation":
        yield from (entry.requirement for entry in contract.simulations if api in entry.api)
    if capability in ("buyer", "clock"):
        for kind in READS:
            for move in contract.lifecycle(kind, api).moves:
                timed, bought = bool(move.timer), bool(move.on) and "uyer" in str(move.on)
                if api in move.api and (timed if capability == "clock" else bought):
                    yield move.requirement
