"""The reference server: `handle` is the whole API, `control` plays everybody but the merchant."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from pay_conformance.contract import Contract
from pay_conformance.contract.model import APIS, Api, Match
from pay_conformance.exchange import Request, Response
from pay_conformance.mock import (
    admission,
    buyers,
    charges,
    clock,
    delivery_trackers,
    disputes,
    permissions,
    refunds,
    sessions,
    validation,
)
from pay_conformance.mock.calls import Call, Handler, World
from pay_conformance.mock.control import Control
from pay_conformance.mock.faults import Fault, disturb
from pay_conformance.mock.json_body import dump, dump_sorted
from pay_conformance.mock.keeping import Keeper, Memory
from pay_conformance.mock.merchants import Merchants
from pay_conformance.mock.notifications import Notifications
from pay_conformance.mock.outbox import Delivery
from pay_conformance.mock.packing import Packers
from pay_conformance.mock.pages import HostedPages
from pay_conformance.mock.records import contents
from pay_conformance.mock.refusals import Refused, refusal
from pay_conformance.mock.sns import new_key
from pay_conformance.mock.store import Merchant, Saved
from pay_conformance.signing import PrivateKey, load_private_key, new_private_pem

if TYPE_CHECKING:
    from pay_conformance.mock.sharing import Engine

HANDLERS: Mapping[str, Handler] = {
    "createCheckoutSession": sessions.create,
    "getCheckoutSession": sessions.read,
    "updateCheckoutSession": sessions.update,
    "completeCheckoutSession": sessions.complete,
    "finalizeCheckoutSession": sessions.finalize,
    "getChargePermission": permissions.read,
    "updateChargePermission": permissions.update,
    "closeChargePermission": permissions.close,
    "createCharge": charges.create,
    "getCharge": charges.read,
    "captureCharge": charges.capture,
    "cancelCharge": charges.cancel,
    "createRefund": refunds.create,
    "getRefund": refunds.read,
    "getBuyer": buyers.read,
    "createDispute": disputes.create,
    "getDispute": disputes.read,
    "updateDispute": disputes.update,
    "contestDispute": disputes.contest,
    "uploadFile": disputes.upload,
    "createDeliveryTracker": delivery_trackers.create,
}
"""The operations that this server has."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Admitted(NamedTuple):
    """A request whose signature holds, and what it asks for."""

    request: Request
    merchant: Merchant
    match: Match
    id: str


