"""``pay-conformance verify``: says whether a signature holds, and explains why it does not."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from pay_conformance.commands.sign import (
    ALGORITHMS,
    as_on_the_wire,
    parse_header,
    read_bytes,
)
from pay_conformance.problems import ConfigurationProblem, ExitCode

if TYPE_CHECKING:
    from pay_conformance.exchange import Request
    from pay_conformance.signing import PublicKey, Refusal, Verified


@click.command(
    short_help="verify a signature, and explain the first line that differs",
    epilog=(
        "Example: pay-conformance verify request.http --public-key public.pem "
        "--now 20260131T094401Z --canonical theirs.txt"
    ),
)
@click.argument("request_file", metavar="[FILE]", required=False)
@click.option("--method", help="Without FILE: the method.")
@click.option("--path", help="Without FILE: the path as it went over the wire.")
@click.option("--query", help="Without FILE: the query as it went over the wire.")
@click.option("--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A header sent.")
@click.option("--body", help="File with the body; - is standard input.", metavar="FILE")
@click.option("--button", help="Verify a button's payload instead.", metavar="FILE")
@click.option("--signature", help="With --button: the signature, base64.")
@click.option(
    "--algorithm",
    type=click.Choice(ALGORITHMS),
    default=ALGORITHMS[0],
    show_default=True,
    help="With --button: the algorithm named beside the payload.",
)
@click.option("--public-key", help="PEM or a path. [the public half of AMAZON_PAY_PRIVATE_KEY]")
@click.option("--canonical", help="The canonical request that the client made.", metavar="FILE")
@click.option("--now", help="Judge the date at this time, such as 20260131T094401Z. [now]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def command(
    *,
    request_file: str | None,
    method: str | None,
    path: str | None,
    query: str | None,
    headers: tuple[str, ...],
    body: str | None,
    button: str | None,
    signature: str | None,
    algorithm: str,
    public_key: str | None,
    canonical: str | None,
    now: str | None,
    as_json: bool,
) -> int:
    """Verify a raw HTTP request in FILE, one given by options, or a button's payload.

    Exits 0 if the signature holds, 1 if it is refused (and says at which stage: header, date,
    canonical request, key, signature), 2 for a wrong call.
    """
    from pay_conformance.signing import verify, verify_button

    key = _public_key(public_key)
    theirs = _text(canonical) if canonical is not None else None
    if button is not None:
        if signature is None:
            raise ConfigurationProblem("--button needs the signature", "give --signature BASE64")
        outcome = verify_button(read_bytes(button), signature, key, algorithm)
        return _report(outcome, [], as_json=as_json)
    request = _request(request_file, method, path, query=query, headers=headers, body=body)
    outcome = verify(request, lambda _: key, _now(now))
    return _report(outcome, _explanation(outcome, request, key, theirs), as_json=as_json)


def _request(
    file: str | None,
    method: str | None,
    path: str | None,
    *,
    query: str | None,
    headers: tuple[str, ...],
    body: str | None,
) -> Request:
    from pay_conformance.exchange import Request
    from pay_conformance.signing.raw_request import parse_raw_request

    if file is not None:
        if method or path or query or headers or body:
            raise ConfigurationProblem(
                "FILE holds the whole request", "give either FILE or the options, not both"
            )
        return parse_raw_request(read_bytes(file))
    if method is None or path is None:
        raise ConfigurationProblem(
            "there is nothing to verify", "give FILE, or --method and --path, or --button"
        )
    method, path, query = as_on_the_wire(method, path, query)
    pairs = tuple(parse_header(header) for header in headers)
    url = f"{path}?{query}" if query else path
    return Request(method, url, pairs, read_bytes(body) if body is not None else b"")


def _public_key(given: str | None) -> PublicKey:
    from pay_conformance.signing import load_private_key, load_public_key, pem_text

    if given is not None:
        pem = pem_text(given, "the public key")
        if "PRIVATE KEY" in pem:
            return load_private_key(pem).public_key()
        return load_public_key(pem)
    private = os.environ.get("AMAZON_PAY_PRIVATE_KEY")
    if not private:
        raise ConfigurationProblem(
            "there is no key to verify with", "give --public-key or set AMAZON_PAY_PRIVATE_KEY"
        )
    return load_private_key(pem_text(private)).public_key()


def _text(name: str) -> str:
    try:
        return read_bytes(name).decode()
    except UnicodeDecodeError as error:
        raise ConfigurationProblem(f"{name} is not UTF-8 text") from error


def _now(given: str | None) -> datetime:
    from pay_conformance.signing import parse_pay_date

    if given is None:
        return datetime.now(UTC)
    moment = parse_pay_date(given)
    if moment is None:
        raise ConfigurationProblem(
            f"--now {given!r} is no time", "write it as 20260131T094401Z or 2026-01-31T09:44:01Z"
        )
    return moment


def _explanation(
    outcome: Verified | Refusal, request: Request, key: PublicKey, theirs: str | None
) -> list[str]:
    from pay_conformance.signing.explain import first_difference, likely_mistakes
    from pay_conformance.signing.verifier import Stage, Verified

    if isinstance(outcome, Verified):
        return []
    lines = []
    if theirs is not None and outcome.canonical:
        difference = first_difference(theirs, outcome.canonical)
        if difference is None:
            lines.append("the canonical requests are equal: the key, salt or algorithm differs")
        else:
            lines += [
                f"line {difference.line} of the canonical request differs ({difference.part})",
                f"  theirs: {_shown(difference.theirs)}",
                f"  ours:   {_shown(difference.ours)}",
            ]
    if outcome.stage is Stage.SIGNATURE:
        lines += likely_mistakes(request, outcome.canonical, key)
    if outcome.stage is Stage.DATE:
        lines.append(f"to verify an old request, give --now {_date_sent(request)}")
    return lines


def _date_sent(request: Request) -> str:
    from pay_conformance.signing import parse_pay_date, pay_date

    moment = parse_pay_date((request.header("x-amz-pay-date") or "").strip())
    return pay_date(moment or datetime.now(UTC))


def _shown(line: str | None) -> str:
    return "(ends here)" if line is None else json.dumps(line, ensure_ascii=False)


def _report(outcome: Verified | Refusal, explanation: list[str], *, as_json: bool) -> int:
    from pay_conformance.signing.verifier import Verified

    holds = isinstance(outcome, Verified)
    if as_json:
        data = {"verified": holds, **asdict(outcome), "explanation": explanation}
        click.echo(json.dumps(data, ensure_ascii=False, indent=1))
    elif isinstance(outcome, Verified):
        whose = f" of {outcome.public_key_id}" if outcome.public_key_id else ""
        click.echo(f"{click.style('verified', fg='green')}: the signature{whose} holds")
    else:
        click.echo(f"{click.style('refused', fg='red')} at stage {outcome.stage}: {outcome.detail}")
        click.echo(f"{outcome.reason_code}: {outcome.message}")
        for line in explanation:
            click.echo(line)
        if outcome.canonical:
            click.echo(f"--- canonical request, as the server makes it\n{outcome.canonical}")
            click.echo(f"--- string to sign\n{outcome.string_to_sign}")
    return ExitCode.HOLDS if holds else ExitCode.FINDINGS
