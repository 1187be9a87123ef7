"""Runs the cases against one SDK: side by side in one adapter, or alone where they must be."""

from __future__ import annotations

import re
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from pay_conformance.exchange import Exchange, Request, Response
from pay_conformance.findings import Finding, Outcome, Skipped
from pay_conformance.problems import ConfigurationProblem, SubjectProblem
from pay_conformance.sdk.answers import Script
from pay_conformance.sdk.cases import Case
from pay_conformance.sdk.expectations import judge
from pay_conformance.sdk.interception import (
    OWN_HOST,
    in_namespace,
    namespaces_available,
    trust_variables,
    write_hosts,
    write_resolver,
)
from pay_conformance.sdk.keys import CaseKey, case_key, write_key
from pay_conformance.sdk.packages import Installed
from pay_conformance.sdk.process import Adapter, AdapterFault, FaultKind
from pay_conformance.sdk.protocol import Called, Given, Hello, called, hello, raised
from pay_conformance.sdk.server import Authority, CaseServer, Reply
from pay_conformance.sdk.shown import Shown
from pay_conformance.sdk.signatures import button_is_valid, what_is_wrong

_START_SECONDS = 30
_NOWHERE = "127.255.255.1"
"""A loopback address at which nothing listens."""
_ABREAST = 24
_ALONE_ABREAST = 3
_TAG = re.compile(r"\d{7}(?!\d)")


@dataclass(frozen=True)
class CaseRun:
    """One case and what it came to."""

    case: Case
    shown: Shown
    outcomes: tuple[Outcome, ...]
    seconds: float


@dataclass(frozen=True)
class Smoke:
    """What the smoke calls found out: who is there, and how it takes its key."""

    hello: Hello
    key_form: str


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
        self._trust = dict(trust_variables(self.folder, self.authority.pem))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def launch(self, address: str, *, netrc: bool = False) -> Adapter:
        """Start an adapter for which Amazon's hosts are at ``address``.

        With ``netrc`` it finds a login for every host in the file where programs look for logins.
        """
        hosts = write_hosts(self.folder / f"hosts-{address}", address)
        resolver = write_resolver(self.folder / "resolv.conf")
        bundle = self.folder / "bundle.pem"
        command = in_namespace(self._installed.command, hosts, bundle, resolver)
        environment = {**self._installed.environment, **self._trust}
        if netrc:
            logins = self.folder / "netrc"
            logins.touch(mode=0o600)
            logins.write_text("default login nobody password nothing\n", encoding="utf-8")
            environment["NETRC"] = str(logins)
        return Adapter(command, environment=environment, folder=self.folder)


def smoke(bench: Bench, cases: Mapping[str, Case]) -> Smoke:
    """Find out whether the adapter gets one plain call through, and in which form it takes keys.

    Raises:
        SubjectProblem: if it does not: the adapter is not wired right, or the SDK is not usable.
    """
    troubles = []
    for form in ("text", "path"):
        desk = Desk()
        case = replace(cases["smoke"], setup=replace(cases["smoke"].setup, key_form=form))
        with (
            CaseServer(bench.authority, desk.answer) as server,
            bench.launch(server.address) as adapter,
        ):
            try:
                greeting = hello(adapter.start(_START_SECONDS))
            except AdapterFault as fault:
                raise SubjectProblem(
                    f"the adapter does not answer start: {fault} {adapter.stderr[-300:]}".strip(),
                    'run its command by hand and write {"id":1,"do":"start","protocol":1}',
                ) from fault
            shown = _Turn(case, desk, adapter, Smoke(greeting, form), bench.folder).run(server)
        if shown.requests and not any(given.error for given in shown.given) and not shown.fault:
            return Smoke(greeting, form)
        came = shown.fault or "; ".join(given.what for given in shown.given) or "no outcome"
        troubles.append(f"key as {form}: {shown.unsupported or came}")
    raise SubjectProblem(
        f"no smoke call gets through ({' | '.join(troubles)})",
        "the adapter is wired wrong, or the SDK can't make a call at all",
    )


