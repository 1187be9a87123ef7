"""The pytest plugin: options, marks and fixtures of the server suite, and its verdicts.

Works for ``pytest suites/server --target …`` as well as for ``pay-conformance run``, in one
process or in several: what a scenario came to travels in its test report, and the process that
prints the reports adds it up.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pay_conformance.contract import Contract
from pay_conformance.contract.model import APIS, Api
from pay_conformance.findings import Skipped, State
from pay_conformance.problems import Problem, SubjectProblem
from pay_conformance.report import (
    Baseline,
    Excused,
    OwnError,
    apply_baseline,
    event_file,
    exit_code,
    parse_report_option,
    write_reports,
)
from pay_conformance.report.terminal import render
from pay_conformance.resources import data_path
from pay_conformance.scenario import (
    Buyer,
    Checkout,
    Clock,
    Endpoint,
    Expect,
    Inbox,
    Negative,
    Shop,
    States,
    Story,
)
from pay_conformance.scenario.marks import LINES, Marks
from pay_conformance.scenario.proof import PROPERTY, Proof
from pay_conformance.scenario.resume import Notebook, open_notebook, read_done, seed_of
from pay_conformance.scenario.run import (
    Collector,
    Options,
    check_requirements,
    new_seed,
    parse_apis,
    parse_shard,
)
from pay_conformance.scenario.stage import Stage
from pay_conformance.scenario.story import Setting
from pay_conformance.scenario.verdict import conclude, explain
from pay_conformance.targets import CAPABILITIES, ControlClient

OPTIONS = pytest.StashKey[Options]()
STAGE = pytest.StashKey[Stage]()
COLLECTOR = pytest.StashKey[Collector]()
MARKS = pytest.StashKey[Marks]()
STORY = pytest.StashKey[Story]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the server suite."""
    group = parser.getgroup("pay-conformance", "Amazon Pay conformance (suites/server)")
    group.addoption("--target", default="mock", help="mock, or the URL of a server")
    group.addoption("--control", default="", help="URL of the control API of a URL target")
    group.addoption("--ca-file", default="", help="PEM file of the CA of a URL target")
    group.addoption("--buyer", default="", help="playwright: a browser plays the buyer")
    group.addoption("--api", default="v1,v2", help="versions of the API, e.g. v2")
    group.addoption("--seed", type=int, default=None, help="replays a run")
    group.addoption("--examples", type=int, default=None, help="cases of each generated test")
    group.addoption("--examples-database", default="", help="keeps the examples that failed")
    group.addoption("--requirement", action="append", default=[], help="id; may be repeated")
    group.addoption("--requirements", default="", help="the set of a release, e.g. 2026.1")
    group.addoption("--shard", default="1/1", help="I/N: only the I-th of N parts")
    group.addoption("--baseline", default="", help="YAML file of known failures")
    group.addoption("--record", default="", help="folder in which every story is kept")
    group.addoption("--from", dest="recording", default="", help="recording that is replayed")
    group.addoption("--resume", default="", help="file by which a cut run is taken up again")
    group.addoption("--report", action="append", default=[], help="KIND=PATH; may be repeated")
    group.addoption("--told-command", default="", help="the command that reports give")


