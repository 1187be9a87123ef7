"""All deliberately wrong servers."""

from __future__ import annotations

from tests.mutants.model import MUTANTS
from tests.mutants.server import charges, disputes, errors, permissions, refunds, sessions, wire

__all__ = ["MUTANTS", "charges", "disputes", "errors", "permissions", "refunds", "sessions", "wire"]
