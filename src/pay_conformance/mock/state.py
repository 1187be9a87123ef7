"""Keeps what a mock has in a SQLite file, so that it survives the end of the process.

Each request that changes something is one transaction, committed before the answer leaves: a kill
loses nothing that was acknowledged.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pay_conformance.mock.codec import decode, decoded, encode, encoded
from pay_conformance.mock.life import Life
from pay_conformance.mock.merchants import Merchants
from pay_conformance.mock.settings import KINDS, names_of, put_setting, setting
from pay_conformance.mock.store import Merchant, Saved
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.signing import load_public_key, public_pem

FORMAT: Final = 3
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS merchants (key_id TEXT PRIMARY KEY, data TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS things (
  key_id TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL,
  PRIMARY KEY (key_id, kind, id)
) WITHOUT ROWID;
"""
_MEND = "name another file, or remove this one"


class StateFile:
    """A SQLite file with all merchants of a mock.

    Raises:
        ConfigurationProblem: if the file can't be opened, is no such file, or is in use.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offsets: dict[str, float] = {}
        try:
            path.touch(mode=0o600)
            self._file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            # The write-ahead log survives the end of this process; one writer is all there is.
            self._file.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._file.execute("PRAGMA journal_mode=WAL")
            self._file.execute("PRAGMA synchronous=NORMAL")
            (found,) = self._file.execute("PRAGMA user_version").fetchone()
            if found not in (0, FORMAT):
                raise ConfigurationProblem(f"{path} is a state file of format {found}", _MEND)
            self._file.executescript(_TABLES)
            self._file.execute(f"PRAGMA user_version={FORMAT}")
        except (sqlite3.Error, OSError) as error:
            raise ConfigurationProblem(
                f"the state file {path} can't be used: {error}", _MEND
            ) from error

    def load(self, life: Life, merchants: Merchants) -> str | None:
        """Bring every merchant of the file back; return the private key of the first one made here.

        Raises:
            ConfigurationProblem: if the file holds what no mock wrote.
        """
        private_key = None
        try:
            for key_id, text in self._file.execute("SELECT key_id, data FROM merchants"):
                data = json.loads(text)
                merchant = merchants.revive(key_id, data, load_public_key(data["publicKey"]))
                merchant.time.offset = self._offsets[key_id] = data["offset"]
                private_key = private_key or data.get("privateKey")
            for key_id, kind, name, text in self._file.execute(
                "SELECT key_id, kind, id, data FROM things"
            ):
                _put(merchants.by_key[key_id], kind, name, json.loads(text))
        except (sqlite3.Error, ValueError, KeyError, TypeError) as error:
            raise ConfigurationProblem(
                f"the state file {self._path} is damaged: {error}", _MEND
            ) from error
        for merchant in merchants.by_key.values():
            merchant.outbox.sent.sort(key=lambda delivery: delivery.number)
            for things in merchant.stored.values():
                for record in things.values():
                    life.schedule(merchant, record)
            merchant.touched.clear()
        return private_key

    def add(self, merchant: Merchant, private_key: str | None) -> None:
        """Store a new merchant, and its private key if it was made here."""
        data: dict[str, Any] = {
            "id": merchant.id,
            "storeId": merchant.store_id,
            "storeName": merchant.store_name,
            "region": merchant.region,
            "live": merchant.live,
            "buyer": dict(merchant.buyer),
            "publicKey": public_pem(merchant.key),
            "offset": merchant.time.offset,
            "privateKey": private_key,
        }
        with self._transaction():
            self._file.execute(
                "INSERT OR REPLACE INTO merchants VALUES (?, ?)",
                (merchant.key_id, json.dumps(data)),
            )
        self._offsets[merchant.key_id] = merchant.time.offset

    def write(self, merchant: Merchant, *, afresh: bool = False) -> None:
        """Store what has changed of a merchant since the last time; or all, and forget the rest."""
        if afresh:
            merchant.touched.update(dict.fromkeys(_everything(merchant)))
        moved = self._offsets.get(merchant.key_id) != merchant.time.offset
        if not merchant.touched and not moved and not afresh:
            return
        with self._transaction():
            if afresh:
                self._file.execute("DELETE FROM things WHERE key_id = ?", (merchant.key_id,))
            if moved:
                self._file.execute(
                    "UPDATE merchants SET data = json_set(data, '$.offset', ?) WHERE key_id = ?",
                    (merchant.time.offset, merchant.key_id),
                )
            for kind, name in merchant.touched:
                self._store(merchant, kind, name)
        self._offsets[merchant.key_id] = merchant.time.offset
        merchant.touched.clear()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _store(self, merchant: Merchant, kind: str, name: str) -> None:
        data = _data(merchant, kind, name)
        if data is None:
            self._file.execute(
                "DELETE FROM things WHERE key_id = ? AND kind = ? AND id = ?",
                (merchant.key_id, kind, name),
            )
        else:
            self._file.execute(
                "INSERT OR REPLACE INTO things VALUES (?, ?, ?, ?)",
                (merchant.key_id, kind, name, json.dumps(data)),
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._file.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._file.execute("ROLLBACK")
            raise
        self._file.execute("COMMIT")


def _everything(merchant: Merchant) -> Iterator[tuple[str, str]]:
    for kind, things in merchant.stored.items():
        yield from ((kind, name) for name in things)
    for kind, things in merchant.kept.items():
        yield from ((kind, name) for name in things)
    yield from (("saved", name) for name in merchant.saved)
    yield from names_of(merchant)


def _data(merchant: Merchant, kind: str, name: str) -> Any:
    if kind == "saved":
        saved = merchant.saved.get(name)
        return saved and [saved.digest.hex(), saved.status, saved.packed.hex()]
    if kind in merchant.kept:
        value = merchant.kept[kind].get(name)
        return value and encode(value)
    if kind in KINDS:
        return setting(merchant, kind, name)
    record = merchant.stored[kind].get(name)
    return record and encoded(record)


def _put(merchant: Merchant, kind: str, name: str, data: Any) -> None:
    if kind == "saved":
        digest, status, packed = data
        merchant.saved[name] = Saved(bytes.fromhex(digest), status, bytes.fromhex(packed))
    elif kind in merchant.kept:
        merchant.kept[kind][name] = decode(data)
    elif kind in KINDS:
        put_setting(merchant, kind, name, data)
    else:
        merchant.stored[kind][name] = decoded(kind, data)
