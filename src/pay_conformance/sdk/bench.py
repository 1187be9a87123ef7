"""What the adapters of one run share: authority, files, and whose request is whose."""

from __future__ import annotations

import re
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from pay_conformance.exchange import Request, Response
from pay_conformance.files import filling
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.sdk.answers import Script
from pay_conformance.sdk.cases import Case
from pay_conformance.sdk.interception import (
    in_namespace,
    namespaces_available,
    trust_variables,
    write_hosts,
    write_resolver,
)
from pay_conformance.sdk.packages import Installed
from pay_conformance.sdk.process import Adapter
from pay_conformance.sdk.server import Authority, Reply
from pay_conformance.sdk.surroundings import surrounding_variables

_TAG = re.compile(r"\d{7}(?!\d)")


class Desk:
    """Tells each request's case by the tag in its key id or path, and plays that case's script."""

    def __init__(self) -> None:
        self._scripts: dict[str, Script] = {}
        self._lock = threading.Lock()
        self.stray: list[Request] = []

    def open(self, case: Case) -> Script:
        """Begin a case, and return its script."""
        abreast = case.plan is not None and case.plan.abreast > 1
        script = Script(case.server, case.tag, abreast=abreast)
        with self._lock:
            self._scripts[case.tag] = script
        return script

    def answer(self, request: Request) -> Reply:
        """Answer a request by the script of its case; 404 to one of no case."""
        script = self._scripts.get(tag_of(request))
        if script is None:
            with self._lock:
                self.stray.append(request)
            return Reply(Response(404, (("content-type", "application/json"),), b"{}"))
        return script.answer(request)


def tag_of(request: Request) -> str:
    """Return the tag of the case that a request belongs to, or ``""``."""
    authorization = request.header("authorization") or ""
    body = request.body.decode("latin-1")
    for text in (authorization.partition(",")[0], request.path, body, str(request.headers)):
        found = _TAG.search(text)
        if found:
            return found.group()
    return ""


class Bench:
    """All that the adapters of one run share: authority, files, and the way to start one."""

    def __init__(self, installed: Installed) -> None:
        self._launched: list[Adapter] = []
        self._installed = installed
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        if not namespaces_available():
            raise ConfigurationProblem(
                "this system lets no process have a mount namespace of its own, "
                "so Amazon's host names can't be made to lead here",
                "run as root on Linux",
            )
        name = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="pay-conformance-"))
        self.folder = Path(name)
        self.authority = Authority()
        with filling(self.folder):
            self._trust = dict(trust_variables(self.folder, self.authority.pem))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def launch(self, address: str, *, surroundings: str = "", proxy: str = "") -> Adapter:
        """Start an adapter for which Amazon's hosts are at ``address``.

        ``surroundings`` are those of a case; ``proxy`` is the URL of its proxy, if it has one.
        """
        hosts = write_hosts(self.folder / f"hosts-{address}", address)
        resolver = write_resolver(self.folder / "resolv.conf")
        bundle = self.folder / "bundle.pem"
        command = in_namespace(self._installed.command, hosts, bundle, resolver)
        environment = {**self._installed.environment, **self._trust}
        for name, value in surrounding_variables(surroundings, self.folder, proxy).items():
            before = environment.get(name) if name == "JAVA_TOOL_OPTIONS" else None
            environment[name] = f"{before} {value}" if before else value
        where = self._installed.folder or self.folder
        adapter = Adapter(command, environment=environment, folder=where)
        self._launched.append(adapter)
        return adapter

    def end_adapters(self) -> None:
        """End all adapters, whatever they are doing."""
        for adapter in self._launched:
            adapter.end()
