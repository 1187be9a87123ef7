"""Plays deeds against a server and the model at once, and ends at the first difference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from pay_conformance.findings import Unmet, Violation
from pay_conformance.generate.examples import Scene, holds
from pay_conformance.generate.invariants import hold_invariants
from pay_conformance.generate.model import (
    Accepted,
    Charge,
    Deed,
    Illegal,
    Permission,
    Refund,
    Session,
    Thing,
    World,
    accept,
)
from pay_conformance.generate.model.predicting import predict
from pay_conformance.generate.troubles import Trouble
from pay_conformance.generate.values import digits_of, written
from pay_conformance.scenario import Answer, Call

_EDGE = timedelta(seconds=4)
READS = {
    "checkout-session": "getCheckoutSession",
    "charge-permission": "getChargePermission",
    "charge": "getCharge",
    "refund": "getRefund",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """A call that was made with an idempotency key, and its answer."""

    call: Call
    answer: Answer


class Player:
    """One merchant's story. ``world`` is what the model says of it at any moment."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.shop = scene.shop
        self.story = scene.story
        setting = self.story.setting
        self.world = World(setting.contract, self.story.api, self._now())
        self.sent: list[Sent] = []
        self.last: dict[str, Answer] = {}
        self.trouble: Trouble | None = None
        """What befalls the next call that has a key, before it is sent again."""
        self.digits = digits_of(setting.contract, self.shop.currency)

    # What can be done

    def do(self, deed: Deed) -> Answer:
        """Make the call of a deed, hold its answer against the model, and read what it touched.

        A trouble that waits befalls the call first: then it is sent twice, and takes effect once.
        """
        self.settle()
        call = self.call(deed)
        if self.trouble is not None and deed.key and not self._is_declined(deed):
            self._fail(call, self.trouble)
            self.trouble = None
        answer = self.shop.attempt.make(call)
        self.carry_on(deed, answer)
        if answer.succeeded and deed.key:
            self.sent.append(Sent(call, answer))
        if not deed.on.startswith("get"):
            self.look(self._touched(deed, answer))
        return answer

    def carry_on(self, deed: Deed, answer: Answer) -> None:
        """Hold an answer against the model, and let the model go on from it."""
        self._take(lambda: accept(self.world, deed, answer))

    def repeat(self, number: int) -> None:
        """Send an earlier call once more with its key: the saved answer has to come again."""
        self.settle()
        earlier = self.sent[number % len(self.sent)]
        answer = self.shop.attempt.make(earlier.call)
        if (answer.status, answer.json) != (earlier.answer.status, earlier.answer.json):
            raise self.story.violated_in(
                "IDEM-SAME-001",
                f"{answer.summary} for a repeated key, where the first answer was "
                f"{earlier.answer.status} {earlier.answer.state}",
                answer,
                expected=earlier.answer.json,
                actual=answer.json,
            )
        holds(self.story, "IDEM-SAME-001", answer)
        self.look(self._known(answer))

    def choose(self, session: Session, card: str) -> None:
        """Let the buyer sign in, and choose a card."""
        self.settle()
        assert self.scene.buyer is not None
        self.scene.buyer.chooses(self._named(session), card)
        self.story.narrate(f"the buyer signs in and chooses the card that ends in {card}")
        self.world = self.world.with_(replace(session, signed_in=True, card=card))
        self.look([session.id])

    def approve(self, session: Session) -> None:
        """Let the buyer approve; in v1, and with some cards, that ends the session."""
        self.settle()
        assert self.scene.buyer is not None
        self.scene.buyer.approves(self._named(session))
        self.story.narrate("the buyer approves the payment")
        for card in self.world.contract.cards:
            effect = card.effect
            if card.ending == session.card and effect and effect.object == session.kind:
                rule = effect.requirement or card.requirement
                self.world = self.world.moved(session, effect.state, effect.reason, rule)
                self.look([session.id])
                return
        self.world = self.world.with_(replace(session, approved=True))
        if self.story.api == "v2":
            self.look([session.id])
            return
        answer = self._read(session)
        deed = Deed("buyer approves", session.id)
        done = replace(session, approved=True)
        self._take(lambda: self._concluded(deed, done, answer))
        self.look(self._touched(deed, answer))

    def leave(self, session: Session, event: str) -> None:
        """Let the buyer cancel, or be declined."""
        self.settle()
        assert self.scene.buyer is not None
        named = self._named(session)
        if event == "buyer cancels":
            self.scene.buyer.cancels(named)
        else:
            self.scene.buyer.is_declined(named)
        self.story.narrate(event)
        self.world = self.world.happened(session.id, event) or self.world
        self.look([session.id])

    def happen(self, permission: Permission, event: str) -> None:
        """Let something happen to a permission on Amazon's side, if the model has a move for it."""
        self.settle()
        after = self.world.happened(permission.id, event)
        if after is None:
            return
        assert self.scene.buyer is not None
        self.scene.buyer.happens(event, self._named(permission))
        self.story.narrate(event)
        self.world = after
        self.look([permission.id])

    def wait(self, seconds: int, names: Iterable[str] | None = None) -> None:
        """Let time pass, and read everything again, or the objects named."""
        assert self.scene.clock is not None
        self.scene.clock.advance(seconds=seconds)
        self.story.narrate(f"{timedelta(seconds=seconds)} pass")
        self.look(self.world.things if names is None else names)

    # What can be seen

    def look(self, names: Iterable[str]) -> None:
        """Read objects, and hold them against the model and the invariants."""
        for name in dict.fromkeys(names):
            thing = self.world.things.get(name)
            if thing is None:
                continue
            self.settle()
            answer = self._read(thing)
            self.carry_on(Deed(READS[thing.kind], name), answer)
            if answer.succeeded:
                self.last[name] = answer
                holds(self.story, "OP-GET-002", answer)
            else:
                self.last.pop(name, None)
        try:
            spoke = hold_invariants(self.world.contract, self.last.values())
        except Illegal as illegal:
            raise self._violation(illegal) from None
        for requirement in dict.fromkeys(spoke):
            holds(self.story, requirement)

    def look_at_all(self) -> None:
        """Read every object of the story."""
        self.look(list(self.world.things))

    def settle(self) -> None:
        """Bring the model to the server's time, away from any moment at which things happen.

        What is due within the next seconds may or may not have happened when a call arrives.
        """
        now = self._now()
        self.world = self.world.at(now)
        while any(due <= now + _EDGE for due, _ in self.world.dues()):
            if self.scene.clock is None:
                raise Unmet("something is due just now, and the clock can't be moved past it")
            now = self.scene.clock.advance(seconds=int(_EDGE.total_seconds()) + 1)
            self.world = self.world.at(now)

    # How it is done

    def _is_declined(self, deed: Deed) -> bool:
        """Say whether an error is the right answer, with an effect: nobody says that it is kept."""
        return any(change.answers for change in predict(self.world, deed).changes)

    def _fail(self, call: Call, trouble: Trouble) -> None:
        network = self.scene.network
        assert network is not None
        network.fails_next(call.operation, trouble.asked())
        failed = self.story.send_in_vain(self.shop.merchant, call)
        if (failed.status if failed else 0) != trouble.status:
            raise Unmet(f"the fault did not come about: {failed.summary if failed else 'silence'}")

    def call(self, deed: Deed) -> Call:
        """Return the call of a deed."""
        call = self._plain(deed)
        if deed.simulation:
            call = call.with_header("x-amz-pay-simulation-code", deed.simulation)
        return call.with_key(deed.key) if deed.key else call

    def _plain(self, deed: Deed) -> Call:
        shop = self.shop
        price: Any = self._price(deed)
        match deed.on:
            case "createCheckoutSession":
                return shop.creating_session(paymentDetails=self._payment(deed))
            case "updateCheckoutSession":
                return shop.updating_session(deed.target, paymentDetails=self._payment(deed))
            case "completeCheckoutSession":
                total = {"totalOrderAmount": self._money(deed.total, deed)} if deed.total else {}
                body = {"chargeAmount": price, **total}
                return shop.call(deed.on, deed.target, body=body)
            case "updateChargePermission":
                return shop.updating_permission(deed.target)
            case "closeChargePermission":
                return shop.closing(deed.target, cancelPendingCharges=deed.sweep)
            case "createCharge":
                asked = {"captureNow": deed.capture, "canHandlePendingAuthorization": deed.pending}
                more = {name: True for name, value in asked.items() if value}
                return (
                    shop.charging(deed.target, "1")
                    .with_("/chargeAmount", price)
                    .with_body({"chargePermissionId": deed.target, "chargeAmount": price, **more})
                )
            case "captureCharge":
                return shop.call(deed.on, deed.target, body={"captureAmount": price})
            case "cancelCharge":
                return shop.canceling(deed.target)
            case "createRefund":
                body = {"chargeId": deed.target, "refundAmount": price}
                return shop.call(deed.on, body=body)
        return shop.call(deed.on, deed.target)

    def _payment(self, deed: Deed) -> dict[str, Any]:
        details: dict[str, Any] = {}
        if deed.intent:
            details["paymentIntent"] = deed.intent
        if deed.amount is not None:
            details["chargeAmount"] = self._money(deed.amount, deed)
        if deed.total is not None:
            details["totalOrderAmount"] = self._money(deed.total, deed)
        if deed.pending:
            details["canHandlePendingAuthorization"] = True
        return details

    def _price(self, deed: Deed) -> dict[str, str] | None:
        return None if deed.amount is None else self._money(deed.amount, deed)

    def _money(self, amount: Decimal, deed: Deed) -> dict[str, str]:
        currency = deed.currency or self.shop.currency
        digits = digits_of(self.world.contract, currency)
        return {"amount": written(amount, digits), "currencyCode": currency}

    def _concluded(self, deed: Deed, session: Session, answer: Answer) -> Accepted:
        from pay_conformance.generate.model.judging import compare, concluded

        after = concluded(self.world, deed, session, answer)
        compare(after, answer)
        return Accepted(after, "CS-LIFE-020")

    def _take(self, judge: Any) -> None:
        try:
            accepted = judge()
        except Illegal as illegal:
            raise self._violation(illegal) from None
        self.world = accepted.world
        entry = self.world.contract.requirements.get(accepted.requirement)
        if entry is not None and self.story.api in entry.api:
            holds(self.story, accepted.requirement)

    def _violation(self, illegal: Illegal) -> Violation:
        return self.story.violated_in(
            illegal.requirement,
            illegal.message,
            illegal.answer,
            pointer=illegal.pointer,
            expected=illegal.expected,
            actual=illegal.actual,
        )

    def _read(self, thing: Thing) -> Answer:
        return self.shop.attempt.make(self.shop.call(READS[thing.kind], thing.id))

    def _touched(self, deed: Deed, answer: Answer) -> list[str]:
        """Return the ids of what a deed may have changed, and of what has to agree with it."""
        names = [deed.target, *self._known(answer)]
        for name in list(names):
            thing = self.world.things.get(name)
            match thing:
                case Session():
                    names += [thing.permission, thing.charge]
                case Charge():
                    names.append(thing.permission)
                case Refund():
                    names.append(thing.charge)
                case Permission() if deed.on == "closeChargePermission":
                    names += [charge.id for charge in self.world.charges_of(name)]
        return [name for name in names if name]

    def _known(self, answer: Answer) -> list[str]:
        return [answer.id] if answer.succeeded and answer.call.operation else []

    def _named(self, thing: Thing) -> Answer:
        known = self.last.get(thing.id)
        if known is None:
            known = self.last[thing.id] = self._read(thing)
        return known

    def _now(self) -> datetime:
        if self.scene.clock is not None:
            return self.scene.clock.now()
        return datetime.now(UTC)
