"""Signs notifications as Amazon SNS does, with a certificate of this run's own."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

REGIONS = {"na": "us-east-1", "eu": "eu-west-1", "jp": "us-west-2"}
"""The region of AWS from which each region of Amazon Pay notifies."""

ACCOUNT = "291180941288"
"""The AWS account of Amazon Pay's topics (documented)."""

SIGNED = (
    "Message",
    "MessageId",
    "Subject",
    "SubscribeURL",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
)
"""The members that are signed, if present, in this order (from a plugin that verifies them)."""


def new_key() -> rsa.RSAPrivateKey:
    """Return a key that nobody else has."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Authority:
    """A key that signs envelopes, and the certificate with which they are verified.

    Made when it is first needed: most runs send no notification.
    """

    def __init__(self, name: str, key: Callable[[], rsa.RSAPrivateKey] = new_key) -> None:
        self.path = f"/SimpleNotificationService-{name}.pem"
        self._make_key = key

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return self._make_key()

    @cached_property
    def certificate(self) -> bytes:
        """The certificate as PEM."""
        # A tenth of a server's memory, and few runs ask for a certificate.
        from cryptography import x509
        from cryptography.x509.oid import NameOID

        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .sign(self._key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM)

    def url(self, region: str) -> str:
        """Return the SigningCertURL: receivers insist on a host of Amazon's."""
        return f"https://sns.{REGIONS[region]}.amazonaws.com{self.path}"

    def sign(self, envelope: Mapping[str, str]) -> str:
        """Return the signature of an envelope as base64; its SignatureVersion picks the hash."""
        digest = hashes.SHA256() if envelope["SignatureVersion"] == "2" else _sha1()
        text = "".join(f"{name}\n{envelope[name]}\n" for name in SIGNED if name in envelope)
        return base64.b64encode(self._key.sign(text.encode(), padding.PKCS1v15(), digest)).decode()


def _sha1() -> hashes.HashAlgorithm:
    return hashes.SHA1()  # noqa: S303 - what version 1 of SNS signatures uses
