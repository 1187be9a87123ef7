"""Requests made from the schemas: the valid ones are accepted, the wrong ones refused."""

from __future__ import annotations

from pay_conformance.generate.examples import Examples
from pay_conformance.generate.refusing import refuse_all
from pay_conformance.scenario import api, needs, requirement


@requirement("ERR-IN-001", "ERR-IN-003", "ERR-SAFE-002", "ERR-SAFE-004")
def test_update_checkout_session_refuses_each_broken_constraint(examples: Examples) -> None:
    refuse_all(examples, "updateCheckoutSession")