class Mock:
    """A server of the Amazon Pay Checkout API that lives in memory and knows no network.

    All its behaviour comes from the contract that it is given, so that a wrong contract makes a
    wrong server. ``handle`` and ``control`` may be called from several threads at once. With a
    ``state``, a file or an engine that others share, it has what is there, and keeps there what it
    is asked to change.
    ``script_path`` is the path of the script that draws buttons. ``most_merchants`` are registered;
    without, as many as memory holds.

    Raises:
        ConfigurationProblem: if the contract asks for something that the mock can't judge, or the
            state file can't be used.
    """

    def __init__(
        self,
        contract: Contract,
        *,
        clock: clock.Seconds = clock.real,
        seed: int = 0,
        apis: Sequence[Api] = APIS,
        state: Path | Engine | None = None,
        script_path: str = "/checkout.js",
        most_merchants: int | None = None,
    ) -> None:
        self.contract = contract
        self.apis = tuple(apis)
        self.world = World(contract)
        self.merchants = Merchants(clock, seed, most_merchants)
        self._lock = threading.RLock()
        shared = None if state is None or isinstance(state, Path) else state
        # Processes that share a state are told apart by the ids of their requests alone.
        self._random = Random(f"requests/{seed}/{uuid4()}" if shared else f"requests/{seed}")
        self._common = None if shared is None else shared.common
        self.notifications = Notifications(
            f"{Random(f'notifications/{seed}').getrandbits(128):032x}", self._notifications_key
        )
        self.world.life.watchers.append(self.notifications.watch)
        self._packers = Packers(self.world)
        self.keeper = self._keeper(state)
        self._in_memory = isinstance(self.keeper, Memory)
        self._control = Control(self.world, self.merchants, self.notifications, self.keeper)
        self.hosted = HostedPages(self.world, self.merchants, script_path)

    def handle(self, request: Request) -> Response:
        """Return the answer of the API to a request; every refusal is an answer, too.

        A fault that the control API asked for may make it a :class:`~.faults.Disturbed` one.
        """
        with self._lock:
            admitted = self.admit(request)
            return admitted if isinstance(admitted, Response) else self.serve(admitted)

    def admit(self, request: Request) -> Admitted | Response:
        """Find out who asks for what; return the answer to whom nothing is admitted.

        To admit requests that arrive together before the first of them is served is faster.
        """
        with self._lock:
            request_id = self._request_id()
            try:
                match = admission.route(self.contract, request, self.apis)
                if len(request.body) > admission.LARGEST_BODY:
                    raise Refused("InvalidRequest")
                merchant = admission.authenticate(request, self.keeper, request_id)
            except Refused as refused:
                status, body = self._refusal(request, refused)
                return self._response(status, body, request_id, self.merchants.base())
            return Admitted(request, merchant, match, request_id)

    def serve(self, admitted: Admitted) -> Response:
        """Do what an admitted request asks for, and return the answer to it."""
        with self._lock, self.keeper.turn(admitted.merchant):
            return self._admitted(*admitted)

    def _admitted(
        self, request: Request, merchant: Merchant, match: Match, request_id: str
    ) -> Response:
        fault: Fault | None = None
        status, body, now = 0, b"", 0
        try:
            admission.environment(match, merchant)
            now = self.world.life.now(merchant)
            fault = merchant.faults.take(match.operation.id)
            if fault is not None:
                merchant.touched["settings", "faults"] = None
            if fault is None or not fault.prevents:
                merchant.time.stop(now)
                try:
                    status, body = self._answer(request, merchant, match)
                finally:
                    merchant.time.go_on()
        except Refused as refused:
            status, body = self._refusal(request, refused)
        response = self._response(status, body, request_id, now or merchant.time.now())
        return response if fault is None else disturb(response, fault, self.contract)

    def _refusal(self, request: Request, refused: Refused) -> tuple[int, bytes]:
        refused.fields.setdefault("path", request.path)
        status, error = refusal(self.contract, refused)
        return status, dump(error)

    def control(self, request: Request) -> Response:
        """Return the answer of the control API: JSON in, JSON out."""
        with self._lock:
            return self._control.handle(request)

    def page(self, request: Request) -> Response:
        """Return what a buyer's browser gets: a hosted page, or the script that draws buttons."""
        with self._lock, self.keeper.everybody():
            return self.hosted.handle(request)

    def send_buyers_to(self, base: str) -> None:
        """Let amazonPayRedirectUrl name the pages at a base URL, in place of Amazon's hosts."""
        self.world.sight = replace(self.world.sight, pages=base)

    def first_merchant(self) -> tuple[Merchant, str]:
        """Return a merchant to begin with, and its private key as PEM.

        With a state that is kept it is the same each time.
        """
        with self._lock:
            return self.keeper.first(self._register)

    def close(self) -> None:
        """Let go of what the state is kept in."""
        self.keeper.close()

    def _register(self) -> tuple[Merchant, str]:
        merchant, private_key = self.merchants.register("na")
        return merchant, private_key or ""

    def _keeper(self, state: Path | Engine | None) -> Keeper:
        # Most runs keep no state, and start faster without a database.
        if state is None:
            return Memory(self.merchants)
        if isinstance(state, Path):
            from pay_conformance.mock.state import StateFile

            file = StateFile(state)
            file.load(self.world.life, self.merchants)
            self._common = file.common
            return file
        from pay_conformance.mock.sharing.state import SharedState

        return SharedState(state, self.world.life, self.merchants)

    def _notifications_key(self) -> PrivateKey:
        """Return the key with which notifications are signed: that of a state, if there is one."""
        if self._common is None:
            return new_key()
        return load_private_key(self._common("notifications key", new_private_pem))

    def now(self, merchant: Merchant) -> int:
        """Return a merchant's time, after all that fell due has happened."""
        with self._lock, self.keeper.turn(merchant):
            return self.world.life.now(merchant)

    def notifications_due(self) -> list[tuple[Merchant, list[Delivery]]]:
        """Return what has to be delivered now, by merchant."""
        with self._lock:
            found = []
            for merchant in self.keeper.notifying():
                with self.keeper.turn(merchant):
                    due = merchant.outbox.due(self.world.life.now(merchant))
                if due:
                    found.append((merchant, due))
            return found

    def notified(self, merchant: Merchant, delivery: Delivery, status: int | None) -> None:
        """Take note of an attempt to deliver: its HTTP status, ``None`` where nothing answered."""
        with self._lock, self.keeper.turn(merchant):
            kept = merchant.outbox.find(delivery.number)
            if kept is not None:
                kept.answered(status, self.world.life.now(merchant))
                merchant.touched["delivery", str(kept.number)] = None

    def _answer(self, request: Request, merchant: Merchant, match: Match) -> tuple[int, bytes]:
        operation = match.operation
        key = admission.key_name(self.contract, operation, request)
        code = request.header("x-amz-pay-simulation-code")
        body = validation.body_of(self.contract, operation, request.body)
        digest = _digest(match, body) if key else b""
        saved = merchant.saved.get(key) if key else None
        if saved is not None:
            if saved.digest != digest:
                raise Refused("DuplicateIdempotencyKey", key=key or "")
            return saved.status, self._packers.body(operation, merchant, saved)
        simulation = None
        if code:
            if merchant.live:
                raise Refused("InvalidSandboxSimulationSpecified", code=code)
            simulation = self.world.simulation(operation.id, code.strip(), operation.api)
        call = Call(self.world, merchant, operation, match.parameters, body, simulation)
        handler = HANDLERS.get(operation.id)
        if handler is None:
            raise Refused("RequestNotSupported")
        status, shown = handler(call)
        answer = dump(shown)
        kept: bytes | tuple[Any, ...]
        if key:
            # Only what succeeded is saved: whether the service keeps a refusal is not documented,
            # and one that was kept could never be retried with the same key, as SDKs do after 5xx.
            if handler is sessions.create and self._in_memory:
                # Of all that is saved it is saved most often, and to pack it takes far longer.
                kept = contents(merchant.sessions[shown["checkoutSessionId"]])
            else:
                kept = self._packers.of(operation).pack(answer)
            merchant.saved[key] = Saved(digest, status, kept)
            merchant.touched["saved", key] = None
        return status, answer

    def _request_id(self) -> str:
        text = f"{self._random.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"

    def _response(self, status: int, body: bytes, request_id: str, now: float) -> Response:
        return Response(
            status,
            (
                ("content-type", "application/json"),
                ("x-amz-pay-request-id", request_id),
                ("date", _http_date(int(now))),
            ),
            body,
        )


@lru_cache(maxsize=16)
def _http_date(seconds: int) -> str:
    parts = time.gmtime(seconds)
    day, month = _DAYS[parts.tm_wday], _MONTHS[parts.tm_mon - 1]
    return (
        f"{day}, {parts.tm_mday:02d} {month} {parts.tm_year:04d}"
        f" {parts.tm_hour:02d}:{parts.tm_min:02d}:{parts.tm_sec:02d} GMT"
    )


def _digest(match: Match, body: Mapping[str, Any]) -> bytes:
    """Return what makes two requests the same: operation, object, and the body's values.

    Not its bytes: the official Java SDK writes members in the order of a hash table.
    """
    operation = match.operation
    parts = [operation.api, operation.id, dict(match.parameters), body]
    return hashlib.blake2b(dump_sorted(parts), digest_size=16).digest()
