"""Random stories over all objects, each step held against the model; a failure shrinks."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from hypothesis import seed
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from pay_conformance.generate.examples import Examples
from pay_conformance.generate.left_out import say_what_is_left_out
from pay_conformance.generate.model import Charge, Deed, Permission, Session, Thing
from pay_conformance.generate.outside import possible_events
from pay_conformance.generate.player import Player
from pay_conformance.generate.troubles import TROUBLES

Some = TypeVar("Some", bound=Thing)

_AMOUNTS = ("15.00", "1.00", "40.00", "100.01", "500.00")
_SHARES = ("all", "half", "a unit", "a unit more", "15 percent more", "too much more")
_WAITS = {"a minute": 60, "an hour": 3600, "a day": 86_400, "8 days": 691_200, "31 days": 2_678_400}


def codes(*seldom: str) -> st.SearchStrategy[str]:
    """Generate no simulation code, but once in six times one, so that stories get somewhere."""
    return st.integers(1, 6).flatmap(
        lambda number: st.sampled_from(seldom) if number == 6 else st.just("")
    )


which = st.sampled_from([0, 0, 0, 1, 2, 3])
amounts = st.sampled_from(_AMOUNTS)
shares = st.one_of(st.sampled_from(_SHARES[:3]), st.sampled_from(_SHARES))
mistakes = st.integers(1, 8).map(lambda number: number == 8)


class Stories(RuleBasedStateMachine):
    """One example is one merchant's story. Rules choose among the objects that the story has."""

    examples: Examples

    def __init__(self) -> None:
        super().__init__()
        self.player = Player(self.examples.scene())
        self.examples.failing(self.player.story)
        self.whole = True

    @initialize(
        region=st.sampled_from(["na", "eu", "jp"]),
        sold=st.sampled_from(["", "Confirm", "Authorize", "captured", "captured"]),
    )
    def open_shop(self, region: str, sold: str) -> None:
        """Let the merchant be of some region, and most often have sold something already.

        Few random stories would get as far as a captured charge by themselves.
        """
        target = self.player.story.setting.target
        if region != self.player.shop.merchant.region and "merchants" in target.capabilities:
            scene = self.examples.at(self.player.scene, target.merchant(region))
            self.player = Player(scene)
        if sold and self.buyer:
            self.sell("40.00", "Authorize" if sold == "captured" else sold)
        for charge in self._all(Charge) if sold == "captured" else ():
            self._do(
                Deed("captureCharge", charge.id, amount=charge.amount, currency=self.currency,
                     key=self._key())
            )  # fmt: skip

    # Sessions

    @rule(amount=amounts, intent=st.sampled_from(["Confirm", "Authorize", "AuthorizeWithCapture"]),
          pending=st.booleans(), more=st.sampled_from([None, "5.00"]))  # fmt: skip
    def create_session(self, amount: str, intent: str, *, pending: bool, more: str | None) -> None:
        """Create a session. v1 has no capture on completion, and no total."""
        v2 = self.api == "v2"
        if intent == "AuthorizeWithCapture" and not v2:
            intent = "Authorize"
        price = self._amount(amount)
        total = price + self._amount(more) if more and v2 else None
        pending = pending and intent == "Authorize"
        self._do(
            Deed("createCheckoutSession", amount=price, total=total, currency=self.currency,
                 intent=intent, pending=pending, key=self._key())
        )  # fmt: skip

    @precondition(lambda self: self.buyer and self._open())
    @rule(which=which, card=st.sampled_from(["1111", "0005", "3064", "3434", "0701", "4354"]))
    def buyer_chooses(self, which: int, card: str) -> None:
        """Let the buyer sign in and choose a card."""
        session = self._pick(self._open(), which)
        if card in ("0701", "4354") and not session.pending:
            card = "1111"
        if not session.approved:
            self._play(lambda: self.player.choose(session, card))

    @precondition(lambda self: self.buyer and self._ready())
    @rule(which=which)
    def buyer_approves(self, which: int) -> None:
        """Let the buyer approve."""
        self._play(lambda: self.player.approve(self._pick(self._ready(), which)))

    @precondition(lambda self: self.buyer and self._ready())
    @rule(which=which, event=st.sampled_from(["buyer cancels", "payment is declined"]))
    def buyer_leaves(self, which: int, event: str) -> None:
        """Let the buyer leave the hosted page."""
        self._play(lambda: self.player.leave(self._pick(self._ready(), which), event))

    @precondition(lambda self: self._all(Session))
    @rule(which=which, amount=amounts)
    def update_session(self, which: int, amount: str) -> None:
        """Change the amount of a session, in whatever state it is."""
        session = self._pick(self._all(Session), which)
        price = self._amount(amount)
        total = None if session.total is None else price + self._amount("5.00")
        self._do(
            Deed("updateCheckoutSession", session.id, amount=price, total=total,
                 currency=self.currency)
        )  # fmt: skip

    @precondition(lambda self: self.api == "v2" and self._all(Session))
    @rule(which=which, wrong=mistakes,
          code=codes("BuyerCanceled", "AmazonCanceled", "Declined", "AuthorizationInitiated",
                      "HardDeclined"))  # fmt: skip
    def complete_session(self, which: int, *, wrong: bool, code: str) -> None:
        """Complete a session, in whatever state it is, seldom with the wrong amount."""
        session = self._pick(self._all(Session), which)
        amount = session.amount or Decimal(0)
        self._do(
            Deed("completeCheckoutSession", session.id,
                 amount=amount + self._unit if wrong else amount, total=session.total,
                 currency=self.currency, simulation=self._code(code), key=self._key())
        )  # fmt: skip

    @precondition(lambda self: self.buyer)
    @rule(amount=amounts, intent=st.sampled_from(["Confirm", "Authorize"]))
    def sell(self, amount: str, intent: str) -> None:
        """Take a session all the way, so that stories get to charges soon."""
        self.create_session(amount, intent, pending=False, more=None)
        session = self._all(Session)[-1]
        self._play(lambda: self.player.choose(session, "1111"))
        self._play(lambda: self.player.approve(self._again(session)))
        if self.api == "v2":
            self._do(
                Deed("completeCheckoutSession", session.id, amount=session.amount,
                     currency=self.currency, key=self._key())
            )  # fmt: skip

    # Permissions

    @precondition(lambda self: self._all(Permission))
    @rule(which=which, sweep=st.booleans(), code=codes("AmazonClosed"))
    def close_permission(self, which: int, *, sweep: bool, code: str) -> None:
        """Close a permission, with or without what is open on it."""
        permission = self._pick(self._all(Permission), which)
        self._do(Deed("closeChargePermission", permission.id, sweep=sweep,
                      simulation=self._code(code)))  # fmt: skip

    @precondition(lambda self: self._all(Permission))
    @rule(which=which)
    def update_permission(self, which: int) -> None:
        """Update a permission, which changes nothing that the model knows."""
        self._do(Deed("updateChargePermission", self._pick(self._all(Permission), which).id))

    @precondition(lambda self: self.buyer and self._all(Permission))
    @rule(which=which, number=st.integers(0, 20))
    def something_happens(self, which: int, number: int) -> None:
        """Let an event of the lifecycle happen to a permission, if it can in its state."""
        permission = self._pick(self._all(Permission), which)
        events = possible_events(self.player.world, permission)
        if events:
            self._play(lambda: self.player.happen(permission, events[number % len(events)]))

    # Charges and refunds

    @precondition(lambda self: self._all(Permission))
    @rule(which=which, share=shares, capture=st.booleans(), pending=st.booleans(),
          code=codes("SoftDeclined", "HardDeclined", "AmazonRejected", "TransactionTimedOut",
                      "CaptureInitiated"),
          foreign=mistakes)  # fmt: skip
    def create_charge(
        self,
        which: int,
        share: str,
        *,
        capture: bool,
        pending: bool,
        code: str,
        foreign: bool,
    ) -> None:
        """Charge a permission, in whatever state it is."""
        permission = self._pick(self._all(Permission), which)
        left = self.player.world.balance(permission)
        self._do(
            Deed("createCharge", permission.id, amount=self._share(left, share),
                 currency=self._other if foreign else self.currency, capture=capture,
                 pending=pending and not capture, simulation=self._code(code), key=self._key())
        )  # fmt: skip

    @precondition(lambda self: self._all(Charge))
    @rule(which=which, share=shares, foreign=mistakes,
          code=codes("CaptureInitiated", "AmazonRejected", "ProcessingFailure",
                      "HardDeclined"))  # fmt: skip
    def capture_charge(self, which: int, share: str, *, foreign: bool, code: str) -> None:
        """Capture a charge, in whatever state it is."""
        charge = self._pick(self._all(Charge), which)
        self._do(
            Deed("captureCharge", charge.id, amount=self._share(charge.amount, share),
                 currency=self._other if foreign else self.currency,
                 simulation=self._code(code), key=self._key())
        )  # fmt: skip

    @precondition(lambda self: self._all(Charge))
    @rule(which=which)
    def cancel_charge(self, which: int) -> None:
        """Cancel a charge, in whatever state it is."""
        self._do(Deed("cancelCharge", self._pick(self._all(Charge), which).id))

    @precondition(lambda self: self._all(Charge))
    @rule(which=which, share=shares, foreign=mistakes,
          code=codes("AmazonRejected", "ProcessingFailure"))  # fmt: skip
    def create_refund(self, which: int, share: str, *, foreign: bool, code: str) -> None:
        """Refund a charge, in whatever state it is."""
        charge = self._pick(self._all(Charge), which)
        left = charge.taken - self.player.world.refunded(charge.id)
        self._do(
            Deed("createRefund", charge.id, amount=self._share(left, share),
                 currency=self._other if foreign else self.currency,
                 simulation=self._code(code), key=self._key())
        )  # fmt: skip

    # Time, failures, and the same again

    @precondition(lambda self: self.player.scene.network)
    @rule(what=st.sampled_from(sorted(TROUBLES)))
    def something_fails(self, what: str) -> None:
        """Let the next call that has a key fail, so that it has to be sent again."""
        self.player.story.narrate(what)
        self.player.trouble = TROUBLES[what]

    @precondition(lambda self: self.player.scene.clock and self.player.world.things)
    @rule(long=st.sampled_from([*_WAITS, "just before", "just after"]))
    def time_passes(self, long: str) -> None:
        """Let time pass: a while, or until just before or after the next thing falls due."""
        if long in _WAITS:
            seconds = _WAITS[long]
        else:
            world = self.player.world
            due = min((due for due, _ in world.dues()), default=None)
            if due is None:
                return
            edge = 20 if long == "just after" else -20
            seconds = int((due - world.now).total_seconds()) + edge
        if seconds > 0:
            self._play(lambda: self.player.wait(seconds))

    @precondition(lambda self: self.player.sent)
    @rule(number=st.integers(0, 20))
    def repeat(self, number: int) -> None:
        """Send an earlier call again, with its key."""
        self._play(lambda: self.player.repeat(number))

    def teardown(self) -> None:
        """Read everything once more, and keep the evidence of a story that went well."""
        if self.whole:
            self._play(self.player.look_at_all)
            self.examples.cases += 1
            self.examples.keep(self.player.story)

    # What rules are made of

    @property
    def api(self) -> str:
        """The version of the API."""
        return self.player.story.api

    @property
    def buyer(self) -> bool:
        """Whether somebody plays the buyer."""
        return self.player.scene.buyer is not None

    @property
    def currency(self) -> str:
        """The merchant's currency."""
        return self.player.shop.currency

    @property
    def _other(self) -> str:
        return "GBP" if self.currency != "GBP" else "USD"

    @property
    def _unit(self) -> Decimal:
        return Decimal(1).scaleb(-self.player.digits)

    def _do(self, deed: Deed) -> None:
        self._play(lambda: self.player.do(deed))

    def _play(self, act: Callable[[], object]) -> None:
        self.whole = False  # until the act is done
        act()
        self.whole = True

    def _key(self) -> str:
        return self.player.story.fresh_key()

    def _code(self, code: str) -> str:
        able = "simulation" in self.player.story.setting.target.capabilities
        return code if able else ""

    def _all(self, kind: type[Some]) -> list[Some]:
        things = self.player.world.things.values()
        return [thing for thing in things if isinstance(thing, kind)]

    def _open(self) -> list[Session]:
        return [one for one in self._all(Session) if one.state == "Open"]

    def _ready(self) -> list[Session]:
        world = self.player.world
        return [one for one in self._open() if not one.approved and not world.constraints(one)]

    def _pick(self, things: list[Some], number: int) -> Some:
        """Return one of the objects, the newest first."""
        return things[-1 - number % len(things)]

    def _again(self, session: Session) -> Session:
        found = self.player.world.things[session.id]
        assert isinstance(found, Session)
        return found

    def _amount(self, text: str) -> Decimal:
        return Decimal(text).quantize(self._unit)

    def _share(self, whole: Decimal, share: str) -> Decimal:
        unit = self._unit
        amount = {
            "all": whole,
            "half": (whole / 2).quantize(unit),
            "a unit": unit,
            "a unit more": whole + unit,
            "15 percent more": (whole * Decimal("1.15")).quantize(unit),
            "too much more": (whole * Decimal("1.15")).quantize(unit) + unit,
        }[share]
        return max(amount, unit)


_LEAST = 4
"""The first story is empty, and the second short: with fewer, nothing may have been seen."""


def play_stories(examples: Examples, count: int, steps: int) -> None:
    """Play random stories of up to so many steps; what the target can't do is left out, and said.

    Raises:
        Violation: with which the shortest story ends that the model does not allow.

    """
    say_what_is_left_out(examples)
    chosen = type("ChosenStories", (Stories,), {"examples": examples})
    seed(examples.seed)(chosen)
    settings = examples.settings(count, steps, _LEAST)
    examples.concluded(lambda: run_state_machine_as_test(chosen, settings=settings))
