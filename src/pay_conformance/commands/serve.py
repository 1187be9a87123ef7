"""``pay-conformance serve``: the reference server on a port of this machine."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import click

from pay_conformance.problems import ConfigurationProblem, ExitCode

_SCALED = re.compile(r"([0-9]+(?:\.[0-9]+)?)x")


@click.command(
    short_help="start the reference server (mock)",
    epilog='Example: pay-conformance serve --port 0 --tls   prints {"url": ..., "control": ...}',
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8474,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 takes any that is free.",
)
@click.option("--tls", is_flag=True, help="Serve HTTPS, with a CA made at start (caFile).")
@click.option("--api", default="v1,v2", show_default=True, help="Versions of the API to serve.")
@click.option("--seed", default=0, show_default=True, help="Seed of the identifiers.")
@click.option(
    "--clock",
    default="real",
    show_default=True,
    help="real, manual (it stands still until it is moved), or a speed such as 60x.",
)
@click.option(
    "--state",
    metavar="FILE|URL",
    default="",
    help="Where everything is kept across restarts: a SQLite file, made if it is not there; or "
    "postgresql://… or redis://…, which several servers can share.",
)
@click.option("--token", default="", help="What the control API asks for; needed beyond loopback.")
@click.option(
    "--buyer-pages",
    is_flag=False,
    flag_value="here",
    default="",
    metavar="[URL]",
    help="Send buyers to the mock's own pages (or to URL, if browsers know them by another), "
    "not to Amazon's hosts, in amazonPayRedirectUrl.",
)
@click.option(
    "--script-path",
    default="/checkout.js",
    show_default=True,
    help="Path of the script that draws buttons.",
)
@click.option(
    "--merchants",
    type=click.IntRange(min=1),
    help="How many may be registered, those of a --state included.  [default: 50000]",
)
def command(
    *,
    host: str,
    port: int,
    tls: bool,
    api: str,
    seed: int,
    clock: str,
    state: str,
    token: str,
    buyer_pages: str,
    script_path: str,
    merchants: int | None,
) -> int:
    """Serve the Amazon Pay Checkout API on this machine until SIGTERM or Ctrl-C.

    Prints one line of JSON when it is ready: url, control, checkoutScript, merchantId, publicKeyId,
    privateKeyFile, storeId and caFile (null without --tls). The files are gone when the server
    ends. Shop pages load checkoutScript in place of Amazon's checkout.js; docs/mock.md goes through
    it step by step. Standard error says why a signature does not fit.
    """
    from pay_conformance.contract import Contract
    from pay_conformance.contract.model import APIS
    from pay_conformance.mock import Mock
    from pay_conformance.mock.bounds import MOST_MERCHANTS
    from pay_conformance.mock.clock import Seconds, manual, real, scaled
    from pay_conformance.mock.pages.button import is_url
    from pay_conformance.mock.serving import HERE, Place, serve
    from pay_conformance.mock.sharing import Engine, is_shared, open_engine

    wanted = {name.strip() for name in api.split(",")}
    if not wanted or not wanted.issubset(APIS):
        raise ConfigurationProblem(
            f"--api {api!r} names no version of the API", "use v1, v2 or v1,v2"
        )
    kept: Path | Engine | None = None
    began = real()
    if is_shared(state):
        kept = open_engine(state)
        began = float(kept.common("clock", lambda: repr(real())))
    elif state:
        kept = Path(state)
    base: Seconds
    speed = _SCALED.fullmatch(clock)
    if clock == "real":
        base = real
    elif clock == "manual":
        base = manual(began)
    elif speed:
        base = scaled(float(speed[1]), began)
    else:
        raise ConfigurationProblem(f"there is no clock {clock!r}", "use real, manual or 60x")
    apis = tuple(name for name in APIS if name in wanted)
    if buyer_pages not in ("", HERE) and not is_url(buyer_pages):
        raise ConfigurationProblem(
            f"--buyer-pages {buyer_pages!r} is no address of a browser",
            "write it alone, or with a URL such as http://localhost:8474",
        )
    if not script_path.startswith("/"):
        raise ConfigurationProblem(
            f"--script-path {script_path!r} is no path", "begin it with a slash: /checkout.js"
        )
    mock = Mock(
        Contract.load(),
        clock=base,
        seed=seed,
        apis=apis,
        state=kept,
        script_path=script_path,
        most_merchants=merchants or MOST_MERCHANTS,
    )
    _log_to_standard_error()
    try:
        serve(mock, Place(host, port, tls, token, buyer_pages.rstrip("/")), click.echo)
    finally:
        mock.close()
    return ExitCode.HOLDS


def _log_to_standard_error() -> None:
    log = logging.getLogger("pay_conformance.mock")
    log.addHandler(logging.StreamHandler())
    log.setLevel(logging.INFO)
    log.propagate = False
