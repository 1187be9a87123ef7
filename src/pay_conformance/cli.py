"""The command line: one module of ``commands`` for each command, loaded when it is called."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import sys
from typing import NoReturn

import click

from pay_conformance.problems import ExitCode, Problem

COMMANDS = {
    "run": "run the server suite against the mock, the sandbox, a URL or a recording",
    "sdk": "run the client suite against an SDK behind an adapter",
    "serve": "start the reference server (mock)",
    "gateway": "run a program so that its calls to Amazon Pay arrive here and are judged",
    "check": "judge bodies, cassettes and HAR files offline",
    "sign": "sign a request or a button payload",
    "verify": "verify a signature, and explain the first line that differs",
    "record": "run the stories and store them, redacted, as cassettes",
    "drift": "compare two recordings, or a recording with the contract",
    "mutants": "run the suite against its deliberately wrong subjects",
    "report": "render the event file of a run, or the trend of a folder of reports",
    "requirements": "the catalogue of requirements, or one entry",
    "doctor": "what is installed and configured here",
}


class _Lazy(click.Group):
    """A group that imports a command's module only when that command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in COMMANDS if _exists(name)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS or not _exists(cmd_name):
            return None
        module = importlib.import_module(f"pay_conformance.commands.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, COMMANDS[name]) for name in self.list_commands(ctx)]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


def _exists(name: str) -> bool:
    return importlib.util.find_spec(f"pay_conformance.commands.{name}") is not None


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: pay-conformance run --target mock --api v2",
)
@click.version_option(package_name="amazon-pay-conformance", prog_name="pay-conformance")
def group() -> None:
    """Contract tests for the Amazon Pay Checkout API. Independent of Amazon."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process with the exit code of the command."""
    try:
        code = group.main(args=arguments, prog_name="pay-conformance", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        sys.exit(ExitCode.WRONG_CALL)
    except click.Abort:
        click.echo("pay-conformance: interrupted", err=True)
        sys.exit(130)
    except Problem as problem:
        click.echo(f"pay-conformance: {problem}", err=True)
        sys.exit(problem.exit_code)
    except OSError as error:
        _give_up(error)
    sys.exit(code if isinstance(code, int) else ExitCode.HOLDS)


def _give_up(error: OSError) -> NoReturn:
    """End with one message where the system refuses: a disk is full, or output can't be written."""
    with contextlib.suppress(OSError):
        # What is left in the buffer of standard output would be tried once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    place = f" ({error.filename})" if error.filename else ""
    with contextlib.suppress(OSError):
        click.echo(f"pay-conformance: {error.strerror or error}{place}", err=True)
    sys.exit(ExitCode.WRONG_CALL)
