"""Life: takes records from state to state, now and when their time comes."""

from __future__ import annotations

from collections.abc import Callable

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Simulation
from pay_conformance.mock.clock import Mortal
from pay_conformance.mock.facts import Constraints, balance, held, taken
from pay_conformance.mock.moves import Guards, Moves
from pay_conformance.mock.records import Charge, Permission, Plan, Record, Session
from pay_conformance.mock.refusals import Refused
from pay_conformance.mock.store import Merchant

Watcher = Callable[[Merchant, Record], None]


class Life:
    """What happens to records. All of it is a move of the contract's lifecycles."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.moves = Moves(contract)
        self.constraints = Constraints(contract)
        self.watchers: list[Watcher] = []

    def now(self, merchant: Merchant) -> int:
        """Return the merchant's time, after all that fell due has happened."""
        timeline = merchant.time
        now = timeline.now()
        if timeline.is_behind(now):
            timeline.catch_up(lambda thing: self._happen(merchant, thing))
            now = timeline.now()
        return now

    def on(
        self,
        merchant: Merchant,
        record: Record,
        event: str,
        guards: Guards,
        *,
        description: str | None = None,
    ) -> bool:
        """Make the move that a record has on an operation or event; say whether it had one.

        Raises:
            Refused: if a guard of the move refuses it.
        """
        move = self.moves.choose(record, event, guards, merchant.time.now())
        if move is None:
            return False
        self.go(merchant, record, move.target, move.reason, description=description)
        return True

    def go(
        self,
        merchant: Merchant,
        record: Record,
        state: str,
        reason: str | None = None,
        *,
        description: str | None = None,
    ) -> None:
        """Put a record into a state, and let follow what follows from that."""
        text = description or self.moves.description(record, reason)
        record.enter(state, reason, text, merchant.time.now())
        if isinstance(record, Charge):
            _settle(record, merchant)
        self.schedule(merchant, record)
        for watcher in self.watchers:
            watcher(merchant, record)
        if isinstance(record, Charge):
            self._follow(merchant, record)

    def simulate(self, merchant: Merchant, record: Record, simulation: Simulation) -> bool:
        """Take a record where a simulation or a test card wants it; say whether it may go there."""
        if not self.moves.leads(record, simulation.state, simulation.reason):
            return False
        if simulation.outcome == "later":
            due = merchant.time.now() + int(simulation.after.total_seconds())
            record.plan = Plan(due, simulation.then, simulation.then_reason)
        self.go(merchant, record, simulation.state, simulation.reason)
        return True

    def schedule(self, merchant: Merchant, record: Record) -> None:
        """Queue a record, which has just changed, for the next thing that time will do to it."""
        merchant.touch(record)
        if record.plan is not None:
            dues = [record.plan.due]
        else:
            dues = [due for due, _ in self.moves.timed(record, self._guards(merchant, record))]
        if isinstance(record, Session):
            dues.append(self._end(record) or 0)
        if isinstance(record, Permission) and not record.forgot_buyer:
            dues.append(self.moves.timer(record, "buyer-details") or 0)
        due = min(filter(None, dues), default=0)
        if due != record.due:
            record.due = due
            if due:
                merchant.time.schedule(record)

    def review(self, merchant: Merchant, permission: Permission) -> None:
        """Let a permission follow from its charges: held whole, free again, or captured whole."""
        guards = self._guards(merchant, permission)
        if self.on(merchant, permission, "the whole amount is captured", guards):
            return
        if self.on(merchant, permission, "open charges hold the whole amount", guards):
            return
        if [code for code, _ in permission.reasons] == ["ChargeInProgress"]:
            self.on(merchant, permission, "an open charge ends", guards)

    def declined(self, merchant: Merchant, permission: Permission, reason: str | None) -> None:
        """Let a permission follow from a charge on it that was declined."""
        events = {
            "HardDeclined": "a charge is hard declined",
            "AmazonRejected": "a charge is rejected by Amazon",
        }
        if reason in events:
            self.on(merchant, permission, events[reason], self._guards(merchant, permission))

    def permission_guards(self, merchant: Merchant, permission: Permission) -> Guards:
        """Return what the lifecycle of a charge permission may ask."""

        def left() -> bool:
            remaining = balance(merchant, permission)
            return remaining is None or remaining > 0 or permission.kind != "OneTime"

        def captured() -> bool:
            limit = permission.limit
            return (
                permission.kind == "OneTime"
                and limit is not None
                and taken(merchant, permission) >= limit.value
            )

        def one_time() -> bool:
            return permission.kind == "OneTime"

        return {
            "something is left to charge": left,
            "open charges take the whole amount": lambda: (
                one_time() and not left() and held(merchant, permission) > 0
            ),
            "all is captured": captured,
            "one-time": lambda: one_time() and not permission.extended,
            "one-time with extended expiration": lambda: one_time() and permission.extended,
            "recurring": lambda: permission.kind == "Recurring",
        }

    def _guards(self, merchant: Merchant, record: Record) -> Guards:
        if isinstance(record, Permission):
            return self.permission_guards(merchant, record)
        return {}

    def _follow(self, merchant: Merchant, charge: Charge) -> None:
        permission = merchant.permissions.get(charge.permission)
        if permission is None or not permission.state:
            return
        # In this order: a permission that was held whole is first free again, then blamed.
        self.review(merchant, permission)
        if charge.state == "Declined":
            self.declined(merchant, permission, charge.reason)

    def _end(self, session: Session) -> int | None:
        forgotten = self.moves.life(session).forgotten
        return self.moves.timer(session, forgotten) if forgotten else None

    def _happen(self, merchant: Merchant, thing: Mortal) -> None:
        if not isinstance(thing, Record):
            return
        now = merchant.time.now()
        thing.due = 0
        if isinstance(thing, Session):
            end = self._end(thing)
            if end is not None and end <= now:
                merchant.sessions.pop(thing.id, None)
                merchant.touch(thing)
                return
        if isinstance(thing, Permission) and not thing.forgot_buyer:
            self._forget_buyer(thing, now)
        self._fall_due(merchant, thing, now)
        self.schedule(merchant, thing)

    def _forget_buyer(self, permission: Permission, now: int) -> None:
        """Drop the buyer's details 30 days after a one-time permission was made (documented).

        Those of a recurring one stay for as long as it is open.
        """
        due = self.moves.timer(permission, "buyer-details")
        if due is not None and due <= now:
            permission.forgot_buyer = True
            if permission.kind == "OneTime":
                permission.wallet = None

    def _fall_due(self, merchant: Merchant, record: Record, now: int) -> None:
        plan = record.plan
        if plan is not None:
            if plan.due > now:
                return
            record.plan = None
            if self.moves.leads(record, plan.state, plan.reason):
                self.go(merchant, record, plan.state, plan.reason)
                return
        for due, move in self.moves.timed(record, self._guards(merchant, record)):
            if due <= now:
                self.go(merchant, record, move.target, move.reason)
                return


def required(found: bool, code: str) -> None:  # noqa: FBT001 - it is what is required
    """Refuse an operation whose state allows it, but for which the lifecycle has no move.

    Raises:
        Refused: if there was no move.
    """
    if not found:
        raise Refused(code)


def _settle(charge: Charge, merchant: Merchant) -> None:
    """Give a charge what belongs to its new state."""
    if charge.state in ("Captured", "CaptureInitiated") and charge.to_capture is None:
        charge.to_capture = charge.amount
    if charge.state == "Captured" and charge.to_capture is not None:
        charge.captured = charge.to_capture
        if charge.soft_descriptor is None:
            charge.soft_descriptor = merchant.descriptor(None)
