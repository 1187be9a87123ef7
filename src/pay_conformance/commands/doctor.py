"""``pay-conformance doctor``: what is installed and configured, and what can be tested with it."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import click

from pay_conformance import __version__
from pay_conformance.problems import ExitCode

TOOLCHAINS = {
    "node": (("node", "--version"), "the Node SDK"),
    "npm": (("npm", "--version"), "the Node SDK"),
    "java": (("java", "-version"), "the Java SDK"),
    "mvn": (("mvn", "--version"), "the Java SDK"),
    "go": (("go", "version"), "the Go SDK"),
    "chromium": (("chromium", "--version"), "the buyer's pages in a real browser"),
}
HOSTS = ("pay-api.amazon.com", "pay-api.amazon.eu", "pay-api.amazon.jp")
CREDENTIALS = (
    "AMAZON_PAY_PUBLIC_KEY_ID",
    "AMAZON_PAY_PRIVATE_KEY",
    "AMAZON_PAY_STORE_ID",
    "AMAZON_PAY_REGION",
)
_SIGNS = {"ok": ("✓", "green"), "missing": ("–", "yellow"), "wrong": ("✗", "red")}


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that was looked at: what it is, how it is, and what follows from that."""

    what: str
    state: Literal["ok", "missing", "wrong"]
    detail: str


@click.command(
    short_help="what is installed and configured here", epilog="Example: pay-conformance doctor"
)
@click.option("--offline", is_flag=True, help="Don't try to reach Amazon's hosts.")
def command(*, offline: bool) -> int:
    """Say what is installed and configured here, and what can be tested with it.

    Exits 0, or 2 when a credential that is set can't be used.
    """
    remarks = [*_package(), *_toolchains(), *_credentials()]
    if not offline:
        remarks.extend(_reachability())
    for remark in remarks:
        sign, colour = _SIGNS[remark.state]
        click.echo(f"{click.style(sign, fg=colour)} {remark.what}: {remark.detail}")
    wrong = any(remark.state == "wrong" for remark in remarks)
    return ExitCode.WRONG_CALL if wrong else ExitCode.HOLDS


def _package() -> Iterator[Remark]:
    from pay_conformance.contract import Contract

    contract = Contract.load()
    yield Remark("python", "ok", f"{platform.python_version()} on {platform.system()}")
    yield Remark("amazon-pay-conformance", "ok", __version__)
    yield Remark(
        "contract", "ok", f"{len(contract.requirements)} requirements, {contract.digest[:12]}"
    )


def _toolchains() -> Iterator[Remark]:
    for name, (call, purpose) in TOOLCHAINS.items():
        if shutil.which(name) is None:
            yield Remark(name, "missing", f"not on PATH; needed for {purpose}")
            continue
        try:
            done = subprocess.run(call, capture_output=True, text=True, timeout=30, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            yield Remark(name, "missing", f"does not run: {error.__class__.__name__}")
            continue
        lines = (done.stdout or done.stderr).strip().splitlines()
        yield Remark(name, "ok", lines[0] if lines else "present")


def _credentials() -> Iterator[Remark]:
    for name in CREDENTIALS:
        value = os.environ.get(name)
        if not value:
            yield Remark(name, "missing", "not set; needed for --target sandbox and for most URLs")
        elif name == "AMAZON_PAY_PRIVATE_KEY":
            yield _private_key(name, value)
        else:
            yield Remark(name, "ok", "set")


def _private_key(name: str, value: str) -> Remark:
    from pathlib import Path

    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        text = value.encode() if "-----BEGIN" in value else Path(value).read_bytes()
        key = load_pem_private_key(text, password=None)
    except OSError:
        return Remark(name, "wrong", "neither a PEM text nor a file that can be read")
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return Remark(name, "wrong", "not an unencrypted PEM private key")
    if not isinstance(key, RSAPrivateKey):
        return Remark(name, "wrong", "not an RSA key; Amazon Pay signs with RSA")
    return Remark(name, "ok", f"RSA, {key.key_size} bits")


def _reachability() -> Iterator[Remark]:
    for host in HOSTS:
        try:
            socket.create_connection((host, 443), timeout=3).close()
        except OSError as error:
            yield Remark(host, "missing", f"not reachable: {error.strerror or error}")
        else:
            yield Remark(host, "ok", "reachable on port 443")
