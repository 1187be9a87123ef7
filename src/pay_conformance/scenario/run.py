"""A run of the server suite: its options, its one target, and the events that it collects."""

from __future__ import annotations

import random
import shlex
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from pay_conformance import __version__
from pay_conformance.contract import Contract
from pay_conformance.contract.model import APIS, Api, Party, Requirement
from pay_conformance.contract.releases import requirement_set
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.record.cassette import Origin
from pay_conformance.record.recorder import Recorder
from pay_conformance.record.recording import Index, read_index, refuse_cut
from pay_conformance.record.replay import Replay
from pay_conformance.report import Event, EventFile, RunEnded, RunResult, RunStarted
from pay_conformance.report.provenance import folder_digest, made_by
from pay_conformance.resources import data_path
from pay_conformance.scenario.proof import Proof
from pay_conformance.scenario.stage import Live, Recorded, Replayed, Stage
from pay_conformance.targets import Target, open_target


@dataclass(frozen=True, slots=True)
class Options:
    """What a run was asked for. ``examples`` is the number of cases of each generated test."""

    target: str = "mock"
    control: str = ""
    ca_file: str = ""
    apis: tuple[Api, ...] = APIS
    seed: int = 0
    examples: int | None = None
    examples_database: str = ""
    """Where generated examples that failed are kept; empty for the usual folder."""
    requirements: tuple[str, ...] = ()
    requirement_set: str = ""
    """Release whose requirements the subject is held to; empty for those of today."""
    shard: tuple[int, int] = (1, 1)
    record: str = ""
    """Folder in which every story is kept; empty for none."""
    recording: str = ""
    """Recording that ``--target replay`` answers from; empty for the one that ships with us."""
    buyer: str = ""
    """Who plays the buyer of a target that can't: ``playwright``, or empty for nobody."""
    resume: str = ""
    """File in which a run is kept that can be taken up again; empty for none."""

    def same_run(self, contract: Contract, suite: Path) -> dict[str, object]:
        """Return what has to be the same when the run is taken up again."""
        return {
            "target": self.target,
            "buyer": self.buyer,
            "seed": self.seed,
            "api": list(self.apis),
            "examples": self.examples,
            "requirements": self.requirement_set,
            "version": __version__,
            "contract": contract.digest,
            "suite": folder_digest(suite),
        }

    def open_stage(self) -> Stage:
        """Return where the stories are told; raises a Problem as :meth:`open_target` does."""
        if self.target == "replay":
            folder = Path(self.recording) if self.recording else data_path("cassettes", "mock")
            return Replayed(Replay(folder, read_index(folder)))
        target = self.open_target()
        if not self.record:
            return Live(target)
        return Recorded(self._recorder(target))

    def settled(self) -> Options:
        """Return the options with all that the subject decides, once it was found to be there.

        A recording is asked again what it was asked, so it brings its seed and versions.

        Raises:
            ConfigurationProblem: if the recording does not hold what is asked for.
            SubjectProblem: if the subject is not there.
        """
        if self.target != "replay":
            if self.recording:
                raise ConfigurationProblem("--from goes with --target replay", "add it")
            target = self.open_target()
            try:
                if self.buyer:
                    from pay_conformance.targets.browser_buyer import WithBrowser

                    assert isinstance(target, WithBrowser)
                    target.try_out()
            finally:
                target.close()
            return self
        if self.buyer:
            raise ConfigurationProblem(
                "--buyer goes with --target sandbox", "a recording has its buyer"
            )
        stage = self.open_stage()
        assert isinstance(stage, Replayed)
        index = stage.replay.index
        refuse_cut(stage.replay.folder, index)
        apis = tuple(version for version in self.apis if version in index.api)
        if not apis:
            raise ConfigurationProblem(
                f"the recording holds {', '.join(index.api)} only", "choose another --api"
            )
        return replace(self, seed=index.seed, apis=apis)

    def recorded(self) -> Index | None:
        """Return how the recording was made that is replayed; ``None`` if the subject is live.

        Raises:
            ConfigurationProblem: if there is no such recording.
        """
        if self.target != "replay":
            return None
        stage = self.open_stage()
        assert isinstance(stage, Replayed)
        return stage.replay.index

    def begin_recording(self) -> Recorder:
        """Write the index of the recording that is asked for; what is returned can finish it."""
        target = self.open_target()
        recorder = self._recorder(target)
        recorder.begin()
        target.close()
        return recorder

    def _recorder(self, target: Target) -> Recorder:
        folder = Path(self.record)
        return Recorder(target, folder, origin_of(self.target), self.seed, self.apis)

    def open_target(self) -> Target:
        """Return the target; raises a Problem if it is not there or not to be reached."""
        return open_target(
            self.target,
            control=self.control,
            ca_file=self.ca_file,
            seed=self.seed,
            buyer=self.buyer,
        )

    def reproduce(self, target: Target, api: str, function: str) -> str:
        """Return the command that plays one scenario again."""
        words = [
            "pay-conformance", "run", *target.options,
            "--api", api, "-k", function, "--seed", str(self.seed),
        ]  # fmt: skip
        if self.examples is not None:
            words += ["--examples", str(self.examples)]
        return shlex.join(words)


