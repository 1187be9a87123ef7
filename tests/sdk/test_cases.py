from __future__ import annotations

import pytest

from pay_conformance.problems import ConfigurationProblem
from pay_conformance.sdk.cases import load_cases, select

CALLS = """
createCharge: {method: POST, path: charges, answer: 201 charge, payload: {id: "{tag}"}}
"""
GOOD = """
good:
  says: A charge is made by one request.
  call: createCharge
  proves: {SDK-WIRE-001: {requests: 1}}
"""


@pytest.fixture
def suite(tmp_path):
    """Loads a suite that has the given file of cases."""
    folder = tmp_path / "client"
    (folder / "cases").mkdir(parents=True)
    (folder / "bodies").mkdir()
    (folder / "calls.yaml").write_text(CALLS)
    (folder / "bodies" / "charge.json").write_text('{"chargeId": "S01"}')

    def load(text: str):
        (folder / "cases" / "some.yaml").write_text(text)
        load_cases.cache_clear()
        return load_cases(folder)

    return load


def test_suite_has_at_least_150_cases():
    assert len(load_cases()) >= 150


def test_suite_proves_only_requirements_that_exist(contract):
    named = {name for case in load_cases() for name in case.requirements}
    assert named - set(contract.requirements) == set()


def test_suite_proves_every_requirement_on_sdks(contract):
    named = {name for case in load_cases() for name in case.requirements}
    assert {name for name in contract.requirements if name.startswith("SDK-")} - named == set()


def test_case_takes_what_it_does_not_say_from_its_operation(suite):
    (case,) = suite(GOOD)
    assert (case.plan.method, case.plan.path, case.server[0].status) == ("POST", "charges", 201)


def test_case_has_a_tag_of_its_own_in_key_id_and_payload(suite):
    (case,) = suite(GOOD)
    assert case.tag in case.key_id
    assert case.plan.arguments["payload"] == {"id": case.tag}


def test_case_with_each_is_a_case_for_each_choice(suite):
    cases = suite(GOOD.replace("good:", "good-<n>:\n  each: {n: [one, two]}"))
    assert [case.name for case in cases] == ["good-one", "good-two"]


def test_case_with_an_unknown_key_is_refused_by_file_and_line(suite):
    with pytest.raises(ConfigurationProblem, match=r"some.yaml:5: unknown key 'proofs'"):
        suite(GOOD.replace("proves", "proofs"))


def test_case_with_an_unknown_expectation_is_refused_by_file_and_line(suite):
    with pytest.raises(ConfigurationProblem, match=r"some.yaml:5: unknown key 'request'"):
        suite(GOOD.replace("requests", "request"))


def test_case_with_an_unknown_operation_is_refused(suite):
    with pytest.raises(ConfigurationProblem, match=r"some.yaml:4: no operation createCharm"):
        suite(GOOD.replace("createCharge", "createCharm"))


def test_case_with_an_unknown_body_is_refused(suite):
    with pytest.raises(ConfigurationProblem, match=r"some.yaml:5: no body nothing"):
        suite(GOOD.replace("  proves", "  server: [200 nothing]\n  proves"))


def test_case_with_an_unknown_fault_is_refused(suite):
    with pytest.raises(ConfigurationProblem, match=r"some.yaml:5: the answer 'explode'"):
        suite(GOOD.replace("  proves", "  server: [explode]\n  proves"))


def test_case_of_a_name_used_twice_is_refused(suite):
    with pytest.raises(ConfigurationProblem, match=r"two cases are called good-1"):
        suite(GOOD.replace("good:", "good-<n>:\n  each: {n: [1, 1]}"))


def test_cases_are_chosen_by_name_or_requirement():
    by_name = [case.name for case in select(load_cases(), "status-429-is-tried-again")]
    by_requirement = [case.name for case in select(load_cases(), "SDK-RETRY-003")]
    assert by_name == ["status-429-is-tried-again"]
    assert set(by_name) < set(by_requirement)
