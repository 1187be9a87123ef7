"""``pay-conformance drift``: what changed between two recordings, or against the contract."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pay_conformance.problems import ConfigurationProblem, ExitCode

if TYPE_CHECKING:
    from pay_conformance.record.drift import Difference

COLOURS = {"breaking": "red", "additive": "cyan", "cosmetic": None}
_WIDEST = (9, 90, 50, 40, 40, 60, 90)
"""The most characters that a cell of each column has."""


@click.command(
    short_help="compare two recordings, or a recording with the contract",
    epilog="Example: pay-conformance drift contract cassettes/sandbox --propose learned.diff",
)
@click.argument("old")
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option(
    "--propose",
    type=click.Path(path_type=Path, dir_okay=False),
    help="With 'contract': write a patch that would teach the contract what is new.",
)
def command(old: str, new: Path, *, as_json: bool, propose: Path | None) -> int:
    """Compare the recording NEW with the recording OLD, or with the word 'contract'.

    Exits 1 when something broke, 0 when there are only additive and cosmetic differences.
    """
    from pay_conformance.contract import Contract
    from pay_conformance.files import write_whole
    from pay_conformance.record.contract_drift import compare_with_contract
    from pay_conformance.record.drift import (
        Class,
        compare,
        enumerated_fields,
        stories,
        without_buyers,
    )
    from pay_conformance.record.learning import lessons
    from pay_conformance.record.learning import propose as proposal

    contract = Contract.load()
    recording = stories(new)
    compared = [recording]
    if old == "contract":
        differences = compare_with_contract(recording, contract)
        if propose is not None:
            write_whole(propose, proposal(lessons(recording, contract), contract))
    elif propose is not None:
        raise ConfigurationProblem(
            "--propose compares with the contract", f"call: pay-conformance drift contract {new}"
        )
    else:
        compared.append(stories(Path(old)))
        differences = compare(compared[1], recording, enumerated_fields(contract))
    differences = without_buyers(differences, compared)
    breaking = any(difference.class_ is Class.BREAKING for difference in differences)
    if as_json:
        click.echo(json.dumps(_as_object(old, new, differences), ensure_ascii=False, indent=1))
    else:
        _print(differences)
    return ExitCode.FINDINGS if breaking else ExitCode.HOLDS


def _as_object(old: str, new: Path, differences: list[Difference]) -> dict[str, object]:
    classes = [difference.class_.value for difference in differences]
    return {
        "old": old,
        "new": str(new),
        "differences": [difference.as_json() for difference in differences],
        "summary": {name: classes.count(name) for name in COLOURS},
    }


def _print(differences: list[Difference]) -> None:
    rows = [
        (one.class_.value, one.what, one.pointer, one.old, one.new, one.step, _told(one.stories))
        for one in differences
    ]
    if rows:
        _table([("class", "what", "at", "old", "new", "call", "in"), *rows])
    counts = [row[0] for row in rows]
    click.echo(", ".join(f"{counts.count(name)} {name}" for name in COLOURS))


def _table(rows: list[tuple[str, ...]]) -> None:
    """Print rows under a heading; a column is as wide as its longest cell, up to a limit."""
    cells = [
        [_short(cell, limit) for cell, limit in zip(row, _WIDEST, strict=True)] for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for number, row in enumerate(cells):
        first, *rest = (f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
        style = {"bold": True} if number == 0 else {"fg": COLOURS[rows[number][0]]}
        click.echo(f"{click.style(first, **style)}  {'  '.join(rest)}".rstrip())


def _short(text: str, limit: int) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= limit else f"{plain[: limit - 1]}…"


def _told(stories: tuple[str, ...]) -> str:
    more = len(stories) - 1
    return stories[0] + (f" and {more} more" if more > 0 else "")
