"""Where scenarios are played: live, live while being recorded, or from a recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pay_conformance.contract.model import Api
from pay_conformance.record.recorder import Recorder, Take
from pay_conformance.record.replay import Replay
from pay_conformance.targets import Target


class Stage(Protocol):
    """Gives each story the target that it is told to."""

    @property
    def capabilities(self) -> frozenset[str]:
        """What the subject lets us do."""

    def story(self, scenario: str) -> Target:
        """Return the target of one story.

        Raises:
            ConfigurationProblem: if the story can't be told here.
        """

    def told(self, scenario: str, api: Api, target: Target) -> None:
        """Take notice that the story is over.

        Raises:
            ConfigurationProblem: if what has to be kept of it can't be kept.
        """

    def close(self) -> None:
        """Let go of the subject."""


@dataclass(frozen=True, slots=True)
class Live:
    """The subject itself, the same for every story."""

    target: Target

    @property
    def capabilities(self) -> frozenset[str]:
        """What the subject lets us do."""
        return self.target.capabilities

    def story(self, scenario: str) -> Target:
        """Return the subject."""
        return self.target

    def told(self, scenario: str, api: Api, target: Target) -> None:
        """Do nothing: nothing is kept."""

    def close(self) -> None:
        """Close the connections to the subject."""
        self.target.close()


@dataclass(frozen=True, slots=True)
class Recorded:
    """The subject, with every story kept as a cassette."""

    recorder: Recorder

    @property
    def capabilities(self) -> frozenset[str]:
        """What the subject lets us do."""
        return self.recorder.target.capabilities

    def story(self, scenario: str) -> Target:
        """Return the subject as one story sees it."""
        return self.recorder.story(scenario)

    def told(self, scenario: str, api: Api, target: Target) -> None:
        """Write the cassette."""
        assert isinstance(target, Take)
        self.recorder.end(scenario, api, target)

    def close(self) -> None:
        """Close the connections to the subject."""
        self.recorder.target.close()


@dataclass(frozen=True, slots=True)
class Replayed:
    """A recording in place of the subject."""

    replay: Replay

    @property
    def capabilities(self) -> frozenset[str]:
        """What the subject let us do when it was recorded."""
        return frozenset(self.replay.index.capabilities)

    def story(self, scenario: str) -> Target:
        """Return the recorded story."""
        return self.replay.story(scenario)

    def told(self, scenario: str, api: Api, target: Target) -> None:
        """Do nothing: it is kept already."""

    def close(self) -> None:
        """Do nothing: there is nothing open."""
