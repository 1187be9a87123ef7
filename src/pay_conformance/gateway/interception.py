"""Runs programs so that their calls to Amazon's host names arrive at a handler of ours."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pay_conformance.files import filling
from pay_conformance.gateway import environment, namespace
from pay_conformance.gateway.attendant import Attendant, Handler
from pay_conformance.gateway.authority import Authority, TrustFiles
from pay_conformance.gateway.listener import AMAZON_HOSTS, Listener
from pay_conformance.gateway.wire import Limits
from pay_conformance.problems import ConfigurationProblem, SubjectProblem

Way = Literal["namespace", "environment"]
Via = Literal["auto", "namespace", "environment"]


@dataclass(frozen=True, slots=True)
class Interception:
    """A listening gateway, and the way in which programs are led to it.

    ``via`` is the way taken; ``why_not`` says why no better one was. ``trust`` names the files that
    hold the authority's certificate. ``listener`` tells what happened on the port.
    """

    via: Way
    why_not: str
    listener: Listener
    trust: TrustFiles
    folder: Path
    _hosts: frozenset[str] = field(repr=False)
    _namespace: namespace.Namespace | None = field(repr=False)

    @property
    def ca_file(self) -> Path:
        """The authority's certificate, as PEM."""
        return self.trust.certificate

    def environment(self, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return a child's environment: ``inherited`` (by default ours) with what is needed."""
        variables = dict(os.environ if inherited is None else inherited)
        variables |= environment.trust_variables(self.folder, self.trust, variables)
        if self._namespace is None:
            address = self.listener.address
            variables |= environment.proxy_variables(self.folder, address, variables)
        else:
            variables |= environment.direct_variables(self._hosts, variables)
        return variables

    def command(self, command: Sequence[str]) -> list[str]:
        """Return the command line that runs ``command`` where Amazon's names lead here."""
        return list(command) if self._namespace is None else self._namespace.wrap(command)

    def popen(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        **options: Any,
    ) -> subprocess.Popen[Any]:
        """Start a program; ``env`` replaces our environment as the base, ``options`` are Popen's.

        Raises:
            SubjectProblem: if it can't be started.

        """
        try:
            return subprocess.Popen(
                self.command(command), env=self.environment(env), cwd=cwd, **options
            )
        except OSError as error:
            raise SubjectProblem(f"{command[0]} can't be started: {error.strerror}") from error

    def run(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        **options: Any,
    ) -> subprocess.CompletedProcess[Any]:
        """Run a program to its end and return how it ended; arguments as for :meth:`popen`."""
        timeout = options.pop("timeout", None)
        with self.popen(command, env=env, cwd=cwd, **options) as child:
            try:
                out, err = child.communicate(timeout=timeout)
            except BaseException:
                child.kill()
                raise
        return subprocess.CompletedProcess(command, child.returncode, out, err)


@contextmanager
def intercept(
    handler: Handler | Attendant,
    via: Via = "auto",
    *,
    hosts: frozenset[str] = AMAZON_HOSTS,
    strict: bool = False,
    limits: Limits | None = None,
) -> Iterator[Interception]:
    """Listen for programs' calls to ``hosts`` and answer them with ``handler``.

    ``via`` is the way in which programs are led here: ``namespace`` reaches every runtime, on Linux
    alone; ``environment`` sets proxy variables; ``auto`` takes the first that works. Calls to other
    hosts pass through, or are refused when ``strict``. A handler that is a function is called from
    several threads.

    Raises:
        ConfigurationProblem: if the way asked for does not work here.

    """
    authority = Authority()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pay-conformance-")))
        folder.chmod(0o755)  # the child may run as another user; nothing in it is secret
        with filling(folder):
            trust = authority.write(folder)
        inside, sock, why_not = _choose(via, folder, hosts, trust)
        with filling(folder):
            environment.write_runtime_files(folder, trust, sock.getsockname()[:2], hosts)
        listener = stack.enter_context(
            Listener(sock, handler, authority, hosts=hosts, strict=strict, limits=limits)
        )
        way: Way = "environment" if inside is None else "namespace"
        yield Interception(way, why_not, listener, trust, folder, hosts, inside)


def _choose(
    via: Via, folder: Path, hosts: frozenset[str], trust: TrustFiles
) -> tuple[namespace.Namespace | None, socket.socket, str]:
    if via == "environment":
        return None, socket.create_server(("127.0.0.1", 0), backlog=socket.SOMAXCONN), ""
    try:
        sock = namespace.listening_socket()
        try:
            inside = namespace.prepare(folder, sock.getsockname()[0], hosts, trust)
        except BaseException:
            sock.close()
            raise
        return inside, sock, ""
    except namespace.Unavailable as reason:
        if via == "namespace":
            raise ConfigurationProblem(
                f"a namespace is not available: {reason}", "use --via environment"
            ) from reason
        return None, socket.create_server(("127.0.0.1", 0), backlog=512), str(reason)
