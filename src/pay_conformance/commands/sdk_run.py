"""A run of the client suite: its events, the checkout on the mock, and the baseline it leaves."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from pay_conformance.checks import Judge
from pay_conformance.commands.ending import INTERRUPTED
from pay_conformance.contract import Contract
from pay_conformance.contract.model import Party, Requirement
from pay_conformance.contract.releases import requirement_set
from pay_conformance.files import write_whole
from pay_conformance.findings import Finding, Outcome, Skipped
from pay_conformance.mock import Mock
from pay_conformance.problems import ConfigurationProblem, Problem
from pay_conformance.record.discretion import discreet
from pay_conformance.record.redaction import Redactor
from pay_conformance.report import (
    Baseline,
    BaselineEntry,
    Event,
    EventFile,
    OutcomeSeen,
    RunEnded,
    RunResult,
    RunStarted,
    ScenarioEnded,
)
from pay_conformance.report.baseline import is_out_of_reach
from pay_conformance.report.provenance import made_by
from pay_conformance.scenario.proof import all_shown
from pay_conformance.sdk.bench import Bench
from pay_conformance.sdk.cases import Case, load_cases, select, suite_folder
from pay_conformance.sdk.checkout import Walk, walk_checkout
from pay_conformance.sdk.narrative import told
from pay_conformance.sdk.packages import Installed
from pay_conformance.sdk.runner import run_cases
from pay_conformance.sdk.turn import CaseRun, Smoke
from pay_conformance.signing import load_private_key, new_private_pem, public_pem

CHECKOUT = "checkout"
"""The name of the walk through a whole checkout on the mock, beside the cases."""
_EXPIRES = timedelta(days=180)
_LINK = "docs/sdk-matrix.md"


@dataclass
class SdkRun:
    """Runs cases and the checkout, and collects the events of both."""

    installed: Installed
    subject: str
    """How the command line names it, with the options that decide what it is held to."""
    contract: Contract
    expression: str = ""
    progress: Callable[[int, int], None] = lambda _done, _all: None
    file: EventFile | None = None
    """Where each event is kept at once, for the case that the run is killed."""
    requirement_set: str = ""
    """Release whose requirements the SDK is held to; empty for those of today."""
    interrupted: str = ""
    """Why the run did not come to its end; empty if it did."""
    events: list[Event] = field(default_factory=list)

    def play(self) -> RunResult:
        """Run all that was chosen and return what it came to.

        Raises:
            ConfigurationProblem: if no case is chosen.
            SubjectProblem: if the adapter does not get a plain call through.
        """
        every = load_cases()
        chosen = self._chosen(every)
        began, started = time.monotonic(), datetime.now(UTC)
        wanted = self._requirements(chosen)
        total = len(chosen)
        ended = 0

        def done(run: CaseRun) -> None:
            nonlocal ended
            ended += 1
            self._take_case(run)
            self.progress(ended, total)

        def begun(found: Smoke) -> None:
            self._add(self._started(found, started, wanted))

        self._add(self._started(None, started, wanted))
        smoke_case = [case for case in every if case.name == "smoke"]
        try:
            found = run_cases(self.installed, [*smoke_case, *chosen], done, begun)
            if not self.expression or CHECKOUT in self.expression:
                self._walk(found, {case.name: case for case in every})
        except KeyboardInterrupt:
            self.interrupted = INTERRUPTED
        except Problem as problem:
            self._end(began, problem.what)
            raise
        self._end(began, self.interrupted)
        return RunResult.of(self.events, wanted)

    def _end(self, began: float, interrupted: str) -> None:
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        self._add(RunEnded(now, time.monotonic() - began, interrupted))
        if self.file is not None:
            self.file.close()

    def _add(self, *events: Event) -> None:
        self.events.extend(events)
        if self.file is not None:
            self.file.write(*events)

    def _chosen(self, every: Iterable[Case]) -> list[Case]:
        listed = select(every, self.expression)
        # The smoke call comes first anyway; it is a case where it is asked for alone.
        chosen = [case for case in listed if case.name != "smoke"] or list(listed)
        if not chosen and self.expression not in ("", CHECKOUT):
            raise ConfigurationProblem(
                f"-k {self.expression!r} chooses no case",
                "give part of a case's name or of a requirement's id",
            )
        return chosen

    def _requirements(self, chosen: Iterable[Case]) -> dict[str, Requirement]:
        """Return those of the cases and, with the checkout, all that bind a client."""
        named = {name for case in chosen for name in case.requirements}
        bound = dict(self.contract.requirements_for(Party.CLIENT, "v2"))
        if self.requirement_set:
            every = requirement_set(self.contract, self.requirement_set)
            bound = {name: every[name] for name in bound if name in every}
        whole = self.expression in ("", CHECKOUT)
        return {
            name: requirement
            for name, requirement in bound.items()
            if name in named or (whole and not name.startswith("SDK-"))
        }

    def _started(self, found: Smoke | None, started: datetime, wanted: Iterable[str]) -> RunStarted:
        """Return the opening event: before the smoke call, without what only it can tell."""
        return RunStarted(
            subject={
                "kind": "client",
                **({"name": self.installed.name} if found is None else _described(found)),
            },
            api=("v2",),
            seed=0,
            started=f"{started:%Y-%m-%dT%H:%M:%SZ}",
            command=shlex.join(["pay-conformance", *sys.argv[1:]]),
            tool=made_by(
                self.contract.digest,
                suite_folder(),
                mock=True,
                requirements=self.requirement_set,
            ),
            selected=tuple(wanted),
            chosen=shlex.join(["-k", self.expression]) if self.expression else "",
        )

    def _take_case(self, run: CaseRun) -> None:
        redactor = Redactor(frozenset(run.shown.secrets))
        # All are redacted, so that what is personal in one is known in what is said of another.
        clean = all_shown(run.shown.exchanges, redactor)
        if any(isinstance(outcome, Finding) for outcome in run.outcomes):
            self._add(*clean)
        outcomes = [discreet(outcome, redactor) for outcome in run.outcomes]
        self._take(run.case.name, outcomes, run.seconds, redactor.told(told(run.shown)))

    def _take(
        self, name: str, outcomes: Iterable[Outcome], seconds: float, story: str = ""
    ) -> None:
        listed = [self._reproducible(outcome) for outcome in outcomes]
        self._add(*(OutcomeSeen(outcome) for outcome in listed))
        state = "passed"
        if any(isinstance(outcome, Finding) for outcome in listed):
            state = "failed"
        elif listed and all(isinstance(outcome, Skipped) for outcome in listed):
            state = "not tested"
        story = story if state == "failed" else ""
        self._add(ScenarioEnded(name, state, seconds, story))

    def _reproducible(self, outcome: Outcome) -> Outcome:
        if not isinstance(outcome, Finding):
            return outcome
        again = f"pay-conformance sdk -k {shlex.quote(outcome.source)} {self.subject}"
        return replace(outcome, reproduce=again)

    def _walk(self, found: Smoke, cases: dict[str, Case]) -> None:
        began = time.monotonic()
        private = new_private_pem()
        mock = Mock(self.contract)
        with Bench(self.installed) as bench:
            public = public_pem(load_private_key(private))
            walk = walk_checkout(bench, found, mock.handle, mock.control, (private, public))
        redactor = Redactor()
        self._add(*all_shown(walk.exchanges, redactor))
        outcomes = [discreet(outcome, redactor) for outcome in self._judged(walk)]
        self._take(CHECKOUT, outcomes, time.monotonic() - began)

    def _judged(self, walk: Walk) -> Iterable[Outcome]:
        judge = Judge(self.contract, frozenset({Party.CLIENT}), keys=walk.public_keys)
        for outcomes in judge.judge_each(walk.exchanges):
            for outcome in outcomes:
                yield replace(outcome, source=CHECKOUT) if isinstance(outcome, Finding) else outcome
        if walk.stopped:
            why = f"(the checkout stopped at {walk.stopped})"
            for name in self.contract.requirements_for(Party.CLIENT, "v2"):
                yield Skipped(name, why)


def _described(found: Smoke) -> dict[str, str]:
    """Return what an SDK says of itself, and how it is reached."""
    who = found.hello
    return {
        "name": f"{who.sdk} {who.version}",
        "sdk": who.sdk,
        "version": who.version,
        "language": who.language,
        "runtime": who.runtime,
        "reached": "interception (Amazon's host names, by a mount namespace)",
        "privateKeyAs": found.key_form,
    }


def write_baseline(path: Path, result: RunResult, known: Baseline | None, today: date) -> int:
    """Write the findings of a run as a baseline, the reasons of entries that are still true kept.

    An entry is for one requirement in one case. New ones say that nobody has reviewed them yet.
    Entries about cases that were not played stay as they are. Returns how many are new.

    Raises:
        ConfigurationProblem: if the file can't be written.
    """
    listed = known.entries if known else ()
    entries = [entry for entry in listed if is_out_of_reach(entry, result)]
    new = 0
    for finding in result.findings:
        like = next((entry for entry in listed if entry.covers(finding)), None)
        if like is not None:
            entries.append(replace(like, source=finding.source))
            continue
        new += 1
        reason = f"not reviewed: {finding.message}"
        expires = today + _EXPIRES
        entries.append(
            BaselineEntry(finding.requirement, reason, _LINK, expires, source=finding.source)
        )
    ordered = sorted(dict.fromkeys(entries), key=lambda each: (each.id, each.source, each.pointer))
    written = [_written(entry) for entry in ordered]
    text = "# Known failures of one SDK; each entry is reviewed, and runs out.\n"
    write_whole(path, text + yaml.safe_dump(written, allow_unicode=True, sort_keys=False, width=96))
    return new


def _written(entry: BaselineEntry) -> dict[str, Any]:
    places = {"source": entry.source, "pointer": entry.pointer}
    return {
        "id": entry.id,
        **{name: place for name, place in places.items() if place},
        "reason": entry.reason,
        "link": entry.link,
        "expires": entry.expires,
    }
