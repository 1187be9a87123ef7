"""One case on one adapter: configured, called or asked to sign, and all that it showed kept."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pay_conformance.exchange import Exchange
from pay_conformance.findings import Finding, Outcome, Skipped
from pay_conformance.sdk.bench import Desk, tag_of
from pay_conformance.sdk.cases import Case, Plan
from pay_conformance.sdk.expectations import judge
from pay_conformance.sdk.interception import OWN_HOST
from pay_conformance.sdk.keys import CaseKey, case_key, write_key
from pay_conformance.sdk.process import Adapter, AdapterFault
from pay_conformance.sdk.protocol import Called, Hello, called, raised
from pay_conformance.sdk.server import CaseServer
from pay_conformance.sdk.shown import Shown
from pay_conformance.sdk.signatures import button_is_valid, what_is_wrong

_LAST_WORDS = 0.2
"""Seconds in which what an SDK printed during a call arrives; it may come after the answer."""


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


class Turn:
    """One case on one adapter."""

    def __init__(
        self,
        case: Case,
        desk: Desk,
        adapter: Adapter,
        found: Smoke,
        folder: Path,
        *,
        in_clear: Callable[[], tuple[str, ...]] = tuple,
    ) -> None:
        self.case = case
        self._desk = desk
        self._adapter = adapter
        self._found = found
        self._folder = folder
        self._in_clear = in_clear
        self.key = case_key("empty", fresh=False)
        self._client = f"{case.tag}-{secrets.token_hex(4)}"

    def play(self, server: CaseServer) -> CaseRun:
        """Run the case, and judge what it showed."""
        began = time.monotonic()
        shown = self.run(server)
        outcomes = tuple(_hidden(outcome, self.key) for outcome in judge(shown))
        return CaseRun(self.case, shown, outcomes, time.monotonic() - began)

    def run(self, server: CaseServer) -> Shown:
        """Run the case, and return what it showed."""
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
        )
        try:
            shown = self._configure(shown, key)
            if shown.setup_error is None and not shown.unsupported:
                shown = self._sign(shown) if case.plan is None else self._call(shown)
        except AdapterFault as fault:
            shown = replace(shown, fault=str(fault))
        seconds, ended = time.monotonic() - began, datetime.now(UTC)
        if keeps:
            time.sleep(_LAST_WORDS)
        messages = "\n".join(given.message for given in shown.given)
        sign_message = shown.sign_error.message if shown.sign_error else ""
        return replace(
            shown,
            seconds=seconds,
            ended=ended,
            exchanges=_numbered(case, server.exchanges),
            request_ids=tuple(script.request_ids),
            sent=tuple(step.sent for step in case.server),
            charges=script.charges,
            in_clear=self._in_clear(),
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
        return replace(shown, client_printed=answer.get("printed"))

    def _call(self, shown: Shown) -> Shown:
        plan = self.case.plan
        assert plan is not None
        if plan.pause:
            return self._record(shown, list(self._with_pauses(plan)))
        if plan.abreast == 1:
            return self._record(shown, [self._ask(dict(plan.arguments))])
        if not self._found.hello.side_by_side:
            return replace(shown, unsupported="the adapter makes one call after the other")
        with ThreadPoolExecutor(plan.abreast) as pool:
            each = [self._argument(dict(plan.arguments), n) for n in range(plan.abreast)]
            return self._record(shown, list(pool.map(self._ask, each)))

    def _with_pauses(self, plan: Plan) -> Iterator[dict[str, Any]]:
        for number in range(plan.times):
            if number:
                time.sleep(plan.pause)
            yield self._ask(dict(plan.arguments), times=1)

    @staticmethod
    def _argument(arguments: dict[str, Any], number: int) -> dict[str, Any]:
        if "id" in arguments:
            return {**arguments, "id": f"{arguments['id'][:-2]}{number:02d}"}
        return arguments

    def _ask(self, arguments: dict[str, Any], times: int | None = None) -> dict[str, Any]:
        plan = self.case.plan
        assert plan is not None
        message = {
            "do": "call",
            "client": self._client,
            "operation": plan.operation,
            "arguments": arguments,
            "headers": plan.headers,
            "times": times or plan.times,
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
        # Where a case leaves the algorithm to the SDK, that may have one only.
        algorithm, public = self.case.setup.algorithm or answer.get("algorithm"), self.key.public
        return replace(
            shown,
            signature=answer["signature"],
            signed_text=answer["text"],
            verify_button=lambda text, signature: button_is_valid(
                text, signature, algorithm, public
            ),
        )


def _hidden(outcome: Outcome, key: CaseKey) -> Outcome:
    """Return the outcome without the private key, which an SDK may have put into a message."""
    if isinstance(outcome, Finding):
        actual = key.hidden(outcome.actual) if isinstance(outcome.actual, str) else outcome.actual
        return replace(outcome, message=key.hidden(outcome.message), actual=actual)
    if isinstance(outcome, Skipped):
        return replace(outcome, why=key.hidden(outcome.why))
    return outcome


def _numbered(case: Case, exchanges: Iterable[Exchange]) -> tuple[Exchange, ...]:
    mine = [each for each in exchanges if each.request and tag_of(each.request) == case.tag]
    return tuple(
        replace(each, id=f"{case.name}#{number}", source=case.name)
        for number, each in enumerate(mine, 1)
    )
