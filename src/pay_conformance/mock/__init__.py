"""The reference server: the whole API in memory, held to the contract like any other subject."""

from __future__ import annotations

from pay_conformance.mock.server import Mock

__all__ = ["Mock"]
