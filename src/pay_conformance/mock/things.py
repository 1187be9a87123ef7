"""Everything that a merchant has, thing by thing, as JSON and back: for whoever keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pay_conformance.mock.codec import decode, decoded, encode, encoded
from pay_conformance.mock.settings import KINDS, drop_setting, names_of, put_setting, setting
from pay_conformance.mock.store import Merchant, Saved
from pay_conformance.signing import public_pem

Name = tuple[str, str]
"""The kind of a thing, and its name among those of its kind."""


def everything(merchant: Merchant) -> Iterator[Name]:
    """Yield the names of all that a merchant has."""
    for kind, things in (*merchant.stored.items(), *merchant.kept.items()):
        yield from ((kind, name) for name in things)
    yield from (("saved", name) for name in merchant.saved)
    yield from names_of(merchant)


def data_of(merchant: Merchant, kind: str, name: str) -> Any:
    """Return a thing as JSON, or ``None`` if it is no more."""
    if kind == "saved":
        saved = merchant.saved.get(name)
        return saved and data_of_saved(saved)
    if kind in merchant.kept:
        value = merchant.kept[kind].get(name)
        return value and encode(value)
    if kind in KINDS:
        return setting(merchant, kind, name)
    record = merchant.stored[kind].get(name)
    return record and encoded(record)


def put(merchant: Merchant, kind: str, name: str, data: Any) -> None:
    """Give a merchant a thing, in place of the one that it has by that name.

    Raises:
        ValueError, KeyError, TypeError: if nothing of ours wrote it.
    """
    if kind == "saved":
        merchant.saved[name] = saved_of(data)
    elif kind in merchant.kept:
        merchant.kept[kind][name] = decode(data)
    elif kind in KINDS:
        put_setting(merchant, kind, name, data)
    else:
        _unschedule(merchant, kind, name)
        merchant.stored[kind][name] = decoded(kind, data)


def drop(merchant: Merchant, kind: str, name: str) -> None:
    """Take a thing from a merchant, if it has it."""
    if kind == "saved":
        merchant.saved.pop(name, None)
    elif kind in merchant.kept:
        merchant.kept[kind].pop(name, None)
    elif kind in KINDS:
        drop_setting(merchant, kind, name)
    else:
        _unschedule(merchant, kind, name)
        merchant.stored[kind].pop(name, None)


def data_of_saved(saved: Saved) -> list[Any]:
    """Return a saved answer as JSON."""
    answer = saved.answer
    kept = answer.hex() if isinstance(answer, bytes) else encode(answer)
    return [saved.digest.hex(), saved.status, kept]


def saved_of(data: Any) -> Saved:
    """Return the saved answer that :func:`data_of_saved` wrote.

    Raises:
        ValueError, TypeError: if it is none.
    """
    digest, status, kept = data
    answer = bytes.fromhex(kept) if isinstance(kept, str) else decode(kept)
    return Saved(bytes.fromhex(digest), status, answer)


def introduction(merchant: Merchant) -> dict[str, Any]:
    """Return what a merchant is from the start, as :meth:`~.merchants.Merchants.revive` takes it.

    When its clock was moved is no part of it.
    """
    return {
        "id": merchant.id,
        "storeId": merchant.store_id,
        "storeName": merchant.store_name,
        "region": merchant.region,
        "live": merchant.live,
        "buyer": dict(merchant.buyer),
        "publicKey": public_pem(merchant.key),
    }


def _unschedule(merchant: Merchant, kind: str, name: str) -> None:
    """Let nothing happen any more to the record that is replaced."""
    old = merchant.stored[kind].get(name)
    if old is not None:
        old.due = 0
