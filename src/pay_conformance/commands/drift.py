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
    from pay_conformance.record.drift import Class, compare, enumerated_fields, stories
    from pay_conformance.record.learning import lessons
    from pay_conformance.record.learning import propose as proposal

    contract = Contract.load()
    recording = stories(new)
    if old == "contract":
        differences = compare_with_contract(recording, contract)
        if propose is not None:
            write_whole(propose, proposal(lessons(recording, contract), contract))
    elif propose is not None:
        raise ConfigurationProblem(
            "--propose compares with the contract", f"call: pay-conformance drift contract {new}"
        )
    else:
        differences = compare(stories(Path(old)), recording, enumerated_fields(contract))
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
    for difference in differences:
        name = difference.class_.value
        place = f" {difference.pointer}" if difference.pointer else ""
        change = (
            f": {difference.old} -> {difference.new}" if difference.old or difference.new else ""
        )
        click.echo(f"{click.style(f'{name:9}', fg=COLOURS[name])} {difference.what}{place}{change}")
        stories = ", ".join(difference.stories[:3])
        more = len(difference.stories) - 3
        click.echo(
            f"          {difference.step} in {stories}" + (f" and {more} more" if more > 0 else "")
        )
    counts = [difference.class_.value for difference in differences]
    click.echo(", ".join(f"{counts.count(name)} {name}" for name in COLOURS))
