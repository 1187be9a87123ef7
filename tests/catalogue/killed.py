"""Writes down which mutants each requirement kills, for the catalogue to tell.

Run with the JSON report of ``pay-conformance mutants``:

    pay-conformance mutants -n 2 --report json=mutants.json
    python -m tests.catalogue.killed mutants.json

Wrong SDKs are the miniatures of ``tests/miniatures``; what catches which stands in their table.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from pay_conformance import catalogue

TARGET = Path(catalogue.__file__).parent / "killed.json"
MINIATURES = Path(__file__).parents[1] / "miniatures"
MOST_NAMED = 4


def miniatures() -> Iterator[tuple[str, str]]:
    """Yield each requirement that catches a miniature, and the miniature with its fault."""
    tree = ast.parse((MINIATURES / "broken.py").read_text(encoding="utf-8"))
    faults = {
        node.name: ast.get_docstring(node) for node in tree.body if isinstance(node, ast.ClassDef)
    }
    table = yaml.safe_load((MINIATURES / "caught.yaml").read_text(encoding="utf-8"))
    for name, cases in table.items():
        for requirement in sorted({each for ids in cases.values() for each in ids}):
            yield requirement, f"SDK {name}: {faults[name]}"


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


if __name__ == "__main__":
    whole = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    if whole["cutShort"]:
        sys.exit(f"{sys.argv[1]} was cut short: {whole['cutShort']}; hunt all mutants")
    learned = table(whole)
    TARGET.write_text(json.dumps(learned, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{TARGET}: {len(learned)} requirements")
