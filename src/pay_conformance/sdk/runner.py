"""Runs the cases against one SDK: side by side in one adapter, or alone where they must be."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace

from pay_conformance.findings import Finding
from pay_conformance.problems import SubjectProblem
from pay_conformance.record.redaction import Redactor
from pay_conformance.sdk.bench import Bench, Desk
from pay_conformance.sdk.cases import Case
from pay_conformance.sdk.expectations import judge
from pay_conformance.sdk.packages import Installed
from pay_conformance.sdk.process import Adapter, AdapterFault
from pay_conformance.sdk.protocol import Hello, hello
from pay_conformance.sdk.server import CaseServer
from pay_conformance.sdk.shown import Shown
from pay_conformance.sdk.surroundings import Proxy
from pay_conformance.sdk.turn import CaseRun, Smoke, Turn

_START_SECONDS = 30
_NOWHERE = "127.255.255.1"
"""A loopback address at which nothing listens."""
_ABREAST = 24
_ALONE_ABREAST = 3
_SERIAL_ABREAST = 12
"""Processes at once of an adapter that answers one request after the other."""
_PROBE_SECONDS = 10
_ROUNDS = 8
"""How often a shared adapter that failed is followed by another one."""
COMPANY = "SDK-CONC-005"
"""The requirement that a process goes on working with many clients in it."""


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
            greeting = _greeted(adapter)
            turn = Turn(case, desk, adapter, Smoke(greeting, form), bench.folder)
            shown = turn.run(server)
        if shown.requests and not any(given.error for given in shown.given) and not shown.fault:
            return Smoke(greeting, form)
        came = shown.fault or "; ".join(given.what for given in shown.given) or "no outcome"
        # An SDK that does not get through may say so with the key in its hand.
        told = Redactor(frozenset({turn.key.text})).told(shown.unsupported or came)
        troubles.append(f"key as {form}: {told}")
    raise SubjectProblem(
        f"no smoke call gets through ({' | '.join(troubles)})",
        "the adapter is wired wrong, or the SDK can't make a call at all",
    )


def _greeted(adapter: Adapter) -> Hello:
    """Return the adapter's answer to ``start``, without which no case can be run.

    Raises:
        SubjectProblem: if it gives none.
    """
    try:
        return hello(adapter.start(_START_SECONDS))
    except AdapterFault as fault:
        told = adapter.stderr[-300:].strip()
        more = "" if told in str(fault) else f" {told}"
        raise SubjectProblem(
            f"the adapter does not answer start: {fault}{more}",
            'run its command by hand and write {"id":1,"do":"start","protocol":1}',
        ) from fault


def run_cases(
    installed: Installed,
    cases: Iterable[Case],
    done: Callable[[CaseRun], None],
    begun: Callable[[Smoke], None] = lambda _found: None,
) -> Smoke:
    """Run cases against an SDK; ``done`` is called with each as it ends, from this thread.

    ``begun`` is called before the first, with what the smoke calls found out.

    The cases during which the shared adapter fails are run again, each in an adapter of its own, so
    that the failure is told of the one that caused it; the others go on in another shared adapter.
    A failure that shows in company only is told of :data:`COMPANY`.

    Raises:
        SubjectProblem: if the adapter can't be started or no smoke call gets through.
    """
    every = {case.name: case for case in cases}
    with Bench(installed) as bench:
        found = smoke(bench, every)
        begun(found)
        wanted = [case for case in every.values() if case.name != "smoke"] or [*every.values()]
        # The longest first, so that they overlap with all others.
        waiting = sorted((c for c in wanted if not c.alone), key=lambda c: -c.limit)
        alone = [case for case in wanted if case.alone]
        lanes = _ALONE_ABREAST
        if not found.hello.side_by_side:
            # One slow case would hold up all others that share its process.
            alone, waiting, lanes = [*waiting, *alone], [], _SERIAL_ABREAST
        with ThreadPoolExecutor(lanes) as apart, _given_up(apart, bench):
            pending = [apart.submit(_run_alone, bench, found, case) for case in alone]
            for _ in range(_ROUNDS):
                if not waiting:
                    break
                company = _Company()
                waiting = _run_shared(bench, found, waiting, done, company)
                _settle(bench, found, company, done)
            pending += [apart.submit(_run_alone, bench, found, case) for case in waiting]
            for future in as_completed(pending):
                done(future.result())
    return found


@contextlib.contextmanager
def _given_up(pool: ThreadPoolExecutor, bench: Bench) -> Iterator[None]:
    """Begin nothing more when the run is interrupted, and end what is under way."""
    try:
        yield
    except KeyboardInterrupt:
        pool.shutdown(wait=False, cancel_futures=True)
        bench.end_adapters()
        raise


@dataclass
class _Company:
    """The cases that were under way when a shared adapter failed, as they ended then."""

    runs: list[CaseRun] = field(default_factory=list)


def _run_shared(
    bench: Bench,
    found: Smoke,
    cases: list[Case],
    done: Callable[[CaseRun], None],
    company: _Company,
) -> list[Case]:
    """Run cases side by side; return those that were not begun because the adapter had failed."""
    desk = Desk()
    left: list[Case] = []
    with (
        CaseServer(bench.authority, desk.answer) as server,
        bench.launch(server.address) as adapter,
        ThreadPoolExecutor(_ABREAST) as pool,
        _given_up(pool, bench),
    ):
        own = replace(found, hello=_greeted(adapter))

        def play(case: Case) -> CaseRun | None:
            if adapter.fault is not None:
                return None
            return Turn(case, desk, adapter, own, bench.folder).play(server)

        futures = {pool.submit(play, case): case for case in cases}
        for future in as_completed(futures):
            run = future.result()
            if run is None:
                left.append(futures[future])
            elif not _is_certain(run, adapter):
                company.runs.append(run)
            else:
                done(run)
    return left


def _is_certain(run: CaseRun, adapter: Adapter) -> bool:
    """Say whether what a case showed in company is its own doing, and not another case's.

    That a call is never answered is, where the server never ends its answer either, as long as the
    process answers others: an SDK may stop its whole process, or eat the lines that are meant for
    it.
    """
    if not run.shown.fault:
        return True
    answers = adapter.still_answers(_PROBE_SECONDS)
    return answers and run.case.is_left_waiting and not run.shown.broke


def _settle(bench: Bench, found: Smoke, company: _Company, done: Callable[[CaseRun], None]) -> None:
    """Run each of the company alone; where none fails alone, the failure is that of company."""
    if not company.runs:
        return
    with ThreadPoolExecutor(_ALONE_ABREAST) as apart:
        cases = [run.case for run in company.runs]
        again = list(apart.map(lambda case: _run_alone(bench, found, case), cases))
    for run in again:
        done(run)
    if not any(_is_culprit(run) for run in again):
        first = company.runs[0]
        fault = first.shown.fault
        told = Finding(
            COMPANY,
            f"with other clients at work in the process: {fault}",
            expected="an answer to each call",
            actual=fault,
            source=first.case.name,
        )
        done(replace(first, outcomes=(told,)))


def _is_culprit(run: CaseRun) -> bool:
    return run.shown.broke or bool(run.shown.fault and not run.case.is_left_waiting)


def _run_alone(bench: Bench, found: Smoke, case: Case) -> CaseRun:
    desk = Desk()
    with (
        CaseServer(bench.authority, desk.answer, certificate=case.certificate) as server,
        Proxy(server.address) as proxy,
        bench.launch(
            _NOWHERE if case.down else server.address,
            surroundings=case.surroundings,
            proxy=proxy.url,
        ) as adapter,
    ):
        try:
            own = replace(found, hello=hello(adapter.start(_START_SECONDS)))
        except AdapterFault as fault:
            shown = Shown(case, fault=str(fault), noise=adapter.stderr)
            return CaseRun(case, shown, tuple(judge(shown)), 0.0)
        turn = Turn(case, desk, adapter, own, bench.folder, in_clear=lambda: proxy.in_clear)
        return turn.play(server)
