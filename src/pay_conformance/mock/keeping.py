"""Where a mock keeps what its merchants have: in its memory, if nothing else is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol

from pay_conformance.mock.merchants import Merchants
from pay_conformance.mock.store import Merchant


class Keeper(Protocol):
    """Keeps the merchants of a mock. All that is done to one is done in a turn."""

    def find(self, key_id: str) -> Merchant | None:
        """Return the merchant that has a public key id."""

    def turn(self, merchant: Merchant) -> AbstractContextManager[object]:
        """Give a merchant to this process alone, as it is now; keep what changed at the end."""

    def everybody(self) -> AbstractContextManager[object]:
        """Give all merchants to this process alone."""

    def notifying(self) -> Iterable[Merchant]:
        """Return the merchants whose notifications this process has to deliver."""

    def first(self, register: Callable[[], tuple[Merchant, str]]) -> tuple[Merchant, str]:
        """Return the merchant to begin with and its private key, registered if there is none."""

    def close(self) -> None:
        """Let go of what it keeps them in."""


class Memory:
    """Keeps them for as long as the process lives."""

    def __init__(self, merchants: Merchants) -> None:
        self._merchants = merchants

    def find(self, key_id: str) -> Merchant | None:
        """Return the merchant that has a public key id."""
        return self._merchants.by_key.get(key_id)

    def turn(self, merchant: Merchant) -> AbstractContextManager[object]:
        """Give a merchant to who asks."""
        return _Turn((merchant,))

    def everybody(self) -> AbstractContextManager[object]:
        """Give all merchants to who asks."""
        return _Turn(self._merchants.by_key.values())

    def notifying(self) -> Iterable[Merchant]:
        """Return those that have somewhere to send notifications to."""
        return [one for one in self._merchants.by_key.values() if one.outbox.endpoint is not None]

    def first(self, register: Callable[[], tuple[Merchant, str]]) -> tuple[Merchant, str]:
        """Return the first one registered."""
        return register()

    def close(self) -> None:
        """Do nothing."""


class _Turn:
    """Forgets at its end what has changed: nobody wants to know."""

    __slots__ = ("_merchants",)

    def __init__(self, merchants: Iterable[Merchant]) -> None:
        self._merchants = merchants

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for merchant in self._merchants:
            merchant.touched.clear()
            merchant.renewed = False
