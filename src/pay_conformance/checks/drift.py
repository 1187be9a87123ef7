"""Notes the members of an answer that the contract does not know: servers add fields."""

from __future__ import annotations

from collections.abc import Iterator

from pay_conformance.checks.history import History
from pay_conformance.checks.members import has_strangers, known_members
from pay_conformance.checks.registry import Fact, check
from pay_conformance.checks.view import View
from pay_conformance.findings import Drift, Outcome


@check(when=[Fact.ANSWERED])
def answer_has_known_members(view: View, _history: History) -> Iterator[Outcome]:
    """Yields one Drift for each member that is new; never a finding."""
    if view.answer is None:
        return
    if not has_strangers(view.contract, view.api, view.object)(view.answer):
        return
    known = known_members(view.contract, view.api, view.object)
    for pointer in sorted(known.strangers(view.answer)):
        name = pointer.rpartition("/")[2]
        yield Drift(pointer, f"{name} is a member that the contract does not know")
