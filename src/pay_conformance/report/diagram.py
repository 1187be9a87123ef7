"""Draws a lifecycle as SVG: states as boxes, moves as arrows, coloured by what a run saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from pay_conformance.contract.model import Lifecycle, Move
from pay_conformance.findings import State
from pay_conformance.report.moves import trigger

BOX_WIDTH, BOX_HEIGHT = 176, 36
COLUMN, ROW, MARGIN = 300, 104, 24
STUB = 60
"""How long the arrow of a birth is."""


@dataclass(frozen=True, slots=True)
class _Arrow:
    source: str | None
    target: str
    labels: tuple[str, ...]
    look: str
    made: int
    """How many of the moves between the two states were made."""


Seen = Mapping[tuple[str, str, str], int]
"""How often each change was seen: source (empty for a birth), target, trigger."""


def draw(lifecycle: Lifecycle, verdicts: Mapping[str, State], seen: Seen) -> str:
    """Return an ``<svg>`` element.

    A move that the run saw made is drawn as such; one whose own requirement is violated, by
    ``verdicts``, or which no lifecycle has, stands out. Moves between the same two states share an
    arrow, which takes the worst look.
    """
    places = _places(lifecycle)
    arrows = _arrows(lifecycle, verdicts, seen)
    width = max(x for x, _ in places.values()) + BOX_WIDTH + STUB + MARGIN
    height = max(y for _, y in places.values()) + BOX_HEIGHT + MARGIN + 16
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


def _arrows(lifecycle: Lifecycle, verdicts: Mapping[str, State], seen: Seen) -> list[_Arrow]:
    between: dict[tuple[str | None, str], list[MoveRow]] = {}
    for row in rows(lifecycle, verdicts, seen):
        if row.target in lifecycle.states and row.source in (*lifecycle.states, BORN):
            source = None if row.source == BORN else row.source
            between.setdefault((source, row.target), []).append(row)
    arrows = []
    for (source, target), group in between.items():
        labels = tuple(row.trigger for row in group)
        made = sum(row.times > 0 for row in group)
        arrows.append(_Arrow(source, target, labels, _worst(group), made))
    return arrows


BORN = "(born)"


@dataclass(frozen=True, slots=True)
class MoveRow:
    """One move in words, and what the run said of it."""

    source: str
    target: str
    trigger: str
    verdict: str
    look: str
    times: int = 0


def rows(lifecycle: Lifecycle, verdicts: Mapping[str, State], seen: Seen) -> list[MoveRow]:
    """Return the moves of a lifecycle, and what was seen that is none, for the table of a report.

    The look is ``failed`` for what is violated or illegal, ``passed`` for what was made, else
    ``untested``.
    """
    found: dict[tuple[str, str, str], MoveRow] = {}
    legal = set()
    for move in lifecycle.moves:
        key = (move.source or "", move.target, trigger(move))
        legal.add(key)
        times = seen.get(key, 0)
        verdict = verdicts.get(move.requirement, State.NOT_TESTED)
        look = "failed" if verdict is State.FAILED else "passed" if times else "untested"
        row = MoveRow(move.source or BORN, move.target, _label(move), verdict.value, look, times)
        found[(row.source, row.target, row.trigger)] = row
    strange = [
        MoveRow(source or BORN, target, by or "nobody knows what", "illegal", "failed", times)
        for (source, target, by), times in seen.items()
        if (source, target, by) not in legal
    ]
    return [*found.values(), *strange]


def _label(move: Move) -> str:
    return f"{trigger(move)} ({move.reason})" if move.reason else trigger(move)


def _worst(group: list[MoveRow]) -> str:
    looks = {row.look for row in group}
    return next(look for look in ("failed", "passed", "untested") if look in looks)


def _box(name: str, place: tuple[int, int], lifecycle: Lifecycle) -> str:
    x, y = place
    kind = "state final" if lifecycle.states[name].final else "state"
    middle = f'x="{x + BOX_WIDTH / 2}" y="{y + BOX_HEIGHT / 2 + 5}"'
    return (
        f'<rect class="{kind}" x="{x}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="8"/>'
        f'<text class="name" {middle}>{escape(name)}</text>'
    )


def _path(arrow: _Arrow, places: Mapping[str, tuple[int, int]], number: int) -> str:
    start, bend, end = _curve(arrow, places, number)
    text = " · ".join(arrow.labels)
    # A point of the curve a little after its middle, where fewer curves cross.
    at = [0.16 * start[axis] + 0.48 * bend[axis] + 0.36 * end[axis] for axis in (0, 1)]
    many = len(arrow.labels)
    count = ""
    if many > 1:
        place = f'x="{at[0]:.0f}" y="{at[1] + 4:.0f}"'
        count = f'<text class="made" {place}>{arrow.made}/{many}</text>'
    return (
        f'<g class="move {arrow.look}"><title>{escape(text)}</title>'
        f'<path d="M{start[0]:.0f},{start[1]:.0f} Q{bend[0]:.0f},{bend[1]:.0f} '
        f'{end[0]:.0f},{end[1]:.0f}" marker-end="url(#tip-{arrow.look})"/>{count}</g>'
    )


_Point = tuple[float, float]


def _curve(
    arrow: _Arrow, places: Mapping[str, tuple[int, int]], number: int
) -> tuple[_Point, _Point, _Point]:
    """Return where an arrow begins, to where it bends, and where it ends."""
    x, y = places[arrow.target]
    middle = y + BOX_HEIGHT / 2
    if arrow.source is None:
        rightmost = x == max(place[0] for place in places.values()) and len(places) > 1
        edge, begin = (x + BOX_WIDTH, x + BOX_WIDTH + STUB) if rightmost else (x, x - STUB)
        return (begin, middle), ((begin + edge) / 2, middle), (edge, middle)
    if arrow.source == arrow.target:
        below = y + BOX_HEIGHT
        return (
            (x + BOX_WIDTH * 0.3, below),
            (x + BOX_WIDTH * 0.5, below + 44),
            (x + BOX_WIDTH * 0.7, below),
        )
    sx, sy = places[arrow.source]
    if sx < x:
        start, end = (sx + float(BOX_WIDTH), sy + BOX_HEIGHT / 2), (float(x), middle)
        lift = -2 * BOX_HEIGHT if x - sx > COLUMN and sy == y else (number % 3 - 1) * 14
        return start, ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + lift), end
    # Up and down the same column side by side; back to an earlier one from above or below.
    down = sy < y
    aside = BOX_WIDTH / 2 + (-28 if down else 28)
    start = (sx + aside, float(sy + (BOX_HEIGHT if down else 0)))
    end = (x + aside, float(y + (0 if down else BOX_HEIGHT)))
    return start, ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2), end
