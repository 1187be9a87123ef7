"""The variables by which each runtime is told, in the child's environment only, where to go."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path

from pay_conformance.gateway.authority import TRUST_STORE_PASSWORD, TrustFiles

LOOPBACK = "localhost,127.0.0.1,::1"
"""What the child reaches without the proxy: its own services on this machine."""

UNREACHED = {
    "environment": (
        "PHP streams, the official Java SDK, and programs that clear their environment or ignore "
        "its proxy variables, are not reached this way"
    ),
    "namespace": "containers and machines that the program starts are not reached this way",
}
"""What a way of interception does not reach, for the report."""

_RUBY = "gateway.rb"
_NODE = "gateway.cjs"

_NODE_PRELOAD = """"use strict";
const net = require("node:net");
const hosts = new Set(%(hosts)s);
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
  const [options, done] = Array.isArray(given[0]) ? given[0] : given;
  if (!hosts.has(options?.host)) return connect.apply(this, given);
  return connect.call(this, { ...options, host: "%(host)s", port: %(port)d }, done);
};
"""
"""Node before release 24 ignores the proxy variables: its connections are turned at the source."""


def write_runtime_files(
    folder: Path, trust: TrustFiles, address: tuple[str, int], hosts: frozenset[str]
) -> None:
    """Write the small files that PHP, Ruby and Node read, since no variable says it all to them."""
    (folder / "php").mkdir()
    (folder / "php" / "gateway.ini").write_text(
        f'curl.cainfo="{trust.bundle}"\nopenssl.cafile="{trust.bundle}"\n'
    )
    # Ruby's net/http looks for a proxy in http_proxy only, even for https. Were that variable set
    # for all, every plain request of every other runtime would go through the gateway as well.
    (folder / _RUBY).write_text("ENV['http_proxy'] ||= ENV['https_proxy']\n")
    host, port = address
    (folder / _NODE).write_text(
        _NODE_PRELOAD % {"hosts": json.dumps(sorted(hosts)), "host": host, "port": port}
    )


def trust_variables(
    folder: Path, trust: TrustFiles, inherited: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables that make each runtime trust the run's authority.

    ``inherited`` is the environment that the child would have had; what it says is kept where a
    variable holds a list.
    """
    bundle = str(trust.bundle)
    return {
        "SSL_CERT_FILE": bundle,  # OpenSSL, Go, Ruby, .NET, httpx, urllib
        "CURL_CA_BUNDLE": bundle,
        "REQUESTS_CA_BUNDLE": bundle,
        "NODE_EXTRA_CA_CERTS": bundle,
        "PHP_INI_SCAN_DIR": f"{inherited.get('PHP_INI_SCAN_DIR', '')}:{folder / 'php'}",
        "JAVA_TOOL_OPTIONS": _joined(
            inherited.get("JAVA_TOOL_OPTIONS", ""),
            f"-Djavax.net.ssl.trustStore={shlex.quote(str(trust.trust_store))}",
            f"-Djavax.net.ssl.trustStorePassword={TRUST_STORE_PASSWORD}",
            "-Djavax.net.ssl.trustStoreType=PKCS12",
        ),
    }


def proxy_variables(
    folder: Path, address: tuple[str, int], inherited: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables that send each runtime's https requests to the proxy at ``address``.

    ``inherited`` already holds the variables of :func:`trust_variables`.
    """
    host, port = address
    proxy = f"http://{host}:{port}"
    return {
        "HTTPS_PROXY": proxy,
        "https_proxy": proxy,
        "NO_PROXY": LOOPBACK,
        "no_proxy": LOOPBACK,
        "NODE_USE_ENV_PROXY": "1",  # Node's own clients, from release 24
        "NODE_OPTIONS": _joined(
            inherited.get("NODE_OPTIONS", ""), f"--require {json.dumps(str(folder / _NODE))}"
        ),
        "RUBYOPT": _joined(inherited.get("RUBYOPT", ""), f"-r{folder / _RUBY}"),
        "JAVA_TOOL_OPTIONS": _joined(
            inherited.get("JAVA_TOOL_OPTIONS", ""),
            f"-Dhttps.proxyHost={host}",
            f"-Dhttps.proxyPort={port}",
            "-Dhttp.nonProxyHosts=localhost|127.*|[::1]",
        ),
    }


def direct_variables(hosts: frozenset[str], inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that keep ``hosts`` off a proxy which the user's environment names."""
    known = inherited.get("NO_PROXY") or inherited.get("no_proxy") or ""
    direct = ",".join(filter(None, [known, *sorted(hosts)]))
    return {"NO_PROXY": direct, "no_proxy": direct}


def _joined(*parts: str) -> str:
    return " ".join(filter(None, parts))
