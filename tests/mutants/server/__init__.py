"""All deliberately wrong servers."""

from __future__ import annotations

from tests.mutants.model import MUTANTS
from tests.mutants.server import (
    answers,
    charges,
    disputes,
    engine,
    errors,
    permissions,
    refunds,
    sessions,
    wire,
)

__all__ = [
    "MUTANTS",
    "answers",
    "charges",
    "disputes",
    "engine",
    "errors",
    "permissions",
    "refunds",
    "sessions",
    "wire",
]
