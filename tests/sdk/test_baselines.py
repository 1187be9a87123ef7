"""Each real SDK fails exactly where its committed baseline says, on the whole client suite."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pay_conformance.commands.sdk_run import SdkRun
from pay_conformance.report import Baseline, apply_baseline, exit_code
from pay_conformance.resources import data_path

from .conftest import installed_sdk


@pytest.mark.parametrize("name", ["node", "python", "java", "go"])
def test_sdk_fails_exactly_where_its_baseline_says(name, contract):
    baseline = Baseline.read(data_path("suites", "client", "baselines", f"{name}.yaml"))
    result = SdkRun(installed_sdk(name), name, contract).play()
    outcome = apply_baseline(result, baseline, datetime.now(UTC).date())
    assert outcome.complaints == ()
    assert [(finding.requirement, finding.source) for finding in outcome.result.findings] == []
    assert exit_code(outcome) == 0


@pytest.mark.parametrize("name", ["node", "python", "java", "go"])
def test_baseline_has_a_reviewed_reason_for_each_entry(name):
    baseline = Baseline.read(data_path("suites", "client", "baselines", f"{name}.yaml"))
    assert [entry.id for entry in baseline.entries if "not reviewed" in entry.reason] == []
