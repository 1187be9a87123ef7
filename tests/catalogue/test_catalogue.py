"""The catalogue of requirements on the terminal, as JSON and as a page."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pay_conformance.catalogue import Entry, bound, catalogue, chosen
from pay_conformance.catalogue.markdown import page
from pay_conformance.catalogue.text import explained, listed
from pay_conformance.cli import main
from pay_conformance.contract import Contract
from pay_conformance.contract.bindings import Binding, Kind
from pay_conformance.contract.lint import lint
from pay_conformance.contract.model import Evidence, Level, Party, Requirement
from pay_conformance.contract.releases import written
from pay_conformance.contract.requirements import load_retired
from pay_conformance.problems import ConfigurationProblem
from tests.catalogue.killed import TARGET, table

DOCS = Path(__file__).parents[2] / "docs" / "requirements.md"
RULE = Requirement(
    id="CS-NEW-901",
    level=Level.SHOULD,
    says="A Checkout Session is new.",
    binds=frozenset({Party.SERVER}),
    api=frozenset({"v2", "v1"}),
    evidence=Evidence.INFERRED,
    sources=("one source", "another_source"),
    why="Old ones are dull.",
    where="contracts/requirements/new.yaml:1",
)
BOUND = Entry(
    RULE,
    (
        Binding("CS-NEW-901", Kind.DATA, "checkout-session", "contracts/a.yaml:3"),
        Binding("CS-NEW-901", Kind.CHECK, "sessions.newness"),
    ),
)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["requirements", *arguments])
    captured = capsys.readouterr()
    return int(str(ended.value.code)), captured.out, captured.err


def test_each_requirement_has_a_test_and_each_test_a_requirement() -> None:
    contract = Contract.load()
    assert [str(message) for message in lint(contract, bound(contract))] == []


def test_catalogue_binds_schemas_checks_and_data() -> None:
    entry = catalogue(Contract.load())["CS-TIME-002"]
    kinds = {binding.kind for binding in entry.bindings}
    assert {Kind.DATA, Kind.CHECK} <= kinds
    assert entry.tests != ()


def test_choice_is_one_entry_by_its_id_in_any_case() -> None:
    (entry,) = chosen(Contract.load(), "cs-time-002")
    assert entry.requirement.id == "CS-TIME-002"


def test_choice_is_all_entries_that_begin_so() -> None:
    names = [entry.requirement.id for entry in chosen(Contract.load(), "CS-TIME")]
    assert names[0] == "CS-TIME-001"
    assert all(name.startswith("CS-TIME-") for name in names)


def test_choice_can_be_of_one_version_and_one_party() -> None:
    entries = chosen(Contract.load(), "CS", api="v1", party=Party.CLIENT)
    assert entries != []
    assert all("v1" in entry.requirement.api for entry in entries)
    assert all(Party.CLIENT in entry.requirement.binds for entry in entries)


def test_choice_of_an_unknown_id_names_what_is_near() -> None:
    with pytest.raises(ConfigurationProblem) as problem:
        chosen(Contract.load(), "CS-TIEM-002")
    assert str(problem.value).startswith(
        "there is no requirement CS-TIEM-002; did you mean CS-TIME-002"
    )


def test_choice_of_a_retired_id_says_why() -> None:
    with pytest.raises(ConfigurationProblem) as problem:
        chosen(Contract.load(), "CS-LIFE-030")
    assert str(problem.value) == (
        "CS-LIFE-030 was retired: OP-GET-003 says it; it is never used again"
    )


def test_entry_is_explained_in_full() -> None:
    assert list(explained(BOUND)) == [
        "CS-NEW-901  SHOULD",
        "",
        "  A Checkout Session is new.",
        "  Old ones are dull.",
        "",
        "binds     server",
        "api       v1, v2",
        "evidence  inferred",
        "sources   one source",
        "          another_source",
        "written   contracts/requirements/new.yaml:1",
        "bound     data checkout-session (contracts/a.yaml:3)",
        "          check sessions.newness",
    ]


def test_entry_without_a_test_says_so() -> None:
    assert "tests     none yet" in list(explained(Entry(RULE, BOUND.bindings[:1])))


def test_entries_are_listed_and_counted() -> None:
    assert list(listed([BOUND])) == [
        "CS-NEW-901  SHOULD  A Checkout Session is new.",
        "1 requirement",
    ]


def test_page_has_a_section_for_each_entry() -> None:
    assert page([BOUND], {}).endswith(
        """\
