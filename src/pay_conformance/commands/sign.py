"""``pay-conformance sign``: the canonical request, the string to sign, or the signed headers."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from pay_conformance.problems import ConfigurationProblem, ExitCode

if TYPE_CHECKING:
    from pay_conformance.signing import Signer

ALGORITHMS = ("AMZN-PAY-RSASSA-PSS", "AMZN-PAY-RSASSA-PSS-V2")
LARGEST = 50_000_000
Shown = Literal["canonical", "string-to-sign", "headers", "signature"]


@click.command(
    short_help="sign a request or a button payload",
    epilog=(
        "Example: pay-conformance sign --method GET --path /v2/charges/S01-1-1-C1 "
        '--header "x-amz-pay-date: 20260131T094401Z" --show string-to-sign'
    ),
)
@click.option("--method", help="GET, POST, PATCH or DELETE.")
@click.option("--path", help="Path as it goes on the wire, percent-encoded.")
@click.option("--query", help="Query as it goes on the wire, without the question mark.")
@click.option(
    "--header",
    "headers",
    multiple=True,
    metavar="'NAME: VALUE'",
    help="A header to send and sign; replaces the default of the same name.",
)
@click.option("--body", help="File with the body; - is standard input.", metavar="FILE")
@click.option("--button", help="Sign a button's payload instead; - is stdin.", metavar="FILE")
@click.option(
    "--algorithm",
    type=click.Choice(ALGORITHMS),
    default=ALGORITHMS[0],
    show_default=True,
    help="The default is that of the official SDKs.",
)
@click.option(
    "--show",
    type=click.Choice(["canonical", "string-to-sign", "headers", "signature"]),
    help="Print exactly this. Default: headers; for a button, signature.",
)
@click.option(
    "--region", help="Sent as x-amz-pay-region, and names the host. [AMAZON_PAY_REGION, or na]"
)
@click.option("--key", help="Private key: PEM or a path. [AMAZON_PAY_PRIVATE_KEY]")
@click.option("--key-id", help="Public key id. [AMAZON_PAY_PUBLIC_KEY_ID]")
def command(
    *,
    method: str | None,
    path: str | None,
    query: str | None,
    headers: tuple[str, ...],
    body: str | None,
    button: str | None,
    algorithm: str,
    show: Shown | None,
    region: str | None,
    key: str | None,
    key_id: str | None,
) -> int:
    """Sign a request, or with --button the payload of a button, and print one thing of it.

    The canonical request and the string to sign need no key; with x-amz-pay-date given they are
    the same every time. They are printed without a line feed at the end, unless on a terminal.
    """
    if button is not None:
        if method or path or query or headers or body:
            raise ConfigurationProblem(
                "--button signs a payload, not a request",
                "leave --method, --path, --query, --header and --body away",
            )
        _write(_button(read_bytes(button), algorithm, show or "signature", key, key_id))
        return ExitCode.HOLDS
    if method is None or path is None:
        raise ConfigurationProblem(
            "a request to sign needs --method and --path", "or give --button for a payload"
        )
    from pay_conformance.signing import canonical_request, default_headers, string_to_sign
    from pay_conformance.signing import with_defaults as merged

    method, path, query = as_on_the_wire(method, path, query)
    given = [parse_header(header) for header in headers]
    region, host = _region(region, given)
    signed = merged(given, default_headers(host, region, datetime.now(UTC)))
    payload = read_bytes(body) if body is not None else b""
    canonical = canonical_request(method, path, query, signed, payload)
    match show or "headers":
        case "canonical":
            _write(canonical)
        case "string-to-sign":
            _write(string_to_sign(algorithm, canonical))
        case "headers":
            authorization = _signer(algorithm, key, key_id).authorization(canonical, signed)
            _write("\n".join(f"{n}: {v}" for n, v in [*signed, ("authorization", authorization)]))
        case _:
            text = string_to_sign(algorithm, canonical)
            _write(_signer(algorithm, key, key_id or "-").signature(text))
    return ExitCode.HOLDS


def read_bytes(name: str) -> bytes:
    """Return what a file, or standard input for ``-``, holds.

    Raises:
        ConfigurationProblem: if it can't be read or is too large.

    """
    try:
        if name == "-":
            data = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigurationProblem(f"{name} can't be read: {reason}") from error
    if len(data) > LARGEST:
        raise ConfigurationProblem(f"{name} has more than {LARGEST // 1_000_000} MB")
    return data


def parse_header(text: str) -> tuple[str, str]:
    """Return name and value of ``NAME: VALUE``.

    Raises:
        ConfigurationProblem: if it is not a header, or is ``authorization``.

    """
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or any(mark in text for mark in "\r\n\0"):
        raise ConfigurationProblem(f"--header {text!r} is no header", "write 'name: value'")
    if set(name.strip()) & set(' \t"(),/;<=>?@[\\]{}') or not name.isascii():
        raise ConfigurationProblem(f"{name.strip()!r} can't be the name of a header")
    return name.strip(), value.strip()


def as_on_the_wire(method: str, path: str, query: str | None) -> tuple[str, str, str]:
    """Return method, path and query; a path may carry its query after a question mark.

    Raises:
        ConfigurationProblem: if two queries are given, or the method or path is no such thing.

    """
    bare, mark, own = path.partition("?")
    if mark and query is not None:
        raise ConfigurationProblem("the path has a query, and --query gives another")
    if "://" in bare or "#" in path:
        raise ConfigurationProblem(f"--path {path!r} is no path", "leave scheme and host away")
    if not (method.isascii() and method.isalpha()):
        raise ConfigurationProblem(f"--method {method!r} is no method", "such as GET or POST")
    return method.upper(), bare, own if mark else (query or "").removeprefix("?")


def _button(
    payload: bytes, algorithm: str, show: Shown, key: str | None, key_id: str | None
) -> str:
    from pay_conformance.signing import sign_button, string_to_sign

    if show == "string-to-sign":
        return string_to_sign(algorithm, payload)
    if show == "signature":
        return sign_button(payload, _signer(algorithm, key, key_id or "-"))
    raise ConfigurationProblem(
        f"a button has no {show}", "choose --show string-to-sign or signature"
    )


def _signer(algorithm: str, key: str | None, key_id: str | None) -> Signer:
    from pay_conformance.signing import Signer, pem_text

    key = key or os.environ.get("AMAZON_PAY_PRIVATE_KEY")
    key_id = key_id or os.environ.get("AMAZON_PAY_PUBLIC_KEY_ID")
    if not key:
        raise ConfigurationProblem(
            "there is no private key to sign with", "give --key or set AMAZON_PAY_PRIVATE_KEY"
        )
    if not key_id:
        raise ConfigurationProblem(
            "the public key id is not known", "give --key-id or set AMAZON_PAY_PUBLIC_KEY_ID"
        )
    return Signer(key_id, pem_text(key), algorithm)


def _region(region: str | None, given: list[tuple[str, str]]) -> tuple[str, str]:
    """Return the region to send and the host it means; a region header given counts too."""
    from pay_conformance.signing import HOSTS, REGIONS

    sent = next((v for n, v in given if n.lower() == "x-amz-pay-region"), None)
    chosen = region or sent or os.environ.get("AMAZON_PAY_REGION") or "na"
    short = REGIONS.get(chosen.lower())
    if short is None and chosen != sent:
        raise ConfigurationProblem(
            f"{chosen!r} is no region", f"choose one of {', '.join(REGIONS)}"
        )
    return short or "na", HOSTS[short or "na"]


def _write(text: str) -> None:
    """Print bytes that don't depend on the locale, and nothing after them."""
    end = b"\n" if sys.stdout.isatty() else b""
    sys.stdout.buffer.write(text.encode(errors="surrogateescape") + end)
    sys.stdout.flush()
