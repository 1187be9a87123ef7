"""Shared state in Redis: for each merchant a mark, its things, and which version each is of.

A turn is a lock that its process has to renew nothing of: a turn takes milliseconds, the lock lasts
seconds. What a turn writes is one script, which writes nothing if the lock was lost meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from uuid import uuid4

import redis
from redis.lock import Lock

from pay_conformance.mock.sharing.engine import Change, Mark
from pay_conformance.mock.state import FORMAT
from pay_conformance.problems import ConfigurationProblem

_PREFIX: Final = "pay-mock"
_LASTS: Final = 30.0
"""Seconds after which the lock of a process that is gone is another's."""
_LEADS: Final = 2000
"""Milliseconds for which a process leads without saying so again."""
_PAUSE: Final = 0.001

_WRITE: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '1' then redis.call('DEL', KEYS[3], KEYS[4]) end
for at = 5, #ARGV, 2 do
  if ARGV[at + 1] == '' then redis.call('HDEL', KEYS[3], ARGV[at])
  else redis.call('HSET', KEYS[3], ARGV[at], ARGV[at + 1]) end
  redis.call('ZADD', KEYS[4], ARGV[4], ARGV[at])
end
redis.call('SET', KEYS[2], ARGV[3])
return 1
"""
_LEAD: Final = """
local leader = redis.call('GET', KEYS[1])
if leader and leader ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""


class Redis:
    """An engine for one process.

    Raises:
        ConfigurationProblem: if the server can't be reached or has a state of another format.
    """

    def __init__(self, url: str) -> None:
        self._me = uuid4().hex
        self._locks: dict[str, Lock] = {}
        try:
            self._server: Any = redis.Redis.from_url(url, decode_responses=True)
            found = self.common("format", lambda: str(FORMAT))
        except (redis.RedisError, ValueError) as error:
            raise ConfigurationProblem(
                f"the state can't be kept in Redis: {error}", "correct --state, or start it"
            ) from error
        if found != str(FORMAT):
            raise ConfigurationProblem(
                f"the server has a state of format {found}", "name another database of it"
            )
        self._write = self._server.register_script(_WRITE)
        self._lead = self._server.register_script(_LEAD)

    def common(self, name: str, make: Callable[[], str]) -> str:
        """Return a value that all processes have in common."""
        key = f"{_PREFIX}:common:{name}"
        found = self._server.get(key)
        if found is None:
            self._server.set(key, make(), nx=True)
            found = self._server.get(key)
        return str(found)

    def next_number(self) -> int:
        """Return a number that no other process gets."""
        return int(self._server.incr(f"{_PREFIX}:numbers"))

    @contextmanager
    def alone(self, name: str) -> Iterator[Lock]:
        """Keep all other processes out of what has this name."""
        lock = self._server.lock(
            f"{_PREFIX}:lock:{name}", timeout=_LASTS, sleep=_PAUSE, thread_local=False
        )
        with lock:
            yield lock

    def leads(self) -> bool:
        """Say whether this process leads: it does until it hasn't asked for two seconds."""
        return bool(self._lead(keys=[f"{_PREFIX}:leader"], args=[self._me, _LEADS]))

    def add(self, key_id: str, data: str) -> None:
        """Hold a new merchant."""
        self._server.hset(f"{_PREFIX}:merchants", key_id, data)

    def merchant(self, key_id: str) -> str | None:
        """Return what was added under a key id."""
        found: str | None = self._server.hget(f"{_PREFIX}:merchants", key_id)
        return found

    def key_ids(self, *, notifying: bool = False) -> list[str]:
        """Return the key ids of all merchants, or of those whose notifications go somewhere."""
        if notifying:
            return sorted(self._server.smembers(f"{_PREFIX}:notifying"))
        return sorted(self._server.hkeys(f"{_PREFIX}:merchants"))

    @contextmanager
    def locked(self, key_ids: Sequence[str]) -> Iterator[Mapping[str, Mark]]:
        """Lock merchants, in the order given, and return their marks."""
        with ExitStack() as stack:
            self._locks = {key: stack.enter_context(self.alone(key)) for key in key_ids}
            found = self._server.mget([f"{_PREFIX}:mark:{key}" for key in key_ids])
            yield {
                key: Mark() if text is None else Mark(*json.loads(text))
                for key, text in zip(key_ids, found, strict=True)
            }

    def changes(self, key_id: str, since: int) -> Iterable[Change]:
        """Return what has changed of a merchant after a version."""
        names = self._server.zrange(
            f"{_PREFIX}:changes:{key_id}", f"({since}", "+inf", byscore=True
        )
        if not names:
            return []
        found = self._server.hmget(f"{_PREFIX}:things:{key_id}", names)
        return [Change(*_pair(name), data) for name, data in zip(names, found, strict=True)]

    def write(
        self, key_id: str, mark: Mark, changes: Iterable[Change], *, renewed: bool, notifying: bool
    ) -> None:
        """Hold changes of a locked merchant under its new mark."""
        lock = self._locks[key_id]
        given = [lock.local.token, int(renewed),
                 json.dumps([mark.epoch, mark.version, mark.offset]), mark.version]  # fmt: skip
        for change in changes:
            given += [json.dumps([change.kind, change.name]), change.data or ""]
        keys = [
            lock.name,
            *(f"{_PREFIX}:{part}:{key_id}" for part in ("mark", "things", "changes")),
        ]
        if not self._write(keys=keys, args=given):
            raise TimeoutError(f"the turn of {key_id} took longer than {_LASTS:g} s")
        change_set = self._server.sadd if notifying else self._server.srem
        change_set(f"{_PREFIX}:notifying", key_id)

    def close(self) -> None:
        """Close the connection."""
        self._server.close()


def _pair(name: str) -> tuple[str, str]:
    kind, thing = json.loads(name)
    return kind, thing
