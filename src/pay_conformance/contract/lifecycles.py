"""Loads the lifecycles: for each object its states, and the moves that are all there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pay_conformance.contract.model import APIS, Api, Guard, Lifecycle, Move, Refusal, State, Timer
from pay_conformance.contract.shape import check_shape
from pay_conformance.contract.source import Place, Source, files, read
from pay_conformance.contract.values import apis, duration, several


def load_lifecycles(root: Path) -> Mapping[tuple[str, Api], Lifecycle]:
    """Return the lifecycles by object and version.

    ``shared/lifecycles`` holds for both versions, ``v1/lifecycles`` and ``v2/lifecycles`` for one.

    Raises:
        ConfigurationProblem: if a file has the wrong shape, names a state, timer, guard, event or
            reason that it doesn't declare, declares one that it never uses, or if two files
            describe the same object for the same version.
    """
    found: dict[tuple[str, Api], Lifecycle] = {}
    places: dict[tuple[str, Api], str] = {}
    for folder, versions in (("shared", APIS), *((api, (api,)) for api in APIS)):
        for path in files(root / folder / "lifecycles"):
            source = read(path, root)
            check_shape(source, "lifecycle")
            _check_names(source)
            for api in versions:
                key = (source.data["object"], api)
                if key in found:
                    raise source.problem(
                        ("object",),
                        f"{key[0]} has a lifecycle for {api} already, in {places[key]}",
                        "keep one of the two",
                    )
                found[key] = _lifecycle(source.data, api)
                places[key] = source.name
    return MappingProxyType(found)


def _lifecycle(data: dict[str, Any], api: Api) -> Lifecycle:
    return Lifecycle(
        object=data["object"],
        states=MappingProxyType(
            {name: _state(name, entry, api) for name, entry in data["states"].items()}
        ),
        moves=tuple(move for move in _moves(data["moves"]) if api in move.api),
        timers=MappingProxyType(
            {name: _timer(name, entry) for name, entry in data.get("timers", {}).items()}
        ),
        refusals=MappingProxyType(
            {name: entry["usually"] for name, entry in data.get("refusals", {}).items()}
        ),
        refused=MappingProxyType(_refused(data)),
        guards=MappingProxyType(
            {
                name: Guard(
                    name, entry["says"], entry.get("refusal", ""), entry.get("requirement", "")
                )
                for name, entry in data.get("guards", {}).items()
            }
        ),
        events=MappingProxyType(data.get("events", {})),
        descriptions=MappingProxyType(data.get("reasons", {})),
        illegal=data["illegal"],
        forgotten=data.get("forgotten", ""),
    )


def _state(name: str, entry: dict[str, Any], api: Api) -> State:
    reasons = several(entry.get("reasons"))
    if api == "v1":
        reasons += several(entry.get("legacy-reasons"))
    return State(
        name=name,
        initial=entry.get("initial", False),
        final=entry.get("final", False),
        requires=several(entry.get("requires")),
        nulls=several(entry.get("nulls")),
        shows=several(entry.get("shows")),
        reasons=reasons,
        operations=several(entry.get("operations")),
        rules=MappingProxyType(entry.get("rules", {})),
    )


def _refused(data: dict[str, Any]) -> dict[tuple[str, str], Refusal]:
    """Return a refusal for each state and each operation that it doesn't allow."""
    found: dict[tuple[str, str], Refusal] = {}
    for operation, entry in data.get("refusals", {}).items():
        usual = {"codes": [entry["usually"]], "requirement": entry["requirement"]}
        for state, settings in data["states"].items():
            if operation not in settings.get("operations", ()):
                special = entry.get("but", {}).get(state, usual)
                refusal = Refusal(tuple(special["codes"]), special["requirement"])
                found[operation, state] = refusal
    return found


def _timer(name: str, entry: dict[str, Any]) -> Timer:
    months, after = duration(entry["after"])
    return Timer(
        name=name,
        after=after,
        since=entry["since"],
        requirement=entry.get("requirement", ""),
        months=months,
        environment=entry.get("environment", ""),
    )