def pytest_configure(config: pytest.Config) -> None:
    """Read the options, and get ready to collect what the scenarios come to."""
    for line in LINES:
        config.addinivalue_line("markers", line)
    worker = hasattr(config, "workerinput")
    if config.option.seed is None:
        known = seed_of(Path(config.option.resume)) if config.option.resume else None
        config.option.seed = (
            new_seed() if known is None else known
        )  # workers get it with the other options
    try:
        config.stash[OPTIONS] = options = Options(
            target=config.option.target,
            control=config.option.control,
            ca_file=config.option.ca_file,
            buyer=config.option.buyer,
            apis=parse_apis(config.option.api),
            seed=config.option.seed,
            examples=config.option.examples,
            examples_database=config.option.examples_database,
            requirements=tuple(config.option.requirement),
            requirement_set=config.option.requirements,
            shard=parse_shard(config.option.shard),
            record=config.option.record,
            recording=config.option.recording,
            resume=config.option.resume,
        )
        contract = Contract.load()
        if options.requirements:
            check_requirements(options.requirements, contract)
        reports = [parse_report_option(request) for request in config.option.report]
        baseline = Baseline.read(Path(config.option.baseline)) if config.option.baseline else None
        suite = data_path("suites", "server")
        notebook = None
        if options.resume and not worker:
            notebook = open_notebook(Path(options.resume), options.same_run(contract, suite))
    except Problem as problem:
        raise pytest.UsageError(str(problem)) from problem
    if not worker:
        try:
            file = event_file(reports)
        except Problem as problem:
            raise pytest.UsageError(str(problem)) from problem
        words = config.option.told_command or shlex.join(sys.argv)
        collector = Collector(options, contract, words, suite, file, _chosen(config, options))
        try:
            collector.begin()
        except Problem as problem:
            raise pytest.UsageError(str(problem)) from problem
        config.stash[COLLECTOR] = collector
        reporting = Reporting(config, collector, baseline, notebook)
        config.pluginmanager.register(reporting, "pay-reporting")


