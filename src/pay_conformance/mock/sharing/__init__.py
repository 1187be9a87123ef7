"""State that several mocks share, in PostgreSQL or Redis."""

from __future__ import annotations

from pay_conformance.mock.sharing.engine import Engine
from pay_conformance.problems import ConfigurationProblem

_MEND = "name a file, a URL such as postgresql://host/database, or one such as redis://host/0"


__all__ = ["Engine", "is_shared", "open_engine"]


def is_shared(state: str) -> bool:
    """Say whether a state is named by a URL, not by a file."""
    return "://" in state


def open_engine(url: str) -> Engine:
    """Return the engine that a URL names, connected.

    Raises:
        ConfigurationProblem: if it names none, its client isn't installed, or it can't be reached.
    """
    scheme = url.partition("://")[0]
    try:
        if scheme in ("postgresql", "postgres"):
            from pay_conformance.mock.sharing.postgresql import PostgreSQL

            return PostgreSQL(url)
        if scheme in ("redis", "rediss", "unix"):
            from pay_conformance.mock.sharing.redis import Redis

            return Redis(url)
    except ImportError as error:
        raise ConfigurationProblem(
            f"state in {scheme} needs {error.name}, which is not installed",
            "pip install 'amazon-pay-conformance[state]'",
        ) from None
    raise ConfigurationProblem(f"{scheme}:// is no state that can be shared", _MEND)
