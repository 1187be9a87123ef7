"""Each miniature is caught by the cases that the table names, by the requirements it names."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml

from pay_conformance.findings import Finding
from pay_conformance.sdk.cases import load_cases
from pay_conformance.sdk.interception import namespaces_available
from pay_conformance.sdk.packages import Installed
from pay_conformance.sdk.runner import run_cases

HERE = Path(__file__).parent
TABLE = (HERE / "caught.yaml").read_text(encoding="utf-8")
CAUGHT = yaml.safe_load(TABLE)
FILES = ("broken.py", "narrow.py")
CASES = {case.name: case for case in load_cases()}

needs_namespace = pytest.mark.skipif(
    not namespaces_available(), reason="needs a mount namespace of its own"
)


def findings_of(miniature: str, names: list[str]) -> dict[str, list[str]]:
    """Run the named cases against a miniature; return the requirements found violated, by case."""
    found: dict[str, set[str]] = {name: set() for name in names}
    command = (sys.executable, str(HERE / "broken.py"), miniature)
    run_cases(
        Installed(miniature, command),
        [CASES[name] for name in ["smoke", *names]],
        lambda run: found[run.case.name].update(
            outcome.requirement for outcome in run.outcomes if isinstance(outcome, Finding)
        ),
    )
    return {name: sorted(requirements) for name, requirements in found.items()}


def nodes() -> list[ast.ClassDef]:
    """Return the classes of the miniatures, without importing them."""
    trees = (ast.parse((HERE / file).read_text(encoding="utf-8")) for file in FILES)
    return [node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)]


def names() -> list[str]:
    return [node.name for node in nodes()]


def faults() -> dict[str, str]:
    """Return what each miniature says of itself."""
    return {node.name: ast.get_docstring(node) or "" for node in nodes()}


@needs_namespace
@pytest.mark.parametrize("miniature", CAUGHT)
def test_miniature_is_caught_by_the_cases_that_are_named(miniature):
    assert findings_of(miniature, list(CAUGHT[miniature])) == CAUGHT[miniature]


@needs_namespace
def test_miniature_that_chatters_in_company_only_is_caught():
    names = [name for name in CASES if name.endswith("-has-its-method-and-path")]
    found = findings_of("Chatters", names)
    assert ["SDK-CONC-005"] in found.values()


@needs_namespace
def test_model_without_a_fault_passes_the_cases_on_the_wire():
    names = [name for name, case in CASES.items() if case.where.startswith("client/cases/wire")]
    names.remove("smoke")
    found = findings_of("Model", names)
    assert {name for name, requirements in found.items() if requirements} == set()


def test_table_names_every_case_but_the_smoke_call():
    named = {name for cases in CAUGHT.values() for name in cases}
    assert set(CASES) - named == {"smoke"}


def test_miniatures_and_rows_of_the_table_have_names_of_their_own():
    rows = [line for line in TABLE.splitlines() if line[:1].isalpha()]
    assert len(rows) == len(CAUGHT)
    assert [name for name, times in Counter(names()).items() if times > 1] == []


def test_table_names_every_miniature():
    assert set(CAUGHT) | {"Chatters"} == set(faults())


def test_there_are_at_least_thirty_miniatures():
    assert len(CAUGHT) >= 30
