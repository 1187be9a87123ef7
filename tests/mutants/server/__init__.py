"""All deliberately wrong servers."""

from __future__ import annotations

from tests.mutants.model import MUTANTS
from tests.mutants.server import charges, errors, permissions, refunds, sessions, wire

__all__ = ["MUTANTS", "charges", "errors", "permissions", "refunds", "sessions", "wire"]
