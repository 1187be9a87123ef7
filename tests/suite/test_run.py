"""``pay-conformance run`` as a user calls it: verdicts, exit codes, reports, and its isolation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_FEW = "test_buyer.py or test_refund.py"
BUYER_SCENARIO = "test_token_of_the_sign_in_gives_the_buyer[v2]"
_SUITE = Path(__file__).parents[2] / "suites" / "server"


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pay_conformance", "run", *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def report_of(*arguments: str, cwd: Path, **environment: str) -> dict[str, Any]:
    path = cwd / "report.json"
    done = run(*arguments, "--report", f"json={path}", cwd=cwd, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def verdicts_of(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(entry["id"], entry["verdict"], entry["why"]) for entry in report["requirements"]]


def test_run_ends_in_a_table_with_seed_and_time(tmp_path: Path) -> None:
    done = run("-k", "test_buyer.py", "--seed", "7", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Buyer" in done.stdout
    assert "seed 7" in done.stdout.splitlines()[-1]
    assert done.stdout.splitlines()[-1].endswith("exit 0")


def test_run_that_tested_nothing_of_what_was_asked_for_says_so(tmp_path: Path) -> None:
    asked = ("--api", "v2", "--requirement", "FMT-URL-002", "-k", "test_times_of_a_new", "-n", "1")
    done = run(*asked, cwd=tmp_path)
    assert "1 not tested" in done.stdout, done.stderr
    assert done.returncode == 4


def test_run_leaves_nothing_behind_but_its_report(tmp_path: Path) -> None:
    report_of("-k", "test_buyer.py", cwd=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_run_in_two_processes_gives_the_same_verdicts(tmp_path: Path) -> None:
    alone = report_of("-k", _FEW, "--seed", "3", cwd=tmp_path)
    shared = report_of("-k", _FEW, "--seed", "3", "-n", "2", cwd=tmp_path)
    assert verdicts_of(alone) == verdicts_of(shared)
    assert alone["summary"]["passed"] > 50


def test_run_of_a_requirement_is_about_it_alone(tmp_path: Path) -> None:
    report = report_of("--requirement", "CH-CAP-003", cwd=tmp_path)
    assert verdicts_of(report) == [("CH-CAP-003", "passed", "")]
    assert report["summary"]["scenarios"] < 10


def test_run_of_one_version_plays_no_other(tmp_path: Path) -> None:
    report = report_of("--api", "v1", "-k", "test_refund.py", cwd=tmp_path)
    assert report["api"] == ["v1"]
    assert {entry["id"] for entry in report["requirements"]}.isdisjoint({"CS-COMP-001"})


def test_run_in_parts_plays_every_scenario_once(tmp_path: Path) -> None:
    whole = report_of("-k", "test_refund.py", cwd=tmp_path)["summary"]["scenarios"]
    parts = [
        report_of("-k", "test_refund.py", "--shard", f"{part}/3", cwd=tmp_path)["summary"][
            "scenarios"
        ]
        for part in (1, 2, 3)
    ]
    assert sum(parts) == whole
    assert max(parts) - min(parts) <= 1


def test_parts_of_a_run_make_the_report_of_the_whole(tmp_path: Path) -> None:
    whole = report_of("-k", "test_buyer.py", "--seed", "5", cwd=tmp_path)
    for part in ("1/2", "2/2"):
        file = f"events={tmp_path}/{part[0]}.jsonl"
        done = run(
            "-k", "test_buyer.py", "--seed", "5", "--shard", part, "--report", file, cwd=tmp_path
        )
        assert done.returncode == 0, done.stdout + done.stderr
    command = ["report", "render", "1.jsonl", "2.jsonl", "--report", "json=both.json"]
    subprocess.run(
        [sys.executable, "-m", "pay_conformance", *command], cwd=tmp_path, check=True, timeout=240
    )
    both = json.loads((tmp_path / "both.json").read_text())
    assert verdicts_of(both) == verdicts_of(whole)
    assert both["summary"] == whole["summary"]


def test_run_does_not_care_for_the_users_own_pytest(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("raise RuntimeError('not yours')\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    report = report_of("-k", "test_buyer.py", cwd=tmp_path, PYTEST_ADDOPTS="--nonsense")
    assert report["errors"] == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--target", "nowhere"], 2, "no target 'nowhere'"),
        (["--target", "http://127.0.0.1:1"], 2, "no credentials"),
        (["--api", "v3"], 2, "v3"),
        (["--shard", "4/3"], 2, "--shard"),
        (["--requirement", "CS-NONE-001"], 2, "CS-NONE-001"),
        (["--requirement", "SIG-SEND-001"], 2, "does not bind a server"),
        (["--report", "json"], 2, "KIND=PATH"),
        (["--report", "json=/no/such/folder/x.json"], 2, "folder"),
        (["--baseline", "nothing.yaml"], 2, "nothing.yaml"),
        (["-k", "(("], 2, "Wrong expression"),
        (["--no-such-option"], 2, "No such option"),
        (["-k", "no_scenario_has_this_name"], 4, ""),
    ],
)
def test_wrong_call_is_one_message_and_its_exit_code(
    tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_server_that_is_not_there_is_exit_3(tmp_path: Path) -> None:
    url = "http://127.0.0.1:1"
    done = run("--target", url, "--control", f"{url}/_control", cwd=tmp_path)
    assert done.returncode == 3
    assert "nothing answers" in done.stderr


def baseline_of(folder: Path, **entry: str) -> None:
    whole = {"id": "BU-GET-001", "reason": "known", "link": "x", "expires": "2999-01-01", **entry}
    lines = "\n".join(f"  {key}: {value}" for key, value in whole.items())
    (folder / "baseline.yaml").write_text(f"-{lines[1:]}\n")


def test_baseline_that_no_longer_fails_is_exit_1(tmp_path: Path) -> None:
    baseline_of(tmp_path, source=BUYER_SCENARIO)
    done = run("-k", "test_buyer.py", "--baseline", "baseline.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert "no longer fails" in done.stdout


@pytest.mark.parametrize("source", ["", "test_elsewhere[v2]"])
def test_baseline_about_scenarios_that_are_not_played_is_no_complaint(
    tmp_path: Path, source: str
) -> None:
    baseline_of(tmp_path, **({"source": source} if source else {}))
    done = run("-k", "test_buyer.py", "--baseline", "baseline.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "no longer fails" not in done.stdout
    assert "only what was chosen by -k test_buyer.py" in done.stdout


def test_plain_pytest_gives_the_same_verdicts(tmp_path: Path) -> None:
    by_command = report_of("-k", "test_buyer.py", "--seed", "3", cwd=tmp_path)
    path = tmp_path / "plain.json"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", str(_SUITE / "test_buyer.py"), "-q", "--seed", "3",
         "--report", f"json={path}", "-p", "no:cacheprovider"],
        cwd=_SUITE.parents[1], capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert verdicts_of(json.loads(path.read_text())) == verdicts_of(by_command)
