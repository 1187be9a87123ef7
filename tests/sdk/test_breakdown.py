"""An adapter that breaks down in a case is told of, whatever it had sent until then."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pay_conformance.exchange import Exchange, Request, Response
from pay_conformance.findings import Finding, Held, Skipped
from pay_conformance.problems import SubjectProblem
from pay_conformance.sdk import runner
from pay_conformance.sdk.cases import load_cases
from pay_conformance.sdk.expectations import judge
from pay_conformance.sdk.packages import Installed
from pay_conformance.sdk.runner import run_cases
from pay_conformance.sdk.shown import Shown

from .test_command import BROKEN, needs_namespace

CASES = {case.name: case for case in load_cases()}
CASE = "get-buyer-has-its-method-and-path"
FAULT = "wrong answer: an answer to 100000, which was never asked"
PROGRAM = """
import json, os, sys
sys.path.insert(0, {folder!r})
from model import Adapter, Sdk

class Confuses(Adapter):
    def call(self, message):
        if message["operation"] != "getBuyer":
            return super().call(message)
        {order}

Confuses(Sdk).serve()
"""
NOISE = 'self.write(json.dumps({"id": 100_000, "did": "stop"}))'
ORDERS = {
    "before the request": f"{NOISE}; os._exit(0)",
    "after its answer": f"told = super().call(message); {NOISE}; return told",
}


def arrived() -> Exchange:
    now = datetime.now(UTC)
    url = "https://pay-api.amazon.com/sandbox/v2/buyers/TOKEN"
    headers = (("authorization", "x"), ("x-amz-pay-date", f"{now:%Y%m%dT%H%M%SZ}"))
    answer = Response(200, (), b"{}")
    return Exchange(Request("GET", url, headers, b""), answer, started=now, ended=now, id="1")


def findings_of(program: str, folder: Path) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    path = folder / "adapter.py"
    path.write_text(program)
    run_cases(
        Installed("broken", (sys.executable, str(path))),
        [CASES["smoke"], CASES[CASE]],
        lambda run: found.extend(
            (each.requirement, str(each.actual))
            for each in run.outcomes
            if isinstance(each, Finding)
        ),
    )
    return found


@needs_namespace
@pytest.mark.parametrize("order", ORDERS)
def test_breakdown_is_found_whether_the_request_had_arrived_or_not(order, tmp_path):
    program = PROGRAM.format(folder=str(Path(BROKEN).parent), order=ORDERS[order])
    assert findings_of(program, tmp_path) == [("SDK-WIRE-003", FAULT)]


@pytest.mark.parametrize("exchanges", [(), (arrived(),)])
def test_nothing_holds_in_a_case_that_broke_off(exchanges):
    broken = {
        name: {type(each) for each in judge(Shown(case, exchanges=exchanges, fault=FAULT))}
        for name, case in CASES.items()
    }
    assert [name for name, kinds in broken.items() if Held in kinds] == []
    assert [name for name, kinds in broken.items() if Finding not in kinds] == []


def test_breakdown_counts_against_the_first_requirement_where_no_other_shows_it():
    case = CASES[CASE]
    only = tuple(each for each in case.expectations if each.kind == "wire")
    outcomes = judge(Shown(replace(case, expectations=only), fault=FAULT))
    assert [type(each) for each in outcomes] == [Finding, Skipped]
    assert outcomes[0].requirement == case.requirements[0]


@needs_namespace
def test_adapter_that_starts_once_only_is_a_problem_of_the_subject(tmp_path):
    path = tmp_path / "adapter.py"
    mark = tmp_path / "started"
    path.write_text(
        f"import sys; sys.path.insert(0, {str(Path(BROKEN).parent)!r})\n"
        "from model import Adapter, Sdk\n"
        f"open({str(mark)!r}, 'x')\n"
        "Adapter(Sdk).serve()\n"
    )
    with pytest.raises(SubjectProblem, match=r"does not answer start: crash: .*FileExistsError"):
        run_cases(
            Installed("once", (sys.executable, str(path))),
            [CASES["smoke"], CASES[CASE]],
            lambda run: None,
        )


@needs_namespace
def test_process_that_one_client_stops_is_told_of_that_client_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "_PROBE_SECONDS", 1)
    path = tmp_path / "adapter.py"
    path.write_text(
        f"import json, sys, time; sys.path.insert(0, {str(Path(BROKEN).parent)!r})\n"
        "from model import Adapter, Sdk\n"
        "class Stops(Adapter):\n"
        "    def serve(self):\n"
        "        for line in sys.stdin:\n"
        "            if 'ENCRYPTED' in line: time.sleep(60)\n"
        "            self.answer(json.loads(line))\n"
        "Stops(Sdk).serve()\n"
    )
    stops = replace(CASES["key-that-is-encrypted-is-refused"], limit=5)  # begun first
    others = [
        replace(CASES[name], limit=3) for name in (CASE, "success-of-createCharge-comes-back-whole")
    ]
    seen: dict[str, str] = {}
    run_cases(
        Installed("stops", (sys.executable, str(path))),
        [CASES["smoke"], *others, stops],
        lambda run: seen.update({run.case.name: run.shown.fault}),
    )
    assert seen == {
        stops.name: "hang: no answer to configure within 5 s",
        CASE: "",
        "success-of-createCharge-comes-back-whole": "",
    }
