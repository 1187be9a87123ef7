"""Writes down which mutants each requirement kills, for the catalogue to tell.

Run with the JSON report of ``pay-conformance mutants``:

    pay-conformance mutants -n 2 --report json=mutants.json
    python -m tests.catalogue.killed mutants.json

Wrong SDKs are the miniatures of ``tests/miniatures``; what catches which stands in their table.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from pay_conformance import catalogue
from pay_conformance.contract import Contract
from tests.gateway.test_example_shop import FAULTS
from tests.miniatures.test_caught import CAUGHT, faults
from tests.mutants.bodies.faults import good_bodies, schema_faults
from tests.mutants.derived import derived_mutants
from tests.mutants.server import MUTANTS

TARGET = Path(catalogue.__file__).parent / "killed.json"
HUNTED = Path(__file__).parent / "hunted.txt"
"""The names of all mutants of the run that was written down, so that a later one is missed."""
MOST_NAMED = 4


def miniatures() -> Iterator[tuple[str, str]]:
    """Yield each requirement that catches a miniature, and the miniature with its fault."""
    said = faults()
    for name, cases in CAUGHT.items():
        for requirement in sorted({each for ids in cases.values() for each in ids}):
            yield requirement, f"SDK {name}: {said[name]}"


def killed(report: dict) -> Iterator[tuple[str, str]]:
    """Yield each requirement that kills a mutant of the report, and the mutant with its fault."""
    for mutant in report["mutants"]:
        # The broken SDKs are told by their table, case by case.
        if mutant["verdict"] == "killed" and mutant["family"] != "sdk":
            own = {*mutant["breaks"], *mutant["either"]}
            for requirement in sorted(own & set(mutant["failed"])):
                yield requirement, f"{mutant['family']} {mutant['mutant']}: {mutant['says']}"


def table(report: dict) -> dict[str, dict]:
    """Return for each requirement how many mutants it kills, and a few of them."""
    found: dict[str, list[str]] = {}
    for requirement, mutant in (*killed(report), *miniatures()):
        found.setdefault(requirement, []).append(mutant)
    return {
        name: {"count": len(mutants), "some": mutants[:MOST_NAMED]}
        for name, mutants in sorted(found.items())
    }


def written_down() -> set[str]:
    """Return the mutants that were hunted when the table was written."""
    return set(HUNTED.read_text(encoding="utf-8").splitlines())


def present() -> Iterator[str]:
    """Yield the names of the mutants there are now.

    Those that are found by watching the right server are left out: they follow from the others'
    data, and take a run to find.
    """
    contract = Contract.load()
    yield from (mutant.name for mutant in (*MUTANTS, *derived_mutants(contract)))
    schemas = {(body.api, body.schema) for body in good_bodies()}
    yield from (fault.name for one in schemas for fault in schema_faults(contract, *one))
    yield from (name for name, *_ in FAULTS)
    yield from CAUGHT


def is_found_by_watching(name: str) -> bool:
    """Say whether a mutant is one that :func:`present` leaves out."""
    return name.startswith("refused ")


if __name__ == "__main__":
    whole = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    if whole["cutShort"]:
        sys.exit(f"{sys.argv[1]} was cut short: {whole['cutShort']}; hunt all mutants")
    learned = table(whole)
    TARGET.write_text(json.dumps(learned, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    names = sorted(mutant["mutant"] for mutant in whole["mutants"])
    HUNTED.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    print(f"{TARGET}: {len(learned)} requirements, {len(names)} mutants")
