"""Lets several things happen to the same objects at once, and asks for one legal history."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

from pay_conformance.generate.examples import Scene, holds
from pay_conformance.generate.model import Charge, Deed, Permission, Session, Thing
from pay_conformance.generate.orders import Event, find_order
from pay_conformance.generate.player import READS, Player
from pay_conformance.scenario import Answer

_BEFORE = timedelta(seconds=30)


class Race:
    """A race of one merchant. Set it up with ``player``, then let calls ``run`` at once."""

    def __init__(self, scene: Scene) -> None:
        self.player = Player(scene)
        self.unit = Decimal(1).scaleb(-self.player.digits)

    @property
    def currency(self) -> str:
        """The merchant's currency."""
        return self.player.shop.currency

    def key(self) -> str:
        """Return a fresh idempotency key."""
        return self.player.story.fresh_key()

    def approved(self, amount: str, intent: str = "Authorize") -> Session:
        """Return a session that the buyer has approved."""
        answer = self.player.do(
            Deed("createCheckoutSession", amount=self.money(amount), currency=self.currency,
                 intent=intent, key=self.key())
        )  # fmt: skip
        self.player.choose(self.session(answer.id), "1111")
        self.player.approve(self.session(answer.id))
        return self.session(answer.id)

    def permission(self, amount: str, intent: str = "Confirm") -> Permission:
        """Return the permission of a completed session."""
        session = self.approved(amount, intent)
        if self.player.story.api == "v2":
            self.player.do(self.completing(session))
        found = self.player.world.things[self.session(session.id).permission]
        assert isinstance(found, Permission)
        return found

    def charge(self, amount: str, *, capture: bool = False) -> Charge:
        """Return a charge of the whole of a new permission."""
        permission = self.permission(amount)
        answer = self.player.do(self.charging(permission, self.money(amount), capture=capture))
        return self.charge_named(answer.id)

    def charge_named(self, name: str) -> Charge:
        """Return a charge as the model has it now."""
        found = self.player.world.things[name]
        assert isinstance(found, Charge)
        return found

    def completing(self, session: Session) -> Deed:
        """Return a Complete with the session's amount, and a key of its own."""
        return Deed("completeCheckoutSession", session.id, amount=session.amount,
                    currency=self.currency, key=self.key())  # fmt: skip

    def charging(self, permission: Permission, amount: Decimal, *, capture: bool = False) -> Deed:
        """Return a Create Charge."""
        return Deed("createCharge", permission.id, amount=amount, currency=self.currency,
                    capture=capture, key=self.key())  # fmt: skip

    def capturing(self, charge: Charge, amount: Decimal | None = None) -> Deed:
        """Return a Capture Charge, of all of it by default."""
        return Deed("captureCharge", charge.id, amount=amount or charge.amount,
                    currency=self.currency, key=self.key())  # fmt: skip

    def canceling(self, charge: Charge) -> Deed:
        """Return a Cancel Charge."""
        return Deed("cancelCharge", charge.id)

    def closing(self, permission: str, *, sweep: bool = False) -> Deed:
        """Return a Close Charge Permission."""
        return Deed("closeChargePermission", permission, sweep=sweep)

    def refunding(self, charge: Charge, amount: Decimal) -> Deed:
        """Return a Create Refund."""
        return Deed("createRefund", charge.id, amount=amount, currency=self.currency,
                    key=self.key())  # fmt: skip

    def money(self, amount: str) -> Decimal:
        """Return an amount in the units of the merchant's currency."""
        return Decimal(amount).quantize(self.unit)

    def before_expiry(self, session: Session) -> None:
        """Let time pass until shortly before the session expires."""
        due = self.player.world.timer(session, "expiry")
        assert due is not None
        ahead = due - _BEFORE - self.player.world.now
        self.player.wait(int(ahead.total_seconds()))

    def run(self, requirement: str, deeds: Sequence[Deed], *, past: bool = False) -> list[Answer]:
        """Make all calls at once, read everything, and look for a legal order.

        With ``past``, a minute passes while they are under way.

        Raises:
            Violation: of the requirement, if there is no legal order.

        """
        player = self.player
        player.settle()
        calls = [player.call(deed) for deed in deeds]
        events: list[Event] = []
        if past:
            assert player.scene.clock is not None
            with ThreadPoolExecutor(max_workers=1) as other:
                moved = other.submit(player.scene.clock.advance, seconds=60)
                answers = player.shop.at_once(*calls)
                events.append(Event(Deed("time passes"), until=moved.result()))
            player.story.narrate("1 minute passes at the same time")
        else:
            answers = player.shop.at_once(*calls)
        events += [Event(deed, answer) for deed, answer in zip(deeds, answers, strict=True)]
        readings = self._readings(answers)
        found = find_order(player.world, events, readings)
        if found is None:
            story = [
                f"{deed.on}: {answer.summary}" for deed, answer in zip(deeds, answers, strict=True)
            ]
            raise player.story.violated_in(
                requirement,
                f"{len(deeds)} calls at once got answers that no order of them explains: "
                f"{_counted(story)}",
                answers[0],
                expected="the answers of one legal order",
                actual=story[:20],
            )
        player.world = found.world
        holds(player.story, requirement, answers[0])
        return answers

    def _readings(self, answers: Sequence[Answer]) -> list[tuple[Deed, Answer]]:
        """Read all objects that there were, and all that the answers name."""
        shop = self.player.shop.attempt
        names = {name: thing.kind for name, thing in self.player.world.things.items()}
        for answer in answers:
            if answer.succeeded:
                names.setdefault(answer.id, _kind_of(answer))
                for member, kind in (("chargePermissionId", Permission), ("chargeId", Charge)):
                    found = answer.at(f"/{member}")
                    if isinstance(found, str):
                        names.setdefault(found, kind.kind)
        return [
            (Deed(READS[kind], name), shop.make(shop.call(READS[kind], name)))
            for name, kind in names.items()
        ]

    def session(self, name: str) -> Session:
        """Return a session as the model has it now."""
        found: Thing = self.player.world.things[name]
        assert isinstance(found, Session)
        return found


def _kind_of(answer: Answer) -> str:
    operation = answer.call.operation
    return next(kind for kind, get in READS.items() if operation.endswith(get.removeprefix("get")))


def _counted(story: Sequence[str]) -> str:
    counts: dict[str, int] = {}
    for line in story:
        counts[line] = counts.get(line, 0) + 1
    return ", ".join(f"{count} x {line}" for line, count in counts.items())
