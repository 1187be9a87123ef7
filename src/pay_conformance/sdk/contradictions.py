"""Finds two cases that demand incompatible outcomes of the same call and the same answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

from pay_conformance.contract.contradictions import between
from pay_conformance.sdk.cases import Case


def contradictions(cases: Iterable[Case]) -> Iterator[str]:
    """Yield a sentence for each two cases that no SDK could pass both."""
    alike: dict[str, list[Case]] = {}
    for case in cases:
        alike.setdefault(_given(case), []).append(case)
    for group in alike.values():
        for one, other in combinations(group, 2):
            for expected in one.expectations:
                for also in other.expectations:
                    place = (
                        between(expected.value, also.value) if expected.kind == also.kind else ""
                    )
                    if place:
                        yield (
                            f"{one.where}: {one.name} and {other.name} are given the same, and "
                            f"expect another {expected.kind} at {place}"
                        )


def _given(case: Case) -> str:
    """Return all that a case is given, in one text; its tag is its own and says nothing."""
    given = (
        case.setup, case.plan, case.payload, case.server, case.certificate, case.down,
        case.surroundings,
    )  # fmt: skip
    return repr(given).replace(case.tag, "{tag}")
