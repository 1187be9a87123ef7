"""An adapter that answers one request after the other: a process a case, none held up."""

from __future__ import annotations

import sys
from pathlib import Path

from pay_conformance.findings import Held, Skipped
from pay_conformance.sdk.cases import load_cases
from pay_conformance.sdk.packages import Installed
from pay_conformance.sdk.runner import run_cases

from .test_command import BROKEN, needs_namespace, run

PROGRAM = f"""
import json, os, sys
sys.path.insert(0, {str(Path(BROKEN).parent)!r})
from model import Adapter, Sdk

class InTurn(Adapter):
    def start(self, message):
        return super().start(message) | {{"sideBySide": False}}

    def serve(self):
        for line in sys.stdin:
            self.answer(json.loads(line))

InTurn(Sdk).serve()
"""
CASES = {case.name: case for case in load_cases()}


def outcomes_of(program: Path, *names: str) -> dict[str, set[type]]:
    found: dict[str, set[type]] = {}
    run_cases(
        Installed("in turn", (sys.executable, str(program))),
        [CASES[name] for name in ("smoke", *names)],
        lambda run: found.update({run.case.name: {type(each) for each in run.outcomes}}),
    )
    return found


@needs_namespace
def test_adapter_that_answers_in_turn_is_not_held_up_by_one_slow_case(tmp_path):
    program = tmp_path / "in_turn.py"
    program.write_text(PROGRAM)
    slow, quick = "silent-server-is-given-up-on-getCharge", "status-429-is-tried-again"
    abreast = "calls-side-by-side-get-their-own-answers"
    assert outcomes_of(program, slow, quick, abreast) == {
        slow: {Held}, quick: {Held}, abreast: {Skipped},
    }  # fmt: skip


@needs_namespace
def test_smoke_call_can_be_made_alone(capsys):
    assert run("-k", "smoke", "--", sys.executable, BROKEN, "Model") == 0
    assert "1 passed, 0 failed" in capsys.readouterr().out