def run_cases(
    installed: Installed,
    cases: Iterable[Case],
    done: Callable[[CaseRun], None],
    started: Callable[[Smoke], None] = lambda _: None,
) -> Smoke:
    """Run cases against an SDK; ``done`` is called with each as it ends, from this thread.

    A case during which the shared adapter fails is run again in an adapter of its own, so that the
    failure is told of the case that caused it.

    Raises:
        SubjectProblem: if the adapter can't be started or no smoke call gets through.
    """
    every = {case.name: case for case in cases}
    with Bench(installed) as bench:
        found = smoke(bench, every)
        started(found)
        wanted = [case for case in every.values() if case.name != "smoke"]
        # The longest first, so that they overlap with all others.
        shared = sorted((c for c in wanted if not c.alone), key=lambda c: -c.limit)
        alone = [case for case in wanted if case.alone]
        with ThreadPoolExecutor(_ALONE_ABREAST) as apart:
            pending = [apart.submit(_run_alone, bench, found, case) for case in alone]
            for case_run in _run_shared(bench, found, shared):
                if case_run.shown.fault and not case_run.shown.fault.startswith(FaultKind.HANG):
                    pending.append(apart.submit(_run_alone, bench, found, case_run.case))
                else:
                    done(case_run)
            for future in as_completed(pending):
                done(future.result())
    return found


def _run_shared(bench: Bench, found: Smoke, cases: list[Case]) -> Iterable[CaseRun]:
    if not cases:
        return
    desk = Desk()
    with (
        CaseServer(bench.authority, desk.answer) as server,
        bench.launch(server.address) as adapter,
        ThreadPoolExecutor(_ABREAST) as pool,
    ):
        own = replace(found, hello=hello(adapter.start(_START_SECONDS)))
        futures = [
            pool.submit(_timed, _Turn(case, desk, adapter, own, bench.folder), server)
            for case in cases
        ]
        for future in as_completed(futures):
            yield future.result()


def _run_alone(bench: Bench, found: Smoke, case: Case) -> CaseRun:
    desk = Desk()
    with (
        CaseServer(bench.authority, desk.answer, certificate=case.certificate) as server,
        bench.launch(_NOWHERE if case.down else server.address, netrc=case.netrc) as adapter,
    ):
        try:
            own = replace(found, hello=hello(adapter.start(_START_SECONDS)))
        except AdapterFault as fault:
            shown = Shown(case, fault=str(fault), noise=adapter.stderr)
            return CaseRun(case, shown, tuple(judge(shown)), 0.0)
        return _timed(_Turn(case, desk, adapter, own, bench.folder), server)


def _timed(turn: _Turn, server: CaseServer) -> CaseRun:
    began = time.monotonic()
    shown = turn.run(server)
    outcomes = tuple(_hidden(outcome, turn.key) for outcome in judge(shown))
    return CaseRun(turn.case, shown, outcomes, time.monotonic() - began)


def _hidden(outcome: Outcome, key: CaseKey) -> Outcome:
    """Return the outcome without the private key, which an SDK may have put into a message."""
    if isinstance(outcome, Finding):
        actual = key.hidden(outcome.actual) if isinstance(outcome.actual, str) else outcome.actual
        return replace(outcome, message=key.hidden(outcome.message), actual=actual)
    if isinstance(outcome, Skipped):
        return replace(outcome, why=key.hidden(outcome.why))
    return outcome


