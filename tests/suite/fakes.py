"""A server that says what it was told to say, for tests of what scenarios are made of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import httpx

from pay_conformance.contract import Contract
from pay_conformance.exchange import Request, Response
from pay_conformance.scenario import Shop, Story
from pay_conformance.scenario.story import Setting
from pay_conformance.targets import ControlClient, Merchant, NoAnswer
from pay_conformance.targets.merchant import process_key

Said = tuple[int, Any] | None
"""A status and a body, or ``None`` for no answer at all."""


class Scripted:
    """A target that gives one answer after the other, and keeps what it was sent."""

    name = "scripted"
    base_url = "https://pay-api.example"
    capabilities = frozenset({"merchants"})
    control: ControlClient | None = None
    options: tuple[str, ...] = ("--target", "scripted")

    def __init__(self, answers: Iterable[Said]) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []

    def merchant(self, region: str | None = None) -> Merchant:
        return Merchant(
            "SANDBOX-KEY", process_key()[0], "amzn1.application-oa2-client.1", region or "na"
        )

    def send(self, request: Request) -> Response:
        self.requests.append(request)
        said = self.answers.pop(0)
        if said is None:
            raise NoAnswer("connection reset")
        status, body = said
        return Response(status, (("content-type", "application/json"),), json.dumps(body).encode())

    def transport(self) -> httpx.BaseTransport:
        raise NotImplementedError

    def close(self) -> None:
        pass


def story_of(*answers: Said, marked: Sequence[str] = ("CH-CAP-003",), api: Any = "v2") -> Story:
    """Return a story whose server gives these answers."""
    return Story(
        Setting(
            target=Scripted(answers),
            contract=Contract.load(),
            api=api,
            name=f"test_one[{api}]",
            seed=7,
            reproduce="pay-conformance run -k test_one --seed 7",
            marked=frozenset(marked),
        )
    )


def shop_of(story: Story) -> Shop:
    """Return the shop of a story."""
    return Shop(story, story.setting.target.merchant())


def charge(state: str = "Authorized", **more: Any) -> dict[str, Any]:
    """Return as much of a Charge as the tests read."""
    return {
        "chargeId": "S01-1111111-2222222-C333333",
        "chargeAmount": {"amount": "10.00", "currencyCode": "USD"},
        "statusDetails": {"state": state, "reasonCode": None},
        **more,
    }


def error(code: str) -> dict[str, str]:
    """Return the body of a refusal."""
    return {"reasonCode": code, "message": "No."}
