"""Each mutant is caught by the requirements that it violates, and by no other."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Party
from tests.gateway.test_example_shop import FAULTS
from tests.miniatures.test_caught import CAUGHT
from tests.mutants import __main__ as hunters
from tests.mutants.alone import excuses, unproved
from tests.mutants.derived import candidates, derived_mutants
from tests.mutants.killing import Killing, is_asked_for
from tests.mutants.reasons import reasons
from tests.mutants.server import MUTANTS
from tests.mutants.table import by_requirement, text

_ROOT = Path(__file__).parents[2]


def killing(*failed: str, breaks: tuple[str, ...] = ("CS-TIME-002",), error: str = "") -> Killing:
    return Killing("server", "by hand", "m", "It is wrong.", breaks, failed, 1, 0.1, error)


def killing_of(row: dict[str, Any]) -> Killing:
    lists = {key: tuple(value) for key, value in row.items() if isinstance(value, list)}
    return Killing(**{key: value for key, value in row.items() if key != "verdict"} | lists)


def mutants(*arguments: str, cwd: Path = _ROOT) -> subprocess.CompletedProcess[str]:
    # A process of its own: the scenarios bring their own pytest.
    return subprocess.run(
        [sys.executable, "-m", "pay_conformance", "mutants", *arguments],
        cwd=cwd, capture_output=True, text=True, timeout=1500, check=False,
    )  # fmt: skip


def test_mutants_are_each_killed_for_their_own_reason_alone(tmp_path: Path) -> None:
    # One test, for it is one run: what it says is looked at in several ways.
    report = tmp_path / "mutants.json"
    # The broken SDKs and shops are hunted by tests of their own, in their folders.
    done = mutants("-n", "2", "--report", f"json={report}", "server", "bodies")
    assert report.exists(), done.stdout + done.stderr
    found = json.loads(report.read_text())["mutants"]
    assert [mutant for mutant in found if mutant["verdict"] != "killed"] == []
    assert done.returncode == 0, done.stdout + done.stderr
    names = Counter(mutant["mutant"] for mutant in found)
    assert [name for name, times in names.items() if times > 1] == []
    assert len(found) >= 600
    assert max(mutant["tests"] for mutant in found) <= 40
    killings = [killing_of(mutant) for mutant in found]
    missing = unproved(Contract.load(), Party.SERVER, killings)
    said = excuses(Party.SERVER).keys()
    unsaid, stale = sorted(set(missing) - said), sorted(said - set(missing))
    assert unsaid == [], "no mutant violates these alone: write one, or say why in unproved.yaml"
    assert stale == [], "some mutant violates these alone now: take them out of unproved.yaml"
    # What catches a broken SDK or shop stands in tables, which other tests hold to be true.
    caught = [{each for ids in row.values() for each in ids} for row in CAUGHT.values()]
    caught += [{reason, *others} for *_, reason, others in FAULTS]
    alone = {rule for rules in caught if len(rules) == 1 for rule in rules}
    missing = sorted(set(unproved(Contract.load(), Party.CLIENT, killings)) - alone)
    assert missing == sorted(excuses(Party.CLIENT)), "write a mutant, or mend unproved.yaml"


def test_mutants_outside_of_a_checkout_are_a_wrong_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pay_conformance.commands import mutants as command
    from pay_conformance.problems import ConfigurationProblem

    monkeypatch.setattr(command, "__file__", str(tmp_path / "a/b/c/d.py"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationProblem, match="call this from a checkout"):
        command.command.main([], standalone_mode=False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nosuch"], "no mutant is called nosuch"),
        (["--report", "pdf=x"], "--report 'pdf=x' is not KIND=PATH"),
        (["--report", "json=nosuch/x"], "the folder of nosuch/x is not there"),
    ],
)
def test_mutants_refuses_a_wrong_call(arguments: list[str], said: str) -> None:
    done = mutants(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"pay-conformance: {said}")


def hunted_in_part(_names: Any, _jobs: Any, tell: Callable[[Killing], None]) -> list[Killing]:
    tell(killing("CS-TIME-002"))
    raise KeyboardInterrupt


def test_hunt_that_is_interrupted_tells_what_it_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report, page = tmp_path / "mutants.json", tmp_path / "mutants.md"
    monkeypatch.setattr(hunters, "FAMILIES", (hunted_in_part,))
    assert hunters.main(["--json", str(report), "--markdown", str(page)]) == 130
    assert "CUT SHORT  interrupted by the user" in capsys.readouterr().out
    found = json.loads(report.read_text())
    assert found["cutShort"] == "interrupted by the user"
    assert [mutant["mutant"] for mutant in found["mutants"]] == ["m"]
    assert "**Cut short: interrupted by the user.**" in page.read_text()


def test_hunt_that_goes_on_has_reports_that_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = tmp_path / "mutants.json"
    so_far: list[str] = []

    def family(_names: Any, _jobs: Any, tell: Callable[[Killing], None]) -> list[Killing]:
        tell(killing("CS-TIME-002"))
        so_far.append(json.loads(report.read_text())["cutShort"])
        return [killing("CS-TIME-002")]

    monkeypatch.setattr(hunters, "FAMILIES", (family,))
    monkeypatch.setattr(hunters, "_EVERY_SECONDS", 0)
    assert hunters.main(["--json", str(report)]) == 0
    assert so_far == ["it was killed, or its machine was, before it could say why"]
    assert json.loads(report.read_text())["cutShort"] == ""


def test_wrong_servers_say_their_fault() -> None:
    every = [*MUTANTS, *derived_mutants(Contract.load())]
    assert [mutant.name for mutant in every if not mutant.says.endswith(".")] == []
    assert len({mutant.name for mutant in every}) == len(every)


def test_what_is_special_about_mutants_is_said_of_some() -> None:
    names = [mutant.name for mutant in candidates(Contract.load())]
    of_servers = [one for one in reasons() if "against" not in one.name]
    assert [one.name for one in of_servers if not any(map(one.fits, names))] == []


@pytest.mark.parametrize(
    ("failed", "verdict"),
    [
        (("CS-TIME-002",), "killed"),
        ((), "survived"),
        (("CS-TIME-003",), "wrong reason"),
        (("CS-TIME-002", "CS-TIME-003"), "wrong reason"),
    ],
)
def test_killing_counts_only_for_the_right_reason(failed: tuple[str, ...], verdict: str) -> None:
    assert killing(*failed).verdict == verdict


def test_killing_with_an_error_of_ours_does_not_count() -> None:
    assert killing("CS-TIME-002", error="it broke").verdict == "error"


def test_killing_of_what_violates_nothing_is_none() -> None:
    assert killing(breaks=()).verdict == "survived"


def test_table_counts_a_mutant_under_each_requirement_that_it_violates() -> None:
    both = ("CS-TIME-002", "CS-TIME-003")
    rows = by_requirement([killing(*both, breaks=both), killing(), killing("CS-TIME-002")])
    assert rows == {
        "CS-TIME-002": {"killed": 2, "survived": 1},
        "CS-TIME-003": {"killed": 1},
    }


def test_table_tells_what_a_survivor_should_have_violated() -> None:
    told = text([killing()])
    assert "survived: m\n  It is wrong.\n  violates  CS-TIME-002\n  found     nothing" in told
    assert "1 mutants: 0 killed, 1 survived, 0 killed for the wrong reason" in told


@pytest.mark.parametrize(
    ("names", "asked"),
    [
        ((), True),
        (("server",), True),
        (("captures*",), True),
        (("CH-CAP-003",), True),
        (("x",), False),
    ],
)
def test_mutant_is_asked_for_by_its_name_family_or_requirement(
    names: tuple[str, ...], *, asked: bool
) -> None:
    one = next(mutant for mutant in MUTANTS if mutant.name == "captures_more_than_authorized")
    assert is_asked_for(one, names) is asked