class _Turn:
    """One case on one adapter."""

    def __init__(
        self, case: Case, desk: Desk, adapter: Adapter, found: Smoke, folder: Path
    ) -> None:
        self.case = case
        self._desk = desk
        self._adapter = adapter
        self._found = found
        self._folder = folder
        self.key = case_key("empty", fresh=False)
        self._client = f"{case.tag}-{secrets.token_hex(4)}"

    def run(self, server: CaseServer) -> Shown:
        case = self.case
        keeps = any(expectation.kind == "keeps" for expectation in case.expectations)
        key = self.key = case_key(case.setup.key, fresh=keeps)
        script = self._desk.open(case)
        began = time.monotonic()
        shown = Shown(
            case,
            offers=self._found.hello.offers,
            settings=self._found.hello.settings,
            secrets=key.secrets,
            arguments=case.plan.arguments if case.plan else {},
            headers=case.plan.headers if case.plan else None,
            verify=lambda request, arrived: what_is_wrong(
                request, case.key_id, key.public, arrived
            ),
            verify_button=lambda text, signature: button_is_valid(
                text, signature, case.setup.algorithm, key.public
            ),
        )
        try:
            shown = self._configure(shown, key)
            if shown.setup_error is None and not shown.unsupported:
                shown = self._sign(shown) if case.plan is None else self._call(shown)
        except AdapterFault as fault:
            shown = replace(shown, fault=str(fault))
        seconds = time.monotonic() - began
        messages = "\n".join(given.message for given in shown.given)
        sign_message = shown.sign_error.message if shown.sign_error else ""
        return replace(
            shown,
            seconds=seconds,
            exchanges=_numbered(case, server.exchanges),
            request_ids=tuple(script.request_ids),
            sent=tuple(step.sent for step in case.server),
            charges=script.charges,
            noise=f"{self._adapter.stderr}\n{messages}\n{sign_message}",
        )

    def _configure(self, shown: Shown, key: CaseKey) -> Shown:
        setup = self.case.setup
        form = self._found.key_form if setup.key_form == "working" else setup.key_form
        given = key.text
        if form == "path" and setup.key != "missing file":
            given = str(write_key(self._folder, self._client, key.text))
        message = {
            "do": "configure",
            "client": self._client,
            "publicKeyId": self.case.key_id,
            "privateKey": given,
            "keyForm": form,
            "region": setup.region,
            "environment": setup.environment,
            "algorithm": setup.algorithm,
            "endpoint": OWN_HOST if setup.own_endpoint else None,
        }
        answer = self._adapter.ask(message, self.case.limit)
        if "unsupported" in answer:
            return replace(shown, unsupported=answer["unsupported"])
        if "raised" in answer:
            return replace(shown, setup_error=raised(answer["raised"]))
        return shown

    def _call(self, shown: Shown) -> Shown:
        plan = self.case.plan
        assert plan is not None
        if plan.abreast == 1:
            return self._record(shown, [self._ask(dict(plan.arguments))])
        with ThreadPoolExecutor(plan.abreast) as pool:
            each = [self._argument(dict(plan.arguments), n) for n in range(plan.abreast)]
            return self._record(shown, list(pool.map(self._ask, each)))

    @staticmethod
    def _argument(arguments: dict[str, Any], number: int) -> dict[str, Any]:
        if "id" in arguments:
            return {**arguments, "id": f"{arguments['id'][:-2]}{number:02d}"}
        return arguments

    def _ask(self, arguments: dict[str, Any]) -> dict[str, Any]:
        plan = self.case.plan
        assert plan is not None
        message = {
            "do": "call",
            "client": self._client,
            "operation": plan.operation,
            "arguments": arguments,
            "headers": plan.headers,
            "times": plan.times,
        }
        return self._adapter.ask(message, self.case.limit)

    @staticmethod
    def _record(shown: Shown, answers: list[dict[str, Any]]) -> Shown:
        results: list[Called] = []
        for answer in answers:
            result = called(answer)
            if not isinstance(result, Called):
                return replace(shown, unsupported=result.what)
            results.append(result)
        return replace(shown, called=tuple(results))

    def _sign(self, shown: Shown) -> Shown:
        message = {"do": "sign", "client": self._client, "payload": self.case.payload}
        answer = self._adapter.ask(message, self.case.limit)
        if "unsupported" in answer:
            return replace(shown, unsupported=answer["unsupported"])
        if "raised" in answer:
            return replace(shown, sign_error=raised(answer["raised"]))
        return replace(shown, signature=answer["signature"], signed_text=answer["text"])


def _numbered(case: Case, exchanges: Iterable[Exchange]) -> tuple[Exchange, ...]:
    mine = [each for each in exchanges if each.request and tag_of(each.request) == case.tag]
    return tuple(
        replace(each, id=f"{case.name}#{number}", source=case.name)
        for number, each in enumerate(mine, 1)
    )


def last_given(run: CaseRun) -> Given | None:
    """Return what the last call of a case gave back, if anything."""
    return run.shown.given[-1] if run.shown.given else None
