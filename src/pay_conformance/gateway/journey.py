"""A journey: what happens around an application, as data, and what must be seen of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pay_conformance.contract.shape import check_shape
from pay_conformance.contract.source import Source, files, read
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.resources import data_path

Does = Literal["approve", "cancel", "stay away", "absent"]
NotificationKind = Literal["CHARGE", "REFUND", "CHARGE_PERMISSION"]

ALL = "all"
"""The name that stands for every bundled journey."""


@dataclass(frozen=True, slots=True)
class Buyer:
    """What the buyer of a session does on Amazon's pages, and with which card.

    One who stays away has signed in and never comes back; one who is absent does nothing at all.
    """

    does: Does = "approve"
    card: str = ""


@dataclass(frozen=True, slots=True)
class PlannedFault:
    """What goes wrong with the next ``times`` calls of an operation.

    ``answer`` is ``lost`` (it had its effect, and the connection is reset), ``unsent`` (reset
    before it had one), ``silence`` (effect, and no answer ever), or the reason code of an error.
    With ``simulate`` the call goes through under that simulation code of the sandbox instead.
    """

    on: str
    answer: str = ""
    simulate: str = ""
    times: int = 1
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class PlannedEvent:
    """What happens once, after the first success of an operation."""

    after: str
    advance: str = ""
    notify: NotificationKind | None = None
    times: int = 1
    buyer_returns: bool = False


@dataclass(frozen=True, slots=True)
class Expectation:
    """A call that must be seen so many times, or never; counted ``after`` the first of another."""

    operation: str
    never: bool = False
    after: str = ""
    times: int = 1
    succeeds: bool = False

    def __str__(self) -> str:
        often = f" {self.times} times" if self.times > 1 else ""
        after = f" after {self.after}" if self.after else ""
        if self.never:
            return f"no {self.operation}{after}"
        return f"{self.operation}{often}{after}{' with success' if self.succeeds else ''}"


@dataclass(frozen=True, slots=True)
class Journey:
    """One journey. ``where`` maps JSON Pointers (v2 names) to what a session must hold."""

    name: str
    says: str
    requirement: str
    reached_by: tuple[str, ...]
    where: Mapping[str, str | bool]
    buyers: tuple[Buyer, ...] = (Buyer(),)
    visits: int = 1
    faults: tuple[PlannedFault, ...] = ()
    events: tuple[PlannedEvent, ...] = ()
    must: tuple[Expectation, ...] = ()

    def buyer(self, number: int) -> Buyer:
        """Return the buyer of the session of that number, counted from 0."""
        return self.buyers[min(number, len(self.buyers) - 1)]

    @property
    def notifies(self) -> bool:
        """Whether notifications are part of it."""
        return any(event.notify for event in self.events)

    @property
    def calls(self) -> str:
        """What an application has to call to reach it, in words."""
        conditions = [
            f"{pointer.rpartition('/')[2]} {value}" for pointer, value in self.where.items()
        ]
        about = f" on a session with {', '.join(conditions)}" if conditions else ""
        return f"{', then '.join(self.reached_by)}{about}"


WILLING = Journey(
    "no journey",
    "A buyer who signs in, chooses the first address and card, and approves.",
    "",
    (),
    {},
)
"""What happens around an application when nothing else is asked for."""

UNATTENDED = replace(
    WILLING,
    says="The buyer is somebody else: a browser that the application's own tests drive.",
    buyers=(Buyer("absent"),),
)
"""What happens around an application that brings its own buyer."""


def bundled() -> dict[str, Path]:
    """Return the bundled journeys by name."""
    return {path.stem: path for path in files(data_path("suites", "integration", "journeys"))}


def find_journeys(named: tuple[str, ...]) -> list[Journey]:
    """Return journeys by the names of bundled ones, by file, or all with ``all``.

    Raises:
        ConfigurationProblem: if there is no such journey, or one is wrong; with file and line.

    """
    known = bundled()
    paths: list[Path] = []
    for name in named:
        if name == ALL:
            paths += known.values()
        elif name in known:
            paths.append(known[name])
        elif Path(name).is_file():
            paths.append(Path(name))
        else:
            raise ConfigurationProblem(
                f"there is no journey {name!r}",
                f"name a file, all, or one of: {', '.join(known)}",
            )
    return [read_journey(path) for path in dict.fromkeys(paths)]


def read_journey(path: Path) -> Journey:
    """Read one journey.

    Raises:
        ConfigurationProblem: if it is wrong, with file and line.

    """
    source = read(path.resolve(), path.resolve().parent)
    check_shape(source, "journey")
    data = source.data
    return Journey(
        name=path.stem,
        says=data["says"],
        requirement=data["requirement"],
        reached_by=tuple(data["reached-by"]),
        where=data.get("where", {}),
        buyers=tuple(Buyer(**entry) for entry in data.get("buyers", [{"does": "approve"}])),
        visits=data.get("visits", 1),
        faults=tuple(_fault(source, number) for number in range(len(data.get("faults", [])))),
        events=tuple(_event(entry) for entry in data.get("events", [])),
        must=tuple(_expectation(entry) for entry in data.get("must", [])),
    )


def _fault(source: Source, number: int) -> PlannedFault:
    entry: dict[str, Any] = source.data["faults"][number]
    if ("answer" in entry) == ("simulate" in entry):
        raise source.problem(
            ("faults", number),
            "a fault has an answer or a simulate, and not both",
            "write answer: lost, or simulate: HardDeclined",
        )
    return PlannedFault(
        on=entry["on"],
        answer=entry.get("answer", ""),
        simulate=entry.get("simulate", ""),
        times=entry.get("times", 1),
        retry_after=entry.get("retry-after"),
    )


def _event(entry: Mapping[str, Any]) -> PlannedEvent:
    return PlannedEvent(
        after=entry["after"],
        advance=entry.get("advance", ""),
        notify=entry.get("notify"),
        times=entry.get("times", 1),
        buyer_returns=entry.get("return", False),
    )


def _expectation(entry: Mapping[str, Any]) -> Expectation:
    return Expectation(
        operation=entry.get("see") or entry["never"],
        never="never" in entry,
        after=entry.get("after", ""),
        times=entry.get("times", 1),
        succeeds=entry.get("succeeds", False),
    )
