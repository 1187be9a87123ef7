"""RSASSA-PSS with SHA-256 and a salt of pinned length, in standard base64."""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from pay_conformance.signing.canonical import Algorithm
from pay_conformance.signing.keys import PrivateKey, PublicKey

_SHA256 = hashes.SHA256()
_PADDING = {
    algorithm: padding.PSS(mgf=padding.MGF1(_SHA256), salt_length=algorithm.salt_length)
    for algorithm in Algorithm
}


def make_signature(key: PrivateKey, text: str, algorithm: Algorithm) -> str:
    """Return the signature of a string to sign, as base64."""
    signature = key.sign(text.encode(), _PADDING[algorithm], _SHA256)
    return base64.b64encode(signature).decode()


def fits(key: PublicKey, signature: str, text: str, algorithm: Algorithm) -> bool:
    """Say whether a base64 signature fits a string to sign, with the algorithm's own salt."""
    try:
        raw = binascii.a2b_base64(signature, strict_mode=True)
        key.verify(raw, text.encode(), _PADDING[algorithm], _SHA256)
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True
