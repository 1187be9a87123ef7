"""The catalogue of requirements on the terminal, as JSON and as a page."""

import json
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
from pay_conformance.contract.requirements import load_retired
from pay_conformance.problems import ConfigurationProblem

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


def test_page_in_the_docs_is_up_to_date() -> None:
    contract = Contract.load()
    generated = page(chosen(contract), load_retired(contract.root))
    assert DOCS.read_text(encoding="utf-8") == generated, (
        "run: pay-conformance requirements --markdown > docs/requirements.md"
    )


def test_command_explains_one_requirement(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "CS-TIME-002")
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
