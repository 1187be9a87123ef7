"""``pay-conformance run``: the server suite against a server, ending in a verdict table."""

from __future__ import annotations

import atexit
import contextlib
import gc
import io
import os
import shlex
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pay_conformance.frames import with_room
from pay_conformance.garbage import no_collections, rare_collections

if TYPE_CHECKING:
    from pay_conformance.record.recording import Index
    from pay_conformance.report import RunResult
    from pay_conformance.scenario.run import Collector, Options

# A user's own settings for pytest are about their tests, not ours.
_NOT_OURS = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")


_YOUNG = 1_000_000
"""Objects of a run before cycles are looked for: 50 MB, of which the mock keeps nearly all."""
_UNUSED = (
    "debugging", "doctest", "junitxml", "legacypath", "pastebin", "setuponly", "setupplan",
    "stepwise", "unittest",
)  # fmt: skip
"""Plugins of pytest that have nothing to do here, and would be loaded all the same."""


@click.command(
    epilog="Example: pay-conformance run --target http://127.0.0.1:8474 "
    "--control http://127.0.0.1:8474/_control --api v2 --report json=report.json"
)
@click.option(
    "--target",
    default="mock",
    show_default=True,
    help="mock, sandbox, replay, or the URL of a server.",
)
@click.option("--control", default="", help="URL of the control API of a URL target.")
@click.option("--ca-file", default="", help="PEM file of the CA that vouches for a URL target.")
@click.option(
    "--buyer",
    type=click.Choice(["playwright"]),
    help="Lets a browser play the buyer, with --target sandbox.",
)
@click.option("--api", default="v1,v2", show_default=True, help="v1, v2 or both.")
@click.option("-k", "expression", default="", help="Only scenarios whose names match.")
@click.option("--requirement", multiple=True, help="Only this requirement; may be repeated.")
@click.option("--requirements", "release", default="", metavar="RELEASE", help="The set of then.")
@click.option("--seed", type=click.IntRange(min=0), help="Replays a run; new each time otherwise.")
@click.option("--examples", type=click.IntRange(min=1), help="Cases of each generated test.")
@click.option(
    "--examples-database",
    default="",
    metavar="PLACE",
    help="Keeps generated examples that failed: a folder, redis://HOST, github://OWNER/REPO, none.",
)
@click.option(
    "-n",
    "jobs",
    type=click.IntRange(min=1),
    help="Processes side by side; one for each processor by default with the mock, else 1.",
)
@click.option("--shard", default="1/1", metavar="I/N", help="Only the I-th of N parts.")
@click.option("--baseline", default="", help="YAML file of known failures.")
@click.option("--report", multiple=True, metavar="KIND=PATH", help="A report; may be repeated.")
@click.option("--from", "recording", default="", metavar="DIR", help="With --target replay.")
@click.option("--resume", default="", metavar="FILE", help="Keep the run here; take it up if cut.")
@click.option("-v", "--verbose", is_flag=True, help="Every verdict, and exchanges of findings.")
def command(
    target: str,
    control: str,
    ca_file: str,
    buyer: str | None,
    api: str,
    expression: str,
    requirement: tuple[str, ...],
    release: str,
    seed: int | None,
    examples: int | None,
    examples_database: str,
    jobs: int | None,
    shard: str,
    baseline: str,
    report: tuple[str, ...],
    recording: str,
    *,
    resume: str,
    verbose: bool,
) -> int:
    """Run the server suite and say for each requirement: passed, failed, or not tested and why.

    Exit code 0: all that could be tested holds. 1: findings. 2: wrong call. 3: the server can't be
    reached, or died. 4: nothing was tested.

    Credentials of a URL target come from AMAZON_PAY_PUBLIC_KEY_ID, AMAZON_PAY_PRIVATE_KEY (PEM or a
    path), AMAZON_PAY_STORE_ID and AMAZON_PAY_REGION; without them, its control API gives some.
    """
    click.get_current_context().with_resource(no_collections())
    making = _key_being_made() if target == "mock" else None
    from pay_conformance.commands.ending import CODE, ended_like_interrupted
    from pay_conformance.commands.processes import processors
    from pay_conformance.contract import Contract
    from pay_conformance.contract.releases import requirement_set
    from pay_conformance.generate.databases import open_database
    from pay_conformance.report import (
        EVENTS,
        Baseline,
        apply_baseline,
        event_file,
        exit_code,
        parse_report_option,
        write_reports,
    )
    from pay_conformance.report.terminal import render
    from pay_conformance.resources import data_path
    from pay_conformance.scenario.resume import open_notebook, seed_of
    from pay_conformance.scenario.run import (
        Options,
        check_requirements,
        new_seed,
        parse_apis,
        parse_shard,
    )

    reports = [parse_report_option(text) for text in report]
    known = Baseline.read(Path(baseline)) if baseline else None
    resumed = seed_of(Path(resume)) if resume else None
    options = Options(
        target=target,
        control=control,
        ca_file=ca_file,
        buyer=buyer or "",
        apis=parse_apis(api),
        seed=next((one for one in (seed, resumed) if one is not None), new_seed()),
        examples=examples,
        examples_database=examples_database,
        requirements=requirement,
        requirement_set=release,
        shard=parse_shard(shard),
        recording=recording,
        resume=str(Path(resume).absolute()) if resume else "",
    )
    check_requirements(requirement, Contract.load())
    if release:
        requirement_set(Contract.load(), release)
    if target != "replay":
        open_database(examples_database)  # which says at once if it can't be
    options = options.settled()
    index = options.recorded()
    asked, expression = expression, _chosen(index, expression)
    if options.resume:
        run = options.same_run(Contract.load(), data_path("suites", "server"))
        open_notebook(Path(options.resume), run).finish(cut=True)
    click.echo(f"seed {options.seed}", err=True)

    begun = event_file(reports)  # what an earlier run kept there is not taken for this one's
    if begun is not None:
        begun.close()
    events = "".join(str(one.path.absolute()) for one in reports if one.kind == EVENTS)
    with ended_like_interrupted():
        # Another server than the one in here may not like to be asked by many at once.
        count = jobs or (processors() if target == "mock" else 1)
        if making is not None:
            making.join()  # a process is not copied while it has more than one thread
        collector, interrupted = play(options, expression, count, events)
    outcome = apply_baseline(collector.result(interrupted), known, datetime.now(UTC).date())
    write_reports(outcome, reports)
    click.echo(render(outcome, verbose=verbose), nl=False)
    whole = not (asked or requirement or release) and options.shard == (1, 1)
    if index is not None and index.verdicts and whole and options.apis == index.api:
        for line in _compared(index, outcome.result):
            click.echo(line)
    return CODE if interrupted else exit_code(outcome)


