"""The Story: all traffic of one scenario, every exchange of which goes through the checks."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pay_conformance.checks import Judge, view
from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api, Party
from pay_conformance.exchange import Exchange, Request, Response, as_headers
from pay_conformance.findings import Finding, Held, Outcome, Unmet, Violation
from pay_conformance.scenario.answer import Answer
from pay_conformance.scenario.calls import Call
from pay_conformance.signing import Signer
from pay_conformance.targets import Merchant, NoAnswer, Target

_KEY_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_UNSEEDED = random.SystemRandom()
_REMEMBERED = 256
"""Signatures that a merchant's signer keeps, for what is sent again within the same second."""

OWN_REQUIREMENT = {
    "createCheckoutSession": "OP-OK-001",
    "getCheckoutSession": "OP-OK-002",
    "updateCheckoutSession": "OP-OK-002",
    "completeCheckoutSession": "CS-COMP-001",
    "finalizeCheckoutSession": "CS-FIN-001",
    "getChargePermission": "CP-LIFE-001",
    "updateChargePermission": "CP-OP-004",
    "closeChargePermission": "CP-CLOSE-001",
    "createCharge": "CH-NEW-001",
    "getCharge": "OP-OK-002",
    "captureCharge": "CH-CAP-001",
    "cancelCharge": "CH-LIFE-006",
    "createRefund": "RF-LIFE-001",
    "getRefund": "OP-OK-002",
    "getBuyer": "BU-GET-001",
    "createDispute": "DI-NEW-001",
    "getDispute": "DI-OK-001",
    "updateDispute": "DI-OP-004",
    "contestDispute": "DI-LIFE-002",
    "uploadFile": "DI-OK-001",
    "createDeliveryTracker": "DT-OK-001",
}
"""What an operation violates that does not do what it is for, in a story about something else."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a scenario is told by the run: where it plays, and how to play it again.

    ``marked`` are the ids that the scenario says it proves.
    """

    target: Target
    contract: Contract
    api: Api
    name: str
    seed: int
    reproduce: str
    marked: frozenset[str]


