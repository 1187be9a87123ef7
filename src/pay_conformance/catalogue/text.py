"""Shows requirements on a terminal: a line each, or one in full."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from pay_conformance.catalogue import Entry

_WIDTH = 100


def listed(entries: Sequence[Entry]) -> Iterator[str]:
    """Yield a line for each entry, its sentence wrapped below itself, and a count at the end."""
    widest = max((len(entry.requirement.id) for entry in entries), default=0)
    for entry in entries:
        it = entry.requirement
        yield from textwrap.wrap(
            f"{it.id:<{widest}}  {it.level:<6}  {it.says}",
            _WIDTH,
            subsequent_indent=" " * (widest + 10),
        )
    yield f"{len(entries)} requirement{'' if len(entries) == 1 else 's'}"


def explained(entry: Entry) -> Iterator[str]:
    """Yield the lines that tell everything about one requirement."""
    it = entry.requirement
    yield f"{it.id}  {it.level}"
    yield ""
    yield from textwrap.wrap(it.says, _WIDTH, initial_indent="  ", subsequent_indent="  ")
    if it.why:
        yield from textwrap.wrap(it.why, _WIDTH, initial_indent="  ", subsequent_indent="  ")
    yield ""
    yield f"binds     {', '.join(sorted(it.binds))}"
    yield f"api       {', '.join(sorted(it.api))}"
    yield f"evidence  {it.evidence}"
    for label, source in zip(_labels("sources"), it.sources, strict=False):
        yield f"{label}{source}"
    yield f"written   {it.where}"
    if entry.history:
        yield f"history   {'; '.join(entry.history)}"
    if it.untestable:
        yield f"tests     none: {it.untestable}"
    elif not entry.tests:
        yield "tests     none yet"
    for label, binding in zip(_labels("bound"), entry.bindings, strict=False):
        place = f" ({binding.where})" if binding.where else ""
        yield f"{label}{binding.kind} {binding.name}{place}"
    if entry.killed:
        yield f"kills     {entry.killed} mutant{'' if entry.killed == 1 else 's'}, such as"
        yield from (f"          {mutant}" for mutant in entry.mutants)


def _labels(first: str) -> Iterator[str]:
    """Yield a label, and then as many blanks of its width as are asked for."""
    yield f"{first:<10}"
    while True:
        yield " " * 10
