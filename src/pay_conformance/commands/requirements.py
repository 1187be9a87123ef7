"""``pay-conformance requirements``: the catalogue of requirements, or one entry of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from pay_conformance.problems import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pay_conformance.catalogue import Entry
    from pay_conformance.contract import Contract
    from pay_conformance.contract.model import Api


@click.command(
    short_help="the catalogue of requirements, or one entry",
    epilog="Example: pay-conformance requirements CS-TIME-002",
)
@click.argument("name", default="", metavar="[ID]")
@click.option("--api", type=click.Choice(["v1", "v2"]), help="Only what binds this version.")
@click.option(
    "--party",
    type=click.Choice(["server", "client", "integration"]),
    help="Only what binds this kind of subject.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print docs/requirements.md.")
@click.option("--brief", is_flag=True, help="Without an example, which takes a few seconds.")
@click.option("--freeze", is_flag=True, help="Print the set that a release freezes.")
def command(
    name: str,
    api: Api | None,
    party: str | None,
    *,
    as_json: bool,
    as_markdown: bool,
    brief: bool,
    freeze: bool,
) -> int:
    """List the requirements, or explain one.

    That is: what it says and why, how it is known, what tests it, which mutants prove the tests, an
    exchange that keeps it, and what breaks it. The example is played on the embedded mock.

    ID is a requirement such as CS-TIME-002, or the beginning of some, such as CS-TIME.

    Exits 0, or 2 when there is no such requirement.
    """
    from pay_conformance.catalogue import chosen
    from pay_conformance.catalogue.markdown import page
    from pay_conformance.catalogue.text import explained, listed
    from pay_conformance.contract import Contract
    from pay_conformance.contract.model import Party
    from pay_conformance.contract.releases import written
    from pay_conformance.contract.requirements import load_retired

    contract = Contract.load()
    if freeze:
        click.echo(written(contract.requirements), nl=False)
        return ExitCode.HOLDS
    entries = chosen(contract, name, api=api, party=Party(party) if party else None)
    if as_json:
        report = {
            "contract": contract.digest,
            "requirements": [entry.as_json() for entry in entries],
        }
        click.echo(json.dumps(report, ensure_ascii=False, indent=1))
    elif as_markdown:
        click.echo(page(entries, load_retired(contract.root)), nl=False)
    else:
        one = len(entries) == 1 and entries[0].requirement.id == name.upper()
        for line in explained(entries[0]) if one else listed(entries):
            click.echo(line)
        if one and not brief:
            for line in _example(entries[0], contract):
                click.echo(line)
    return ExitCode.HOLDS


def _example(entry: Entry, contract: Contract) -> Iterator[str]:
    """Yield an example on the mock, else what is done with an SDK."""
    from pay_conformance.commands.example import find_example
    from pay_conformance.commands.example_text import case_lines, lines
    from pay_conformance.contract.bindings import Kind
    from pay_conformance.sdk.cases import load_cases

    name = entry.requirement.id
    found = False
    if {binding.kind for binding in entry.bindings} & {Kind.SCENARIO, Kind.CHECK, Kind.SCHEMA}:
        for line in lines(find_example(contract, name, entry.bindings)):
            found = True
            yield line
    if not found:
        for case in load_cases():
            if name in case.requirements:
                yield from case_lines(case, name)
                break