def _key_being_made() -> threading.Thread:
    """Begin to make the key of this process: another processor has the time for it meanwhile."""
    from pay_conformance.targets.merchant import process_key

    making = threading.Thread(target=process_key, daemon=True)
    making.start()
    return making


def _chosen(index: Index | None, expression: str) -> str:
    """Return which scenarios are played: a recording may hold some of them only."""
    chosen = [part for part in (index.expression if index else "", expression) if part]
    return " and ".join(f"({part})" for part in chosen) if len(chosen) > 1 else "".join(chosen)


def _compared(index: Index, result: RunResult) -> Iterator[str]:
    """Yield how the verdicts of a replay compare with those of the run that was recorded."""
    changes = index.changes({one.requirement: one.state.value for one in result.verdicts})
    if not changes:
        yield "the verdicts are those of the recorded run"
    for change in changes:
        yield f"otherwise than in the recorded run: {change}"


def play(options: Options, expression: str, jobs: int, events: str = "") -> tuple[Collector, str]:
    """Run pytest on the suite, apart from whatever pytest the user has configured.

    ``events`` is the path of the file in which each event is kept as it happens; empty for none.

    Returns what was collected, and why the run was interrupted, if it was.

    Raises:
        ConfigurationProblem: if no scenarios could be chosen.
    """
    import pytest

    from pay_conformance.commands.ending import INTERRUPTED
    from pay_conformance.commands.processes import Processes, can_copy
    from pay_conformance.plugin import COLLECTOR
    from pay_conformance.problems import ConfigurationProblem
    from pay_conformance.report import OwnError

    atexit.register(gc.freeze)  # what a run leaves behind goes with the process, unsearched
    watch = _Watch()
    plugins: list[object] = [watch]
    if jobs > 1 and can_copy():
        plugins.append(Processes(jobs, watch))
        jobs = 1
    said = io.StringIO()
    with (
        clean_environment(),
        no_collections(),
        rare_collections(_YOUNG),
        contextlib.redirect_stdout(said),
    ):
        arguments = _arguments(options, expression, jobs)
        if events:
            arguments += ["--report", f"events={events}"]
        code = with_room(partial(pytest.main, arguments, plugins=plugins))
    collector = watch.config.stash.get(COLLECTOR, None) if watch.config else None
    # Nothing tested is 4, too, as pytest's usage error is; but then scenarios were played.
    if collector is None or (code == pytest.ExitCode.USAGE_ERROR and not collector.heard):
        raise ConfigurationProblem("the scenarios could not be chosen", "see the message above")
    if code == pytest.ExitCode.INTERNAL_ERROR:
        collector.add(OwnError("pytest", said.getvalue().strip()[-2000:] or "internal error"))
    return collector, INTERRUPTED if watch.interrupted else ""


