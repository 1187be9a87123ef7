"""A run in which nobody was the buyer says how far it came."""

from __future__ import annotations

from datetime import date

import jsonschema
import pytest

from pay_conformance.findings import Held, Skipped
from pay_conformance.report import (
    RunResult,
    apply_baseline,
    html_page,
    json_report,
    markdown,
    terminal,
)
from pay_conformance.report.reach import NO_BUYER, Reach, without_buyer
from pay_conformance.targets import CAPABILITIES
from tests.report import samples
from tests.report.test_writers import SCHEMA

ALONE = samples.result(Held("CS-TIME-001"), Skipped("CH-LIFE-001", NO_BUYER))
SENTENCE = "1 of 4 requirements were within reach; 1 need a buyer, and nothing bore on 1"


def outcome(result: RunResult):
    return apply_baseline(result, None, date(2026, 1, 2))


def test_reason_is_the_one_that_scenarios_give():
    assert f"subject has no {CAPABILITIES['buyer']}" == NO_BUYER


def test_run_without_a_buyer_names_what_needs_one_and_what_nothing_bore_on():
    assert without_buyer(ALONE) == Reach(1, 4, ("CH-LIFE-001",), ("CS-TIME-002",))


@pytest.mark.parametrize("result", [samples.GOOD, samples.BAD, samples.EMPTY])
def test_run_that_missed_no_buyer_says_nothing_of_one(result):
    assert without_buyer(result) is None
    assert json_report.summary(outcome(result))["withoutBuyer"] is None
    assert "without a buyer" not in terminal.render(outcome(result)).lower()


def test_every_report_says_how_far_the_run_came():
    report = json_report.as_object(outcome(ALONE))

    jsonschema.Draft202012Validator(SCHEMA).validate(report)
    assert report["summary"]["withoutBuyer"] == {
        "reached": 1,
        "of": 4,
        "needing": ["CH-LIFE-001"],
        "untouched": ["CS-TIME-002"],
    }
    for writer in (terminal, html_page, markdown):
        assert SENTENCE in writer.render(outcome(ALONE))
