"""Makes Amazon's host names lead an adapter to this machine, by a mount namespace of its own.

Inside, ``/etc/hosts`` and the system's certificate bundle are other files; outside, nothing is
changed. Needs Linux and the right to make mount namespaces.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

HOSTS = ("pay-api.amazon.com", "pay-api.amazon.eu", "pay-api.amazon.jp")
OWN_HOST = "pay-api.override.example"
"""A name that is not Amazon's, for an SDK's own option to use another host."""
_RESOLVER = Path("/etc/resolv.conf")
_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")


@cache
def namespaces_available() -> bool:
    """Say whether this process may give a child a mount namespace of its own."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    command = [unshare, "--mount", "mount", "--bind", "/etc/hosts", "/etc/hosts"]
    done = subprocess.run(command, capture_output=True, check=False)
    return done.returncode == 0


def write_hosts(path: Path, address: str) -> Path:
    """Write a hosts file that sends Amazon Pay's API hosts to ``address``, and return its path."""
    lines = ["127.0.0.1 localhost", *(f"{address} {host}" for host in (*HOSTS, OWN_HOST))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_resolver(path: Path) -> Path:
    """Write a resolver's settings by which every other name is unknown at once; return its path.

    No question about a name leaves the machine, and none of a wrong one waits for an answer.
    """
    path.write_text("nameserver 127.255.255.254\noptions timeout:1 attempts:1\n", encoding="utf-8")
    return path


def write_bundle(path: Path, authority: bytes) -> Path:
    """Write the system's certificates and the run's own authority (PEM) into one bundle."""
    system = _BUNDLE.read_bytes() if _BUNDLE.exists() else b""
    path.write_bytes(system + b"\n" + authority)
    return path


def trust_variables(folder: Path, authority: bytes) -> Mapping[str, str]:
    """Return the environment by which each runtime trusts the run's authority (PEM).

    Nobody else can be reached, so the system's certificates are left out where that saves time.
    """
    write_bundle(folder / "bundle.pem", authority)
    own = folder / "authority.pem"
    own.write_bytes(authority)
    variables = {
        "NODE_EXTRA_CA_CERTS": str(own),
        "REQUESTS_CA_BUNDLE": str(own),
        "SSL_CERT_FILE": str(own),
        "CURL_CA_BUNDLE": str(own),
    }
    store = folder / "authority.p12"
    if shutil.which("keytool"):
        store.unlink(missing_ok=True)
        options = ["-noprompt", "-alias", "run", "-storetype", "PKCS12", "-storepass", "changeit"]
        files = ["-file", str(own), "-keystore", str(store)]
        subprocess.run(
            ["keytool", "-importcert", *options, *files],
            capture_output=True,
            check=True,
        )
        variables["JAVA_TOOL_OPTIONS"] = (
            f"-Djavax.net.ssl.trustStore={store} -Djavax.net.ssl.trustStorePassword=changeit"
        )
    return variables


def in_namespace(
    command: Sequence[str], hosts: Path, bundle: Path, resolver: Path
) -> tuple[str, ...]:
    """Return the command that runs ``command`` with those files in place of the system's."""
    places = ((hosts, Path("/etc/hosts")), (bundle, _BUNDLE), (resolver, _RESOLVER))
    steps = [
        f"mount --bind {shlex.quote(str(ours))} {place}" for ours, place in places if place.exists()
    ]
    script = " && ".join([*steps, 'exec "$@"'])
    return ("unshare", "--mount", "sh", "-c", script, "sh", *command)
