"""The certificate authority of one run, whose key stays in memory, and what a child trusts."""

from __future__ import annotations

import os
import ssl
import threading
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12
from cryptography.utils import CryptographyDeprecationWarning

SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/etc/openssl@3/cert.pem",
    "/opt/homebrew/etc/openssl@3/cert.pem",
)
"""Where Debian, Fedora, SUSE, Alpine, macOS and Homebrew keep the system's certificates."""

BUNDLE_VARIABLES = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
"""Variables by which a user may already have added certificates; what they name is kept."""

TRUST_STORE_PASSWORD = "changeit"  # noqa: S105 - Java's own default; the store holds no secret


@dataclass(frozen=True, slots=True)
class TrustFiles:
    """The files by which a child's runtimes are told to trust the run's authority."""

    bundle: Path
    """PEM: the system's certificates and the run's own."""
    certificate: Path
    """PEM: the run's own certificate alone."""
    trust_store: Path
    """PKCS #12 for Java: the same certificates as the bundle."""


class Authority:
    """Makes certificates for host names, all signed by a key that no file ever holds."""

    def __init__(self) -> None:
        self._ca = trustme.CA(organization_name="pay-conformance, this run only")
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()

    @property
    def certificate(self) -> bytes:
        """The authority's certificate as PEM."""
        return self._ca.cert_pem.bytes()

    def context(self, host: str) -> ssl.SSLContext:
        """Return a server-side TLS context whose certificate is for ``host``; made once."""
        with self._lock:
            known = self._contexts.get(host)
            if known is None:
                known = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                known.set_alpn_protocols(["http/1.1"])
                self._ca.issue_cert(host).configure_cert(known)
                self._contexts[host] = known
            return known

    def write(self, folder: Path, environment: Mapping[str, str] = os.environ) -> TrustFiles:
        """Write the certificates that a child needs into ``folder``; no private key is among them.

        ``environment`` names the bundles that the user already trusts (``SSL_CERT_FILE`` …).
        """
        own = self.certificate
        trusted = _trusted_already(environment)
        files = TrustFiles(folder / "bundle.pem", folder / "ca.pem", folder / "truststore.p12")
        files.certificate.write_bytes(own)
        files.bundle.write_bytes(b"\n".join([*trusted, own]))
        files.trust_store.write_bytes(_java_trust_store([own, *trusted]))
        return files


def system_bundles() -> tuple[Path, ...]:
    """Return the certificate bundles that this system has, symbolic links resolved."""
    named = (ssl.get_default_verify_paths().cafile, *SYSTEM_BUNDLES)
    found = (Path(name).resolve() for name in named if name)
    return tuple(dict.fromkeys(path for path in found if path.is_file()))


def _trusted_already(environment: Mapping[str, str]) -> list[bytes]:
    named = (Path(environment[name]) for name in BUNDLE_VARIABLES if environment.get(name))
    chosen = [path.resolve() for path in named if path.is_file()]
    return [path.read_bytes() for path in dict.fromkeys([*system_bundles()[:1], *chosen])]


def _java_trust_store(bundles: Iterable[bytes]) -> bytes:
    certificates: dict[bytes, x509.Certificate] = {}
    for bundle in bundles:
        for block in bundle.split(b"-----BEGIN CERTIFICATE-----")[1:]:
            pem = b"-----BEGIN CERTIFICATE-----" + block
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", CryptographyDeprecationWarning)
                try:
                    certificate = x509.load_pem_x509_certificate(pem)
                except ValueError:
                    continue  # a root too odd for this parser is one that Java can do without
            certificates.setdefault(certificate.fingerprint(hashes.SHA256()), certificate)
    entries = [
        pkcs12.PKCS12Certificate(certificate, b"ca-%d" % number)
        for number, certificate in enumerate(certificates.values())
    ]
    # The oldest of the algorithms that Java reads: Java 8 knows no other.
    encryption = (
        PrivateFormat.PKCS12.encryption_builder()
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(hashes.SHA1())  # noqa: S303 - integrity of public certificates, for Java 8
        .build(TRUST_STORE_PASSWORD.encode())
    )
    return pkcs12.serialize_java_truststore(entries, encryption)
