"""``pay-conformance gateway``: runs a program so that its calls to Amazon Pay are judged."""

from __future__ import annotations

import shlex
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

import click

from pay_conformance import __version__
from pay_conformance.problems import ConfigurationProblem, ExitCode, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pay_conformance.contract import Contract
    from pay_conformance.contract.model import Requirement
    from pay_conformance.exchange import Exchange
    from pay_conformance.findings import Outcome
    from pay_conformance.gateway.run import Plan, Ran
    from pay_conformance.report import Event, EventFile, RunResult, RunStarted

T = TypeVar("T")
_SIGNALLED = 128


@click.command(
    context_settings={"allow_interspersed_args": False},
    epilog="Example: pay-conformance gateway --journey authorize -- npm test",
)
@click.option(
    "--upstream", default="mock", show_default=True, help="mock, sandbox, or the URL of a server."
)
@click.option("--control", default="", metavar="URL", help="Control API of a URL upstream.")
@click.option(
    "--via",
    type=click.Choice(["auto", "namespace", "environment"]),
    default="auto",
    show_default=True,
    help="How the program is led here; auto takes the first that works.",
)
@click.option(
    "--journey", "journeys", multiple=True, metavar="FILE|NAME", help="What happens around it; "
    "'all' runs COMMAND once for each bundled journey. May be repeated."
)  # fmt: skip
@click.option(
    "--shop", default="", metavar="URL",
    help="Page of the application that starts a checkout: the buyer visits it, and COMMAND is "
    "ended after the journey.",
)  # fmt: skip
@click.option(
    "--notify", default="", metavar="URL", help="Where the application takes notifications."
)
@click.option(
    "--own-buyer", is_flag=True,
    help="Leave the buyer's part to a browser of yours; Amazon's checkout.js and pages come from "
    "the upstream.",
)  # fmt: skip
@click.option("--strict", is_flag=True, help="Refuse calls to all other hosts.")
@click.option(
    "--merchant-key", "merchant_keys", multiple=True, metavar="ID=PEM",
    help="Public key (PEM or path) of a key that the application signs with. May be repeated.",
)  # fmt: skip
@click.option("--record", default="", metavar="DIR", help="Keep the traffic as redacted cassettes.")
@click.option("--region", type=click.Choice(["na", "eu", "jp"]), default="na", show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Seed of the mock.")
@click.option("--requirements", "release", default="", metavar="RELEASE", help="The set of then.")
@click.option("--baseline", default="", help="YAML file of known failures.")
@click.option("--report", multiple=True, metavar="KIND=PATH", help="A report; may be repeated.")
@click.option("-v", "--verbose", is_flag=True, help="Every verdict, and exchanges of findings.")
@click.argument("command_line", metavar="-- COMMAND...", nargs=-1, type=click.UNPROCESSED)
def command(
    *,
    upstream: str,
    control: str,
    via: Literal["auto", "namespace", "environment"],
    journeys: tuple[str, ...],
    shop: str,
    notify: str,
    merchant_keys: tuple[str, ...],
    record: str,
    region: str,
    release: str,
    seed: int,
    baseline: str,
    report: tuple[str, ...],
    command_line: tuple[str, ...],
    own_buyer: bool,
    strict: bool,
    verbose: bool,
) -> int:
    """Run COMMAND, unchanged, so that its calls to Amazon Pay arrive here and are judged.

    Its environment carries the credentials of a test merchant (AMAZON_PAY_PUBLIC_KEY_ID,
    AMAZON_PAY_PRIVATE_KEY as PEM, AMAZON_PAY_PRIVATE_KEY_FILE, AMAZON_PAY_STORE_ID,
    AMAZON_PAY_REGION); a program with a key of its own is served all the same. The report goes to
    standard error.

    Exits with COMMAND's own code if that is not 0; else 0: all that could be tested holds.
    1: findings. 2: wrong call. 3: the upstream or COMMAND could not be started. 4: no call to
    Amazon Pay was seen. 128 + N: ended by signal N; COMMAND is ended, too, and the report written.
    """
    from pay_conformance.contract import Contract
    from pay_conformance.gateway.journey import find_journeys
    from pay_conformance.gateway.performance import Setting
    from pay_conformance.gateway.run import Plan, run
    from pay_conformance.report import (
        Baseline,
        apply_baseline,
        event_file,
        exit_code,
        parse_report_option,
        write_reports,
    )
    from pay_conformance.report.terminal import render

    if not command_line:
        raise ConfigurationProblem(
            "there is no command to run", "write it after --, e.g. gateway -- npm test"
        )
    if own_buyer and (journeys or shop):
        raise ConfigurationProblem(
            "a journey plays the buyer, and --own-buyer leaves that to you",
            "leave one of them out",
        )
    reports = [parse_report_option(text) for text in report]
    known = Baseline.read(Path(baseline)) if baseline else None
    cassettes = _folder(record) if record else None
    options: dict[str, str | bool] = {
        "--upstream": upstream if upstream != "mock" else "",
        "--control": control,
        "--via": via if via != "auto" else "",
        "--shop": shop,
        "--notify": notify,
        "--region": region if region != "na" else "",
        "--seed": str(seed) if seed else "",
        "--requirements": release,
        "--own-buyer": own_buyer,
        "--strict": strict,
    }

    def again(names: Sequence[str]) -> str:
        return _again(names, options, merchant_keys, command_line)

    plan = Plan(
        command_line,
        Setting(
            Contract.load(),
            _merchant_keys(merchant_keys),
            _local(shop, "--shop"),
            _local(notify, "--notify"),
            region,
            again(journeys),
            _each_alone(journeys, again),
        ),
        tuple(find_journeys(journeys)),
        upstream,
        control,
        via,
        strict,
        seed,
        not own_buyer,
    )
    _requirements(plan.setting.contract, release)
    began, started = time.monotonic(), datetime.now(UTC)
    teller = _Teller(plan, started, release, event_file(reports))
    try:
        ran = run(plan, teller)
    except Problem as problem:
        teller.stopped(problem, time.monotonic() - began)
        raise
    result = teller.end(ran, time.monotonic() - began)
    outcome = apply_baseline(result, known, datetime.now(UTC).date())
    write_reports(outcome, reports)
    if cassettes is not None:
        _record(cassettes, plan, ran, started)
    for line in _what_happened(ran):
        click.echo(line, err=True)
    click.echo(render(outcome, verbose=verbose), nl=False, err=True)
    if ran.interrupted:
        return _SIGNALLED + ran.ended_by
    if ran.code:
        own = ran.code if ran.code > 0 else _SIGNALLED - ran.code
        click.echo(f"the program ended with {own}, and so does this command", err=True)
        return own
    if not ran.calls and not ran.failures:
        click.echo(
            "pay-conformance: the program made no call to Amazon Pay; nothing was tested", err=True
        )
        return ExitCode.NOTHING_TESTED
    return exit_code(outcome)


class _Teller:
    """Turns what a run came to into events, as far as it has come, and keeps them in the file.

    A journey is told when it is over, for what is personal in one of its calls is taken out of all
    of them. Until then the file says of each call which it was, and what it kept or violated.
    """

    def __init__(self, plan: Plan, started: datetime, release: str, file: EventFile | None) -> None:
        self._plan = plan
        self._started = started
        self._release = release
        self._file = file
        self._events: list[Event] = []
        self._told = dict.fromkeys(("exchanges", "outcomes", "played", "failures"), 0)
        self._via_told = False
        self._lock = threading.Lock()
        self._add(_start(plan, None, started, release))

    @property
    def listens(self) -> bool:
        """Whether there is a file to keep it in."""
        return self._file is not None

    def hears(self, exchange: Exchange, outcomes: Sequence[Outcome]) -> None:
        """Keep what may be said of a call before its journey is over."""
        if self._file is None:
            return
        from pay_conformance.scenario.proof import so_far

        with self._lock:
            self._file.write(*so_far(exchange, outcomes))

    def played(self, ran: Ran) -> None:
        """Tell what is new since the last time."""
        from pay_conformance.record.discretion import discreet
        from pay_conformance.record.redaction import Redactor
        from pay_conformance.report import OutcomeSeen, OwnError, ScenarioEnded, StoryTold
        from pay_conformance.report.moves import moves_made
        from pay_conformance.scenario.proof import all_shown

        if ran.via and not self._via_told:
            self._via_told = True
            self._add(_start(self._plan, ran, self._started, self._release))
        redactor = Redactor(frozenset(ran.secrets))
        exchanges = self._new("exchanges", ran.exchanges)
        self._add(*all_shown(exchanges, redactor))
        for source in dict.fromkeys(exchange.source for exchange in exchanges):
            told = [exchange for exchange in exchanges if exchange.source == source]
            self._add(*moves_made(told, self._plan.setting.contract))
        outcomes = self._new("outcomes", ran.outcomes)
        self._add(*(OutcomeSeen(discreet(outcome, redactor)) for outcome in outcomes))
        failures = self._new("failures", ran.failures)
        self._add(*(OwnError("gateway", redactor.told(repr(failure))) for failure in failures))
        self._add(
            *(
                ScenarioEnded(played.journey, played.state, played.seconds)
                for played in self._new("played", ran.played)
            )
        )
        self._add(*(StoryTold(name) for name in dict.fromkeys(each.source for each in exchanges)))

    def end(self, ran: Ran, seconds: float) -> RunResult:
        """Tell the rest, and return the result of all."""
        from pay_conformance.report import RunResult, SubjectDied

        self.played(ran)
        if ran.died:
            self._add(SubjectDied(ran.died))
        self._close(seconds, ran.interrupted)
        return RunResult.of(self._events, _requirements(self._plan.setting.contract, self._release))

    def stopped(self, problem: Problem, seconds: float) -> None:
        """Tell why the run can't go on; the problem itself is told by who raises it."""
        self._close(seconds, problem.what)

    def _close(self, seconds: float, interrupted: str) -> None:
        from pay_conformance.report import RunEnded

        self._add(RunEnded(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", seconds, interrupted))
        if self._file is not None:
            self._file.close()

    def _new(self, name: str, every: list[T]) -> list[T]:
        seen = self._told[name]
        self._told[name] = len(every)
        return every[seen:]

    def _add(self, *events: Event) -> None:
        self._events.extend(events)
        if self._file is not None:
            with self._lock:
                self._file.write(*events)


def _start(plan: Plan, ran: Ran | None, started: datetime, release: str) -> RunStarted:
    from pay_conformance.report import RunStarted
    from pay_conformance.report.provenance import made_by
    from pay_conformance.resources import data_path

    contract = plan.setting.contract
    return RunStarted(
        subject={
            "kind": "integration",
            "name": shlex.join(plan.command),
            "via": (ran.via if ran else None) or "",
            "upstream": plan.upstream,
            "journeys": [journey.name for journey in plan.journeys],
        },
        api=("v1", "v2"),
        seed=plan.seed,
        started=f"{started:%Y-%m-%dT%H:%M:%SZ}",
        command=plan.setting.reproduce,
        clock="virtual" if plan.upstream == "mock" else "the upstream's",
        tool=made_by(
            contract.digest,
            data_path("suites", "integration"),
            mock=plan.upstream == "mock",
            requirements=release,
        ),
        selected=tuple(_requirements(contract, release)),
    )


def _requirements(contract: Contract, release: str) -> dict[str, Requirement]:
    """Return what an integration is judged by: its own, and what any traffic of a client shows."""
    from pay_conformance.checks import proved_by
    from pay_conformance.contract.model import Party
    from pay_conformance.contract.releases import requirement_set

    passive = proved_by(contract)
    every = requirement_set(contract, release) if release else contract.requirements
    return {
        name: entry
        for name, entry in every.items()
        if Party.INTEGRATION in entry.binds or (Party.CLIENT in entry.binds and name in passive)
    }


def _record(folder: Path, plan: Plan, ran: Ran, started: datetime) -> None:
    """Write one cassette for each journey."""
    from pay_conformance.record import cassette

    for name in dict.fromkeys(exchange.source for exchange in ran.exchanges):
        cassette.write(
            folder / f"{name.replace(' ', '-')}.yaml",
            [exchange for exchange in ran.exchanges if exchange.source == name],
            cassette.Recorded(
                origin="gateway",
                scenario=name,
                api="v2",
                seed=plan.seed,
                at=f"{started:%Y-%m-%dT%H:%M:%SZ}",
                tool=__version__,
                contract=plan.setting.contract.digest,
            ),
            sorted(ran.secrets),
        )


def _folder(name: str) -> Path:
    folder = Path(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationProblem(
            f"the folder {name} can't be made: {error.strerror}", "give --record another one"
        ) from error
    return folder


def _what_happened(ran: Ran) -> Iterator[str]:
    from pay_conformance.gateway.environment import UNREACHED
    from pay_conformance.gateway.listener import IncidentKind

    if ran.via is not None:
        because = f" (no namespace: {ran.why_not})" if ran.why_not else ""
        yield f"via {ran.via}{because}; {UNREACHED[ran.via]}"
    for (kind, host), times in sorted(ran.incidents.items()):
        yield f"{kind}: {host or 'unknown host'}, {times} times"
        if kind is IncidentKind.TLS_REFUSED:
            yield "  the program does not trust the run's certificate authority"


def _merchant_keys(given: tuple[str, ...]) -> Mapping[str, str]:
    from pay_conformance.signing import load_public_key, pem_text

    keys = {}
    for text in given:
        name, equals, pem = text.partition("=")
        if not equals or not name or not pem:
            raise ConfigurationProblem(
                f"--merchant-key {text!r} is not ID=PEM", "write the key id, =, and a PEM file"
            )
        keys[name] = pem_text(pem, f"the public key of {name}")
        load_public_key(keys[name])
    return keys


def _local(url: str, option: str) -> str:
    from urllib.parse import urlsplit

    if not url:
        return ""
    try:
        host = urlsplit(url).hostname or ""
        whole = urlsplit(url).scheme in {"http", "https"}
    except ValueError:
        host, whole = "", False
    if not whole or not (host in {"localhost", "::1"} or host.startswith("127.")):
        raise ConfigurationProblem(
            f"{option} {url!r} is not the URL of a page on this machine",
            "write e.g. http://127.0.0.1:8000/buy",
        )
    return url


def _again(
    journeys: Sequence[str],
    options: Mapping[str, str | bool],
    merchant_keys: Sequence[str],
    command_line: Sequence[str],
) -> str:
    """Return the call that runs these journeys, with all options that decide what comes of them."""
    words = [part for name in journeys for part in ("--journey", name)]
    for name, given in options.items():
        if given:
            words += [name] if given is True else [name, str(given)]
    words += [part for key in merchant_keys for part in ("--merchant-key", key)]
    return shlex.join(["pay-conformance", "gateway", *words, "--", *command_line])


def _each_alone(journeys: Sequence[str], again: Callable[[Sequence[str]], str]) -> dict[str, str]:
    """Return for each journey, by its name, the call that runs it alone."""
    from pay_conformance.gateway.journey import ALL, find_journeys

    return {
        journey.name: again([journey.name if name == ALL else name])
        for name in journeys
        for journey in find_journeys((name,))
    }
