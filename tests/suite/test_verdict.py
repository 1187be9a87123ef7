"""Every way in which a scenario can end, and what each makes of its requirements."""

from __future__ import annotations

import json

import pytest

from pay_conformance.findings import Finding, Skipped, Unmet
from pay_conformance.problems import SubjectProblem
from pay_conformance.scenario.proof import Proof
from pay_conformance.scenario.verdict import conclude, explain
from tests.suite.fakes import charge, error, shop_of, story_of

RULE = "CH-CAP-003"


def test_story_told_to_its_end_counts_its_evidence() -> None:
    story = story_of()
    story.held(RULE)
    proof = conclude(story, [RULE], None)
    assert (proof.state, proof.held) == ("passed", {RULE: 1})


def test_story_that_asserted_nothing_is_an_error_of_ours() -> None:
    proof = conclude(story_of(), [RULE], None)
    assert proof.state == "error"
    assert proof.error == f"it passed without asserting {RULE}"


def test_violation_fails_and_takes_back_the_evidence_of_the_scenario() -> None:
    story = story_of(marked=(RULE, "CH-CAP-009"))
    story.held("CH-CAP-009")
    proof = conclude(story, [RULE, "CH-CAP-009"], story.violated(RULE, "it captured too much"))
    assert (proof.state, proof.held) == ("failed", {})
    assert proof.skipped == [Skipped("CH-CAP-009", f"a scenario about it ended at {RULE}")]


def test_finding_of_a_part_of_the_story_names_the_command_that_shows_it_again() -> None:
    story = story_of()
    story.findings.append(Finding(RULE, "it captured too much"))
    (found,) = conclude(story, [RULE], Unmet("no session")).findings
    assert found.reproduce == story.setting.reproduce
    assert found.reproduce.startswith("pay-conformance run ")


def test_unmet_prerequisite_leaves_the_requirement_untested() -> None:
    story = story_of()
    story.held(RULE)
    proof = conclude(story, [RULE], Unmet("no session"))
    assert (proof.state, proof.held) == ("not tested", {})
    assert proof.skipped == [Skipped(RULE, "prerequisite failed: no session")]


def test_operation_that_a_story_needed_fails_for_its_own_requirement() -> None:
    story = story_of((422, error("InvalidChargeStatus")))
    with pytest.raises(Unmet) as raised:
        shop_of(story).capture_charge("S01-1111111-2222222-C333333")
    proof = conclude(story, [RULE], raised.value)
    assert proof.state == "failed"
    assert "CH-CAP-001" in {finding.requirement for finding in proof.findings}
    assert RULE not in {finding.requirement for finding in proof.findings}


def test_call_without_an_answer_leaves_the_requirement_untested() -> None:
    story = story_of(None)
    with pytest.raises(Unmet, match="connection reset") as raised:
        shop_of(story).get_charge("S01-1111111-2222222-C333333")
    assert conclude(story, [RULE], raised.value).state == "not tested"


def test_passive_finding_fails_a_story_whose_own_assertions_hold() -> None:
    story = story_of((200, charge("Imaginary")))
    shop_of(story).get_charge("S01-1111111-2222222-C333333")
    story.held(RULE)
    proof = conclude(story, [RULE], None)
    assert proof.state == "failed"
    assert "CH-STATUS-001" in {finding.requirement for finding in proof.findings}
    assert {finding.reproduce for finding in proof.findings} == {story.setting.reproduce}


def test_subject_that_is_gone_is_no_finding() -> None:
    proof = conclude(story_of(), [RULE], SubjectProblem("nothing answers"))
    assert (proof.state, proof.died, proof.findings) == ("error", "nothing answers", [])


def test_exception_of_ours_is_an_error_of_ours() -> None:
    proof = conclude(story_of(), [RULE], KeyError("x"))
    assert (proof.state, proof.error) == ("error", "KeyError: 'x'")


def test_proof_survives_the_way_between_processes() -> None:
    story = story_of((200, charge("Imaginary")))
    shop_of(story).get_charge("S01-1111111-2222222-C333333")
    proof = conclude(story, [RULE], Unmet("no session"))
    assert Proof.from_json(json.loads(json.dumps(proof.to_json()))) == proof


def test_exchange_of_a_finding_is_kept_without_its_signature() -> None:
    story = story_of((200, charge("Imaginary")))
    shop_of(story).get_charge("S01-1111111-2222222-C333333")
    kept = conclude(story, [RULE], None).exchanges[0]
    assert kept.request is not None
    assert "AMZN-PAY-RSASSA" not in json.dumps(kept.request)


def test_explanation_names_place_expected_seen_and_command() -> None:
    story = story_of()
    raised = story.violated(RULE, "too much", pointer="/a", expected="10.00", actual="10.01")
    text = explain(conclude(story, [RULE], raised))
    assert text.splitlines() == [
        "CH-CAP-003: too much",
        "  at        /a",
        "  expected  10.00",
        "  seen      10.01",
        "  exchange  ",
        "  again     pay-conformance run -k test_one --seed 7",
    ]
