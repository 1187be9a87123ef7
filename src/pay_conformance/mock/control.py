"""The control API: plays the buyer and Amazon, moves the clock, and registers merchants."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

from pay_conformance.contract.model import Timer
from pay_conformance.contract.values import duration
from pay_conformance.exchange import Request, Response
from pay_conformance.mock.bounds import (
    LONGEST_CANONICAL,
    MOST_CHARGEBACKS,
    MOST_FAULTS,
    MOST_SNAPSHOTS,
    Full,
)
from pay_conformance.mock.buyer_acts import NotPossible, act
from pay_conformance.mock.buyers import share
from pay_conformance.mock.calls import World
from pay_conformance.mock.clock import moment
from pay_conformance.mock.disputes import WINNERS, file_chargeback, is_filing_reason
from pay_conformance.mock.events import happen
from pay_conformance.mock.faults import parsed
from pay_conformance.mock.identifiers import REGION_DIGITS
from pay_conformance.mock.json_body import Unreadable, dump, read
from pay_conformance.mock.keeping import Keeper
from pay_conformance.mock.merchants import Merchants
from pay_conformance.mock.notifications import Notifications
from pay_conformance.mock.outbox import Delivery
from pay_conformance.mock.records import Dispute, Record
from pay_conformance.mock.refusals import Refused
from pay_conformance.mock.signature_failures import compared
from pay_conformance.mock.snapshots import restore, take
from pay_conformance.mock.store import Merchant
from pay_conformance.problems import ConfigurationProblem

PREFIX = "/_control"
CAPABILITIES = ("buyer", "clock", "faults", "merchants", "notifications", "simulation")
SIGN_IN_SCOPES = frozenset(
    {
        "name",
        "email",
        "postalCode",
        "shippingAddress",
        "phoneNumber",
        "primeStatus",
        "billingAddress",
    }
)
"""What a sign-in button may ask for (an official SDK's enumeration)."""

_LAST = datetime.fromisoformat("9000-01-01T00:00:00+00:00")


class Wrong(Exception):
    """A control request that can't be served: status and text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(frozen=True, slots=True)
class Asked:
    """A control request, taken apart."""

    names: Mapping[str, str]
    body: Mapping[str, Any]

    def text(self, name: str, default: str = "") -> str:
        """Return a text member of the body."""
        value = self.body.get(name, default)
        if not isinstance(value, str):
            raise Wrong(400, f"{name} has to be a string")
        return value


Act = Callable[[Asked], Mapping[str, Any] | list[Any]]


class Control:
    """Serves the control API to whoever calls: who may is the network layer's business."""

    def __init__(
        self,
        world: World,
        merchants: Merchants,
        notifications: Notifications,
        keeper: Keeper,
    ) -> None:
        self._world = world
        self._keeper = keeper
        self._notifications = notifications
        self._merchants = merchants
        key = r"/merchants/(?P<key>[^/]+)"
        self._routes: list[tuple[str, re.Pattern[str], int, Act]] = [
            ("GET", re.compile("/?"), 200, self._about),
            ("GET", re.compile("/openapi.json"), 200, self._describe),
            ("POST", re.compile("/merchants"), 201, self._register),
            ("POST", re.compile("/reset"), 200, self._reset),
            ("GET", re.compile(f"{key}/clock"), 200, self._clock),
            ("POST", re.compile(f"{key}/clock"), 200, self._move_clock),
            ("GET", re.compile(f"{key}/signature-failures"), 200, self._failures),
            (
                "POST",
                re.compile(f"{key}/signature-failures/(?P<id>[^/]+)"),
                200,
                self._compare,
            ),
            ("GET", re.compile(f"{key}/faults"), 200, self._list_faults),
            ("POST", re.compile(f"{key}/faults"), 201, self._add_fault),
            ("DELETE", re.compile(f"{key}/faults"), 200, self._drop_faults),
            ("GET", re.compile(f"{key}/notifications"), 200, self._list_notifications),
            ("POST", re.compile(f"{key}/notifications"), 200, self._tell),
            (
                "POST",
                re.compile(f"{key}/notifications/(?P<id>[^/]+)/send"),
                200,
                self._send_again,
            ),
            ("GET", re.compile("/notifications/certificate"), 200, self._certificate),
            ("POST", re.compile(f"{key}/reset"), 200, self._reset_one),
            ("POST", re.compile(f"{key}/snapshots"), 201, self._take_snapshot),
            (
                "POST",
                re.compile(f"{key}/snapshots/(?P<id>[^/]+)/restore"),
                200,
                self._restore,
            ),
            ("POST", re.compile(f"{key}/charges/(?P<id>[^/]+)/disputes"), 201, self._dispute),
            ("POST", re.compile(f"{key}/buyers"), 201, self._sign_in),
            (
                "POST",
                re.compile(f"{key}/checkoutSessions/(?P<id>[^/]+)/buyer"),
                200,
                self._buyer,
            ),
            (
                "POST",
                re.compile(
                    f"{key}/(?P<kind>checkoutSessions|chargePermissions|charges|refunds|disputes)"
                    "/(?P<id>[^/]+)"
                ),
                200,
                self._event,
            ),
        ]

    def handle(self, request: Request) -> Response:
        """Return the answer to a control request; the path may have the prefix or not."""
        path = request.path.removeprefix(PREFIX)
        known = False
        for method, pattern, status, serve in self._routes:
            match = pattern.fullmatch(path)
            if match is None:
                continue
            known = True
            if method == request.method:
                names = {name: unquote(value) for name, value in match.groupdict().items()}
                return self._serve(names, status, serve, request)
        if known:
            return _response(405, {"error": f"{request.method} is not a method of {path}"})
        return _response(404, {"error": f"the control API has no {path}"})

    def _serve(
        self, names: Mapping[str, str], status: int, serve: Act, request: Request
    ) -> Response:
        """Serve a request in the turn of the merchant that it names, or of all of them."""
        if "key" not in names:
            turn = self._keeper.everybody() if serve == self._reset else nullcontext()
        else:
            merchant = self._keeper.find(names["key"])
            if merchant is None:
                return _response(404, {"error": "there is no merchant with that public key id"})
            turn = self._keeper.turn(merchant)
        answer: Mapping[str, Any] | list[Any]
        with turn:
            try:
                answer = serve(Asked(names, _body(request)))
            except Wrong as wrong:
                status, answer = wrong.status, {"error": wrong.text}
            except Refused as refused:
                if refused.code == "ResourceNotFound":
                    status, answer = 404, {"error": "there is no such object"}
                else:
                    status, answer = 409, {"error": f"it was refused with {refused.code}"}
            except (NotPossible, Full) as problem:
                status, answer = 409, {"error": str(problem)}
        return _response(status, answer)

    def _about(self, asked: Asked) -> Mapping[str, Any]:
        from importlib.metadata import version

        return {
            "capabilities": list(CAPABILITIES),
            "version": version("amazon-pay-conformance"),
            "digest": self._world.contract.digest,
        }

    def _describe(self, asked: Asked) -> Mapping[str, Any]:
        # Nobody asks for it but who reads it, so that it is not loaded before.
        import yaml

        text = files("pay_conformance.mock").joinpath("control.openapi.yaml").read_text("utf-8")
        document: dict[str, Any] = yaml.safe_load(text)
        return document

    def _register(self, asked: Asked) -> Mapping[str, Any]:
        region = asked.text("region", "na")
        environment = asked.text("environment", "sandbox")
        if region not in REGION_DIGITS or environment not in ("sandbox", "live"):
            raise Wrong(400, "region is one of na, eu, jp, and environment one of sandbox, live")
        public_key = asked.text("publicKey") or None
        try:
            merchant, private_key = self._merchants.register(
                region, live=environment == "live", public_key=public_key
            )
        except ConfigurationProblem as problem:
            raise Wrong(400, str(problem)) from None
        answer = {
            "merchantId": merchant.id,
            "publicKeyId": merchant.key_id,
            "storeId": merchant.store_id,
            "region": merchant.region,
        }
        return answer if private_key is None else {**answer, "privateKey": private_key}

    def _reset(self, asked: Asked) -> Mapping[str, Any]:
        """Empty every merchant; keys, ids and clocks stay as they are."""
        for merchant in self._merchants.by_key.values():
            merchant.clear()
        return {"merchants": len(self._merchants.by_key)}

    def _reset_one(self, asked: Asked) -> Mapping[str, Any]:
        merchant = self._merchant(asked)
        merchant.clear()
        return {"merchants": 1}

    def _take_snapshot(self, asked: Asked) -> Mapping[str, Any]:
        merchant = self._merchant(asked)
        now = self._world.life.now(merchant)
        name = merchant.ids.uuid()
        merchant.snapshots[name] = take(merchant)
        merchant.touched["snapshot", name] = None
        if len(merchant.snapshots) > MOST_SNAPSHOTS:
            oldest = next(iter(merchant.snapshots))
            del merchant.snapshots[oldest]
            merchant.touched["snapshot", oldest] = None
        return {"snapshotId": name, "now": _iso(now)}

    def _restore(self, asked: Asked) -> Mapping[str, Any]:
        merchant = self._merchant(asked)
        snapshot = merchant.snapshots.get(asked.names["id"])
        if snapshot is None:
            raise Wrong(404, "there is no such snapshot")
        restore(self._world.life, merchant, snapshot)
        return {"now": _iso(self._world.life.now(merchant))}

    def _clock(self, asked: Asked) -> Mapping[str, Any]:
        merchant = self._merchant(asked)
        return {"now": _iso(self._world.life.now(merchant))}

    def _move_clock(self, asked: Asked) -> Mapping[str, Any]:
        merchant = self._merchant(asked)
        now = moment(self._world.life.now(merchant))
        try:
            if "advance" in asked.body:
                months, rest = duration(asked.text("advance"))
                then = Timer("", rest, "", months=months).due(now)
            else:
                then = datetime.fromisoformat(asked.text("set"))
            if then.tzinfo is None or then > _LAST:
                raise ValueError("a time needs an offset, and lies before the year 9000")
            merchant.time.set(then.timestamp())
        except (ValueError, OverflowError) as error:
            raise Wrong(400, f'send {{"advance": "PT24H"}} or {{"set": TIME}}: {error}') from None
        return {"now": _iso(self._world.life.now(merchant))}

    def _failures(self, asked: Asked) -> list[Any]:
        return list(self._merchant(asked).failures)

    def _compare(self, asked: Asked) -> Mapping[str, Any]:
        merchant = self._merchant(asked)
        theirs = asked.text("canonicalRequest")
        if not theirs:
            raise Wrong(400, 'send {"canonicalRequest": TEXT}, the text whose hash was signed')
        if len(theirs) > LONGEST_CANONICAL:
            raise Wrong(400, f"canonicalRequest has at most {LONGEST_CANONICAL} characters")
        for number, failure in enumerate(merchant.failures):
            if failure["requestId"] == asked.names["id"]:
                merchant.failures[number] = compared(failure, theirs)
                merchant.touched["settings", "failures"] = None
                return merchant.failures[number]
        raise Wrong(404, "no signature failed in a request with that x-amz-pay-request-id")

    def _list_faults(self, asked: Asked) -> list[Any]:
        return [fault.shown() for fault in self._merchant(asked).faults.waiting]

    def _add_fault(self, asked: Asked) -> Mapping[str, Any]:
        operations = self._world.contract.operations("v2").keys()
        try:
            fault = parsed(asked.body, frozenset(operations))
        except ValueError as error:
            raise Wrong(400, str(error)) from None
        merchant = self._merchant(asked)
        if len(merchant.faults.waiting) >= MOST_FAULTS:
            raise Full(
                f"{MOST_FAULTS} faults wait already; give one a count, or drop those that wait"
            )
        merchant.faults.waiting.append(fault)
        merchant.touched["settings", "faults"] = None
        return fault.shown()

    def _drop_faults(self, asked: Asked) -> Mapping[str, Any]:
        merchant = self._merchant(asked)
        merchant.touched["settings", "faults"] = None
        waiting = merchant.faults.waiting
        dropped = len(waiting)
        waiting.clear()
        return {"dropped": dropped}

    def _tell(self, asked: Asked) -> Mapping[str, Any]:
        merchant = self._merchant(asked)
        outbox = merchant.outbox
        try:
            outbox.configure(asked.body)
        except ValueError as error:
            raise Wrong(400, str(error)) from None
        merchant.touched["settings", "notifications"] = None
        return outbox.shown()

    def _list_notifications(self, asked: Asked) -> Mapping[str, Any]:
        merchant = self._merchant(asked)
        self._world.life.now(merchant)
        outbox = merchant.outbox
        return {**outbox.shown(), "notifications": [entry.shown() for entry in outbox.sent]}

    def _send_again(self, asked: Asked) -> Mapping[str, Any]:
        merchant = self._merchant(asked)
        now = self._world.life.now(merchant)
        for entry in merchant.outbox.sent:
            if entry.id == asked.names["id"]:
                again = merchant.outbox.numbered(Delivery(entry.id, entry.envelope, now))
                for changed in merchant.outbox.add(again):
                    merchant.touched["delivery", str(changed.number)] = None
                return again.shown()
        raise Wrong(404, "there is no such notification")

    def _certificate(self, asked: Asked) -> Mapping[str, Any]:
        authority = self._notifications.authority
        return {"path": authority.path, "certificate": authority.certificate.decode()}

    def _sign_in(self, asked: Asked) -> Mapping[str, Any]:
        merchant = self._merchant(asked)
        scopes = asked.body.get("scopes", ["name", "email"])
        if not isinstance(scopes, list) or not SIGN_IN_SCOPES.issuperset(map(str, scopes)):
            raise Wrong(400, f"scopes is a list of {', '.join(sorted(SIGN_IN_SCOPES))}")
        token = share(merchant, self._world.life.now(merchant), scopes)
        return {"buyerToken": token.token}

    def _buyer(self, asked: Asked) -> Mapping[str, Any]:
        merchant = self._merchant(asked)
        self._world.life.now(merchant)
        session = merchant.session(asked.names["id"])
        card = asked.body.get("card")
        if card is not None and str(card) not in self._world.cards:
            raise Wrong(400, f"the wallet has the cards {', '.join(self._world.cards)}")
        if not isinstance(asked.body.get("address", {}), dict):
            raise Wrong(400, "address is an object with members such as addressLine1")
        redirect = act(self._world, merchant, session, asked.text("action"), asked.body)
        return {"redirect": redirect, "state": session.state}

    def _event(self, asked: Asked) -> Mapping[str, Any]:
        merchant = self._merchant(asked)
        self._world.life.now(merchant)
        stored: Mapping[str, Mapping[str, Record]] = {
            "checkoutSessions": merchant.sessions,
            "chargePermissions": merchant.permissions,
            "charges": merchant.charges,
            "refunds": merchant.refunds,
            "disputes": merchant.disputes,
        }
        record = stored[asked.names["kind"]].get(asked.names["id"])
        if record is None:
            raise Wrong(404, "there is no such object")
        reason = asked.text("reason") or None
        resolution = asked.text("resolution") or None
        if resolution and (not isinstance(record, Dispute) or resolution not in WINNERS):
            raise Wrong(400, f"resolution is of a dispute, and one of {', '.join(WINNERS)}")
        happen(self._world.life, merchant, record, asked.text("event"), reason)
        if resolution and isinstance(record, Dispute) and record.resolution:
            record.resolution = resolution
            merchant.touch(record)
        return {"state": record.state}

    def _dispute(self, asked: Asked) -> Mapping[str, Any]:
        merchant = self._merchant(asked)
        now = self._world.life.now(merchant)
        charge = merchant.charge(asked.names["id"])
        if len(merchant.disputes) >= MOST_CHARGEBACKS:
            raise Full(f"the merchant has {MOST_CHARGEBACKS} disputes already; reset it")
        reason = asked.text("filingReason", "Fraudulent")
        if not is_filing_reason(self._world.contract, charge, reason):
            raise Wrong(400, f"a chargeback is not filed for {reason!r}")
        dispute = file_chargeback(self._world, merchant, charge, reason, now)
        return {"disputeId": dispute.id, "state": dispute.state}

    def _merchant(self, asked: Asked) -> Merchant:
        return self._merchants.by_key[asked.names["key"]]


def _response(status: int, answer: Mapping[str, Any] | list[Any]) -> Response:
    return Response(status, (("content-type", "application/json"),), dump(answer))


def _body(request: Request) -> Mapping[str, Any]:
    try:
        body = read(request.body)
    except Unreadable:
        raise Wrong(400, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise Wrong(400, "the body is not a JSON object")
    return body


def _iso(seconds: int) -> str:
    return moment(seconds).isoformat().replace("+00:00", "Z")