class Story:
    """Sends calls, keeps their exchanges, and collects what they prove."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.random = random.Random(f"{setting.seed} {setting.name}")
        self.exchanges: dict[str, Exchange] = {}
        self.passive: list[Outcome] = []
        """What the checks said of the exchanges."""
        self.evidence: list[Held] = []
        """What the scenario itself saw hold; it counts once the story was told to its end."""
        self.findings: list[Finding] = []
        """Operations that failed although the story only needed them."""
        self._judge = Judge(setting.contract, frozenset({Party.SERVER}), api=setting.api)
        self._signers: dict[str, Signer] = {}

    def seek_less(self, other: Story) -> None:
        """Seek no evidence for the rules of the schemas for which another story has had some."""
        self._judge.seek_less(other._judge)

    @property
    def api(self) -> Api:
        """The version of the API that the story speaks."""
        return self.setting.api

    def fresh_key(self) -> str:
        """Return a new idempotency key of 32 letters and digits.

        A seed gives the same keys again, but for a merchant who outlives the run: to him a key that
        was used is not new, however long ago that was.
        """
        lasting = "merchants" not in self.setting.target.capabilities
        source = _UNSEEDED if lasting else self.random
        return "".join(source.choices(_KEY_ALPHABET, k=32))

    def fresh_word(self, length: int = 8) -> str:
        """Return a text that nothing else in this run has, e.g. for a reference id."""
        return "".join(self.random.choices(_KEY_ALPHABET, k=length))

    def send(self, merchant: Merchant, call: Call) -> Answer:
        """Sign a call, send it, and judge what comes back.

        Raises:
            SubjectProblem: if the subject is not there any more.
            Unmet: if it gave no answer to this call.

        """
        return self._seen(call, self._exchange(self._signed(merchant, call), self._number()))

    def send_request(self, request: Request, call: Call) -> Answer:
        """Send a request exactly as it is, e.g. with a signature that is wrong on purpose."""
        return self._seen(call, self._exchange(request, self._number()))

    def signed(self, merchant: Merchant, call: Call) -> Request:
        """Return a call as the signed request that would be sent."""
        return self._signed(merchant, call)

    def at_once(self, merchant: Merchant, calls: Sequence[Call]) -> list[Answer]:
        """Send calls side by side; the answers come in the order of the calls."""
        requests = [self._signed(merchant, call) for call in calls]
        with ThreadPoolExecutor(max_workers=min(16, len(requests))) as pool:
            exchanges = list(pool.map(self._exchange, requests))
        order = sorted(range(len(exchanges)), key=lambda index: str(exchanges[index].ended))
        answers = {index: self._seen(calls[index], exchanges[index]) for index in order}
        return [answers[index] for index in range(len(exchanges))]

    def notified(self, body: Mapping[str, Any], kind: str) -> None:
        """Judge a notification, or the envelope around it: what came without having been asked."""
        told = Response(0, (), json.dumps(body).encode())
        source = self.setting.name
        exchange = Exchange(None, told, source=source, object=kind, api=self.api)
        self.passive.extend(self._judge.judge(exchange))

    def held(self, requirement: str, answer: Answer | None = None) -> None:
        """Note that a requirement of the scenario held.

        Raises:
            ValueError: if the scenario is not marked with it.

        """
        self.check_marked(requirement)
        self.evidence.append(Held(requirement, answer.exchange if answer else ""))

    def violated(
        self,
        requirement: str,
        message: str,
        answer: Answer | None = None,
        *,
        pointer: str = "",
        expected: Any = None,
        actual: Any = None,
    ) -> Violation:
        """Return the violation of a requirement, to be raised."""
        return Violation(
            self.finding(
                requirement, message, answer, pointer=pointer, expected=expected, actual=actual
            )
        )

    def finding(
        self,
        requirement: str,
        message: str,
        answer: Answer | None = None,
        *,
        pointer: str = "",
        expected: Any = None,
        actual: Any = None,
    ) -> Finding:
        """Return a finding that says where it was made and how to make it again."""
        return Finding(
            requirement=requirement,
            message=message,
            pointer=pointer,
            expected=expected,
            actual=actual,
            exchange=answer.exchange if answer else "",
            source=self.setting.name,
            reproduce=self.setting.reproduce,
        )

    def unmet(self, answer: Answer) -> Unmet:
        """Return the end of a story that needed a call to succeed which did not.

        The operation's own requirement is violated; what the story is about was not tested.
        """
        own = OWN_REQUIREMENT.get(answer.call.operation, "OP-OK-002")
        if self.api in self.setting.contract.requirements[own].api:
            self.findings.append(
                self.finding(
                    own,
                    f"{answer.summary}, where it should have succeeded",
                    answer,
                    expected="a success",
                    actual={"status": answer.status, "body": answer.json},
                )
            )
        return Unmet(answer.summary)

    def check_marked(self, requirement: str) -> None:
        """Raise ValueError for an id that the scenario is not marked with."""
        if requirement not in self.setting.marked:
            raise ValueError(
                f"{self.setting.name} asserts {requirement}, but is not marked with it: "
                "add it to @requirement"
            )

    def _signer(self, merchant: Merchant) -> Signer:
        known = self._signers.get(merchant.public_key_id)
        if known is None:
            known = Signer(
                merchant.public_key_id,
                merchant.private_key,
                merchant.algorithm,
                merchant.region,
                remembers=_REMEMBERED,
            )
            self._signers[merchant.public_key_id] = known
        return known

    def _signed(self, merchant: Merchant, call: Call) -> Request:
        url = self.setting.target.base_url + call.path
        body = call.content()
        key = self.fresh_key() if call.idempotent else None
        headers = self._signer(merchant).sign(
            call.method,
            url,
            body,
            headers=list(call.headers),
            now=merchant.now(),
            idempotency_key=key,
        )
        return Request(call.method, url, as_headers((*headers, *call.unsigned)), body)

    def _number(self) -> str:
        """Return the id of the next exchange."""
        return f"{self.setting.name}#{len(self.exchanges) + 1}"

    def _exchange(self, request: Request, number: str = "") -> Exchange:
        started = datetime.now(UTC)
        response: Response | None = None
        failure = ""
        try:
            response = self.setting.target.send(request)
        except NoAnswer as error:
            failure = str(error)
        return Exchange(
            request,
            response,
            started,
            datetime.now(UTC),
            id=number,
            source=self.setting.name,
            failure=failure,
            api=self.api,
        )

    def _seen(self, call: Call, exchange: Exchange) -> Answer:
        number = self._number()
        if exchange.id != number:  # of those at once, the first to end is the first one seen
            exchange = replace(exchange, id=number)
        self.exchanges[number] = exchange
        if exchange.response is None:
            raise Unmet(f"{call.title} got no answer: {exchange.failure}")
        seen = view(exchange, self.setting.contract, self.api)
        self.passive.extend(self._judge.judge_view(seen))
        return Answer(call, exchange.response, number, seen.response)