def _moves(entries: list[dict[str, Any]]) -> Iterator[Move]:
    """Yield one move for each combination of a source and a reason that an entry lists."""
    for entry in entries:
        move = Move(
            source=None,
            target=entry["to"],
            on=entry.get("on", ""),
            timer=entry.get("timer", ""),
            needs=several(entry.get("needs")),
            api=apis(entry),
            requirement=entry.get("requirement", ""),
        )
        for state in several(entry.get("from")) or (None,):
            for reason in several(entry.get("reason")) or (None,):
                yield replace(move, source=state, reason=reason)


def _check_names(source: Source) -> None:
    data = source.data
    used: dict[str, set[str]] = {kind: set() for kind in ("events", "guards", "timers", "reasons")}
    if "forgotten" in data:
        _declared(source, ("forgotten",), "timers", data["forgotten"])
        used["timers"].add(data["forgotten"])
    for name, entry in data["states"].items():
        for key in ("reasons", "legacy-reasons"):
            for index, reason in enumerate(entry.get(key, ())):
                _declared(source, ("states", name, key, index), "reasons", reason)
                used["reasons"].add(reason)
    for operation, entry in data.get("refusals", {}).items():
        for state in entry.get("but", ()):
            _declared(source, ("refusals", operation, "but", state), "states", state)
    for index, move in enumerate(data["moves"]):
        _check_move(source, ("moves", index), move, used)
    _check_ends(source)
    for kind, names in used.items():
        for name, entry in data.get(kind, {}).items():
            # A timer without a move is of use to the requirement that it names.
            if name not in names and not (kind == "timers" and "requirement" in entry):
                raise source.problem(
                    (kind, name), f"{name!r} of {kind} is never used", "use it or remove it"
                )


def _check_move(
    source: Source, place: Place, move: dict[str, Any], used: dict[str, set[str]]
) -> None:
    if ("on" in move) == ("timer" in move):
        raise source.problem(
            place, "a move has exactly one trigger", "give it either 'on' or 'timer'"
        )
    for state in (*several(move.get("from")), move["to"]):
        _declared(source, place, "states", state)
    for reason in several(move.get("reason")):
        _declared(source, (*place, "reason"), "reasons", reason)
        target = source.data["states"][move["to"]]
        if reason not in (*target.get("reasons", ()), *target.get("legacy-reasons", ())):
            raise source.problem(
                (*place, "reason"),
                f"{move['to']} does not carry the reason {reason!r}",
                "add it to the reasons of that state, or take another",
            )
    if "timer" in move:
        _declared(source, (*place, "timer"), "timers", move["timer"])
        used["timers"].add(move["timer"])
    # An operationId is one word; what happens outside the API is said in several.
    elif " " in move["on"] or move["on"] in source.data.get("events", {}):
        _declared(source, (*place, "on"), "events", move["on"])
        used["events"].add(move["on"])
    for index, need in enumerate(move.get("needs", ())):
        relation, _, timer = need.partition(" ")
        kind, name = ("timers", timer) if relation in ("before", "after") else ("guards", need)
        _declared(source, (*place, "needs", index), kind, name)
        used[kind].add(name)


def _check_ends(source: Source) -> None:
    moves = source.data["moves"]
    births = {move["to"] for move in moves if "from" not in move}
    left = {state for move in moves for state in several(move.get("from"))}
    for name, entry in source.data["states"].items():
        for key, holds in (("initial", name in births), ("final", name not in left)):
            if entry.get(key, False) != holds:
                what = {
                    ("initial", True): "has a birth, but is not marked initial",
                    ("initial", False): "is marked initial, but no move without 'from' leads to it",
                    ("final", True): "has no move out of it, but is not marked final",
                    ("final", False): "is marked final, but a move leads out of it",
                }[key, holds]
                raise source.problem(
                    ("states", name), f"{name} {what}", "mend the state or the moves"
                )


def _declared(source: Source, place: Place, kind: str, name: str) -> None:
    known = source.data.get(kind, {})
    if name not in known:
        choices = ", ".join(known) or "nothing yet"
        raise source.problem(
            place,
            f"{name!r} is not among the {kind} of this file",
            f"declare it, or use one of: {choices}",
        )
