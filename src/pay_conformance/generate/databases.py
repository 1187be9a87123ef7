"""Opens the database in which hypothesis keeps the examples that failed."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis.database import (
    DirectoryBasedExampleDatabase,
    ExampleDatabase,
    GitHubArtifactDatabase,
    InMemoryExampleDatabase,
    MultiplexedDatabase,
    ReadOnlyDatabase,
)

from pay_conformance.problems import ConfigurationProblem

VARIABLE = "PAY_CONFORMANCE_EXAMPLES"
DEFAULT = ".hypothesis/examples"


def open_database(named: str = "") -> ExampleDatabase:
    """Return the database that an option, or else the environment, names.

    ``named`` is a folder, ``redis://HOST:PORT/DB``, ``github://OWNER/REPOSITORY`` (the artifacts of
    a CI run, read only, over the default folder), or ``none``. Without any, it is a folder in the
    working directory.

    Raises:
        ConfigurationProblem: if it can't be opened, or a package for it is missing.

    """
    name = named or os.environ.get(VARIABLE, "") or DEFAULT
    if name == "none":
        return InMemoryExampleDatabase()
    if name.startswith(("redis://", "rediss://")):
        return _redis(name)
    if name.startswith("github://"):
        owner, _, repository = name.removeprefix("github://").partition("/")
        if not owner or not repository or "/" in repository:
            raise ConfigurationProblem(
                f"{name} names no repository", "write github://OWNER/REPOSITORY"
            )
        downloaded = Path(f".hypothesis/github-artifacts/{owner}-{repository}")
        shared = ReadOnlyDatabase(GitHubArtifactDatabase(owner, repository, path=downloaded))
        return MultiplexedDatabase(DirectoryBasedExampleDatabase(DEFAULT), shared)
    if "://" in name:
        raise ConfigurationProblem(
            f"{name} is no database of examples",
            "name a folder, redis://HOST, github://OWNER/REPOSITORY or none",
        )
    if Path(name).is_file():
        raise ConfigurationProblem(f"{name} is a file", "name a folder for the examples")
    return DirectoryBasedExampleDatabase(name)


def _redis(name: str) -> ExampleDatabase:
    try:
        from hypothesis.extra.redis import RedisExampleDatabase
        from redis import Redis, RedisError
    except ImportError as error:
        raise ConfigurationProblem(
            "the package redis is not installed",
            'install "amazon-pay-conformance[redis]" to keep examples in Redis',
        ) from error
    try:
        server = Redis.from_url(name)
        server.ping()
    except (RedisError, ValueError) as error:
        raise ConfigurationProblem(
            f"{name} can't be used: {error}", "start Redis there, or name another place"
        ) from error
    return RedisExampleDatabase(server)
