"""The command line as a whole: what it lists, how it starts, how it refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pay_conformance import cli
from pay_conformance.cli import COMMANDS, group
from pay_conformance.problems import (
    ConfigurationProblem,
    ExitCode,
    NothingTested,
    Problem,
    SubjectProblem,
)


def test_every_command_of_the_design_is_there() -> None:
    assert sorted(group.list_commands(None)) == sorted(COMMANDS)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_of_each_command_has_an_example(name: str) -> None:
    shown = CliRunner().invoke(group, [name, "--help"])
    assert shown.exit_code == 0
    assert f"pay-conformance {name}" in " ".join(shown.output.split("Example")[-1].split())


def test_help_imports_no_engine() -> None:
    heavy = {"pytest", "httpx", "jsonschema", "cryptography", "hypothesis", "yaml", "uvloop"}
    program = (
        "import sys; from click.testing import CliRunner; from pay_conformance.cli import group\n"
        "assert CliRunner().invoke(group, ['--help']).exit_code == 0\n"
        f"print(sorted({heavy!r} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (ConfigurationProblem("a is wrong", "mend it"), ExitCode.WRONG_CALL),
        (SubjectProblem("gone"), ExitCode.SUBJECT_DIED),
        (NothingTested("nothing"), ExitCode.NOTHING_TESTED),
    ],
)
def test_problem_is_one_line_and_its_exit_code(
    problem: Problem, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(**_: object) -> None:
        raise problem

    monkeypatch.setattr(cli.group, "main", fails)
    with pytest.raises(SystemExit) as ended:
        cli.main([])
    assert ended.value.code == code
    assert capsys.readouterr().err == f"pay-conformance: {problem}\n"


@pytest.mark.parametrize("call", [["nosuch"], ["run", "--nosuch"], ["check"]])
def test_wrong_call_ends_with_2_and_no_traceback(
    call: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(call)
    assert ended.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_doctor_finds_a_key_that_can_not_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key.pem"
    path.write_text("no key")
    monkeypatch.setenv("AMAZON_PAY_PRIVATE_KEY", str(path))
    told = CliRunner().invoke(group, ["doctor", "--offline"], standalone_mode=False)
    assert told.return_value == ExitCode.WRONG_CALL
    assert "✗ AMAZON_PAY_PRIVATE_KEY: not an unencrypted PEM private key" in told.output


def test_doctor_tells_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMAZON_PAY_PRIVATE_KEY", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n")
    monkeypatch.setenv("AMAZON_PAY_STORE_ID", "amzn1.application-oa2-client.secret")
    told = CliRunner().invoke(group, ["doctor", "--offline"])
    assert "secret" not in told.output
    assert "c2VjcmV0" not in told.output
