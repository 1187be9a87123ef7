"""Shared state in PostgreSQL: a row for each merchant, which its turn locks, and for each thing.

What a turn writes is one transaction, so that a process that is killed in it has done nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final
from zlib import crc32

import psycopg

from pay_conformance.mock.sharing.engine import Change, Mark
from pay_conformance.mock.state import FORMAT
from pay_conformance.problems import ConfigurationProblem

_NAMESPACE: Final = crc32(b"pay-conformance") & 0x7FFFFFFF
"""Of the advisory locks; other programs on the same database have others."""

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS pay_mock_common (name text PRIMARY KEY, data text NOT NULL);
CREATE TABLE IF NOT EXISTS pay_mock_merchants (
  key_id text PRIMARY KEY, data text NOT NULL, epoch bigint NOT NULL DEFAULT 0,
  version bigint NOT NULL DEFAULT 0, ahead double precision NOT NULL DEFAULT 0,
  notifying boolean NOT NULL DEFAULT false
);
CREATE TABLE IF NOT EXISTS pay_mock_things (
  key_id text NOT NULL, kind text NOT NULL, name text NOT NULL, version bigint NOT NULL, data text,
  PRIMARY KEY (key_id, kind, name)
);
CREATE INDEX IF NOT EXISTS pay_mock_changes ON pay_mock_things (key_id, version);
CREATE SEQUENCE IF NOT EXISTS pay_mock_numbers;
"""


class PostgreSQL:
    """An engine for one process: one connection, made again after it was lost.

    Raises:
        ConfigurationProblem: if the database can't be reached or has a state of another format.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._leading = False
        try:
            self._connection = self._connect()
            with self.alone("tables"):
                self._connection.execute(_TABLES)
            found = self.common("format", lambda: str(FORMAT))
        except psycopg.Error as error:
            reason = " ".join(str(error).split())
            raise ConfigurationProblem(
                f"the state can't be kept in PostgreSQL: {reason}", "correct --state, or start it"
            ) from error
        if found != str(FORMAT):
            raise ConfigurationProblem(
                f"the database has a state of format {found}", "name another database"
            )

    def common(self, name: str, make: Callable[[], str]) -> str:
        """Return a value that all processes have in common."""
        found = self._value("SELECT data FROM pay_mock_common WHERE name = %s", name)
        if found is None:
            self._db.execute(
                "INSERT INTO pay_mock_common VALUES (%s, %s) ON CONFLICT DO NOTHING", (name, make())
            )
            found = self._value("SELECT data FROM pay_mock_common WHERE name = %s", name)
        return str(found)

    def next_number(self) -> int:
        """Return a number that no other process gets."""
        return int(self._value("SELECT nextval('pay_mock_numbers')") or 0)

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Keep all other processes out of what has this name."""
        with self._db.transaction():
            self._db.execute(
                "SELECT pg_advisory_xact_lock(%s, %s)", (_NAMESPACE, crc32(name.encode()) >> 1)
            )
            yield

    def leads(self) -> bool:
        """Say whether this process leads: for as long as its connection lives, nobody else does."""
        if self._connection.closed:
            self._leading = False
        self._leading = self._leading or bool(
            self._value("SELECT pg_try_advisory_lock(%s, 0)", _NAMESPACE)
        )
        return self._leading

    def add(self, key_id: str, data: str) -> None:
        """Hold a new merchant."""
        self._db.execute(
            "INSERT INTO pay_mock_merchants (key_id, data) VALUES (%s, %s)", (key_id, data)
        )

    def merchant(self, key_id: str) -> str | None:
        """Return what was added under a key id."""
        # PostgreSQL has no character of number 0, and so no merchant with one.
        return self._value(
            "SELECT data FROM pay_mock_merchants WHERE key_id = %s", key_id.replace("\0", "")
        )

    def key_ids(self, *, notifying: bool = False) -> list[str]:
        """Return the key ids of all merchants, or of those whose notifications go somewhere."""
        rows = self._db.execute(
            "SELECT key_id FROM pay_mock_merchants WHERE notifying OR NOT %s ORDER BY key_id",
            (notifying,),
        )
        return [key_id for (key_id,) in rows]

    @contextmanager
    def locked(self, key_ids: Sequence[str]) -> Iterator[Mapping[str, Mark]]:
        """Lock the rows of merchants for a transaction, and return their marks."""
        with self._db.transaction():
            rows = self._connection.execute(
                "SELECT key_id, epoch, version, ahead FROM pay_mock_merchants"
                " WHERE key_id = ANY(%s) ORDER BY key_id FOR UPDATE",
                (list(key_ids),),
            )
            yield {key_id: Mark(*mark) for key_id, *mark in rows}

    def changes(self, key_id: str, since: int) -> Iterable[Change]:
        """Return what has changed of a merchant after a version."""
        rows = self._connection.execute(
            "SELECT kind, name, data FROM pay_mock_things WHERE key_id = %s AND version > %s"
            " ORDER BY version",
            (key_id, since),
        )
        return [Change(*row) for row in rows]

    def write(
        self, key_id: str, mark: Mark, changes: Iterable[Change], *, renewed: bool, notifying: bool
    ) -> None:
        """Hold changes of a locked merchant under its new mark."""
        if renewed:
            self._connection.execute("DELETE FROM pay_mock_things WHERE key_id = %s", (key_id,))
        with self._connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO pay_mock_things VALUES (%s, %s, %s, %s, %s)"
                " ON CONFLICT (key_id, kind, name)"
                " DO UPDATE SET version = EXCLUDED.version, data = EXCLUDED.data",
                [(key_id, one.kind, one.name, mark.version, one.data) for one in changes],
            )
        self._connection.execute(
            "UPDATE pay_mock_merchants SET epoch = %s, version = %s, ahead = %s, notifying = %s"
            " WHERE key_id = %s",
            (mark.epoch, mark.version, mark.offset, notifying, key_id),
        )

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @property
    def _db(self) -> psycopg.Connection[tuple[Any, ...]]:
        if self._connection.closed:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        connection = psycopg.connect(self._url, autocommit=True)
        # The database outlives this process; only its own crash could lose what it acknowledged.
        connection.execute("SET synchronous_commit TO off")
        return connection

    def _value(self, query: str, *given: object) -> str | None:
        row = self._db.execute(query, given).fetchone()
        return None if row is None else row[0]
