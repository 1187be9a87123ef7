"""Says what is wrong with the signature of a request, or of a button payload."""

from __future__ import annotations

import base64
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from pay_conformance.exchange import Request

_SALTS = {"AMZN-PAY-RSASSA-PSS": 20, "AMZN-PAY-RSASSA-PSS-V2": 32}


def what_is_wrong(request: Request, key_id: str, key: rsa.RSAPublicKey) -> str | None:
    """Return why a request's signature does not verify, or ``None``."""
    header = request.header("authorization")
    if header is None:
        return "there is no Authorization header"
    algorithm, _, rest = header.partition(" ")
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    if algorithm not in _SALTS:
        return f"the algorithm {algorithm!r} is not known"
    if parts.get("PublicKeyId") != key_id:
        return f"PublicKeyId is {parts.get('PublicKeyId')!r}"
    names = parts.get("SignedHeaders", "").split(";")
    lines = []
    for name in names:
        value = request.header(name)
        if value is None:
            return f"the signed header {name} was not sent"
        lines.append(f"{name.lower()}:{value}\n")
    canonical = "\n".join(
        [
            request.method,
            request.path,
            request.query,
            "".join(lines),
            ";".join(names),
            hashlib.sha256(request.body).hexdigest(),
        ]
    )
    if not _verifies(algorithm, canonical, parts.get("Signature", ""), key):
        return "it does not match the request that arrived"
    return None


def button_is_valid(
    text: str, signature: str, algorithm: str | None, key: rsa.RSAPublicKey
) -> bool:
    """Say whether ``signature`` is that of the button payload ``text``."""
    return _verifies(algorithm or "AMZN-PAY-RSASSA-PSS", text, signature, key)


def _verifies(algorithm: str, text: str, signature: str, key: rsa.RSAPublicKey) -> bool:
    signed = f"{algorithm}\n{hashlib.sha256(text.encode()).hexdigest()}"
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), _SALTS[algorithm])
    try:
        key.verify(base64.b64decode(signature), signed.encode(), pss, hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True
