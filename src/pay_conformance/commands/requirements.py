"""``pay-conformance requirements``: the catalogue of requirements, or one entry of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from pay_conformance.problems import ExitCode

if TYPE_CHECKING:
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
@click.option("--freeze", is_flag=True, help="Print the set that a release freezes.")
def command(
    name: str,
    api: Api | None,
    party: str | None,
    *,
    as_json: bool,
    as_markdown: bool,
    freeze: bool,
) -> int:
    """List the requirements, or explain one: what it says, how it is known, and what tests it.

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
    return ExitCode.HOLDS