| [Checkout Session](#checkout-session) | 1 |
| all | 1 |

## Checkout Session

### CS-NEW-901

**SHOULD** A Checkout Session is new.
Old ones are dull.

- Binds: server; v1, v2
- Evidence: inferred (one source; another\\_source)
- Bound to it: data `checkout-session`, check `sessions.newness`
"""
    )


def test_page_tells_history_and_mutants() -> None:
    entry = replace(BOUND, history=("new in 2026.1",), killed=7, mutants=("a: b.", "c: d.", "e"))
    text = page([entry], {"CS-OLD-001": "nobody could *test* it"})
    assert "- History: new in 2026.1\n" in text
    assert "- Mutants that it kills: 7, such as a: b.; c: d.\n" in text
    assert "## Retired" in text
    assert "- CS-OLD-001: nobody could \\*test\\* it" in text
    told = list(explained(entry))
    assert "history   new in 2026.1" in told
    assert "kills     7 mutants, such as" in told


def test_mutants_of_the_catalogue_are_those_of_requirements_that_exist() -> None:
    contract = Contract.load()
    known = {*contract.requirements, *load_retired(contract.root)}
    told = json.loads(TARGET.read_text(encoding="utf-8"))
    assert set(told) - known == set()
    assert all(entry["count"] >= len(entry["some"]) > 0 for entry in told.values())


def test_miniatures_count_among_the_mutants() -> None:
    found = table({"mutants": []})
    assert any(mutant.startswith("SDK AmericaOnly: ") for mutant in found["SDK-WIRE-005"]["some"])


def test_mutant_that_survived_is_not_told_as_killed() -> None:
    survivor = {
        "family": "server", "mutant": "m", "says": "x.", "breaks": ["CS-TIME-002"],
        "verdict": "survived",
    }  # fmt: skip
    assert "CS-TIME-002" not in table({"mutants": [survivor]})


def told_by_the_command(*arguments: str) -> str:
    # A process of its own: an example is played by a pytest of its own.
    command = [sys.executable, "-m", "pay_conformance", "requirements", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=True)
    return done.stdout


def test_command_shows_what_keeps_a_requirement_and_what_breaks_it() -> None:
    said = told_by_the_command("CS-COMP-002")
    assert "/complete → 409  (test_another_amount_does_not_complete[v2])" in said
    assert '>   "reasonCode": "AmountMismatch",' in said
    assert "breaks    the same, refused with InvalidParameterValue" in said
    assert "not AmountMismatch" in said


def test_command_shows_what_is_done_with_an_sdk() -> None:
    said = told_by_the_command("SDK-RETRY-003")
    assert "the program calls createCharge" in said
    assert "the server answers 429, then 201" in said
    assert "keeps it: requests 2" in said


def test_command_freezes_the_requirements(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--freeze")
    assert code == 0
    assert out == written(Contract.load().requirements)
    assert "CS-TIME-002: MUST " in out


def test_page_in_the_docs_is_up_to_date() -> None:
    contract = Contract.load()
    generated = page(chosen(contract), load_retired(contract.root))
    assert DOCS.read_text(encoding="utf-8") == generated, (
        "run: pay-conformance requirements --markdown > docs/requirements.md"
    )


def test_command_explains_one_requirement(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "CS-TIME-002", "--brief")
    assert code == 0
    assert out.startswith("CS-TIME-002  MUST\n")


def test_command_prints_json_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "CS-TIME-002", "--json")
    assert (code, err) == (0, "")
    (entry,) = json.loads(out)["requirements"]
    assert entry["says"] == (
        "expirationTimestamp of a Checkout Session is exactly 24 hours after its creationTimestamp."
    )


def test_command_refuses_an_unknown_requirement(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "NO-SUCH-001")
    assert (code, out) == (2, "")
    assert err.startswith("pay-conformance: there is no requirement NO-SUCH-001; ")
