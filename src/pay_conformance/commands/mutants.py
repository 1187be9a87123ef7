"""``pay-conformance mutants``: the suite against its deliberately wrong subjects."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from pay_conformance.problems import ConfigurationProblem

KINDS = ("json", "markdown")


@click.command(
    short_help="run the suite against its deliberately wrong subjects",
    epilog="Example: pay-conformance mutants -n 2 --report markdown=docs/mutants.md",
)
@click.argument("name", nargs=-1)
@click.option("-n", "jobs", type=click.IntRange(min=1), default=1, help="Processes side by side.")
@click.option("--report", multiple=True, metavar="KIND=PATH", help="json or markdown; repeatable.")
def command(name: tuple[str, ...], jobs: int, report: tuple[str, ...]) -> int:
    """Run each mutant against the tests that could kill it, and say what became of it.

    A mutant is a subject that is wrong on purpose: a server, a body, an SDK, a shop. It is killed
    when the tests find violated what it violates, and nothing else; otherwise it survived, or was
    killed for the wrong reason. Works from a checkout, for mutants are not installed.

    NAME is a mutant, a family of them (server, bodies, sdk, integration), a kind (such as limit) or
    a requirement; * stands for any text. Without a name, all are hunted.

    The reports are written as it goes, and say that the hunt was cut short until it is over.

    Exits 0 when every mutant was killed for its own reason, 1 when one was not, 2 for a wrong call,
    130 when it was interrupted.
    """
    options = [f"--{kind}={path}" for kind, path in map(_report, report)]
    root = _checkout(Path.cwd())
    # The sources are not installed: what the hunt starts has to find them as well.
    path = [str(root), *filter(None, [os.environ.get("PYTHONPATH", "")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(path)
    sys.path.insert(0, str(root))
    os.chdir(root)
    hunt: Callable[[Sequence[str]], int] = importlib.import_module("tests.mutants.__main__").main
    return hunt(["-n", str(jobs), *options, "--", *name])


def _checkout(folder: Path) -> Path:
    """Return the checkout around a folder, or else the one that this package is part of.

    Raises:
        ConfigurationProblem: if there is none.

    """
    package = Path(__file__).resolve()
    for root in (folder, *folder.parents, package.parents[3]):
        if (root / "tests" / "mutants" / "__main__.py").is_file():
            return root
    raise ConfigurationProblem(
        "the mutants are part of the sources and not installed",
        "call this from a checkout of amazon-pay-conformance",
    )


def _report(text: str) -> tuple[str, Path]:
    kind, equals, path = text.partition("=")
    if not equals or not path or kind not in KINDS:
        raise ConfigurationProblem(
            f"--report {text!r} is not KIND=PATH",
            f"write e.g. --report json=mutants.json ({', '.join(KINDS)})",
        )
    if not Path(path).absolute().parent.is_dir():
        raise ConfigurationProblem(f"the folder of {path} is not there", "make it first")
    return kind, Path(path).absolute()
