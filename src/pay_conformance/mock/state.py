"""Keeps what a mock has in a SQLite file, so that it survives the end of the process.

Each request that changes something is one transaction, committed before the answer leaves: a kill
loses nothing that was acknowledged.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pay_conformance.mock.life import Life
from pay_conformance.mock.merchants import Merchants
from pay_conformance.mock.store import Merchant
from pay_conformance.mock.things import data_of, everything, introduction, put
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.signing import load_public_key

FORMAT: Final = 3
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS merchants (key_id TEXT PRIMARY KEY, data TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS things (
  key_id TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL,
  PRIMARY KEY (key_id, kind, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS common (name TEXT PRIMARY KEY, data TEXT NOT NULL) WITHOUT ROWID;
"""
_MEND = "name another file, or remove this one"


class StateFile:
    """A SQLite file with all merchants of a mock, of which it is the keeper.

    Raises:
        ConfigurationProblem: if the file can't be opened, is no such file, or is in use.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offsets: dict[str, float] = {}
        self._first: tuple[Merchant, str] | None = None
        self._merchants: Merchants
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

    def common(self, name: str, make: Callable[[], str]) -> str:
        """Return a value of the whole server: the first one that was made."""
        query = "SELECT data FROM common WHERE name = ?"
        found = self._file.execute(query, (name,)).fetchone()
        if found is None:
            found = (make(),)
            self._file.execute("INSERT INTO common VALUES (?, ?)", (name, *found))
        return str(found[0])

    def load(self, life: Life, merchants: Merchants) -> None:
        """Bring every merchant of the file back, and keep those that are registered from now on.

        Raises:
            ConfigurationProblem: if the file holds what no mock wrote.
        """
        self._merchants = merchants
        merchants.keep = self._add
        try:
            for key_id, text in self._file.execute("SELECT key_id, data FROM merchants"):
                data = json.loads(text)
                merchant = merchants.revive(key_id, data, load_public_key(data["publicKey"]))
                merchant.time.offset = self._offsets[key_id] = data["offset"]
                if self._first is None and data.get("privateKey"):
                    self._first = merchant, data["privateKey"]
            for key_id, kind, name, text in self._file.execute(
                "SELECT key_id, kind, id, data FROM things"
            ):
                put(merchants.by_key[key_id], kind, name, json.loads(text))
        except (sqlite3.Error, ValueError, KeyError, TypeError) as error:
            raise ConfigurationProblem(
                f"the state file {self._path} is damaged: {error}", _MEND
            ) from error
        for merchant in merchants.by_key.values():
            merchant.outbox.sort()
            for things in merchant.stored.values():
                for record in things.values():
                    life.schedule(merchant, record)
            merchant.touched.clear()

    def find(self, key_id: str) -> Merchant | None:
        """Return the merchant that has a public key id."""
        return self._merchants.by_key.get(key_id)

    @contextmanager
    def turn(self, merchant: Merchant) -> Iterator[None]:
        """Give a merchant to who asks, and write what has changed at the end."""
        try:
            yield
        finally:
            self._write(merchant)

    @contextmanager
    def everybody(self) -> Iterator[None]:
        """Give all merchants to who asks, and write what has changed at the end."""
        try:
            yield
        finally:
            for merchant in self._merchants.by_key.values():
                self._write(merchant)

    def notifying(self) -> Iterable[Merchant]:
        """Return those that have somewhere to send notifications to."""
        return [one for one in self._merchants.by_key.values() if one.outbox.endpoint is not None]

    def first(self, register: Callable[[], tuple[Merchant, str]]) -> tuple[Merchant, str]:
        """Return the first merchant of the file whose private key was made here, or a new one."""
        if self._first is None:
            self._first = register()
        return self._first

    def _add(self, merchant: Merchant, private_key: str | None) -> None:
        """Store a new merchant, and its private key if it was made here."""
        offset = merchant.time.offset
        data = {**introduction(merchant), "offset": offset, "privateKey": private_key}
        with self._transaction():
            self._file.execute(
                "INSERT OR REPLACE INTO merchants VALUES (?, ?)",
                (merchant.key_id, json.dumps(data)),
            )
        self._offsets[merchant.key_id] = offset

    def _write(self, merchant: Merchant) -> None:
        """Store what has changed of a merchant since the last time; or all, and forget the rest."""
        renewed = merchant.renewed
        if renewed:
            merchant.touched.update(dict.fromkeys(everything(merchant)))
        moved = self._offsets.get(merchant.key_id) != merchant.time.offset
        if not merchant.touched and not moved and not renewed:
            return
        with self._transaction():
            if renewed:
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
        merchant.renewed = False

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _store(self, merchant: Merchant, kind: str, name: str) -> None:
        data = data_of(merchant, kind, name)
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
        try:
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._file.execute("COMMIT")
            except BaseException:
                # SQLite takes some back by itself, such as one for which there is no room.
                if self._file.in_transaction:
                    self._file.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise ConfigurationProblem(
                f"the state file {self._path} can't be written: {error}",
                "make room for it; what it has is whole",
            ) from error
