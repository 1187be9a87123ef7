"""Keeps merchants where several mocks find them: each asks in turn, and sees what others did.

A process has its own copy of what it has seen. In a merchant's turn, which no two processes have at
once, it fetches what others have changed since, and at the end writes what it has changed itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from pay_conformance.mock.life import Life
from pay_conformance.mock.merchants import Merchants
from pay_conformance.mock.sharing.engine import Change, Engine, Mark
from pay_conformance.mock.store import Merchant
from pay_conformance.mock.things import data_of, drop, everything, introduction, put
from pay_conformance.signing import load_public_key

_UNSEEN = Mark(epoch=-1)


class SharedState:
    """Keeps the merchants of a mock in an engine."""

    def __init__(self, engine: Engine, life: Life, merchants: Merchants) -> None:
        self._engine = engine
        self._life = life
        self._merchants = merchants
        self._seen: dict[str, Mark] = {}
        merchants.keep = self._add
        merchants.number = engine.next_number

    def find(self, key_id: str) -> Merchant | None:
        """Return the merchant that has a public key id, whoever registered it."""
        found = self._merchants.by_key.get(key_id)
        if found is not None:
            return found
        text = self._engine.merchant(key_id)
        if text is None:
            return None
        data: dict[str, Any] = json.loads(text)
        self._seen[key_id] = _UNSEEN
        return self._merchants.revive(key_id, data, load_public_key(data["publicKey"]))

    def turn(self, merchant: Merchant) -> AbstractContextManager[object]:
        """Give a merchant to this process alone, as it is now; keep what changed at the end."""
        return self._turn([merchant])

    @contextmanager
    def everybody(self) -> Iterator[None]:
        """Give all merchants to this process alone."""
        with self._turn(self._known(self._engine.key_ids())):
            yield

    def notifying(self) -> Iterable[Merchant]:
        """Return those that have somewhere to send notifications to, to one process alone."""
        if not self._engine.leads():
            return []
        return self._known(self._engine.key_ids(notifying=True))

    def first(self, register: Callable[[], tuple[Merchant, str]]) -> tuple[Merchant, str]:
        """Return the merchant that all processes begin with."""
        with self._engine.alone("first merchant"):
            text = self._engine.common("first merchant", lambda: _introduced(*register()))
        key_id, private_key = json.loads(text)
        merchant = self.find(key_id)
        if merchant is None:
            raise RuntimeError(f"the first merchant {key_id} is not there")
        return merchant, private_key

    def close(self) -> None:
        """Close the connection to the engine."""
        self._engine.close()

    def _known(self, key_ids: Iterable[str]) -> list[Merchant]:
        return [found for found in map(self.find, key_ids) if found is not None]

    def _add(self, merchant: Merchant, private_key: str | None) -> None:
        self._engine.add(merchant.key_id, json.dumps(introduction(merchant)))
        self._seen[merchant.key_id] = _UNSEEN

    @contextmanager
    def _turn(self, merchants: Sequence[Merchant]) -> Iterator[None]:
        by_key = {merchant.key_id: merchant for merchant in merchants}
        try:
            with self._engine.locked(sorted(by_key)) as marks:
                for key_id, mark in marks.items():
                    self._refresh(by_key[key_id], mark)
                yield
                for key_id, mark in marks.items():
                    self._write(by_key[key_id], mark)
        except BaseException:
            # What was done is not kept, so that it has to be read again.
            for key_id in by_key:
                self._seen[key_id] = _UNSEEN
            raise

    def _refresh(self, merchant: Merchant, mark: Mark) -> None:
        seen = self._seen[merchant.key_id]
        if seen.epoch != mark.epoch:
            merchant.clear()
            merchant.snapshots.clear()
            merchant.outbox.reset()
            seen = Mark(mark.epoch)
        if seen.version != mark.version:
            self._take_over(merchant, self._engine.changes(merchant.key_id, seen.version))
        merchant.time.offset = mark.offset
        merchant.touched.clear()
        merchant.renewed = False
        self._seen[merchant.key_id] = mark

    def _take_over(self, merchant: Merchant, changes: Iterable[Change]) -> None:
        changed = []
        for change in changes:
            if change.data is None:
                drop(merchant, change.kind, change.name)
            else:
                put(merchant, change.kind, change.name, json.loads(change.data))
                if change.kind in merchant.stored:
                    changed.append(merchant.stored[change.kind][change.name])
        merchant.outbox.sort()
        # When something falls due may hang on other records, so that all have to be there.
        for record in changed:
            self._life.schedule(merchant, record)

    def _write(self, merchant: Merchant, mark: Mark) -> None:
        renewed, offset = merchant.renewed, merchant.time.offset
        if not (renewed or merchant.touched or offset != mark.offset):
            return
        names = dict.fromkeys(everything(merchant)) if renewed else merchant.touched
        changes = (_change(merchant, kind, name) for kind, name in names)
        mark = Mark(mark.epoch + renewed, mark.version + 1, offset)
        self._engine.write(
            merchant.key_id,
            mark,
            changes,
            renewed=renewed,
            notifying=merchant.outbox.endpoint is not None,
        )
        self._seen[merchant.key_id] = mark
        merchant.touched.clear()
        merchant.renewed = False


def _change(merchant: Merchant, kind: str, name: str) -> Change:
    data = data_of(merchant, kind, name)
    return Change(kind, name, None if data is None else json.dumps(data))


def _introduced(merchant: Merchant, private_key: str) -> str:
    return json.dumps([merchant.key_id, private_key])
