"""Wrong servers that are derived from the contract, datum by datum."""

from __future__ import annotations

from pay_conformance.contract import Contract
from tests.mutants.derived.lives import lifecycle_mutants
from tests.mutants.derived.numbers import limit_mutants
from tests.mutants.derived.refusals import error_mutants
from tests.mutants.derived.sandbox import sandbox_mutants
from tests.mutants.model import Mutant
from tests.mutants.reasons import explained


def candidates(contract: Contract) -> list[Mutant]:
    """Return all that can be derived."""
    return [
        *lifecycle_mutants(contract),
        *limit_mutants(contract),
        *error_mutants(contract),
        *sandbox_mutants(contract),
    ]


def derived_mutants(contract: Contract) -> list[Mutant]:
    """Return those that are derived, but for those in which nobody could see a fault."""
    found = map(explained, candidates(contract))
    return [mutant for mutant in found if mutant is not None]
