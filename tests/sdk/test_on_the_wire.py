"""What is seen of a request: the resource, with or without its environment, and the signature."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pay_conformance.exchange import Exchange, Request
from pay_conformance.findings import Finding, Held
from pay_conformance.sdk.cases import load_cases
from pay_conformance.sdk.expectations import judge
from pay_conformance.sdk.packages import Installed
from pay_conformance.sdk.runner import run_cases
from pay_conformance.sdk.shown import Shown

from .test_command import BROKEN, needs_namespace

CASES = {case.name: case for case in load_cases()}
PROGRAM = """
import sys
sys.path.insert(0, {folder!r})
from model import Adapter, Sdk

class Newer(Sdk):
    def read_algorithm(self, given):
        return "AMZN-PAY-RSASSA-PSS-V2"

class Told(Adapter):
    def sign(self, message):
        return {{**super().sign(message), "algorithm": {algorithm!r}}}

Told(Newer).serve()
"""


@pytest.mark.parametrize(
    ("path", "holds"),
    [
        ("/v2/checkoutSessions/{id}", True),
        ("/sandbox/v2/checkoutSessions/{id}", True),
        ("/live/v2/checkoutSessions/{id}", True),
        ("/production/v2/checkoutSessions/{id}", False),
        ("/sandbox/live/v2/checkoutSessions/{id}", False),
        ("/sandbox/v2/checkoutSessions/{id}/", False),
        ("/sandboxv2/checkoutSessions/{id}", False),
    ],
)
def test_resource_is_the_path_without_its_environment(path, holds):
    case = CASES["get-session-has-its-method-and-path"]
    where = path.replace("{id}", case.plan.arguments["id"])
    request = Request("GET", f"https://pay-api.amazon.com{where}", (), b"")
    only = tuple(each for each in case.expectations if each.requirement == "SDK-WIRE-001")
    shown = Shown(replace(case, expectations=only), exchanges=(Exchange(request, None),))
    assert {type(each) for each in judge(shown)} == ({Held} if holds else {Finding})


@needs_namespace
@pytest.mark.parametrize(
    ("algorithm", "valid"), [("AMZN-PAY-RSASSA-PSS-V2", True), ("AMZN-PAY-RSASSA-PSS", False)]
)
def test_button_is_verified_by_the_only_algorithm_that_an_sdk_has(tmp_path, algorithm, valid):
    path = tmp_path / "adapter.py"
    path.write_text(PROGRAM.format(folder=str(Path(BROKEN).parent), algorithm=algorithm))
    outcomes = []
    run_cases(
        Installed("newer", (sys.executable, str(path))),
        [CASES["smoke"], CASES["button-signature-over-text"]],
        lambda run: outcomes.extend(run.outcomes),
    )
    assert [type(each) for each in outcomes] == ([Held] if valid else [Finding])
