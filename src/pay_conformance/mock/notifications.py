"""Notifications: what the mock tells a merchant of, when, how often, and how honestly."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from pay_conformance.mock.clock import moment
from pay_conformance.mock.outbox import Delivery, Outbox
from pay_conformance.mock.records import Charge, Dispute, Permission, Record, Refund
from pay_conformance.mock.sns import ACCOUNT, REGIONS, Authority, new_key
from pay_conformance.mock.store import Merchant
from pay_conformance.signing import PrivateKey

_NOT_TOLD: Final = frozenset({"RefundInitiated"})
"""States that come with the answer of the operation, and of which the documents promise nothing."""


class Notifications:
    """Tells merchants of what happens to their objects. Delivering is the network layer's work."""

    def __init__(self, name: str, key: Callable[[], PrivateKey] = new_key) -> None:
        self.authority = Authority(name, key)
        self._forger = Authority("forger")

    def watch(self, merchant: Merchant, record: Record) -> None:
        """Queue what a merchant has to hear of a record that has just changed its state."""
        kind, permission = _about(merchant, record)
        outbox = merchant.outbox
        if not kind or not outbox.on or record.state in _NOT_TOLD:
            return
        delivery = self._delivery(merchant, kind, record.id, permission)
        for entry in _sent(outbox, delivery):
            merchant.touched["delivery", str(entry.number)] = None
        merchant.touched["settings", "notifications"] = None

    def _delivery(self, merchant: Merchant, kind: str, object_id: str, permission: str) -> Delivery:
        outbox, now = merchant.outbox, merchant.time.now()
        notification_id = merchant.ids.uuid()
        message = {
            "MerchantID": merchant.id,
            "ChargePermissionId": permission,
            "ObjectType": kind,
            "ObjectId": object_id,
            "NotificationType": "STATE_CHANGE",
            "NotificationId": notification_id,
            "NotificationVersion": "V2",
        }
        region = REGIONS[merchant.region]
        envelope = {
            "Type": "Notification",
            "MessageId": merchant.ids.uuid(),
            "TopicArn": f"arn:aws:sns:{region}:{ACCOUNT}:ATVPDKIKX0DER{merchant.id}",
            "Message": json.dumps(message, separators=(",", ":")),
            "Timestamp": moment(now).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "SignatureVersion": outbox.version,
        }
        signer = self._forger if outbox.mode == "forged" else self.authority
        envelope["Signature"] = signer.sign(envelope)
        envelope["SigningCertURL"] = self.authority.url(merchant.region)
        envelope["UnsubscribeURL"] = (
            f"https://sns.{region}.amazonaws.com/?Action=Unsubscribe"
            f"&SubscriptionArn={envelope['TopicArn']}:{merchant.ids.uuid()}"
        )
        return outbox.numbered(Delivery(notification_id, envelope, now))


def _sent(outbox: Outbox, delivery: Delivery) -> list[Delivery]:
    """Send a delivery as the mode says; return what has changed."""
    match outbox.mode:
        case "never":
            delivery.done = True
        case "late":
            delivery.due += outbox.seconds
        case "twice":
            again = outbox.numbered(Delivery(delivery.id, delivery.envelope, delivery.due))
            return outbox.add(delivery, again)
        case "out of order":
            outbox.held.append(delivery)
            if len(outbox.held) < 2:
                return [delivery]
            first, second = outbox.held
            first.number, second.number = second.number, first.number
            outbox.held.clear()
            return outbox.add(second, first)
    return outbox.add(delivery)


def _about(merchant: Merchant, record: Record) -> tuple[str, str]:
    """Return the ObjectType of a record and its permission; empty for what is not told.

    v1 told of charges and refunds only (documents).
    """
    match record:
        case Charge():
            return "CHARGE", record.permission
        case Refund():
            return "REFUND", merchant.charges[record.charge].permission
        case Dispute():
            return "CHARGEBACK", merchant.charges[record.charge].permission
        case Permission() if record.api == "v2":
            return "CHARGE_PERMISSION", record.id
        case _:
            return "", ""
