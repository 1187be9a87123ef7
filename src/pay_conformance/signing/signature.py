"""RSASSA-PSS with SHA-256 and a salt of pinned length, in standard base64."""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from pay_conformance.signing.canonical import Algorithm
from pay_conformance.signing.keys import PrivateKey, PublicKey

_PADDING = {
    length: padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=length)
    for length in sorted({algorithm.salt_length for algorithm in Algorithm})
}


def make_signature(key: PrivateKey, text: str, algorithm: Algorithm) -> str:
    """Return the signature of a string to sign, as base64."""
    signature = key.sign(text.encode(), _PADDING[algorithm.salt_length], hashes.SHA256())
    return base64.b64encode(signature).decode()


def fits(key: PublicKey, signature: str, text: str, algorithm: Algorithm) -> bool:
    """Say whether a base64 signature fits a string to sign, with the algorithm's own salt."""
    try:
        raw = base64.b64decode(signature, validate=True)
        key.verify(raw, text.encode(), _PADDING[algorithm.salt_length], hashes.SHA256())
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True
