"""Schemathesis on the published OpenAPI documents: every keyword covered, then random requests."""

from __future__ import annotations

from pay_conformance.generate.examples import Examples
from pay_conformance.generate.fuzz import cover, run_wild
from pay_conformance.scenario import long, requirement

pytestmark = long


@requirement("ERR-SAFE-004", "ERR-BODY-003", "ERR-BODY-004")
def test_every_keyword_of_every_request_is_judged(examples: Examples) -> None:
    cover(examples, operations=8)


@requirement("ERR-SAFE-004")
def test_random_requests_are_answered_as_the_contract_says(examples: Examples) -> None:
    run_wild(examples, 20)