def _chosen(config: pytest.Config, options: Options) -> str:
    """Return the options by which only a part of the scenarios is played; empty if all are."""
    asked = config.option
    words = [word for each in options.requirements for word in ("--requirement", each)]
    for name, value in (
        ("-k", asked.keyword),
        ("-m", asked.markexpr),
        ("--requirements", options.requirement_set),
        ("--api", ",".join(options.apis) if set(options.apis) != set(APIS) else ""),
        *(("--ignore", Path(each).name) for each in asked.ignore or ()),
        *(("", each) for each in config.args if "::" in each or each.endswith(".py")),
    ):
        words += [word for word in (name, value) if word] if value else []
    return shlex.join(words)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let go of the target."""
    stage = config.stash.get(STAGE, None)
    if stage is not None:
        stage.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Play a scenario once for each version of the API that its requirements bind."""
    if "pay_api" not in metafunc.fixturenames:
        return
    marks = _marks(metafunc.definition)
    metafunc.parametrize("pay_api", marks.apis, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the scenarios that the options ask for."""
    scenarios = [item for item in items if _is_scenario(item)]
    problems = [f"{item.name}: {text}" for item in scenarios for text in _marks(item).problems]
    if problems:
        raise pytest.UsageError("\n".join(problems))
    options = config.stash[OPTIONS]
    wanted = set(options.requirements)
    proved = {name for item in scenarios for name in _marks(item).requirements}
    # What only checks of exchanges can prove, every scenario may prove.
    by_marks = bool(wanted) and wanted <= proved
    done = read_done(Path(options.resume)) if options.resume else {}
    part, parts = options.shard
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    place = 0
    for item in items:
        keep = True
        if _is_scenario(item):
            keep = _api_of(item) in options.apis and (
                not by_marks or bool(wanted & set(_marks(item).requirements))
            )
            if keep:
                place += 1
                keep = place % parts == part % parts and item.nodeid not in done
        (kept if keep else dropped).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a scenario whose subject lacks a capability that is named by a mark."""
    if _is_scenario(item):
        for capability in sorted(_marks(item).needs):
            _need(_stage(item.config).capabilities, capability)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put what the scenario came to into its report, and say it in words."""
    report = yield
    if not _is_scenario(item):
        return report
    proof = _proof(item, call)
    if call.when == "teardown" and STORY in item.stash:
        del item.stash[STORY]  # it was told, and holds all its traffic
    if proof is None:
        return report
    proof.seconds = call.duration
    report.user_properties.append((PROPERTY, proof.to_json()))
    if proof.died:
        item.session.shouldstop = f"the subject is gone: {proof.died}"
    if proof.state == "not tested":
        report.outcome = "skipped"
        report.longrepr = (str(item.path), item.reportinfo()[1] or 0, explain(proof))
    elif proof.state != "passed":
        report.outcome = "failed"
        if not proof.error or call.excinfo is None:
            report.longrepr = explain(proof)
    return report


class Reporting:
    """Adds up the proofs in the process that reports, and prints the verdicts at its end."""

    def __init__(
        self,
        config: pytest.Config,
        collector: Collector,
        baseline: Baseline | None,
        notebook: Notebook | None = None,
    ) -> None:
        self._config = config
        self._collector = collector
        self._baseline = baseline
        self._interrupted = ""
        self._others_failed = False
        self._scenarios = 0
        self._notebook = notebook
        for proof in notebook.done.values() if notebook else ():
            self._scenarios += 1
            collector.take(proof)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in a scenario's proof."""
        data = dict(report.user_properties).get(PROPERTY)
        if isinstance(data, dict):
            self._scenarios += 1
            proof = Proof.from_json(data)
            self._collector.take(proof)
            if self._notebook is not None:
                self._notebook.add(report.nodeid, proof)
        elif report.failed:
            self._others_failed = True
            self._collector.add(OwnError(report.nodeid, _last_line(report.longreprtext)))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file of scenarios that can't be read is an error of ours."""
        if report.failed:
            self._others_failed = True
            self._collector.add(OwnError(report.nodeid, _last_line(report.longreprtext)))

    def pytest_keyboard_interrupt(self) -> None:
        """Note that the run was cut short."""
        self._interrupted = "interrupted by the user"

    def outcome(self) -> Excused:
        """Return the result, less what the baseline excuses."""
        result = self._collector.result(self._interrupted)
        return apply_baseline(result, self._baseline, datetime.now(UTC).date())

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """End with the exit codes of the command line, if scenarios were run and nothing else."""
        self._collector.end(self._interrupted)
        if self._notebook is not None:
            self._notebook.finish(cut=bool(session.shouldstop or self._interrupted))
            if self._notebook.broken:
                why = f"{self._notebook.path} is not whole: {self._notebook.broken}"
                print(
                    f"pay-conformance: {why}; the run can be taken up only in part", file=sys.stderr
                )
        if self._scenarios and not self._others_failed and session.exitstatus in (0, 1):
            session.exitstatus = int(exit_code(self.outcome()))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the verdicts, and write the reports that were asked for."""
        if not self._scenarios or self._config.option.verbose < -1:
            return
        outcome = self.outcome()
        terminalreporter.section("Amazon Pay conformance")
        terminalreporter.write(render(outcome, verbose=self._config.option.verbose > 0))
        try:
            write_reports(outcome, map(parse_report_option, self._config.option.report))
        except Problem as problem:
            terminalreporter.write_line(f"ERROR: {problem}", red=True)


# Fixtures


@pytest.fixture
def pay_api(request: pytest.FixtureRequest) -> Api:
    """The version of the API in which the scenario plays."""
    version: Api = request.param
    return version


@pytest.fixture
def story(request: pytest.FixtureRequest, pay_api: Api) -> Iterator[Story]:
    """All traffic of the scenario."""
    item: pytest.Item = request.node
    options = request.config.stash[OPTIONS]
    stage = _stage(request.config)
    target = stage.story(item.name)
    told = Story(
        Setting(
            target=target,
            contract=Contract.load(),
            api=pay_api,
            name=item.name,
            seed=options.seed,
            reproduce=options.reproduce(target, pay_api, request.function.__name__),
            marked=frozenset(_marks(item).requirements),
        )
    )
    item.stash[STORY] = told
    yield told
    stage.told(item.name, pay_api, target)


@pytest.fixture
def shop(story: Story) -> Shop:
    """The client of a merchant whom nobody else has, where the subject can make one."""
    return Shop(story, story.setting.target.merchant())


@pytest.fixture
def merchant(story: Story) -> Callable[..., Checkout]:
    """Make a further merchant, ``merchant("jp")``; the answer has its ``shop`` and ``buyer``."""
    control = _control(story, "merchants", "buyer")

    def another(region: str = "na") -> Checkout:
        made = Shop(story, story.setting.target.merchant(region))
        return Checkout(made, Buyer(control, made.merchant, story))

    return another


@pytest.fixture
def buyer(story: Story, shop: Shop) -> Buyer:
    """The buyer of the shop; skips where nobody can play the buyer."""
    return Buyer(_control(story, "buyer"), shop.merchant, story)


@pytest.fixture
def clock(story: Story, shop: Shop) -> Clock:
    """The clock of the shop's merchant; skips where the subject has no clock control."""
    return Clock(_control(story, "clock"), shop.merchant)


@pytest.fixture
def checkout(shop: Shop, buyer: Buyer) -> Checkout:
    """Where stories begin: sessions approved, charges captured."""
    return Checkout(shop, buyer)


@pytest.fixture
def states(checkout: Checkout, clock: Clock) -> States:
    """Bring an object into a state, ``states("charge", "Declined")``."""
    return States(checkout, clock)


@pytest.fixture
def inbox(story: Story, shop: Shop) -> Inbox:
    """What the shop's merchant is notified of; skips where the subject has no notifications."""
    return Inbox(story, _control(story, "notifications"), shop.merchant)


@pytest.fixture
def endpoint(request: pytest.FixtureRequest) -> Iterator[Endpoint]:
    """An endpoint of the merchant's on this machine; skips where a recording is made or told.

    What is posted to an endpoint is no part of a recording.
    """
    options = request.config.stash[OPTIONS]
    if options.record or options.target == "replay":
        pytest.skip("what is posted to an endpoint is not recorded")
    with Endpoint() as listening:
        yield listening


@pytest.fixture
def expect(story: Story) -> Expect:
    """Assert something of an answer, for a requirement."""
    return Expect(story)


@pytest.fixture
def negative(story: Story, shop: Shop) -> Negative:
    """Assert that a call is refused for one change alone."""
    return Negative(story, shop)


# What hooks and fixtures share


def _is_scenario(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and "story" in item.fixturenames


def _marks(item: pytest.Item) -> Marks:
    known = item.stash.get(MARKS, None)
    if known is None:
        known = item.stash[MARKS] = Marks.of(item.iter_markers(), Contract.load())
    return known


def _api_of(item: pytest.Item) -> str:
    assert isinstance(item, pytest.Function)
    return str(item.callspec.params["pay_api"])


def _stage(config: pytest.Config) -> Stage:
    known = config.stash.get(STAGE, None)
    if known is None:
        known = config.stash[OPTIONS].open_stage()
        config.stash[STAGE] = known
    return known


def _control(story: Story, *capabilities: str) -> ControlClient:
    target = story.setting.target
    for capability in capabilities:
        _need(target.capabilities, capability)
    if target.control is None:
        pytest.skip("subject has no control API")
    return target.control


def _need(capabilities: frozenset[str], capability: str) -> None:
    if capability not in capabilities:
        pytest.skip(f"subject has no {CAPABILITIES[capability]}")


def _proof(item: pytest.Item, call: pytest.CallInfo[None]) -> Proof | None:
    """Return what a phase of a scenario says of it, or ``None`` if the next phase will say more."""
    raised = call.excinfo.value if call.excinfo else None
    if call.when == "teardown":
        return None
    if call.when == "setup" and raised is None:
        return None
    requirements = _marks(item).requirements
    if isinstance(raised, pytest.skip.Exception):
        why = str(raised.msg)
        skipped = [Skipped(name, why) for name in requirements]
        return Proof(item.name, State.NOT_TESTED.value, skipped=skipped)
    story = item.stash.get(STORY, None)
    if story is not None:
        return conclude(story, requirements, raised)
    died = str(raised) if isinstance(raised, SubjectProblem) else ""
    error = "" if died else f"{type(raised).__name__}: {raised}"
    return Proof(item.name, "error", died=died, error=error)


def _last_line(text: Any) -> str:
    lines = [line for line in str(text).splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it failed"