def _arguments(options: Options, expression: str, jobs: int) -> list[str]:
    from pay_conformance.resources import data_path

    suite = data_path("suites", "server")
    arguments = [
        str(suite),
        "-c", str(suite / "run.ini"),
        "--rootdir", str(suite),
        "--confcutdir", str(suite),
        "-p", "no:cacheprovider",
        "-p", "no:unraisableexception",  # it looks for garbage five times, and nobody is told
        *(word for name in _UNUSED for word in ("-p", f"no:{name}")),
        "-p", "pay_conformance.plugin",
        "-qq", "-s", "--tb=short",
        "--target", options.target,
        "--control", options.control,
        "--ca-file", options.ca_file,
        "--buyer", options.buyer,
        "--api", ",".join(options.apis),
        "--seed", str(options.seed),
        "--requirements", options.requirement_set,
        "--shard", "/".join(map(str, options.shard)),
        "--resume", options.resume,
        "--examples-database", options.examples_database,
        "--told-command", shlex.join(["pay-conformance", *sys.argv[1:]]),
    ]  # fmt: skip
    for name in options.requirements:
        arguments += ["--requirement", name]
    if options.examples is not None:
        arguments += ["--examples", str(options.examples)]
    if options.record:
        arguments += ["--record", options.record]
    if options.recording:
        arguments += ["--from", options.recording]
    if options.record or options.target == "replay":
        # What is generated is new each time; a recording holds the stories that are not.
        arguments += ["--ignore", str(suite / "generated")]
    if expression:
        arguments += ["-k", expression]
    if jobs > 1:
        arguments += ["-p", "xdist.plugin", "-n", str(jobs)]
    return arguments


class _Watch:
    """Keeps what the run leaves behind, and shows how far it is."""

    def __init__(self) -> None:
        self.config: Any = None
        self.interrupted = False
        self._total = 0
        self._done = 0
        self._terminal = sys.stderr.isatty()

    def pytest_configure(self, config: Any) -> None:
        self.config = config

    def pytest_collection_finish(self, session: Any) -> None:
        self._total = len(session.items)
        gc.freeze()  # contract, scenarios and modules live as long as the run
        gc.enable()

    def pytest_sessionfinish(self) -> None:
        gc.disable()  # the process is about to end

    def pytest_runtest_logfinish(self) -> None:
        self._done += 1
        if self._terminal:
            of = f" of {self._total}" if self._total else ""
            sys.stderr.write(f"\r\x1b[K{self._done}{of} scenarios")
            sys.stderr.flush()

    def pytest_unconfigure(self) -> None:
        gc.unfreeze()
        if self._terminal and self._done:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def pytest_keyboard_interrupt(self, excinfo: Any) -> None:
        # A subject that is gone stops the session, too, but that is not the user's doing.
        # pytest's own, for modules that could not be read, is a subclass.
        self.interrupted = type(excinfo.value) is KeyboardInterrupt


@contextlib.contextmanager
def clean_environment() -> Iterator[None]:
    """Keep a user's own settings for pytest out of the block: they are about their tests."""
    saved = {name: os.environ.pop(name, None) for name in _NOT_OURS}
    saved["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        for name, value in saved.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
