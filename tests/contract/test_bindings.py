"""What counts as naming a requirement, found without importing anything."""

from pathlib import Path

from pay_conformance.contract.bindings import (
    Binding,
    Kind,
    by_requirement,
    check_bindings,
    contract_bindings,
    suite_bindings,
)
from tests.contract.copies import Copy

SCENARIOS = """\
from somewhere import requirement, needs


@requirement("CS-LIFE-005", "CS-LIFE-006")
@needs("clock")
def test_session_left_alone():
    raise RuntimeError("never run")


@marks.requirement("CS-LIFE-007")
async def test_buyer_leaves():
    ...


@other("CS-LIFE-008")
def test_of_nothing():
    ...
"""
CASES = """\
retries:
  call: createCharge
  proves: [SDK-RETRY-001]
throttles:
  each:
    - {status: 429, id: SDK-RETRY-002}
    - {status: 503, id: SDK-RETRY-003}
    - {status: 500, id: SDK-RETRY-002}
  proves:
    "<id>": {requests: 2}
    SDK-IDEM-001: {same: [body]}
lacks:
  each: {op: [getCharge]}
  proves: {"<id>": {}}
"""


def test_scenarios_are_found_by_their_marker(tmp_path: Path) -> None:
    suites = tmp_path / "suites"
    suites.mkdir()
    (suites / "test_some.py").write_text(SCENARIOS)
    left, leaves = (
        "suites/test_some.py::test_session_left_alone",
        "suites/test_some.py::test_buyer_leaves",
    )
    assert list(suite_bindings(suites)) == [
        Binding("CS-LIFE-005", Kind.SCENARIO, left, "suites/test_some.py:4"),
        Binding("CS-LIFE-006", Kind.SCENARIO, left, "suites/test_some.py:4"),
        Binding("CS-LIFE-007", Kind.SCENARIO, leaves, "suites/test_some.py:10"),
    ]


def test_cases_are_found_by_what_they_prove(tmp_path: Path) -> None:
    cases = tmp_path / "suites" / "client"
    cases.mkdir(parents=True)
    (cases / "some.yaml").write_text(CASES)
    file = "suites/client/some.yaml"
    assert list(suite_bindings(tmp_path / "suites")) == [
        Binding("SDK-RETRY-001", Kind.CASE, "retries", f"{file}:3"),
        Binding("SDK-RETRY-002", Kind.CASE, "throttles", f"{file}:10"),
        Binding("SDK-RETRY-003", Kind.CASE, "throttles", f"{file}:10"),
        Binding("SDK-IDEM-001", Kind.CASE, "throttles", f"{file}:11"),
        Binding("<id>", Kind.CASE, "lacks", f"{file}:14"),
    ]


def test_checks_are_found_by_what_they_prove() -> None:
    proved = {"CS-TIME-002": ("timestamps.expiration",), "INT-KEY-001": "story.keys"}
    assert list(check_bindings(proved)) == [
        Binding("CS-TIME-002", Kind.CHECK, "timestamps.expiration"),
        Binding("INT-KEY-001", Kind.CHECK, "story.keys"),
    ]


def test_bindings_of_a_requirement_are_listed_once() -> None:
    one = Binding("CS-TIME-002", Kind.CHECK, "timestamps.expiration")
    assert by_requirement([one, one]) == {"CS-TIME-002": (one,)}


def test_schema_binds_by_its_keyword(copy: Copy) -> None:
    copy.write(
        "v2/schemas/new.schema.json", '{\n  "type": "string",\n  "x-requirement": "CS-NEW-901"\n}\n'
    )
    found = by_requirement(contract_bindings(copy.root))["CS-NEW-901"]
    where = "contracts/v2/schemas/new.schema.json:3"
    assert found == (Binding("CS-NEW-901", Kind.SCHEMA, "new", where),)


def test_lifecycle_binds_as_data(copy: Copy) -> None:
    file = "shared/lifecycles/refund.yaml"
    copy.change(file, "illegal: RF-LIFE-002", "illegal: RF-NEW-901")
    copy.change(
        file,
        "timer: settlement, requirement: RF-LIFE-003",
        "timer: settlement, requirement: RF-NEW-902",
    )
    copy.change(file, "rules: {reasons: RF-LIFE-006}", "rules: {reasons: RF-NEW-903}")
    found = by_requirement(contract_bindings(copy.root))
    kinds = {name: {binding.kind for binding in found[name]} for name in found if "-90" in name}
    assert kinds == {
        "RF-NEW-901": {Kind.DATA},
        "RF-NEW-902": {Kind.DATA},
        "RF-NEW-903": {Kind.DATA},
    }
