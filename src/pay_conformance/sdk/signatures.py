"""Says what is wrong with the signature of a request, or of a button payload."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric import rsa

from pay_conformance.exchange import Request
from pay_conformance.signing import Algorithm, Refusal, Verified, verify, verify_button

DEFAULT_ALGORITHM = "AMZN-PAY-RSASSA-PSS"


def what_is_wrong(
    request: Request, key_id: str, key: rsa.RSAPublicKey, arrived: datetime | None = None
) -> str | None:
    """Return why a request's signature does not verify at the time of arrival, or ``None``."""
    found = verify(
        request, lambda name: key if name == key_id else None, arrived or datetime.now(UTC)
    )
    if isinstance(found, Refusal):
        return f"refused for its {found.stage}: {found.detail}"
    return None


def button_is_valid(
    text: str, signature: str, algorithm: str | None, key: rsa.RSAPublicKey
) -> bool:
    """Say whether ``signature`` is that of the button payload ``text``."""
    chosen = algorithm or DEFAULT_ALGORITHM
    if chosen not in set(Algorithm):
        return False
    return isinstance(verify_button(text, signature, key, chosen), Verified)
