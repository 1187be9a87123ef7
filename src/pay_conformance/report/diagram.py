"""Draws a lifecycle as SVG: states as boxes, moves as arrows, coloured by what a run saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from pay_conformance.contract.model import Lifecycle, Move
from pay_conformance.findings import State

BOX_WIDTH, BOX_HEIGHT = 150, 36
COLUMN, ROW, MARGIN = 300, 84, 24
_CLASS = {State.PASSED: "passed", State.FAILED: "failed", State.NOT_TESTED: "untested"}


@dataclass(frozen=True, slots=True)
class _Arrow:
    source: str | None
    target: str
    labels: tuple[str, ...]
    look: str


def draw(lifecycle: Lifecycle, verdicts: Mapping[str, State]) -> str:
    """Return an ``<svg>`` element.

    ``verdicts`` maps requirement ids to what the run said; a move takes the colour of its own
    requirement. Moves between the same two states share an arrow, which takes the worst colour.
    """
    places = _places(lifecycle)
    arrows = _arrows(lifecycle, verdicts)
    width = max(x for x, _ in places.values()) + BOX_WIDTH + MARGIN
    height = max(y for _, y in places.values()) + BOX_HEIGHT + MARGIN + 20
    title = f"Lifecycle of {lifecycle.object}"
    parts = [
        (
            f'<svg width="{width}" viewBox="0 0 {width} {height}" role="img" '
            f'aria-label="{escape(title)}">'
        ),
        f"<title>{escape(title)}</title>",
        *(_path(arrow, places, number) for number, arrow in enumerate(arrows)),
        *(_box(name, places[name], lifecycle) for name in lifecycle.states),
        "</svg>",
    ]
    return "".join(parts)


def _places(lifecycle: Lifecycle) -> dict[str, tuple[int, int]]:
    """Place the states in columns: by their distance from birth, the final ones last."""
    columns = {name: _distance(lifecycle, name) for name in lifecycle.states}
    inner = [columns[name] for name, state in lifecycle.states.items() if not state.final]
    last = max(inner, default=0) + 1
    filled: dict[int, int] = {}
    places: dict[str, tuple[int, int]] = {}
    for name, state in lifecycle.states.items():
        column = last if state.final else columns[name]
        row = filled.get(column, 0)
        filled[column] = row + 1
        places[name] = (MARGIN + 90 + column * COLUMN, MARGIN + row * ROW)
    return places


def _distance(lifecycle: Lifecycle, name: str) -> int:
    reached = {state for state, entry in lifecycle.states.items() if entry.initial}
    distance = 0
    while name not in reached and distance < len(lifecycle.states):
        reached |= {move.target for move in lifecycle.moves if move.source in reached}
        distance += 1
    return distance


def _arrows(lifecycle: Lifecycle, verdicts: Mapping[str, State]) -> list[_Arrow]:
    moves: dict[tuple[str | None, str], list[Move]] = {}
    for move in lifecycle.moves:
        moves.setdefault((move.source, move.target), []).append(move)
    return [
        _Arrow(source, target, tuple(_label(move) for move in group), _look(group, verdicts))
        for (source, target), group in moves.items()
    ]


@dataclass(frozen=True, slots=True)
class MoveRow:
    """One move in words, and what the run said of it."""

    source: str
    target: str
    trigger: str
    verdict: str
    look: str


def rows(lifecycle: Lifecycle, verdicts: Mapping[str, State]) -> list[MoveRow]:
    """Return the moves of a lifecycle, for the table below its drawing."""
    found = []
    for move in lifecycle.moves:
        verdict = verdicts.get(move.requirement, State.NOT_TESTED)
        source = move.source or "(born)"
        found.append(MoveRow(source, move.target, _label(move), verdict.value, _CLASS[verdict]))
    return list(dict.fromkeys(found))


def _label(move: Move) -> str:
    trigger = move.on or f"after {move.timer}"
    return f"{trigger} ({move.reason})" if move.reason else trigger


def _look(moves: list[Move], verdicts: Mapping[str, State]) -> str:
    seen = {verdicts.get(move.requirement, State.NOT_TESTED) for move in moves}
    worst = next(state for state in (State.FAILED, State.PASSED, State.NOT_TESTED) if state in seen)
    return _CLASS[worst]


def _box(name: str, place: tuple[int, int], lifecycle: Lifecycle) -> str:
    x, y = place
    kind = "state final" if lifecycle.states[name].final else "state"
    middle = f'x="{x + BOX_WIDTH / 2}" y="{y + BOX_HEIGHT / 2 + 5}"'
    return (
        f'<rect class="{kind}" x="{x}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="8"/>'
        f'<text class="name" {middle}>{escape(name)}</text>'
    )


def _path(arrow: _Arrow, places: Mapping[str, tuple[int, int]], number: int) -> str:
    x, y = places[arrow.target]
    end = (float(x), y + BOX_HEIGHT / 2)
    if arrow.source is None:
        start = (x - 60.0, end[1])
        bend = start
    elif arrow.source == arrow.target:
        start, end = (x + 40.0, float(y)), (x + 80.0, float(y))
        bend = (x + 60.0, y - 30.0)
    else:
        sx, sy = places[arrow.source]
        forward = sx < x
        start = (sx + (BOX_WIDTH if forward else BOX_WIDTH / 2), sy + BOX_HEIGHT / 2)
        if not forward:
            below = sy < y
            start = (sx + BOX_WIDTH / 2, float(sy + (BOX_HEIGHT if below else 0)))
            end = (x + BOX_WIDTH / 2, float(y + (0 if below else BOX_HEIGHT)))
        bend = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + (number % 3 - 1) * 14)
    text = " · ".join(arrow.labels)
    return (
        f'<g class="move {arrow.look}"><title>{escape(text)}</title>'
        f'<path d="M{start[0]:.0f},{start[1]:.0f} Q{bend[0]:.0f},{bend[1]:.0f} '
        f'{end[0]:.0f},{end[1]:.0f}" marker-end="url(#tip-{arrow.look})"/></g>'
    )
