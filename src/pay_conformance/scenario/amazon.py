"""Everybody but the merchant, played through the control API: the buyer, Amazon, and time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pay_conformance.findings import Unmet
from pay_conformance.scenario.answer import Answer
from pay_conformance.scenario.story import Story
from pay_conformance.targets import ControlClient, ControlRefused, Merchant

_EVENTS = {
    "approve": "buyer approves",
    "cancel": "buyer cancels",
    "decline": "payment is declined",
}
"""What the buyer does on the hosted pages, to the event of the session's lifecycle."""


class Buyer:
    """The buyer of one merchant's shop, on Amazon's pages."""

    def __init__(
        self, control: ControlClient, merchant: Merchant, story: Story | None = None
    ) -> None:
        self._control = control
        self._merchant = merchant
        self._story = story

    def signs_in(self, session: Answer, product: str = "") -> str:
        """Sign in by the button; return the URL to which the browser goes next.

        ``product`` is the button's productType, PayAndShip by default.
        """
        details = {"productType": product} if product else {}
        return self._acts(session, "signIn", **details)

    def chooses(
        self, session: Answer, card: str = "1111", address: dict[str, Any] | None = None
    ) -> None:
        """Sign in if need be, and choose an address and a card (by its last four digits)."""
        self.signs_in(session)
        if address is None:
            self._acts(session, "selectAddress")
        else:
            self._acts(session, "selectAddress", address=address)
        self._acts(session, "selectPayment", card=card)

    def approves(self, session: Answer) -> str:
        """Confirm the payment on the page behind amazonPayRedirectUrl."""
        return self._acts(session, "approve")

    def cancels(self, session: Answer) -> str:
        """Leave the hosted page by its link back to the shop."""
        return self._acts(session, "cancel")

    def is_declined(self, session: Answer) -> str:
        """Try to pay, and be declined."""
        return self._acts(session, "decline")

    def token(self, *scopes: str) -> str:
        """Sign in by the sign-in button; return the buyerToken that the shop gets."""
        try:
            return self._control.buyer_token(self._merchant, list(scopes))
        except ControlRefused as error:
            raise Unmet(str(error)) from error

    def happens(self, event: str, thing: Answer, reason: str | None = None) -> None:
        """Let an event of its lifecycle happen to an object, e.g. ``Amazon cancels``.

        A server on which it can't happen, in a state in which the contract has a move for it,
        violates that move's requirement.
        """
        try:
            self._control.happen(self._merchant, thing.collection, thing.id, event, reason)
        except ControlRefused as error:
            self._note_missing_move(thing.object, thing.state, event, thing, reason, str(error))
            raise Unmet(str(error)) from error

    def charges_back(self, charge: Answer, reason: str = "Fraudulent") -> str:
        """Let the buyer's bank take a captured charge back; return the id of the dispute."""
        try:
            return self._control.charge_back(self._merchant, charge.id, reason)
        except ControlRefused as error:
            birth = ("dispute", None, "buyer files a chargeback")
            self._note_missing_move(*birth, charge, None, str(error))
            raise Unmet(str(error)) from error

    def _acts(self, session: Answer, action: str, **details: Any) -> str:
        try:
            done = self._control.act_as_buyer(self._merchant, session.id, action, **details)
        except ControlRefused as error:
            event = _EVENTS.get(action, "")
            self._note_missing_move(session.object, session.state, event, session, None, str(error))
            raise Unmet(f"the buyer could not {action}: {error}") from error
        return str(done.get("redirect") or "")

    def _note_missing_move(
        self, name: str, state: str | None, event: str, seen: Answer, reason: str | None, why: str
    ) -> None:
        """Note the violation of the move that the contract has for what was refused, if any."""
        if self._story is None:
            return
        for move in self._story.setting.contract.lifecycle(name, seen.api).moves:
            if (move.source, move.on) != (state, event) or seen.api not in move.api:
                continue
            if move.requirement and reason in (None, move.reason):
                finding = self._story.finding(
                    move.requirement,
                    f"{event!r} can't happen to a {seen.object} that is {seen.state}: {why}",
                    seen,
                    expected=move.target,
                    actual=state,
                )
                self._story.findings.append(finding)
                return


class Clock:
    """The clock of one merchant. It moves forward only, and costs no time."""

    def __init__(self, control: ControlClient, merchant: Merchant) -> None:
        self._control = control
        self._merchant = merchant

    def now(self) -> datetime:
        """Return the virtual time."""
        return self._control.now(self._merchant)

    def advance(self, *, days: int = 0, hours: int = 0, seconds: int = 0) -> datetime:
        """Let time pass, and return the time then."""
        total = int(timedelta(days=days, hours=hours, seconds=seconds).total_seconds())
        return self._moved(f"PT{total}S")

    def reach(self, moment: datetime) -> datetime:
        """Let time pass until a moment, if it has not passed already."""
        ahead = int((moment - self.now()).total_seconds())
        return self._moved(f"PT{ahead}S") if ahead > 0 else self.now()

    def _moved(self, duration: str) -> datetime:
        try:
            return self._control.advance(self._merchant, duration)
        except ControlRefused as error:
            raise Unmet(f"the clock did not move: {error}") from error


class Network:
    """What lies between one merchant and Amazon, and can fail."""

    def __init__(self, control: ControlClient, merchant: Merchant) -> None:
        self._control = control
        self._merchant = merchant

    def fails_next(self, operation: str, fault: Mapping[str, Any]) -> None:
        """Let the next call of an operation fail, as ``POST …/faults`` of the control API says."""
        try:
            self._control.break_next(self._merchant, operation, fault)
        except ControlRefused as error:
            raise Unmet(f"no fault could be made: {error}") from error


def session_named_by(url: str) -> str | None:
    """Return the id that a URL of the shop was called with as ``amazonCheckoutSessionId``."""
    return parse_qs(urlsplit(url).query).get("amazonCheckoutSessionId", [None])[0]
