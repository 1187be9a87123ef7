"""Sends notifications to the application as Amazon's do: in SNS envelopes that are signed."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

from pay_conformance.exchange import Request, Response
from pay_conformance.gateway.journey import NotificationKind
from pay_conformance.mock.sns import ACCOUNT, REGIONS, Authority
from pay_conformance.targets.merchant import Merchant

SNS_HOSTS = frozenset(f"sns.{region}.amazonaws.com" for region in REGIONS.values())
"""Where ``SigningCertURL`` leads: an application that verifies signatures asks there."""

_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification that can be sent several times, with the same id."""

    kind: NotificationKind
    object_id: str
    charge_permission_id: str
    merchant: Merchant
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def message(self) -> str:
        """Return the inner message: which object changed, and nothing of its state."""
        return json.dumps(
            {
                "MerchantID": self.merchant.merchant_id,
                "ChargePermissionId": self.charge_permission_id,
                "ObjectType": self.kind,
                "ObjectId": self.object_id,
                "NotificationType": "STATE_CHANGE",
                "NotificationId": self.id,
                "NotificationVersion": "V2",
            }
        )


class Notifier:
    """Posts notifications to ``url``, signed with a key whose certificate :meth:`serve` gives."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._authority = Authority(uuid.uuid4().hex)

    def serve(self, request: Request) -> Response:
        """Return the certificate, for a request to an SNS host; anything else is not there."""
        if request.path != self._authority.path:
            return Response(404, (("content-type", "text/plain"),), b"not found\n")
        headers = (("content-type", "application/x-x509-ca-cert"),)
        return Response(200, headers, self._authority.certificate)

    def deliver(self, notice: Notice) -> int:
        """Post a notification once; return the status of the answer, 0 for none."""
        envelope = self._envelope(notice)
        headers = {
            "content-type": "text/plain; charset=UTF-8",
            "x-amz-sns-message-type": "Notification",
            "x-amz-sns-message-id": envelope["MessageId"],
            "x-amz-sns-topic-arn": envelope["TopicArn"],
            "user-agent": "Amazon Simple Notification Service Agent",
        }
        try:
            with httpx.Client(timeout=_SECONDS, trust_env=False) as client:
                return client.post(
                    self._url, content=json.dumps(envelope), headers=headers
                ).status_code
        except httpx.HTTPError:
            return 0

    def _envelope(self, notice: Notice) -> dict[str, str]:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        region = REGIONS[notice.merchant.region]
        envelope = {
            "Type": "Notification",
            "MessageId": str(uuid.uuid4()),
            "TopicArn": f"arn:aws:sns:{region}:{ACCOUNT}:{notice.merchant.merchant_id}",
            "Message": notice.message(),
            "Timestamp": now,
            "SignatureVersion": "1",
        }
        envelope["Signature"] = self._authority.sign(envelope)
        envelope["SigningCertURL"] = self._authority.url(notice.merchant.region)
        envelope["UnsubscribeURL"] = f"https://sns.{region}.amazonaws.com/?Action=Unsubscribe"
        return envelope
