"""Whose buyer is played: only that of a session which the program was seen to create."""

from __future__ import annotations

from typing import Any, cast

from pay_conformance.gateway.buyer import Buyers
from pay_conformance.gateway.journey import UNATTENDED, WILLING, Journey
from pay_conformance.targets.control import ControlClient
from pay_conformance.targets.merchant import Merchant

MERCHANT = cast(Merchant, None)


class Acts:
    """A control API that remembers what its buyer did."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def act_as_buyer(self, _: Merchant, session: str, action: str, **__: str) -> dict[str, Any]:
        self.done.append(f"{action} {session}")
        return {"redirect": "http://127.0.0.1/result"}


def buyers(journey: Journey) -> tuple[Buyers, Acts]:
    acts = Acts()
    return Buyers(cast(ControlClient, acts), journey.buyer), acts


def test_buyer_of_a_session_that_the_program_made_signs_in_and_approves() -> None:
    played, acts = buyers(WILLING)
    played.began(MERCHANT, "one", whole=False)
    assert played.ready(MERCHANT, "one") == "http://127.0.0.1/result"
    assert acts.done == ["signIn one", "approve one"]


def test_session_that_a_button_made_is_left_to_the_browser_that_pressed_it() -> None:
    played, acts = buyers(WILLING)
    assert played.ready(MERCHANT, "by a button") is None
    assert acts.done == []


def test_absent_buyer_does_nothing() -> None:
    played, acts = buyers(UNATTENDED)
    assert played.began(MERCHANT, "one", whole=True) is None
    assert played.ready(MERCHANT, "one") is None
    assert acts.done == []
