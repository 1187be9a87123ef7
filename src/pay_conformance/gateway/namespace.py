"""A mount namespace of the child's own, in which Amazon's names lead to this machine (Linux)."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pay_conformance.gateway.authority import TrustFiles, system_bundles

HTTPS = 443
_HOSTS = Path("/etc/hosts")
_TRIES = 20
_PROBE_SECONDS = 20

_ENTER = """
set -e
while [ "$1" != -- ]; do mount --bind "$1" "$2"; shift 2; done
shift
exec "$@"
"""
"""Binds pairs of files over each other up to ``--``, then becomes the command after it."""

_RESOLVE = "import socket, sys; print(socket.gethostbyname(sys.argv[1]))"


class Unavailable(Exception):
    """A way of interception that does not work here; the message says why."""


@dataclass(frozen=True, slots=True)
class Namespace:
    """Files to bind over the system's own, and the privilege that it takes."""

    bindings: tuple[tuple[Path, Path], ...]
    rootless: bool

    def wrap(self, command: Sequence[str]) -> list[str]:
        """Return the command line that runs ``command`` inside the namespace."""
        pairs = [str(path) for binding in self.bindings for path in binding]
        inside = list(command)
        outer = ["unshare", "--mount"]
        if self.rootless:
            outer = ["unshare", "--map-root-user", "--mount"]
            user, group = f"--map-user={os.getuid()}", f"--map-group={os.getgid()}"
            inside = ["unshare", user, group, "--", *inside]
        return [*outer, "--", "sh", "-c", _ENTER, "sh", *pairs, "--", *inside]


def listening_socket() -> socket.socket:
    """Return a socket on port 443 of a loopback address that no other run uses.

    Raises:
        Unavailable: if this user may not listen there.

    """
    for _ in range(_TRIES):
        address = f"127.{64 + secrets.randbelow(63)}.{secrets.randbelow(256)}.77"
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.bind((address, HTTPS))
            sock.listen(socket.SOMAXCONN)
        except PermissionError as error:
            sock.close()
            raise Unavailable(
                f"port {HTTPS} of a loopback address needs root here, or "
                f"sysctl net.ipv4.ip_unprivileged_port_start={HTTPS}"
            ) from error
        except OSError:
            sock.close()
            continue
        return sock
    raise Unavailable(f"no loopback address with a free port {HTTPS} was found")


def prepare(folder: Path, address: str, hosts: frozenset[str], trust: TrustFiles) -> Namespace:
    """Write the namespace's own ``hosts`` file into ``folder`` and return the namespace.

    Raises:
        Unavailable: if the system has no such namespaces, or names don't resolve as told inside.

    """
    if not sys.platform.startswith("linux"):
        raise Unavailable("mount namespaces are a feature of Linux")
    missing = [tool for tool in ("unshare", "mount", "sh") if shutil.which(tool) is None]
    if missing:
        raise Unavailable(f"{', '.join(missing)} is not installed")
    own_hosts = folder / "hosts"
    own_hosts.write_text(_hosts_file(_HOSTS.read_text(), address, hosts))
    bindings = [(own_hosts, _HOSTS.resolve())]
    bindings += [(trust.bundle, bundle) for bundle in system_bundles()]
    namespace = Namespace(tuple(bindings), rootless=os.geteuid() != 0)
    _probe(namespace, address, min(hosts))
    return namespace


def _hosts_file(original: str, address: str, hosts: frozenset[str]) -> str:
    kept = [line for line in original.splitlines() if not hosts & set(line.lower().split())]
    return "\n".join([*(f"{address} {host}" for host in sorted(hosts)), *kept, ""])


def _probe(namespace: Namespace, address: str, host: str) -> None:
    """Look a name up inside: the only proof that names lead where they should."""
    command = namespace.wrap([sys.executable, "-I", "-c", _RESOLVE, host])
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_PROBE_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"a mount namespace can't be made: {error}") from error
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise Unavailable(f"a mount namespace can't be made: {reason[0]}")
    if done.stdout.strip() != address:
        raise Unavailable(f"{host} resolves to {done.stdout.strip()} in spite of /etc/hosts")
