"""A merchant of a target: what it signs with, and where its store is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from pay_conformance.problems import ConfigurationProblem
from pay_conformance.signing import (
    Algorithm,
    load_private_key,
    new_private_pem,
    pem_text,
    public_pem,
)


@dataclass(frozen=True, slots=True)
class Merchant:
    """Credentials: the public key id names the merchant, the private key (PEM) signs for it.

    ``ahead`` is by how much this machine's clock is ahead of the server's. ``standing`` is the
    moment at which its clock stands still, so that a recorded story can be told again to the
    letter.
    """

    public_key_id: str
    private_key: str = field(repr=False)
    store_id: str
    region: str = "na"
    merchant_id: str = ""
    algorithm: str = Algorithm.PSS_V2
    ahead: timedelta = timedelta(0)
    standing: datetime | None = None

    def now(self) -> datetime:
        """Return the server's time, with which requests are signed."""
        return self.standing or datetime.now(UTC) - self.ahead


@cache
def process_key() -> tuple[str, str]:
    """Return the private and the public key (PEM) of this process.

    Making an RSA key takes longer than most scenarios, so there is one for each process, which
    every merchant registers under a key id of its own.
    """
    private = new_private_pem()
    return private, public_pem(load_private_key(private))


def read_private_key(given: str, source: str) -> str:
    """Return a private key as PEM that was given as PEM or as the path of a PEM file.

    Raises:
        ConfigurationProblem: if it is neither, naming ``source``, where it was given.

    """
    text = pem_text(given, f"the private key in {source}")
    try:
        load_private_key(text)
    except ConfigurationProblem as problem:
        where = source if "-----BEGIN" in given else f"{source} ({given.strip()})"
        raise ConfigurationProblem(f"{where}: {problem.what}", problem.what_to_do) from problem
    return text
