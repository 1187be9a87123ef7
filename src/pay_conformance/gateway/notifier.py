"""Sends notifications to the application as Amazon's do: in SNS envelopes that are signed."""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from pay_conformance.exchange import Request, Response
from pay_conformance.gateway.journey import NotificationKind

SNS_HOST = "sns.us-east-1.amazonaws.com"
_SECONDS = 30
_SIGNED = ("Message", "MessageId", "Timestamp", "TopicArn", "Type")
_TOPIC = "arn:aws:sns:us-east-1:291180941288:A3BXB0YN3XH17H"


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification that can be sent several times, with the same id."""

    kind: NotificationKind
    object_id: str
    charge_permission_id: str
    merchant_id: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def message(self) -> str:
        """Return the inner message: which object changed, and nothing of its state."""
        return json.dumps(
            {
                "MerchantID": self.merchant_id,
                "ChargePermissionId": self.charge_permission_id,
                "ObjectType": self.kind,
                "ObjectId": self.object_id,
                "NotificationType": "STATE_CHANGE",
                "NotificationId": self.id,
                "NotificationVersion": "V2",
            }
        )


class Notifier:
    """Posts notifications to ``url``, signed with a key whose certificate :meth:`serve` gives out.

    The signature is that of SNS, version 1; ``SigningCertURL`` names a host of Amazon's, so that an
    application that insists on it is satisfied when that host leads here.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._certificate = _certificate(self._key)
        self._path = f"/SimpleNotificationService-{uuid.uuid4().hex}.pem"

    def serve(self, request: Request) -> Response:
        """Return the certificate, for a request to the SNS host; anything else is not there."""
        if request.path != self._path:
            return Response(404, (("content-type", "text/plain"),), b"not found\n")
        return Response(200, (("content-type", "application/x-x509-ca-cert"),), self._certificate)

    def deliver(self, notice: Notice) -> int:
        """Post a notification once; return the status of the answer, 0 for none."""
        envelope = self._envelope(notice)
        headers = {
            "content-type": "text/plain; charset=UTF-8",
            "x-amz-sns-message-type": "Notification",
            "x-amz-sns-message-id": envelope["MessageId"],
            "x-amz-sns-topic-arn": _TOPIC,
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
        envelope = {
            "Type": "Notification",
            "MessageId": str(uuid.uuid4()),
            "TopicArn": _TOPIC,
            "Message": notice.message(),
            "Timestamp": now,
            "SignatureVersion": "1",
        }
        text = "".join(f"{name}\n{envelope[name]}\n" for name in _SIGNED)
        signature = self._key.sign(
            text.encode(),
            padding.PKCS1v15(),
            hashes.SHA1(),  # noqa: S303 - what version 1 of SNS signatures uses
        )
        envelope["Signature"] = base64.b64encode(signature).decode()
        envelope["SigningCertURL"] = f"https://{SNS_HOST}{self._path}"
        envelope["UnsubscribeURL"] = f"https://{SNS_HOST}/?Action=Unsubscribe"
        return envelope


def _certificate(key: rsa.RSAPrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)
