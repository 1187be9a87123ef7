"""Registers merchants, each with a key of its own or one that the caller gave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any
from uuid import uuid4

from pay_conformance.mock.bounds import Full
from pay_conformance.mock.clock import Seconds, Timeline
from pay_conformance.mock.faults import Faults
from pay_conformance.mock.identifiers import Identifiers
from pay_conformance.mock.store import Merchant
from pay_conformance.mock.wallet import profile
from pay_conformance.signing import (
    PublicKey,
    load_private_key,
    load_public_key,
    new_private_pem,
)


class Merchants:
    """The merchants of one server, found by their public key id."""

    def __init__(self, base: Seconds, seed: int, most: int | None = None) -> None:
        self.base = base
        self.most = most
        """How many are registered; without, as many as memory holds."""
        self.by_key: dict[str, Merchant] = {}
        self.keep: Callable[[Merchant, str | None], None] | None = None
        """Called with each new merchant, and its private key if it was made here."""
        self.number: Callable[[], int] = self._next
        """Gives each new merchant its number, from which its ids follow."""
        self._seed = seed
        self._count = 0

    def _next(self) -> int:
        self._count += 1
        return self._count

    def register(
        self, region: str, *, live: bool = False, public_key: str | None = None
    ) -> tuple[Merchant, str | None]:
        """Return a new merchant, and the private key as PEM if none was given.

        Raises:
            ConfigurationProblem: if the public key is not an RSA key in PEM.
            Full: if there are as many merchants as are registered.
        """
        private = None
        if public_key is None:
            private = new_private_pem()
            key = load_private_key(private).public_key()
        else:
            key = load_public_key(public_key)
        number = self.number()
        if self.most is not None and number > self.most:
            raise Full(
                f"this server has registered {self.most} merchants, which is as many as it keeps; "
                "start it anew, or with more --merchants"
            )
        ids = Identifiers(f"{self._seed}/{number}", region, live=live)
        merchant = Merchant(
            id=f"A{ids.token(13)}",
            key_id=f"{'LIVE' if live else 'SANDBOX'}-A{ids.token(23)}",
            key=key,
            store_id=f"amzn1.application-oa2-client.{ids.hexadecimal(32)}",
            store_name="Example Store",
            region=region,
            live=live,
            time=Timeline(self.base),
            ids=ids,
            faults=Faults(Random(f"{self._seed}/{number}/faults")),
            buyer=profile(f"A{ids.token(27)}"),
        )
        self.by_key[merchant.key_id] = merchant
        if self.keep is not None:
            self.keep(merchant, private)
        return merchant, private

    def revive(self, key_id: str, data: Mapping[str, Any], key: PublicKey) -> Merchant:
        """Return a merchant of an earlier process; its objects are still missing.

        Raises:
            KeyError: if something of the merchant is missing.
        """
        number = self._next()
        merchant = Merchant(
            id=data["id"],
            key_id=key_id,
            key=key,
            store_id=data["storeId"],
            store_name=data["storeName"],
            region=data["region"],
            live=data["live"],
            time=Timeline(self.base),
            # Other ids than before: what they were given to may be forgotten, but not by others.
            ids=Identifiers(f"{key_id}/{uuid4()}", data["region"], live=data["live"]),
            faults=Faults(Random(f"{self._seed}/{number}/faults")),
            buyer=data["buyer"],
        )
        self.by_key[key_id] = merchant
        return merchant