def origin_of(target: str) -> Origin:
    """Return who answers at a target: only the sandbox itself answers as the sandbox."""
    known: dict[str, Origin] = {"mock": "mock", "sandbox": "sandbox"}
    return known.get(target, "other")


def parse_apis(text: str) -> tuple[Api, ...]:
    """Read ``v1``, ``v2`` or ``v1,v2``.

    Raises:
        ConfigurationProblem: if it names anything else.

    """
    asked = {part.strip() for part in text.split(",")}
    if not asked <= set(APIS):
        raise ConfigurationProblem(f"there is no API version {text!r}", "write v1, v2 or v1,v2")
    return tuple(version for version in APIS if version in asked)


def parse_shard(text: str) -> tuple[int, int]:
    """Read ``I/N``, the I-th of N parts, counted from 1.

    Raises:
        ConfigurationProblem: if it is not of that form.

    """
    part, slash, whole = text.partition("/")
    if slash and part.isdecimal() and whole.isdecimal() and 1 <= int(part) <= int(whole):
        return int(part), int(whole)
    raise ConfigurationProblem(f"--shard {text!r} is not I/N", "write e.g. 1/4 for the first of 4")


def check_requirements(ids: tuple[str, ...], contract: Contract) -> None:
    """Raise ConfigurationProblem for an id that is no requirement on a server."""
    for name in ids:
        entry = contract.requirements.get(name)
        if entry is None:
            raise ConfigurationProblem(
                f"there is no requirement {name}", "pay-conformance requirements lists them"
            )
        if Party.SERVER not in entry.binds:
            raise ConfigurationProblem(f"{name} does not bind a server", "choose another one")


def new_seed() -> int:
    """Return a seed that is short enough to be typed."""
    return random.SystemRandom().randrange(1_000_000)


@dataclass(slots=True)
class Collector:
    """Takes in the proofs of scenarios, from whatever process, and makes the result of them."""

    options: Options
    contract: Contract
    command: str
    suite: Path
    file: EventFile | None = None
    """Where each event is kept at once, for the case that the run is killed."""
    chosen: str = ""
    """The options that chose some of the scenarios; empty if all are played."""
    _events: list[Event] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)
    _started: datetime = field(default_factory=lambda: datetime.now(UTC))
    _known: tuple[str, int, RunResult] | None = None
    """The result that was made last, and of what: why it was interrupted, and how many events."""

    @property
    def heard(self) -> bool:
        """Whether anything was taken in yet."""
        return bool(self._events)

    def begin(self) -> None:
        """Write the opening event into the file, once ``command`` is known."""
        if self.file is not None:
            self.file.write(self._start())

    def take(self, proof: Proof) -> None:
        """Add what a scenario came to."""
        self.add(*proof.events())

    def add(self, *events: Event) -> None:
        """Add events."""
        self._events.extend(events)
        if self.file is not None:
            self.file.write(*events)

    def end(self, interrupted: str = "") -> None:
        """Write the closing event into the file, and let go of it."""
        if self.file is not None:
            self.file.write(self._end(interrupted))
            self.file.close()
            self.file = None

    def requirements(self) -> dict[str, Requirement]:
        """Return the requirements that the run is about."""
        named = self.options.requirement_set
        every = requirement_set(self.contract, named) if named else self.contract.requirements
        return {
            name: entry
            for name, entry in every.items()
            if Party.SERVER in entry.binds
            and entry.api & set(self.options.apis)
            and (not self.options.requirements or name in self.options.requirements)
        }

    def result(self, interrupted: str = "") -> RunResult:
        """Return what the run came to, as of now."""
        so_far = (interrupted, len(self._events))
        if self._known is None or self._known[:2] != so_far:
            events = (self._start(), *self._events, self._end(interrupted))
            self._known = (*so_far, RunResult.of(events, self.requirements()))
        return self._known[2]

    def _end(self, interrupted: str) -> RunEnded:
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        return RunEnded(now, time.monotonic() - self._began, interrupted)

    def _start(self) -> RunStarted:
        mock = self.options.target == "mock"
        return RunStarted(
            subject={"kind": "server", "name": self.options.target},
            api=self.options.apis,
            seed=self.options.seed,
            started=f"{self._started:%Y-%m-%dT%H:%M:%SZ}",
            command=self.command,
            clock="virtual" if mock else "the subject's",
            tool=made_by(
                self.contract.digest,
                self.suite,
                mock=mock,
                requirements=self.options.requirement_set,
            ),
            selected=tuple(self.requirements()),
            shard="{}/{}".format(*self.options.shard),
            chosen=self.chosen,
        )
